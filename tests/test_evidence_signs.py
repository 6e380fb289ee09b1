"""An effect's sign is a field of the study's file: no word of a note decides it."""

import math
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import openldn.evidence as ev
from openldn.evidence.effects import possible_routes
from openldn.evidence.headline import headline
from openldn.evidence.lint import lint
from openldn.evidence.study import Effect, Study
from openldn.notation import DataError, OpenLDNError

NOTES = {
    "label", "design_detail", "population", "comparator_detail", "schedule", "status", "funding", "concerns", "usable_note",
    "notes", "reading_note", "note", "words", "estimand", "reason", "recollection",
}  # fmt: skip
# What the code once read for itself, and words that sound like it.
SAYINGS = (
    "printed without a sign", "as an improvement", "sign convention not stated", "positive favours placebo",
    "a change", "adjusted", "±", "SD", "the other way round", "-1.6",
)  # fmt: skip
STUDIES = {s.id: s for s in ev.studies()}


def reworded(record: Any, say: Any) -> Any:
    """`record` with every text that is written for people said in other words."""
    changed = {}
    for f in fields(record):
        value = getattr(record, f.name)
        if f.name in NOTES and isinstance(value, str) and value:
            changed[f.name] = say()
        elif is_dataclass(value) and not isinstance(value, type) and f.name != "fingerprint":
            changed[f.name] = reworded(value, say)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]) and f.name != "recollections":
            changed[f.name] = tuple(reworded(item, say) for item in value)
    return replace(record, **changed)


def numbers(study: Study) -> list[tuple[Any, ...]]:
    """Every effect that the study's figures give, and what is shown of it first."""
    found: list[tuple[Any, ...]] = []
    for name in (*(o.name for o in study.outcomes), *(f"harm:{h.term}" for h in study.harms)):
        for route in possible_routes(study, name, misread=True):
            for r in (0.0, 0.5):
                try:
                    effect = route.effect(r)
                except OpenLDNError as error:
                    found.append((name, route.measure, route.name, type(error)))
                else:
                    found.append((name, route.measure, route.name, effect.yi, effect.vi, effect.n))
    shown = headline(study)
    found.append((shown.outcome if shown else None,))
    found += [(f.rule, f.field) for f in lint([study]) if f.study == study.id]
    return found


@pytest.mark.parametrize("name", sorted(STUDIES))
@settings(max_examples=4)
@given(data=st.data())
def test_rewording_any_note_of_a_study_changes_no_number(name: str, data: st.DataObject) -> None:
    study = STUDIES[name]
    told = reworded(
        study, lambda: data.draw(st.sampled_from(SAYINGS) | st.text("abc ±,;", min_size=1).map("x".__add__))
    )
    assert numbers(told) == numbers(study)


@pytest.mark.parametrize(
    ("study", "outcome"),
    [("cree-2010-ms", "Pain Effects Scale"), ("srinivasan-2021-pdn", "pain change, intention to treat"),
     ("bruun-2024-final", "pain change")],
)  # fmt: skip
def test_the_sign_follows_the_field_and_only_the_field(study: str, outcome: str) -> None:
    s = STUDIES[study]
    at = next(i for i, o in enumerate(s.outcomes) if o.name == outcome)
    effect = s.outcomes[at].effect
    assert effect is not None
    assert effect.estimate

    def first(sign: str) -> list[float]:
        told = replace(s.outcomes[at], arms=(), effect=replace(effect, sign=sign))
        changed = replace(s, outcomes=(*s.outcomes[:at], told, *s.outcomes[at + 1 :]))
        printed = [
            r for r in possible_routes(changed, outcome) if r.name.startswith(("printed", "difference"))
        ]
        return sorted({math.copysign(1, r.effect(0.5).yi) for r in printed})

    lead = math.copysign(1, effect.estimate)
    assert first("printed") == [lead]
    assert first("reversed") == [-lead]
    assert first("unknown") == [-1, 1]


def test_a_ratio_printed_the_other_way_round_is_turned_over() -> None:
    s = STUDIES["bolton-2019-sae"]
    routes = {}
    for sign in ("printed", "reversed", "unknown"):
        told = tuple(replace(o, effect=replace(o.effect, sign=sign)) if o.effect and o.effect.measure == "RR" else o
                     for o in s.outcomes)  # fmt: skip
        named = next(o.name for o in told if o.effect and o.effect.measure == "RR")
        found = possible_routes(replace(s, outcomes=told), named, "RR")
        routes[sign] = [r.effect().yi for r in found if r.name.startswith("printed")]
    # log 0.84, or its negative for the inverse ratio, as printed to two digits
    assert math.exp(routes["printed"][0]) == pytest.approx(0.84, abs=0.005)
    assert routes["reversed"] == [-routes["printed"][0]]
    assert sorted(routes["unknown"]) == sorted([routes["printed"][0], routes["reversed"][0]])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('sign = "unknown"\n', "", '"sign" is missing: the estimate is "printed"'),
        ('sign = "unknown"\n', 'sign = "positive"\n', '"sign" is "positive"; choose one of'),
        ("estimate = 1.64\n", "", "there is no estimate"),
        ('measure = "difference"\n', 'measure = "p-only"\n', 'a measure "p-only" has no sign'),
        ('measure = "difference"\nestimate = 1.64\nsign = "unknown"', 'measure = "RR"\nestimate = 1.64\nsign = "unsigned"',
         "a ratio is above or below 1"),
    ],
)  # fmt: skip
def test_a_file_without_a_right_sign_is_refused_with_its_name_and_the_way_out(
    old: str, new: str, says: str, tmp_path: Path
) -> None:
    text = (Path(ev.__file__).parent / "studies/srinivasan-2021-pdn.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "srinivasan-2021-pdn.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        ev.read_study(path)
    assert says in str(caught.value)
    assert caught.value.file == "srinivasan-2021-pdn.toml"
    assert caught.value.line is not None


def test_an_effect_without_an_estimate_needs_no_sign() -> None:
    assert Effect("p-only", p=0.5).sign == ""
