"""Laws that the model of naltrexone must keep for anybody, and the numbers of its tables."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openldn
from openldn.calibration import estimate, in_sample, left_out_rmse
from openldn.engine import ev, events, simulate
from openldn.evidence import second_figures
from openldn.notation import Estimate, convert
from openldn.pharmacology import block, block_names, entries, facts, model, pet_scans, scales
from openldn.population import draw

ROUTES = ("oral", "iv", "nasal", "im_depot")
SRC = Path(openldn.__file__).parent


def moles_given(route: str, mg: float) -> float:
    p = model().parameters
    weight = p["MW_N"].value if route == "im_depot" else p["MW_SALT"].value
    return convert(mg, "mg", "ug") / weight


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(ROUTES), st.floats(0.1, 380), st.integers(0, 2**40))
def test_every_mole_is_in_the_body_or_gone(route: str, mg: float, seed: int) -> None:
    m = model()
    p = {name: q.value for name, q in m.parameters.items()}
    amounts = [s.name for s in m.states if s.unit == "ug" and not s.name.startswith("urine")]
    t = np.array([0.5, 6.0, 30.0, 700.0])
    result = simulate(m, ev(f"{mg} mg", cmt=route), t, (*amounts, "gone"), draw(m, 5, seed))
    total = result.of("gone").copy()
    for name in amounts:
        total += result.of(name) / (p["MW_6"] if name in ("M1", "M2") else p["MW_N"])
    # tolerance of the solver, carried through a sum of fifteen states
    assert np.allclose(total, moles_given(route, mg), rtol=1e-6)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(ROUTES), st.floats(0.1, 380), st.integers(0, 2**40))
def test_nothing_is_negative_and_no_receptor_more_than_full(route: str, mg: float, seed: int) -> None:
    """Forty persons a time, each with every switch and the version of the brain as chance has them."""
    m, n = model(), 40
    chance = np.random.default_rng(seed)
    versions = {f"{choice}_{o}" for choice, options in m.choices.items() for o in options}
    switched = {s: chance.integers(0, 2, n).astype(float) for s in m.switches if s not in versions}
    for choice, options in m.choices.items():
        which = chance.integers(0, len(options), n)
        switched |= {f"{choice}_{o}": (which == i).astype(float) for i, o in enumerate(options)}
    outputs = [s.name for s in m.states] + [
        a.name for a in m.assignments if a.name.startswith(("occ", "engaged", "ae_"))
    ]
    values = {**draw(m, n, seed), **switched}
    given = ev(f"{mg} mg", cmt=route, ii=24, addl=3)
    found = simulate(m, given, np.linspace(0, 200, 81), outputs, values)
    for name in outputs:
        scale = max(1.0, float(np.max(found.of(name))))
        assert np.min(found.of(name)) >= -1e-7 * scale, name
        if name.startswith(("occ", "engaged", "ae_")):
            assert np.max(found.of(name)) < 1


def test_blockade_switched_off_leaves_every_receptor_free() -> None:
    m = model()
    outputs = [a.name for a in m.assignments if a.name.startswith("occ")]
    found = simulate(m, ev("50 mg", cmt="oral"), np.linspace(0, 48, 25), outputs, {"block": 0.0})
    assert not found.values.any()


def test_plasma_is_proportional_to_dose_and_occupancy_is_not() -> None:
    t = np.linspace(1, 48, 48)
    one, ten = (simulate(model(), ev(f"{mg} mg", cmt="oral"), t, ("C_N", "occ_mu_brain")) for mg in (4.5, 45))
    # error of the solver relative to the peak
    assert np.max(np.abs(ten.of("C_N") - 10 * one.of("C_N"))) < 1e-6 * np.max(ten.of("C_N"))
    assert np.all(ten.of("occ_mu_brain") < 10 * one.of("occ_mu_brain"))
    assert np.all(ten.of("occ_mu_brain") > one.of("occ_mu_brain"))


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 0.95), st.sampled_from([0.0, 1.0]))
def test_nobody_absorbs_more_than_they_swallowed(share: float, cirrhosis: float) -> None:
    m = model()
    values = {"F_ORAL": share, "cirrhosis": cirrhosis}
    found = simulate(m, ev("10 mg", cmt="oral"), np.array([1.0, 100.0]), ("gone", "F"), values)
    assert np.all(found.of("F") <= 1)
    assert found.of("gone")[0, 1] <= moles_given("oral", 10) * (1 + 1e-6)


def test_the_table_of_the_brain_is_what_its_estimate_gives() -> None:
    p = model().parameters
    best = estimate(np.arange(17.0, 24.1, 0.5), np.arange(26.0, 52.1, 2.0), np.geomspace(0.5, 0.8, 95))
    assert best.half_life_h == p["T_E"].value
    # the steps of the grid: 2 L/h in Q3, half a percent in KIN
    assert best.deep_exchange == pytest.approx(p["Q3"].value, abs=2)
    assert best.filling == pytest.approx(p["KIN"].value, rel=0.01)
    assert best.rmse == pytest.approx(in_sample(), abs=0.02)


def test_the_brain_block_predicts_its_scans_far_better_than_plasma_would() -> None:
    assert len(pet_scans()) == 12
    # 31 points is what a plasma-driven model elsewhere reached over nearly the same scans
    assert in_sample() < 8 < left_out_rmse() < 31


def test_every_block_has_its_table_and_every_entry_its_block() -> None:
    declared = {line.name for name in block_names() for line in block(name).of("parameter")}
    of_scales = [set(s.entries) for s in scales()]
    assert declared == set(entries()).union(*of_scales)
    assert all(own >= {"BEST", "WORST", "BASELINE", "CHANGE", "OWN"} for own in of_scales)


def test_no_block_holds_a_number_that_belongs_in_a_table() -> None:
    for name in block_names():
        assert all(line.expression is None for line in block(name).of("parameter")), name
        for line in block(name).of("assignment") + block(name).of("rate"):
            from openldn.engine.expressions import Call, Number

            def numbers(e: object) -> list[float]:
                if isinstance(e, Number):
                    return [e.value]
                return [n for a in e.arguments for n in numbers(a)] if isinstance(e, Call) else []

            assert set(numbers(line.expression)) <= {0.0, 1.0, 2.0, math.pi}, (name, line.name)


def _significant(number: str) -> int:
    """How many digits of a number carry information: leading and trailing zeros do not."""
    return len(number.replace(".", "").strip("0"))


def test_no_pharmacological_constant_stands_in_a_python_file() -> None:
    """Numbers of three digits or more do not stand in any file by chance, but for hours in days; shorter ones
    are judged where the model is run, in test_constants."""
    printed = {f"{v:g}" for f in facts().values() for v in f.values} | {
        f"{e.value:g}" for e in entries().values()
    }
    printed = {number for number in printed if _significant(number) >= 3} - {"144", "168", "192"}
    assert len(printed) > 50
    for path in SRC.rglob("*.py"):
        code = re.sub(r'""".*?"""|#.*|"[^"\n]*"', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found = set(re.findall(r"(?<![\w.])\d+\.?\d*(?![\w.])", code)) & printed
        assert not found, (path.name, found)


def test_every_assumed_number_says_why_and_every_derived_one_from_what() -> None:
    for entry in entries().values():
        if entry.basis == "assumed":
            assert entry.why
            assert not entry.fact
        elif entry.basis == "derived":
            assert entry.rests_on
        elif entry.basis == "definition":
            assert entry.why
            assert not entry.source
        else:
            assert entry.source


def test_every_fact_named_in_a_reason_exists() -> None:
    for entry in entries().values():
        for name in re.findall(r"\b(?:PK|PP|OC|RB|XR|BB|TL|AD)\d{3}\w*", entry.why):
            assert name in facts(), (entry.symbol, name)


def test_a_fact_read_twice_is_in_the_second_reading_with_the_same_number() -> None:
    second: dict[str, str] = {}
    for figure in second_figures():
        second[figure.subject] = second.get(figure.subject, "") + " " + figure.as_printed
    for fact in facts().values():
        if fact.reading == "agreed":
            printed = set(re.findall(r"\d+\.?\d*", second.get(fact.id, "")))
            for value in fact.values:
                assert {f"{value:g}", f"{100 * value:g}"} & printed, fact.id


WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"],
        range(1, 11),
        strict=True,
    )
)


def test_a_value_that_stands_beside_what_was_printed_is_what_was_printed() -> None:
    """Where the print has digits: as they are, as percent, or from minutes to hours; a minus may be a hyphen."""
    for fact in facts().values():
        printed = {float(re.sub("[,·]", ".", n)) for n in re.findall(r"\d+(?:[.,·]\d+)?", fact.as_printed)}
        printed |= {n for word, n in WORDS.items() if word in fact.as_printed.split()}
        for value in fact.values if printed else ():
            near = any(abs(abs(value) * k - p) <= 0.006 * p for k in (1, 100, 1 / 60, 60) for p in printed)
            assert near, (fact.id, value, fact.as_printed)


def test_a_steady_infusion_ends_at_rate_over_clearance() -> None:
    given = events("1.6 mg every 24h over 24h", route="sc_bead", until="80d")
    found = simulate(model(), given, np.array([80 * 24.0]), ("C_N",)).of("C_N")[0, 0]
    # 80 days are 20 half-lives of the slowest compartment
    assert found == pytest.approx(1.6e3 / 24 / model().parameters["CL_N"].value, rel=1e-4)


def test_an_estimate_without_a_number_is_null_in_json() -> None:
    assert Estimate(float("nan"), 1.0, None, "d", "x").as_json()["value"] is None
