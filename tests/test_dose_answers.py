"""What a regimen does: laws of the answers, and that they can be made again."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.answers import again, dose, statement
from openldn.answers.running import RTOL
from openldn.evidence import COMPUTED


def test_an_answer_can_be_made_again_from_its_own_record() -> None:
    first = dose("3mg", every="12h", days=5, persons=15, seed=7, without=["metabolite"])
    record = json.loads(json.dumps(first.as_json()))["provenance"]
    assert again(record).as_json() == first.as_json()


def test_a_tenfold_tighter_tolerance_changes_no_reported_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    loose = dose("4.5mg", persons=10).answers
    monkeypatch.setattr("openldn.answers.running.RTOL", RTOL / 10)
    tight = dose("4.5mg", persons=10).answers
    assert loose["mu_occupancy_mean"] != tight["mu_occupancy_mean"], "the tolerance is the one that is used"
    for name, estimate in loose.items():
        for value in ("value", "low", "high"):
            assert f"{getattr(estimate, value):.3g}" == f"{getattr(tight[name], value):.3g}", name


@settings(max_examples=6, deadline=None)
@given(st.floats(0.2, 50), st.floats(1.1, 4))
def test_a_larger_dose_occupies_more_and_for_longer(mg: float, factor: float) -> None:
    small, large = (dose(f"{x:.4f}mg", days=7, persons=0).answers for x in (mg, mg * factor))
    for name, estimate in small.items():
        assert estimate.value is not None
        a, b = estimate.value, large[name].value or 0.0
        if name == "net_opioid_tone":
            a, b = b, a  # more blockade leaves less tone
        assert a <= b * (1 + 1e-5), name


def test_lowest_mean_and_highest_are_in_order_and_within_percent() -> None:
    for amount in ("0.5mg", "4.5mg", "50mg"):
        a = dose(amount, days=10, persons=30).answers
        for bound in ("value", "low", "high"):
            low, mean, high = (getattr(a[f"mu_occupancy_{x}"], bound) for x in ("min", "mean", "max"))
            assert 0 < low <= mean <= high < 100


def test_more_persons_do_not_move_the_typical_one() -> None:
    few, many = dose("4.5mg", days=3, persons=3), dose("4.5mg", days=3, persons=40)
    for name in few.answers:
        # error of the solver, whose steps differ between the two runs
        assert few.answers[name].value == pytest.approx(many.answers[name].value, rel=1e-5)


def test_blockade_off_leaves_plasma_as_it_was() -> None:
    on, off = dose("4.5mg", days=3, persons=0), dose("4.5mg", days=3, persons=0, without=["block"])
    assert off.answers["mu_occupancy_max"].value == 0
    assert off.answers["days_to_10_percent_mu"].value == 0
    assert off.answers["naltrexone_cmax"].value == pytest.approx(
        on.answers["naltrexone_cmax"].value, rel=1e-5
    )
    assert off.switches["block"] == 0


def test_a_missed_dose_is_seen_in_occupancy() -> None:
    full = dose("4.5mg", days=14, persons=0)
    missed = dose("4.5 mg", regimen="4.5 mg every 24h for 14d except doses 10", days=14, persons=0)
    at = full.series["mu_occupancy_brain"].median, missed.series["mu_occupancy_brain"].median
    hours = full.times_h
    before, after = hours <= 9 * 24, hours > 9 * 24 + 1
    assert np.allclose(at[0][before], at[1][before], rtol=1e-4, atol=1e-4)
    assert np.all(at[1][after] < at[0][after])


def test_an_answer_names_what_it_rests_on() -> None:
    p = dose("4.5mg", days=2, persons=5).provenance
    assert "E_MU" in p.assumed
    assert "FR_1" not in p.assumed, "the depot has no part in a dose by mouth"
    assert "weerts-2008" in p.sources
    assert any(f.file == "pharmacology/receptors.toml" for f in p.files)
    assert "FR_1" in dose("380mg", route="im_depot", every="28d", days=2, persons=0).provenance.assumed


def test_every_computed_statement_that_a_claim_cites_exists() -> None:
    for name in COMPUTED:
        found = statement(name)
        assert found.text.endswith(".")
        assert found.sources
        json.dumps(found.as_json(), allow_nan=False)


def test_the_washout_is_the_same_however_long_the_run_goes_on() -> None:
    """Counted from the last dose, wherever that lies in the run."""
    for text, runs in (("50 mg once", (3, 28, 60)), ("4.5 mg every 24h for 14d then stop", (14, 40))):
        found = [
            dose(text, regimen=text, days=d, persons=0).answers["days_to_10_percent_mu"].value for d in runs
        ]
        # the grid is hourly within the run and three-hourly after it
        assert found == pytest.approx([found[0]] * len(found), abs=0.03)
        assert (found[0] or 0) > 5


@pytest.mark.parametrize(
    ("asked", "persons", "told"),
    [
        ({"text": "4.5mg"}, 20, ""),
        ({"text": "4.5mg", "using": ("cirrhosis",)}, 20, ""),
        ({"text": "380mg", "route": "im_depot", "every": "28d"}, 20, "too narrow"),
        ({"text": "4.5mg"}, 1, "makes no band"),
        ({"text": "4.5mg"}, 0, ""),
    ],
)
def test_bands_that_hold_no_difference_between_people_say_so(asked: dict, persons: int, told: str) -> None:
    asked = dict(asked)
    warnings = " ".join(dose(asked.pop("text"), persons=persons, **asked).warnings)
    assert (told in warnings) if told else "band" not in warnings


def test_of_one_person_there_is_no_band() -> None:
    shown = dose("4.5mg", days=2, persons=1).as_json()
    assert '"low": null' in json.dumps(shown)
    assert "5th to 95th percentile of 1 person" not in json.dumps(shown)
