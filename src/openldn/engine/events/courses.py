"""Many persons, each with records of their own, at common times.

    values, reasons = solve_records(model, [[Record(0, 1, 100, "oral")], …], times, ["C"], {"CL": [9.0, …]})

Doses in milligrams become records where a model has delays or other units for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.compiling import close_all, compiled
from openldn.engine.events.records import DOSE, OTHER, Person, Record, check_person, filled
from openldn.engine.events.simulate import check_values
from openldn.engine.events.solve import run_plan
from openldn.engine.model import Model
from openldn.engine.model_text import DOSE_UNIT
from openldn.engine.plan import plan
from openldn.engine.reference import complete
from openldn.engine.regimen import Dose
from openldn.notation import DataError, InputError, QuantityError, SolveError, convert

Array = NDArray[np.float64]


def solve_records(
    model: Model,
    records: Sequence[Sequence[Record]],
    times: Sequence[float] | Array,
    outputs: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    solver: str = "kernel",
    method: str = "DOP853",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    first: int = 0,
) -> tuple[Array, dict[int, str]]:
    """The outputs at `times` (hours) of each person, shape (persons, times, outputs), and why somebody has none.

    values: parameters and switches that differ from the model's own, each a number or an array (persons,). What a
        record says of a parameter holds from its time on.
    first: the number of the first person, for messages.
    Everybody begins at hour 0 with the initial values. A value at one of `times` is the one before anything that
    happens then. Raises DataError for a record that cannot be, InputError where `values` are of another number of
    persons.
    """
    given, persons = complete(model, values or {})
    if persons not in (1, len(records)):
        raise InputError(f"values of {persons:,} persons and records of {len(records):,}")
    same = {name: float(v) for name, v in given.items() if not np.ndim(v)}
    differing = {
        name: np.broadcast_to(np.asarray(v, dtype=float), (len(records),))
        for name, v in given.items()
        if np.ndim(v)
    }
    asked, everybody = [float(t) for t in times], []
    for i, own_records in enumerate(records):
        person = Person(str(first + i), (Record(0.0, OTHER), *own_records))
        check_person(person)
        check_values(model, person)
        own = same | {name: float(v[i]) for name, v in differing.items()}
        person = Person(person.id, _told(person.records, own))
        try:
            everybody.append(compiled(model, person, own, outputs, covariates="locf", times=asked))
        except DataError as error:
            raise DataError(f"person {person.id}: {error}") from None
    lists, reasons = close_all(model, everybody, outputs)
    ran = run_plan(
        model,
        plan(lists, range(len(lists))),
        given,
        outputs,
        solver=solver,
        method=method,
        rtol=rtol,
        atol=atol,
    )
    found = np.full((len(records), len(asked), len(outputs)), np.nan)
    found[:, : ran.values.shape[1]] = ran.values[:, : len(asked)]
    return found, dict(sorted({**ran.reasons, **reasons}.items()))


def _told(records: Sequence[Record], own: Mapping[str, float]) -> tuple[Record, ...]:
    """Records that all give what any of them gives; before the first mention it is the person's own."""
    names = dict.fromkeys(name for record in records for name in record.values)
    begin = replace(records[0], values={name: own[name] for name in names} | dict(records[0].values))
    return filled([begin, *records[1:]], list(names), person="")


def records_of(model: Model, doses: Sequence[Dose]) -> list[Record]:
    """Doses as records, their milligrams in the unit of their route; those of 0 mg are left out.

    Raises InputError where that unit is no mass, and for a dose before hour 0.
    """
    found = []
    for dose in doses:
        if dose.time_h < 0:
            raise InputError(f"a dose at {dose.time_h:g} h is before the run, which begins at hour 0")
        if dose.amount_mg == 0:
            continue
        units = {line.unit for line in model.doses[dose.route]}
        try:
            amounts = {convert(dose.amount_mg, DOSE_UNIT, unit) for unit in units}
        except QuantityError:
            raise InputError(
                f'doses of "{dose.route}" are in {", ".join(sorted(units))}, not in mg; give them as events'
            ) from None
        if len(amounts) > 1:
            raise InputError(
                f'the dose lines of "{dose.route}" have different units; give the doses as events'
            )
        found.append(Record(dose.time_h, DOSE, amounts.pop(), dose.route, duration_h=dose.duration_h))
    return sorted(found, key=lambda record: record.time_h)


def solve_doses(
    model: Model,
    doses: Sequence[Dose],
    times: Array,
    outputs: Sequence[str],
    values: Mapping[str, Any],
    **options: Any,
) -> Array:
    """As `simulate`, by way of records. Raises SolveError naming the first person who could not be solved."""
    _, persons = complete(model, values)
    found, reasons = solve_records(
        model, [records_of(model, doses)] * persons, times, outputs, values, **options
    )
    for person, why in reasons.items():
        raise SolveError(f"person {person} could not be solved: {why}")
    return found
