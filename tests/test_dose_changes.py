"""A run that is not the default says so, shows what was turned on, and takes numbers of scales too."""

import json
import re

import pytest

from openldn.answers import dose, statement
from openldn.answers.stated import shown
from openldn.evidence import COMPUTED
from openldn.notation import Estimate, InputError, QuantityError, UnknownName, significant
from openldn.pharmacology import defaults, model
from test_command_line import ldn


def test_a_default_run_says_nothing_of_changes() -> None:
    plain = dose("4.5mg", days=2, persons=0)
    assert plain.changed == ()
    assert plain.mechanisms == ()
    assert dose("4.5mg", days=2, persons=0, using=["rebound", "kinetics=biophase"]).changed == ()
    assert "Changed" not in ldn("dose", "4.5mg", "--days", "2", "--persons", "0").stdout


def test_whatever_differs_from_the_default_is_told_with_the_default() -> None:
    asked = ("--with", "kinetics=plasma", "--set", "T_E=3d", "--without", "metabolite")
    text = " ".join(ldn("dose", "4.5mg", "--days", "2", "--persons", "0", *asked).stdout.split())
    assert (
        "Changed: metabolite=off (by default on), kinetics=plasma (by default biophase), T_E=72 h (by default 20 h)."
        in text
    )
    document = json.loads(ldn("dose", "4.5mg", "--days", "2", "--persons", "0", *asked, "--json").stdout)
    assert {c["name"]: (c["value"], c["default"], c["unit"]) for c in document["changed"]} == {
        "metabolite": ("off", "on", None),
        "kinetics": ("plasma", "biophase", None),
        "T_E": (72.0, 20.0, "h"),
    }


def test_every_mechanism_that_is_off_by_default_and_has_signals_shows_them_when_on() -> None:
    showing = [d for d in defaults().values() if d.shows]
    assert {d.name for d in showing} >= {"ogf", "cytokine", "tlr4"}
    for d in showing:
        assert d.value == "off"
        found = dose("4.5mg", days=7, persons=0, using=[d.name]).mechanisms
        assert [s.output for s in found] == list(d.shows)
        assert any((s.change.high or 0) > (s.change.low or 0) for s in found), d.name


def test_growth_falls_when_a_part_of_the_receptors_leaves_room_for_more_growth_factor() -> None:
    # the rule: blockade that leaves receptors free lets the raised growth factor through
    found = {
        s.output: s
        for s in dose("1mg", days=14, persons=0, using=["ogf"], setting=["RATIO_OGFR=1000"]).mechanisms
    }
    assert (found["growth"].change.value or 0) < 0
    full = {
        s.output: s
        for s in dose("50mg", days=14, persons=0, using=["ogf"], setting=["RATIO_OGFR=0.1"]).mechanisms
    }
    assert (full["growth"].change.value or 0) > 0
    assert full["blocked_share"].change.value == pytest.approx(100, abs=1)


def test_a_direction_that_a_user_gives_the_cytokines_is_seen() -> None:
    found = dose("4.5mg", days=14, persons=0, using=["cytokine"], setting=["E_CYT=0.5"]).mechanisms
    assert all((s.change.high or 0) < 0 for s in found)


def test_the_command_prints_the_signals_of_what_was_turned_on() -> None:
    run = ldn("dose", "4.5mg", "--days", "7", "--persons", "0", "--with", "tlr4")
    assert "activation of microglia" in run.stdout
    document = json.loads(
        ldn("dose", "4.5mg", "--days", "7", "--persons", "0", "--with", "tlr4", "--json").stdout
    )
    assert {s["switch"] for s in document["mechanisms"]} == {"tlr4"}


def test_a_prior_of_the_scales_can_be_doubted_from_outside() -> None:
    free = dose("4.5mg", days=2, persons=0, condition="fibromyalgia")
    set_ = dose("4.5mg", days=2, persons=0, condition="fibromyalgia", setting=["E_TONE=0.4"])
    assert free.effects is not None
    assert set_.effects is not None
    for a, b in zip(free.effects.scales, set_.effects.scales, strict=True):
        assert a.by_drug.value == pytest.approx(0, abs=1e-9)
        assert (b.by_drug.value or 0) > 0
        assert b.on_placebo.value == pytest.approx(a.on_placebo.value, rel=1e-9)  # rounding of the solver
    assert [c.sentence() for c in set_.changed] == ["E_TONE=0.4 (by default 0)"]


def test_a_share_of_natural_course_moves_what_happens_untreated_alone() -> None:
    runs = {
        share: dose(
            "4.5mg", days=2, persons=0, condition="depression", setting=[f"S_NATURAL={share}"]
        ).effects
        for share in (0.2, 0.8)
    }
    for low, high in zip(runs[0.2].scales, runs[0.8].scales, strict=True):
        assert (low.untreated.value or 0) < (high.untreated.value or 0)


