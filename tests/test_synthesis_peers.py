"""Meta-analysis beside statsmodels and PyMARE, where they compute the same; where they do not, by how much."""

import importlib
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.meta import binary, continuous, counts, regress, tau2
from openldn.meta import pool_effects as pool


def quietly(name: str) -> Any:
    """A peer, imported without turning its own warnings into errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


statsmodels = quietly("statsmodels.stats.meta_analysis")
estimators = quietly("pymare.estimators")
effectsize = quietly("pymare.effectsize")
Dataset = quietly("pymare").Dataset


def combine(y: Any, v: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it divides by zero where effects agree
        return statsmodels.combine_effects(y, v, **options)


row = st.tuples(st.floats(-2, 2).map(lambda x: round(x, 3)), st.floats(0.02, 1.5).map(lambda x: round(x, 3)))
studies = (
    st.lists(row, min_size=3, max_size=10)
    .map(lambda rows: np.array(rows).T)
    .filter(lambda data: np.ptp(data[0]) > 0)
)


def pymare(estimator: Any, y: Any, v: Any, x: Any = None) -> tuple[float, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = Dataset(y[:, None], v[:, None], X=x, add_intercept=True)
        summary = estimator.fit_dataset(data).summary()
        return float(np.squeeze(summary.tau2)), {n: np.ravel(a) for n, a in summary.get_fe_stats().items()}


@given(studies)
@settings(max_examples=30)
def test_dersimonian_laird_agrees_with_both(data: Any) -> None:
    y, v = data
    ours = pool(y, v, method="DL", ci="hk")  # PyMARE's default too
    theirs = combine(y, v, method_re="chi2")
    t, stats = pymare(estimators.DerSimonianLaird(), y, v)
    # the same closed form
    assert ours.tau2 == pytest.approx(t, abs=1e-10)
    assert ours.estimate == pytest.approx(float(stats["est"][0]), abs=1e-10)
    assert (ours.se, ours.ci_low) == pytest.approx((float(stats["se"][0]), float(stats["ci_l"][0])), abs=1e-8)
    assert ours.heterogeneity.q == pytest.approx(theirs.q, rel=1e-10)
    if theirs.tau2 >= 0:  # statsmodels does not cut at 0
        assert ours.tau2 == pytest.approx(theirs.tau2, abs=1e-10)
        assert ours.estimate == pytest.approx(theirs.mean_effect_re, abs=1e-10)
    else:
        assert ours.tau2 == 0


@given(studies)
@settings(max_examples=30)
def test_paule_mandel_and_the_common_effect_agree_with_statsmodels(data: Any) -> None:
    y, v = data
    theirs = combine(y, v, method_re="iterated")
    fixed = pool(y, v, method="FE", ci="z")
    assert fixed.estimate == pytest.approx(theirs.mean_effect_fe, abs=1e-12)
    assert fixed.se == pytest.approx(theirs.sd_eff_w_fe, abs=1e-12)
    # its search stops at 1e-5
    assert tau2(y, v, "PM") == pytest.approx(max(0.0, theirs.tau2), abs=2e-4)


@given(studies)
@settings(max_examples=20)
def test_knapp_hartung_is_the_wls_line_of_statsmodels(data: Any) -> None:
    y, v = data
    theirs = combine(y, v, method_re="chi2", use_t=True)
    if theirs.tau2 < 0:
        return
    p = pool(y, v, method="DL", ci="hk")
    assert p.se == pytest.approx(theirs.sd_eff_w_re_hksj, rel=1e-9)


@given(studies)
@settings(max_examples=15)
def test_hedges_estimator_agrees_with_pymare(data: Any) -> None:
    y, v = data
    assert tau2(y, v, "HE") == pytest.approx(pymare(estimators.Hedges(), y, v)[0], abs=1e-10)


@pytest.mark.parametrize("method", ["ML", "REML"])
def test_likelihood_agrees_with_pymare(method: str) -> None:
    rng = np.random.default_rng(4)
    for k in (4, 8, 15):
        v = rng.uniform(0.05, 0.5, k)
        y = rng.normal(0.3, np.sqrt(v + 0.3))
        x = rng.normal(size=k)
        t, stats = pymare(estimators.VarianceBasedLikelihoodEstimator(method=method), y, v, x[:, None])
        ours = regress(y, v, {"x": x}, method=method, ci="z")
        # its search stops at a relative 1e-6 or so; its columns are in another order
        assert ours.tau2 == pytest.approx(t, abs=1e-4)
        np.testing.assert_allclose(sorted(ours.beta), sorted(stats["est"]), atol=1e-4)


def test_statsmodels_corrects_every_study_when_asked_to_and_none_otherwise() -> None:
    table = ([0, 4], [10, 123], [2, 11], [12, 139])
    ours = binary("RR", counts(*table))
    count1, n1, count2, n2 = (np.array(x, float) for x in table)
    corrected = statsmodels.effectsize_2proportions(
        count1, n1, count2, n2, statistic="risk-ratio", zero_correction=0.5
    )
    assert ours.yi[0] == pytest.approx(corrected[0][0], rel=1e-12)
    assert abs(ours.yi[1] - corrected[0][1]) > 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = statsmodels.effectsize_2proportions(count1, n1, count2, n2, statistic="risk-ratio")
    assert math.isinf(plain[0][0])
    assert ours.yi[1] == pytest.approx(plain[0][1], rel=1e-12)
    for measure in ("odds-ratio", "risk-ratio", "diff"):
        name = {"odds-ratio": "OR", "risk-ratio": "RR", "diff": "RD"}[measure]
        e = binary(name, counts([4, 6], [123, 306], [11, 29], [139, 303]))
        y, v = statsmodels.effectsize_2proportions(
            np.array([4, 6.0]),
            np.array([123, 306.0]),
            np.array([11, 29.0]),
            np.array([139, 303.0]),
            statistic=measure,
        )
        np.testing.assert_allclose(e.yi, y, rtol=1e-12)
        np.testing.assert_allclose(e.vi, v, rtol=1e-12)


def test_the_other_variances_of_hedges_g_differ_by_a_few_percent_in_small_studies() -> None:
    """Ours is metafor's, to 1e-12 (test_synthesis_reference); these are other approximations, not errors."""
    m1, sd1, n1, m2, sd2, n2 = (np.array([float(x)]) for x in (10, 2, 20, 9, 2, 20))
    ours = continuous("SMD", m1, sd1, n1, m2, sd2, n2)
    g, v = statsmodels.effectsize_smd(m1, sd1, n1, m2, sd2, n2)
    assert ours.yi[0] == pytest.approx(float(g[0]), rel=1e-4)  # J by 1 − 3/(4ν − 1)
    assert ours.vi[0] == pytest.approx(float(v[0]), rel=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        convert = effectsize.TwoSampleEffectSizeConverter(m1=m1, sd1=sd1, n1=n1, m2=m2, sd2=sd2, n2=n2)
        smd, raw = convert.to_dataset(measure="SMD"), convert.to_dataset(measure="RMD")
    assert ours.yi[0] == pytest.approx(float(smd.y.ravel()[0]), rel=1e-4)
    assert ours.vi[0] == pytest.approx(float(smd.v.ravel()[0]), rel=0.05)
    # two groups of 20 with an SD of 2: 4/20 + 4/20
    assert continuous("MD", m1, sd1, n1, m2, sd2, n2).vi[0] == pytest.approx(0.4) == float(raw.v.ravel()[0])
