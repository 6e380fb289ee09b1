"""Populations whose persons each have records: what was taken, steady states, occasions, and who fails."""

from pathlib import Path

import numpy as np
import pytest

from openldn.engine import Dose, Model, assemble, parse_block, parse_model, read_table, simulate
from openldn.engine.adherence import Adherence, taken
from openldn.engine.events import Record, records_of, solve_records
from openldn.engine.shipped import shipped_block
from openldn.notation import DataError, InputError, read_toml
from openldn.pharmacology import model as ldn
from openldn.population import simulate_population, uniforms

TIMES = np.arange(0.0, 49.0, 4.0)
DAILY = tuple(Dose(24.0 * k, 4.5, "oral") for k in range(2))
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


def test_the_same_doses_as_records_are_the_same_population() -> None:
    def records(who: range) -> list[list[Record]]:
        return [records_of(ldn(), DAILY) for _ in who]

    by_doses, by_records = (
        simulate_population(ldn(), what, TIMES, ("C_N", "occ_mu_brain"), 60, 4) for what in (DAILY, records)
    )
    for output in ("C_N", "occ_mu_brain"):
        # each order statistic is kept to a thousandth; the two differ by the solver's tolerance
        assert by_records.quantile(output, 0.5) == pytest.approx(
            by_doses.quantile(output, 0.5), rel=2e-3, abs=1e-9
        )
        assert by_records.mean(output) == pytest.approx(by_doses.mean(output), rel=1e-6, abs=1e-9)


def test_occasions_change_a_persons_clearance_between_records_as_between_doses(tmp_path: Path) -> None:
    model, given = varying(tmp_path, lag=False), (Dose(0.0, 10, "iv"), Dose(24.0, 10, "iv"))
    by_doses, by_records = (
        simulate_population(model, what, TIMES, ("C",), 40, 4, when=[12.0, 24.0])
        for what in (given, lambda who: [records_of(model, given) for _ in who])
    )
    assert by_records.mean("C") == pytest.approx(by_doses.mean("C"), rel=1e-6, abs=1e-12)
    still = simulate_population(model, given, TIMES, ("C",), 40, 4, when=())
    assert np.max(np.abs(still.mean("C")[1:] / by_doses.mean("C")[1:] - 1)) > 0.01


def test_a_person_takes_the_same_in_any_crowd_and_chunk() -> None:
    habits = Adherence(missed=0.4, doubled=0.1, late=0.5, late_by_h=9)
    many = tuple(Dose(12.0 * k, 4.5, "oral") for k in range(4))

    def records(who: range) -> list[list[Record]]:
        people = taken(many, habits, lambda stream: uniforms(2, stream, len(who), who.start))
        return [records_of(ldn(), own) for own in people]

    whole = simulate_population(ldn(), records, TIMES, ("C_N",), 30, 4)
    parts = simulate_population(ldn(), records, TIMES, ("C_N",), 30, 4, chunk=7)
    assert np.array_equal(whole.mean("C_N"), parts.mean("C_N"))
    alone = simulate_population(ldn(), records, TIMES, ("C_N",), 1, 4, first=17)
    after = simulate_population(ldn(), records, TIMES, ("C_N",), 13, 4, first=17)
    assert np.all(alone.mean("C_N") <= after.quantile("C_N", 1.0))


def test_everybody_begins_in_their_own_steady_state_and_who_has_none_is_counted_with_the_reason() -> None:
    model = assemble("michaelis_menten", shipped_block)
    amounts = np.array([40.0, 100.0, 200.0, 600.0])  # at most 20 mg/h can go, 480 in a day

    def steady(who: range) -> list[list[Record]]:
        return [
            [Record(0, 1, a, "oral", interval_h=24, steady=1, additional=1)]
            for a in amounts[who.start : who.stop]
        ]

    def train(who: range) -> list[list[Record]]:
        return [
            [Record(0, 1, a, "oral", interval_h=24, additional=61)] for a in amounts[who.start : who.stop]
        ]

    found = simulate_population(model, steady, TIMES[1:], ("C",), 4, 4)
    assert found.failed == 1
    assert "more goes in than can go out" in next(iter(found.reasons))
    late = simulate_population(model, train, 60 * 24 + TIMES[1:], ("C",), 3, 4)
    assert found.mean("C") == pytest.approx(late.mean("C"), rel=1e-6)


def test_requests_about_records_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    model = varying(tmp_path, lag=True)
    with pytest.raises(InputError, match="give `when` in hours"):
        simulate_population(model, lambda who: [[] for _ in who], TIMES, ("C",), 3, 4)
    with pytest.raises(InputError, match="records of 1 persons came for 3"):
        simulate_population(model, lambda who: [[]], TIMES, ("C",), 3, 4, when=())


@pytest.mark.parametrize("lag", [0.0, 3.0, 14.0])
def test_a_delayed_dose_is_not_lost_where_an_occasion_begins(tmp_path: Path, lag: float) -> None:
    """Without any variation an occasion changes nothing: the run is the one without occasions."""
    model = varying(tmp_path, lag=True, occasion_cv=1e-9)
    given = (Dose(0.0, 10, "iv"), Dose(12.0, 10, "iv"))
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
    records = [[], [Record(5.0, 1, 1e-9, "now")], [Record(20.0, 1, 1.0, "late")]]
    found, reasons = solve_records(model, records, times, ["x"])
    assert not reasons
    assert found[:, :, 0] == pytest.approx(np.tile(expected, (3, 1)), rel=1e-6)
    for route in ("late", "now"):
        run = simulate(model, [Dose(20.0, 1.0, route)], times, ("x",))
        assert run.of("x")[0] == pytest.approx(expected, rel=1e-6)


def test_a_record_that_cannot_be_is_told_with_the_persons_own_number() -> None:
    model = assemble("one_compartment", shipped_block)

    def records(who: range) -> list[list[Record]]:
        return [[Record(0, 1, -5.0 if i == 13 else 5.0, "iv")] for i in who]

    with pytest.raises(DataError, match="person 13"):
        simulate_population(model, records, TIMES, ("C",), 20, 4, chunk=10)
    with pytest.raises(DataError, match="person 4"):
        simulate_population(model, lambda who: [[Record(0, 1, 5.0, "nose" if i == 4 else "iv")] for i in who],
                            TIMES, ("C",), 6, 4)  # fmt: skip
