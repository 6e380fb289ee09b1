"""Meta-analysis against numbers that it did not produce: metafor, bayesmeta and published examples."""

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openldn.meta import (
    Counts,
    Effects,
    binary,
    conditional_exact,
    continuous,
    counts,
    cumulative,
    egger,
    exact_j,
    heterogeneity,
    influence,
    mantel_haenszel,
    maximum,
    peto,
    pooler,
    posterior,
    prior,
    profile_likelihood,
    q_profile,
    regress,
    selection_model,
    tau2,
)
from openldn.meta import (
    pool_effects as pool,
)
from openldn.meta.rare_events import _Studies, fit_exact

DATA = Path(__file__).parent / "data"
CASES: dict[str, Any] = tomllib.loads((DATA / "synthesis.toml").read_text(encoding="utf-8"))
GRID: dict[str, Any] = json.loads((DATA / "metafor_grid.json").read_text(encoding="utf-8"))
# results that were printed with four decimals: half a unit, and as much again for their own rounding
FOUR_DECIMALS = 1e-4


def tables(name: str) -> Counts:
    d = CASES[name]
    n1 = d.get("n1") or np.add(d["a"], d["b"])
    n2 = d.get("n2") or np.add(d["c"], d["d"])
    return counts(d["a"], n1, d["c"], n2)


def bcg(measure: str) -> Effects:
    return binary(measure, tables("bcg"))


# --- the grid of metafor ------------------------------------------------------------------------------------


GRID_CASES = [
    pytest.param(case, id="-".join(case[x] for x in ("design", "model", "method", "test")))
    for case in GRID["cases"]
]


def on_the_lower_peak(case: dict[str, Any]) -> bool:
    """metafor's climb starts at another estimate and stays at τ² = 0 here, where the likelihood is lower."""
    return (case["design"], case["model"], case["method"]) == ("extreme_k10", "one", "ML")


