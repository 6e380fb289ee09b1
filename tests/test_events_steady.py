"""Steady states: of many persons, of fast absorption and long intervals, of stiff equations, and where there is none."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn import answers
from openldn.engine import Model, assemble, ev, parse_block, simulate
from openldn.engine.events import stacked
from openldn.engine.sensitivities import with_sensitivities
from openldn.engine.shipped import shipped_block
from openldn.notation import InputError
from openldn.proof.qualify.superposition import Linear, central

# A step of Newton's method is taken until none is over 1e-8; the solver's own tolerance is 1e-8 a step.
CLOSE = 1e-6
SIZES = {
    "one_compartment": ("V", ()),
    "two_compartments": ("V2", ("Q", "V3")),
    "three_compartments": ("V2", ("Q3", "V3", "Q4", "V4")),
}
# Drug that binds its target faster than anything else happens.
BINDING = """
model binding : a target that binds its drug
parameter KEL [1/h] = 0.01
parameter KON [L/nmol/h] = 50
parameter KOFF [1/h] = 0.05
parameter KIN [nmol/L/h] = 1
parameter KDEG [1/h] = 0.1
parameter KINT [1/h] = 0.03
state free [nmol/L]
state target [nmol/L] = KIN / KDEG
state complex [nmol/L]
dose iv [nmol/L] -> free
bound [nmol/L/h] = KON * free * target - KOFF * complex
d/dt(free) = -KEL * free - bound
d/dt(target) = KIN - KDEG * target - bound
d/dt(complex) = bound - KINT * complex
"""


def shipped(name: str) -> Model:
    return assemble(name, shipped_block)


def binding() -> Model:
    block = parse_block(BINDING, file="binding.model")
    return assemble(block.name, {block.name: block}.__getitem__)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(SIZES)),
    st.floats(np.log(0.2), np.log(10)).map(np.exp),
    st.floats(1, 20),
    st.sampled_from([8.0, 12.0, 24.0, 168.0]),
    st.sampled_from([0.0, 0.37, 30.0]),
    st.sampled_from([0.0, 1.0, 9.0]),
)
def test_any_linear_model_has_the_steady_state_that_superposition_says(
    name: str, ka: float, cl: float, interval: float, lag: float, duration: float
) -> None:
    model = shipped(name)
    volume, others = SIZES[name]
    size = {k: model.parameters[k].value for k in (volume, *others)}
    values = {"KA": ka, "CL": cl, "ALAG1": lag, "D1": duration}
    rate = -2.0 if duration else 0.0
    hours = [0.0, 0.5, 2.0, interval / 2]
    given = ev(333, cmt="oral", rate=rate, ii=interval, ss=1) + ev(time=hours, evid=0)
    found = simulate(model, given, None, ["C"], values).whole().of("C")[0, 1:]
    q2, v2, q3, v3 = (*(size[k] for k in others), 0, 0, 0, 0)[:4]
    linear = Linear(cl, size[volume], ka=ka, q2=q2, v2=v2, q3=q3, v3=v3)
    own = {"LAG": lag, "D": duration}
    dose = {"TIME": 0, "EVID": 1, "AMT": 333, "CMT": "oral", "RATE": rate, "II": interval, "SS": 1, **own}
    looks = [{"TIME": t, "EVID": 0} for t in hours]
    expected = np.array(central(linear, [dose, *looks]))[-len(hours) :] / size[volume]
    assert np.max(np.abs(found - expected)) <= CLOSE * np.max(expected)


def test_many_steady_states_at_once_are_those_of_each_alone() -> None:
    model, cl = shipped("two_compartments"), np.linspace(2, 30, 40)
    people = [ev(100, cmt="oral", ii=24, ss=1, CL=x) + ev(time=1.0, evid=0) for x in cl]
    together = simulate(model, stacked(people), None, ["C"])
    for i in range(0, 40, 13):
        assert np.array_equal(simulate(model, people[i], None, ["C"]).of("C")[0], together.of("C")[i])


def test_a_steady_state_of_fast_binding_is_what_a_year_of_doses_leaves() -> None:
    """Explicit steps alone would be a million; what remains free before a dose is 5e-6 of what a dose brings."""
    week, doses = 168.0, 60
    looks = np.array([0.0, 24.0, 167.9])
    steady = ev(50, ii=week, ss=1) + ev(time=looks, evid=0)
    train = ev(50, ii=week, addl=doses) + ev(time=week * doses + looks, evid=0)
    found, expected = (
        simulate(binding(), g, None, ["free", "target"]).values[0, 1:] for g in (steady, train)
    )
    assert found == pytest.approx(
        expected, rel=1e-5
    )  # the train's own tolerance is 1e-8 for each of 200,000 steps


ROWS = """ID,TIME,EVID,AMT,CMT,II,SS,VMAX
1,0,1,1,oral,,,20
1,5,0,,,,,20
1,10,1,1000,oral,12,1,20
1,11,0,,,,,20
1,12,0,,,,,20
2,0,1,10,oral,,,20
2,5,0,,,,,20
"""


def test_what_came_before_an_impossible_steady_state_is_kept_and_nobody_gets_anothers_values(
    tmp_path: Path,
) -> None:
    events = tmp_path / "events.csv"
    events.write_text(ROWS, encoding="utf-8")
    answer = answers.simulate("michaelis_menten", events, outputs=["C"])
    assert list(answer.reasons) == ["1"]
    columns = json.loads(json.dumps(answer.as_json()))["columns"]
    assert [len(column) for column in columns.values()] == [7, 7, 7]
    first, second = columns["C"][:5], columns["C"][5:]
    assert first[0] == 0
    assert 0 < first[1] < 0.1
    assert first[2:] == [None] * 3
    assert second == [0, pytest.approx(0.0478779, rel=1e-5)]  # what the same person has alone
    lines = answer.as_csv().splitlines()
    assert len(lines) == 8
    assert lines[3] == "1,10.0,"


def test_a_table_in_which_nobody_has_a_steady_state_still_has_all_its_rows() -> None:
    given = ev(1000, cmt="oral", ii=12, ss=1) + ev(time=[1.0, 2.0], evid=0)
    run = simulate(shipped("michaelis_menten"), given, None, ["C"])
    assert "more goes in than can go out" in str(run.reasons[0])
    assert np.isnan(run.of("C")).tolist() == [[True] * 3]


def test_a_run_too_large_to_hold_is_refused_before_anything_is_done() -> None:
    people = ev(1, cmt="iv").among([str(i) for i in range(700)])
    with pytest.raises(InputError, match="70,000,000 doses, samples and changes are more than 60,000,000"):
        simulate(shipped("one_compartment"), people, np.arange(100_000.0), ["C", "body"])


def test_what_blows_up_is_named_with_its_rate_and_line() -> None:
    text = (
        "model blow : up\nparameter G [1/mg/h] = 0.1\nstate a [mg]\nstate b [mg]\ndose iv -> a\n"
        "d/dt(a) = G * a * a\nd/dt(b) = -G * b * b\n"
    )
    block = parse_block(text, file="blow.model")
    model = assemble(block.name, {block.name: block}.__getitem__)
    run = simulate(model, ev(5) + ev(time=3.0, evid=0), None, ["a", "b"])
    # a = 5 / (1 − t / 2)
    assert "at 2 h" in str(run.reasons[0])
    assert re.search(r'"a" changes by .* mg an hour there \(blow.model, line 6\)', str(run.reasons[0]))


def test_who_else_is_in_a_table_changes_nobodys_digits() -> None:
    """Not even who is dosed into other states, or begins at another hour, or cannot be solved."""
    model = shipped("michaelis_menten")
    people = [
        ev(50, cmt="iv"), ev(50, cmt="oral", time=3), ev(9000, cmt="oral", ii=12, ss=1),
        ev(40, cmt="oral", time=7, ii=24, ss=1), ev(40, cmt="iv", time=7, ii=24, ss=1, dur=2),
    ]  # fmt: skip
    people = [one + ev(time=[30, 40, 60], evid=0) for one in people]
    together = simulate(model, stacked(people), None, ["C"])
    assert list(together.reasons) == [2]
    for own, one in zip(together.of("C"), people, strict=True):
        assert np.array_equal(simulate(model, one, None, ["C"]).of("C")[0], own, equal_nan=True)


def test_a_steady_state_with_sensitivities_that_is_none_is_told_by_a_state_of_the_model() -> None:
    wide = with_sensitivities(shipped("michaelis_menten"), ["VMAX"], ["C"])
    given = ev(1000, cmt="oral", ii=12, ss=1) + ev(time=1.0, evid=0)
    run = simulate(wide, given, None, ["C", "d_C_by_VMAX"])
    assert '"body" still grows' in str(run.reasons[0])