def test_a_number_of_one_scale_is_set_in_that_scale() -> None:
    free = dose("4.5mg", days=2, persons=0, condition="crohn")
    more = dose(
        "4.5mg", days=2, persons=0, condition="crohn", setting=["cdai.CHANGE=80", "cdai.BASELINE=250"]
    )
    assert free.effects is not None
    assert more.effects is not None
    for a, b in zip(free.effects.scales, more.effects.scales, strict=True):
        if b.scale.key == "cdai":
            assert b.baseline == 250
            assert (b.on_placebo.value or 0) > (a.on_placebo.value or 0) + 20
        else:
            assert b == a


@pytest.mark.parametrize(
    ("condition", "text", "error", "says"),
    [
        ("crohn", "CHANGE=5", InputError, "cdai.CHANGE"),
        ("crohn", "cday.CHANGE=5", UnknownName, 'did you mean "cdai"'),
        ("crohn", "cdai.CHANGE=5 mg", QuantityError, "CHANGE is 5 mg"),
        ("crohn", "cdai.BASELINE=700", QuantityError, "possible is 150 to 600"),
        ("crohn", "E_TONE=7", QuantityError, "possible is -1 to 1"),
        ("fibromyalgia", "E_TON=0.4", UnknownName, 'did you mean "E_TONE"'),
        (None, "E_TONE=0.4", InputError, "--for CONDITION"),
        (None, "cdai.CHANGE=4", InputError, "--for CONDITION"),
    ],
)
def test_a_number_that_no_scale_can_have_is_refused(
    condition: str | None, text: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=re.escape(says)):
        dose("4.5mg", days=2, persons=0, condition=condition, setting=[text])


def test_an_answer_about_scales_can_be_made_again_with_its_own_numbers() -> None:
    from openldn.answers import again

    first = dose("3mg", days=2, persons=0, condition="crps", setting=["E_TONE=0.2", "T_E=25"])
    record = json.loads(json.dumps(first.as_json()))["provenance"]
    assert again(record).as_json() == first.as_json()


def test_unwanted_dreams_depend_on_the_hour_of_the_dose() -> None:
    """The scales and unwanted effects follow the clock that was asked."""
    m = model()
    assert m.parameters["CLOCK0"].value == 22
    runs = [
        dose("4.5mg", at=at, days=2, persons=0, condition="crps", using=["kinetics=plasma"])
        for at in ("22:00", "10:00")
    ]
    dreams = [r.effects.unwanted.more["ae_dreams"].value for r in runs if r.effects]
    assert dreams[0] > dreams[1], "blockade that is over by night disturbs no dreams"


@pytest.fixture(scope="module")
def depression() -> dict[str, str]:
    runs = {}
    for name, more in (("plain", ()), ("off", ("--without", "placebo")), ("two", ("--versus", "50mg"))):
        run = ldn("dose", "4.5mg", "--for", "depression", "--persons", "0", "--days", "2", *more)
        assert run.returncode == 0, run.stderr
        runs[name] = run.stdout
    return runs


def test_without_placebo_nothing_is_told_of_a_placebo(depression: dict[str, str]) -> None:
    assert "on placebo" in depression["plain"]
    assert "on placebo" not in depression["off"]
    assert "reach that untreated" in depression["off"]


def test_the_change_that_matters_is_told_from_a_response(depression: dict[str, str]) -> None:
    text = " ".join(depression["plain"].split())
    assert "not what trials call a response" in text
    assert "HDRS-17, 3 points: three to five points" in text


def test_the_length_of_the_run_is_told_from_that_of_the_scales(depression: dict[str, str]) -> None:
    assert "scales and unwanted effects are always those of 12 weeks" in " ".join(depression["plain"].split())


def test_two_doses_side_by_side_have_their_names_above_every_column(depression: dict[str, str]) -> None:
    heads = [line for line in depression["two"].splitlines() if "4.5mg" in line and "50mg" in line]
    assert len(heads) == 3, "the body, the scales and the unwanted effects"


def test_numbers_are_printed_with_a_real_minus_and_without_exponents_or_minus_zero(
    depression: dict[str, str],
) -> None:
    for text in depression.values():
        assert not re.search(r"[ (]-\d", text)
        assert not re.search(r"\de[+-]\d", text)
        assert "−0 " not in text


@pytest.mark.parametrize(
    ("value", "digits", "printed"),
    [(-0.0, 2, "0"), (-1e-320, 2, None), (-110.0, 2, "−110"), (1234.0, 2, "1200"), (0.06031, 2, "0.06"), (100.0, 3, "100"),
     (9.996, 3, "10"), (-14.2, 2, "−14")],
)  # fmt: skip
def test_a_number_in_words(value: float, digits: int, printed: str | None) -> None:
    found = significant(value, digits)
    assert found == (printed or found)
    assert "e" not in found
    assert float(found.replace("−", "-")) == float(f"{value:.{digits}g}")


def test_an_interval_in_a_sentence_has_a_real_minus_and_no_minus_zero() -> None:
    assert shown(Estimate(-0.2, -14.4, 15.0, "%", "")) == "0 (−14 to 15)"
    assert "(−" in statement("immune_messengers").text
    assert "of 100 draws" not in "".join(statement(name).text for name in COMPUTED)