def design(case: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    y, v, one, two = np.array(GRID["designs"][case["design"]]).T
    return y, v, {"intercept": {}, "one": {"one": one}, "two": {"one": one, "two": two}}[case["model"]]


@pytest.mark.parametrize("case", GRID_CASES)
def test_every_model_of_the_grid_agrees_with_metafor(case: dict[str, Any]) -> None:
    y, v, moderators = design(case)
    ci = {"z": "z", "knha": "hk", "adhoc": "adhoc"}[case["test"]]
    r = regress(y, v, moderators, method=case["method"], ci=ci)
    if on_the_lower_peak(case):
        assert r.tau2 > 0.01
        return
    # metafor climbs until its step is below 1e-5, relative to what it climbs; moment estimators are exact
    rel = 1e-4 if case["method"] in ("ML", "REML") else 1e-9
    assert r.tau2 == pytest.approx(case["tau2"], rel=rel, abs=1e-6 if rel == 1e-4 else 1e-12)
    for ours, theirs in ((r.beta, "beta"), (r.se, "se"), (r.ci_low, "ci_lb"), (r.ci_high, "ci_ub")):
        np.testing.assert_allclose(ours, case[theirs], rtol=rel, atol=rel)
    np.testing.assert_allclose(r.p, case["pval"], rtol=10 * rel, atol=1e-15)
    assert r.heterogeneity.q == pytest.approx(case["QE"], rel=1e-10)
    assert r.df == case["dof"]
    if case["method"] != "FE":  # for FE metafor's I² is from Q
        assert r.heterogeneity.i2 == pytest.approx(case["I2"], rel=rel, abs=1e-4)
        assert r.heterogeneity.h2 == pytest.approx(case["H2"], rel=rel, abs=1e-6)
        x = np.column_stack([np.ones(len(y)), *moderators.values()])
        interval = q_profile(y, v, x=x)
        # confint was run to 1e-12
        assert interval == pytest.approx((case["tau2_ci_lb"], case["tau2_ci_ub"]), rel=1e-8, abs=1e-9)
    elif not moderators:
        assert r.heterogeneity.i2 == 0
        assert pool(y, v, method="FE").heterogeneity.i2_q == pytest.approx(case["I2"], rel=1e-10)


def test_of_two_peaks_the_higher_one_is_taken() -> None:
    """One of metafor's own cases: its answer τ² = 0 has the lower likelihood."""
    y, v, moderators = design({"design": "extreme_k10", "model": "one"})
    x = np.column_stack([np.ones(len(y)), *moderators.values()])
    best = maximum(y, v, x, restricted=False)
    (low, low_height), (high, high_height) = best.peaks
    assert (low, best.tau2) == (0.0, high)
    assert high_height > low_height + 0.2
    # and in its neighbour with two moderators it is the other way about
    both = np.column_stack([x, np.array(GRID["designs"]["extreme_k10"])[:, 3]])
    other = maximum(y, v, both, restricted=False)
    assert len(other.peaks) == 2
    assert other.tau2 == 0.0


@pytest.mark.parametrize("row", GRID["two_groups"], ids=lambda r: f"{r['n1']}+{r['n2']}")
def test_differences_of_means_are_those_of_escalc(row: dict[str, Any]) -> None:
    for measure in ("MD", "SMD"):
        e = continuous(measure, *(row[x] for x in ("m1", "sd1", "n1", "m2", "sd2", "n2")))
        # full precision, and a log-gamma function of its own
        assert (e.yi[0], e.vi[0]) == pytest.approx(row[measure], rel=1e-12)
    assert float(exact_j(row["n1"] + row["n2"] - 2)) == pytest.approx(row["J"], rel=1e-12)


def test_effects_of_the_stroke_trials_are_those_of_escalc() -> None:
    d = CASES["normand1999"]
    columns = [np.array(d[x]) for x in ("m1", "sd1", "n1", "m2", "sd2", "n2")]
    for measure in ("SMD", "ROM"):
        e = continuous(measure, *columns)
        np.testing.assert_allclose(np.column_stack([e.yi, e.vi])[:4], d[measure], atol=FOUR_DECIMALS)
    m1, s1, n1, m2, s2, n2 = columns
    s = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2))
    e = continuous("MD", m1, s, n1, m2, s, n2)
    np.testing.assert_allclose(e.vi, d["MD_vi"], atol=0.006)  # two decimals
    for method, (mu, t) in d["MD_pooled"].items():
        p = pool(e.yi, e.vi, method=method, ci="z")
        assert (p.estimate, p.tau2) == pytest.approx((mu, t), abs=0.006)


# --- the BCG trials -----------------------------------------------------------------------------------------


def test_the_first_bcg_trial_has_the_printed_log_risk_ratio() -> None:
    e = bcg("RR")
    assert (e.yi[0], e.vi[0]) == pytest.approx((-0.8893, 0.3256), abs=FOUR_DECIMALS)
    assert e.corrected == ()


@pytest.mark.parametrize("case", CASES["bcg"]["pooled"], ids=lambda c: f"{c['measure']}-{c['method']}")
def test_the_bcg_trials_give_what_metafor_and_stata_give(case: dict[str, Any]) -> None:
    measure, method = case["measure"], case["method"]
    if method == "MH":
        p = mantel_haenszel(measure, tables("bcg"))
    elif method == "PETO":
        p = peto(tables("bcg"))
    else:
        e = bcg(measure)
        p = pool(e.yi, e.vi, method=method, ci="z")
    for name, value in case["expect"].items():
        found = getattr(p, name, None)
        found = getattr(p.heterogeneity, name) if found is None else found
        assert found == pytest.approx(value, abs=FOUR_DECIMALS), name


