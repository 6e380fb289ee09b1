"""Populations whose persons each have events of their own: what was taken, steady states, occasions, and who fails."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from openldn.engine import Events, Model, assemble, ev, parse_block, parse_model, read_table, simulate
from openldn.engine.adherence import Adherence, taken
from openldn.engine.events import nothing, stacked
from openldn.engine.shipped import shipped_block
from openldn.notation import DataError, InputError, read_toml
from openldn.pharmacology import model as ldn
from openldn.population import simulate_population, uniforms

TIMES = np.arange(0.0, 49.0, 4.0)
DAILY = ev("4.5 mg", cmt="oral", ii=24, addl=1)
TEXT = """
model one : drug in one compartment
parameter CL [L/h]
parameter V [L] = 50
parameter LAG [h] = 0.5
state A [mg]
dose iv -> A lag LAG
C [mg/L] = A / V
d/dt(A) = -CL * C
"""
TABLE = """
[CL]
as_printed = "10 L/h"
basis = "assumed"
why = "an example"
spread = { cv = 0.3, basis = "assumed", why = "an example" }
occasion = { cv = 0.4, basis = "assumed", why = "an example" }
"""


def varying(folder: Path, *, lag: bool, occasion_cv: float = 0.4) -> Model:
    table = folder / "one.toml"
    table.write_text(TABLE.replace("cv = 0.4", f"cv = {occasion_cv}"), encoding="utf-8")
    entries = read_table(read_toml(table, name="one.toml"), {})
    block = parse_block(TEXT if lag else TEXT.replace(" lag LAG", ""), file="one.model")
    return assemble(block.name, {block.name: block}.__getitem__, entries)


def each(given: Events) -> Callable[[range], Events]:
    """The same events, handed out to each person as their own."""
    return lambda who: given.among([str(i) for i in who])


def test_the_same_events_from_a_function_are_the_same_population() -> None:
    by_all, by_each = (
        simulate_population(ldn(), what, TIMES, ("C_N", "occ_mu_brain"), 60, 4)
        for what in (DAILY, each(DAILY))
    )
    for output in ("C_N", "occ_mu_brain"):
        # each order statistic is kept to a thousandth; the two differ by the solver's tolerance
        assert by_each.quantile(output, 0.5) == pytest.approx(
            by_all.quantile(output, 0.5), rel=2e-3, abs=1e-9
        )
        assert by_each.mean(output) == pytest.approx(by_all.mean(output), rel=1e-6, abs=1e-9)


def test_occasions_change_a_persons_clearance_whoever_the_events_are_of(tmp_path: Path) -> None:
    model, given = varying(tmp_path, lag=False), ev("10 mg", cmt="iv", time=[0, 24])
    by_all, by_each = (
        simulate_population(model, what, TIMES, ("C",), 40, 4, when=[12.0, 24.0])
        for what in (given, each(given))
    )
    assert by_each.mean("C") == pytest.approx(by_all.mean("C"), rel=1e-6, abs=1e-12)
    still = simulate_population(model, given, TIMES, ("C",), 40, 4, when=())
    assert np.max(np.abs(still.mean("C")[1:] / by_all.mean("C")[1:] - 1)) > 0.01


def test_a_person_takes_the_same_in_any_crowd_and_chunk() -> None:
    habits = Adherence(missed=0.4, doubled=0.1, late=0.5, late_by_h=9)
    many = ev("4.5 mg", cmt="oral", ii=12, addl=3)

    def records(who: range) -> Events:
        return taken(many, habits, lambda stream: uniforms(2, stream, len(who), who.start))

    whole = simulate_population(ldn(), records, TIMES, ("C_N",), 30, 4)
    parts = simulate_population(ldn(), records, TIMES, ("C_N",), 30, 4, chunk=7)
    assert np.array_equal(whole.mean("C_N"), parts.mean("C_N"))
    alone = simulate_population(ldn(), records, TIMES, ("C_N",), 1, 4, first=17)
    after = simulate_population(ldn(), records, TIMES, ("C_N",), 13, 4, first=17)
    assert np.all(alone.mean("C_N") <= after.quantile("C_N", 1.0))


def test_everybody_begins_in_their_own_steady_state_and_who_has_none_is_counted_with_the_reason() -> None:
    model = assemble("michaelis_menten", shipped_block)
    amounts = np.array([40.0, 100.0, 200.0, 600.0])  # at most 20 mg/h can go, 480 in a day

    def steady(who: range) -> Events:
        return stacked(ev(a, cmt="oral", ii=24, ss=1, addl=1) for a in amounts[who.start : who.stop])

    def train(who: range) -> Events:
        return stacked(ev(a, cmt="oral", ii=24, addl=61) for a in amounts[who.start : who.stop])

    found = simulate_population(model, steady, TIMES[1:], ("C",), 4, 4)
    assert found.failed == 1
    assert "more goes in than can go out" in next(iter(found.reasons))
    late = simulate_population(model, train, 60 * 24 + TIMES[1:], ("C",), 3, 4)
    assert found.mean("C") == pytest.approx(late.mean("C"), rel=1e-6)


def test_requests_about_events_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    model = varying(tmp_path, lag=True)
    with pytest.raises(InputError, match="give `when` in hours"):
        simulate_population(model, each(nothing()), TIMES, ("C",), 3, 4)
    with pytest.raises(InputError, match="events of 1 persons came for 3"):
        simulate_population(model, lambda who: nothing(), TIMES, ("C",), 3, 4, when=())


@pytest.mark.parametrize("lag", [0.0, 3.0, 14.0])
def test_a_delayed_dose_is_not_lost_where_an_occasion_begins(tmp_path: Path, lag: float) -> None:
    """Without any variation an occasion changes nothing: the run is the one without occasions."""
    model = varying(tmp_path, lag=True, occasion_cv=1e-9)
    given = ev("10 mg", cmt="iv", time=[0, 12])
    values = {"LAG": lag, "CL": 10.0}
    still = simulate_population(model, given, TIMES, ("C",), 2, 4, values=values, when=())
    own = np.array([simulate(model, given, TIMES, ("C",), values).of("C")[0]])
    assert still.mean("C") == pytest.approx(own[0], rel=1e-3, abs=1e-12)
    cut = simulate_population(model, given, TIMES, ("C",), 40, 4, when=[2.0, 13.0], values={"LAG": lag})
    whole = simulate_population(model, given, TIMES, ("C",), 40, 4, when=(), values={"LAG": lag})
    assert cut.mean("C") == pytest.approx(whole.mean("C"), rel=1e-5, abs=1e-9)


def test_everybody_begins_at_hour_nought_whenever_their_first_record_is() -> None:
    model = parse_model(
        "model m : x\nparameter B [mg] = 100\nparameter K [1/h] = 0.1\nparameter L [h] = 1\nstate x [mg] = B\n"
        "dose late -> x lag L\ndose now -> x\nd/dt(x) = -K * x\n"
    )
    times, expected = np.array([10.0, 15.0]), 100 * np.exp([-1.0, -1.5])
    given = stacked([nothing(), ev(1e-9, cmt="now", time=5), ev(1, cmt="late", time=20)])
    found = simulate(model, given, times, ["x"])
    assert not found.reasons
    assert found.of("x") == pytest.approx(np.tile(expected, (3, 1)), rel=1e-6)
    for route in ("late", "now"):
        run = simulate(model, ev(1, cmt=route, time=20), times, ["x"])
        assert run.of("x")[0] == pytest.approx(expected, rel=1e-6)


def test_a_record_that_cannot_be_is_told_with_the_persons_own_number() -> None:
    model = assemble("one_compartment", shipped_block)

    def records(who: range) -> Events:
        return stacked(ev(-5 if i == 13 else 5, cmt="iv") for i in who)

    with pytest.raises(DataError, match="person 13"):
        simulate_population(model, records, TIMES, ("C",), 20, 4, chunk=10)
    with pytest.raises(DataError, match="person 4"):
        simulate_population(
            model,
            lambda who: stacked(ev(5, cmt="nose" if i == 4 else "iv") for i in who),
            TIMES,
            ("C",),
            6,
            4,
        )