def test_the_interval_of_tau_squared_by_q_profile_and_profile_likelihood() -> None:
    e = bcg("RR")
    assert q_profile(e.yi, e.vi) == pytest.approx((0.1197, 1.1115), abs=FOUR_DECIMALS)
    e = bcg("OR")
    assert q_profile(e.yi, e.vi) == pytest.approx((0.1302, 1.1812), abs=FOUR_DECIMALS)
    assert profile_likelihood(e.yi, e.vi) == pytest.approx((0.1151, 0.8937), abs=FOUR_DECIMALS)
    p = pool(e.yi, e.vi, method="ML", ci="hk")
    assert np.exp([p.ci_low, p.ci_high]) == pytest.approx([0.3175, 0.7141], abs=FOUR_DECIMALS)
    z = pool(e.yi, e.vi, method="ML", ci="z")
    assert (z.pi_low, z.pi_high) == pytest.approx((-1.875, 0.391), abs=6e-4)  # three decimals


def test_study_by_study_as_the_years_went() -> None:
    e, table, year = bcg("RR"), tables("bcg"), CASES["bcg"]["year"]
    expected = CASES["bcg"]["cumulative"]

    def part(use: Any) -> Counts:
        return Counts(table.a[use], table.n1[use], table.c[use], table.n2[use])

    poolers = {
        "REML": pooler(e.yi, e.vi),
        "MH": lambda use: mantel_haenszel("RR", part(use)),
        "PETO": lambda use: peto(part(use)),
    }
    for method, one in poolers.items():
        steps = cumulative(13, one, year)
        # six decimals; metafor's REML stops its climb at 1e-5
        np.testing.assert_allclose(
            [s.pooled.estimate for s in steps], expected[method], atol=1e-5 if method == "REML" else 1e-6
        )


def test_leaving_out_the_first_bcg_trial_and_its_influence() -> None:
    e = bcg("RR")
    without = pool(e.yi[1:], e.vi[1:], ci="z")
    found = {**vars(without), **vars(without.heterogeneity)}
    for name, value in CASES["bcg"]["without_first"].items():
        assert found[name] == pytest.approx(value, rel=1e-5), name  # metafor stops at 1e-5
    i = influence(e.yi, e.vi)
    for name, value in CASES["bcg"]["influence_of_first"].items():
        assert getattr(i, name)[0] == pytest.approx(value, rel=1e-5), name


def test_latitude_explains_the_bcg_trials() -> None:
    """Van Houwelingen (2002), pages 608-609: three decimals."""
    e = bcg("OR")
    r = regress(e.yi, e.vi, {"latitude": CASES["bcg"]["latitude"]}, method="ML", ci="z")
    assert r.beta == pytest.approx([0.371, -0.033], abs=6e-4)
    assert r.se == pytest.approx([0.106, 0.003], abs=6e-4)
    assert r.tau2 == pytest.approx(0.004, abs=6e-4)
    assert r.r2 == pytest.approx(98.7, abs=0.06)


def test_berkeys_smoothed_variances_and_empirical_bayes() -> None:
    """Berkey (1995), page 408: four decimals, τ² three."""
    d = CASES["bcg"]
    a, b, c, dd = (np.array(d[x], float) for x in "abcd")
    v = np.sum(b / a) / (13 * (a + b)) + np.sum(dd / c) / (13 * (c + dd))
    y = bcg("RR").yi
    plain = regress(y, v, method="EB", ci="z")
    assert (plain.beta[0], plain.se[0]) == pytest.approx((-0.5429, 0.1842), abs=FOUR_DECIMALS)
    assert plain.tau2 == pytest.approx(0.268, abs=6e-4)
    latitude = {"latitude": np.array(d["latitude"]) - 33.46}
    mixed = regress(y, v, latitude, method="EB", ci="z")
    assert mixed.beta == pytest.approx([-0.6303, -0.0268], abs=FOUR_DECIMALS)
    assert mixed.se == pytest.approx([0.1591, 0.0110], abs=FOUR_DECIMALS)
    assert mixed.r2 == pytest.approx(41, abs=0.6)
    fixed = regress(y, v, latitude, method="FE", ci="z")
    assert fixed.beta == pytest.approx([-0.5949, -0.0282], abs=FOUR_DECIMALS)


# --- other published examples -------------------------------------------------------------------------------


def test_seven_estimators_of_tau_squared_in_viechtbauer_2005() -> None:
    d = CASES["viechtbauer2005"]
    y, v = np.array(d["y"]), np.array(d["v"])
    for i, method in enumerate(d["methods"]):
        h = heterogeneity(y, v, method, tau2(y, v, method))
        for name, digits in (("tau2", 1e-4), ("tau2_se", 1e-4), ("h2", 2e-4), ("i2", 2e-3)):
            # τ² and its error were printed to four decimals; I² in percent magnifies metafor's stop
            assert getattr(h, name) == pytest.approx(d[name][i], abs=digits), (method, name)


def test_the_clasp_trials_by_every_estimator_of_dersimonian_and_kacker() -> None:
    e, d = binary("OR", tables("clasp")), CASES["clasp"]
    for i, method in enumerate(d["methods"]):
        p = pool(e.yi, e.vi, method=method, ci="z")
        # ML sits on the edge: 0.0023 there is τ² = 5e-6, where metafor's climb stopped
        assert math.sqrt(p.tau2) == pytest.approx(d["tau"][i], abs=0.003 if method == "ML" else 1e-4)
        assert (p.estimate, p.se) == pytest.approx((d["mu"][i], d["se"][i]), abs=1e-4)


def test_petos_odds_ratio_of_the_beta_blocker_trials() -> None:
    p = peto(tables("beta_blockers"))
    # page 107: two decimals
    assert np.exp([p.estimate, p.ci_low, p.ci_high]) == pytest.approx(
        CASES["beta_blockers"]["peto_ratio"], abs=0.005
    )
    assert "3 studies say nothing" in " ".join(p.warnings)
    np.testing.assert_array_equal(p.weights == 0, tables("beta_blockers").double_zero)


def test_the_exact_model_of_the_catheter_trials() -> None:
    d, table = CASES["catheters"], tables("catheters")
    common = conditional_exact(table, common=True)
    assert (common.estimate, common.se**2) == pytest.approx(
        (d["common"]["estimate"], d["common"]["variance"]), abs=1e-4
    )
    p = conditional_exact(table)
    # metafor's optimisers scatter in the sixth decimal; its variance by differences in the fourth
    assert p.estimate == pytest.approx(d["mixed"]["estimate"], abs=5e-6)
    assert p.tau2 == pytest.approx(d["mixed"]["tau2"], abs=1e-4)
    assert p.se**2 == pytest.approx(d["mixed"]["variance"], abs=2e-4)


def test_the_exact_model_of_the_bleeding_trials() -> None:
    d, table = CASES["bleeding"], tables("bleeding")
    use = ~table.double_zero
    studies = _Studies(Counts(table.a[use], table.n1[use], table.c[use], table.n2[use]))
    common, mixed = fit_exact(studies, common=True), fit_exact(studies, common=False)
    p = conditional_exact(table, common=True)
    for name in ("estimate", "se", "ci_low", "ci_high"):
        assert getattr(p, name) == pytest.approx(d["common"][name], abs=6e-4), name
    assert common.log_likelihood == pytest.approx(d["common"]["log_likelihood"], abs=6e-4)
    # metafor's integrals stop 0.001 above what a sum over 20,001 points gives (test_synthesis_laws), as do its
    # versions among themselves: 0.134 and 0.136 for the same standard error
    assert mixed.log_likelihood == pytest.approx(d["mixed"]["log_likelihood"], abs=2e-3)
    assert mixed.tau**2 == pytest.approx(d["mixed"]["tau2"], abs=6e-4)
    assert mixed.mu == pytest.approx(d["mixed"]["estimate"], abs=1e-3)


def test_small_magnesium_trials_show_larger_effects() -> None:
    e = binary("OR", tables("magnesium"))
    assert egger(e.yi, e.vi).statistic == pytest.approx(CASES["magnesium"]["egger_z"], abs=FOUR_DECIMALS)


def test_the_selection_model_of_the_smoking_studies() -> None:
    d = CASES["smoking"]
    y = np.log(d["ratio"])
    v = ((np.log(d["high"]) - np.log(d["low"])) / (2 * 1.959963985)) ** 2
    s = selection_model(y, v, steps=d["steps"])
    assert list(s.counts) == d["counts"]
    assert s.weights == pytest.approx(d["weights"], abs=1e-4)  # two optimisers on a flat top
    assert s.lrt == pytest.approx(d["lrt"], abs=1e-5)
    assert s.tau2 == pytest.approx(d["tau2"], abs=1e-5)
    mirrored = selection_model(-y, v, steps=d["steps"], wanted="lower")
    assert mirrored.estimate == pytest.approx(-s.estimate, abs=1e-5)


# --- bayesmeta ----------------------------------------------------------------------------------------------

# bayesmeta bounds the error of its own ladder of τ at 1 % of the conditional SDs (its defaults), which moves μ by
# a few thousandths of its SD of 5 and, in the heavy tail under the uniform prior, the SD of a new effect by 0.014
LADDER = 0.02


def test_eight_schools_with_a_half_cauchy_prior() -> None:
    d, e = CASES["schools"], CASES["schools"]["half_cauchy_25"]
    p = posterior(d["y"], np.square(d["se"]), prior("half-cauchy:25"), mu_prior=tuple(e["mu_prior"]))
    for name in ("median", "mean", "sd", "shortest"):
        assert getattr(p.mu_summary, name) == pytest.approx(e["mu"][name], abs=LADDER), name
    for name in ("median", "mean", "sd", "central"):
        # of τ bayesmeta computes the integral itself; our step of 0.02 leaves 1e-4 in the tail
        assert getattr(p.tau_summary, name) == pytest.approx(e["tau"][name], abs=2e-4), name
    assert p.tau_summary.shortest == pytest.approx((0, e["tau"]["shortest_high"]), abs=2e-4)
    assert p.new_summary.sd == pytest.approx(e["new"]["sd"], abs=LADDER)
    assert p.new_summary.shortest == pytest.approx(e["new"]["shortest"], abs=0.03)
    assert p.p_mu_above(0) == pytest.approx(e["p_mu_above_0"], abs=1e-4)
    for school, value in e["shrunken"].items():
        assert p.study_mean[int(school)] == pytest.approx(value, abs=LADDER)


def test_eight_schools_with_a_uniform_prior() -> None:
    d, e = CASES["schools"], CASES["schools"]["uniform"]
    p = posterior(d["y"], np.square(d["se"]), prior("uniform"))
    for name in ("median", "mean", "sd", "shortest"):
        assert getattr(p.mu_summary, name) == pytest.approx(e["mu"][name], abs=LADDER), name
    for name in ("median", "mean", "sd"):
        assert getattr(p.tau_summary, name) == pytest.approx(e["tau"][name], abs=2e-4), name
    assert p.new_summary.sd == pytest.approx(e["new"]["sd"], abs=LADDER)


def test_the_two_large_fibromyalgia_trials_together() -> None:
    """FINAL −0.34 (95 % CI −0.95 to 0.27) and INNOVA +0.49 (−0.32 to 1.31): worked by hand in the notes."""
    p = pool([-0.34, 0.49], np.square([0.3112, 0.4158]), method="FE", ci="z")
    assert (p.estimate, p.ci_low, p.ci_high) == pytest.approx((-0.042, -0.53, 0.446), abs=1e-3)
    assert p.heterogeneity.q == pytest.approx(2.554, abs=1e-3)
