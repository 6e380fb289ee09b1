"""Persons with their records, run through a model: what comes out, row by row.

table = simulate_events(model, read_events(path, model), ["C"])
table.ids, table.times_h, table.values          one row for each record, or each of `times`
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.compiling import close_all, compiled
from openldn.engine.events.covariates import METHODS, with_slopes
from openldn.engine.events.records import Person, check_person, filled
from openldn.engine.events.solve import run_plan
from openldn.engine.model import Equation, Model, check_range, static_assignments
from openldn.engine.plan import plan
from openldn.engine.reference import complete
from openldn.notation import DataError, InputError, QuantityError, UnknownName

Array = NDArray[np.float64]
_ROWS = 20_000_000  # numbers of a table


@dataclass(frozen=True)
class Table:
    """A run's rows: `values` has shape (rows, outputs), NaN where a person could not be solved.

    ids, times_h: of each row. reasons: why, by person.
    """

    outputs: tuple[str, ...]
    units: tuple[str, ...]
    ids: tuple[str, ...] = field(repr=False)
    times_h: Array = field(repr=False)
    values: Array = field(repr=False)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def of(self, output: str, person: str | None = None) -> Array:
        """One output, of one person or of all. Raises UnknownName."""
        if output not in self.outputs:
            raise UnknownName("output", output, self.outputs)
        column = self.values[:, self.outputs.index(output)]
        return column if person is None else column[np.array(self.ids) == person]


def simulate_events(
    model: Model,
    persons: Iterable[Person],
    outputs: Sequence[str] = (),
    *,
    values: Mapping[str, float] | None = None,
    times: Sequence[float] | None = None,
    covariates: str = "nocb",
    method: str = "DOP853",
    rtol: float = 1e-8,
    atol: float = 1e-10,
    file: str = "",
    progress: Callable[[float], None] | None = None,
) -> Table:
    """The outputs of `model` for each record of each person, or at `times` (hours) for each person.

    outputs: by default `default_outputs(model)`. values: parameters and switches that differ for everybody; a
        record's own come before them. covariates: "nocb", "locf" or "linear".
    A value at one of `times` is the one before anything that happens then. Raises DataError, with the file's row,
    for a record that cannot be, UnknownName for an output, parameter or method, InputError for a table too large.
    """
    if covariates not in METHODS:
        raise UnknownName("way of covariates", covariates, METHODS)
    wanted = tuple(outputs) or default_outputs(model)
    units = tuple(model.unit_of(name) for name in wanted)
    given, _ = complete(model, values or {})
    asked = None if times is None else _times(times)
    ids: list[str] = []
    rows: list[float] = []
    names: list[str] = []
    everybody = [_ready(person, file) for person in persons]
    for person in everybody:
        names += [name for name in person.records[0].values if name not in names]
    sloping = [n for n in names if n in model.parameters] if covariates == "linear" else []
    solved = with_slopes(model, sloping) if sloping else model
    lengths = [len(person.records) if asked is None else len(asked) for person in everybody]
    if sum(lengths) * len(wanted) > _ROWS:
        raise InputError(
            f"{sum(lengths):,} rows of {len(wanted)} outputs are more than {_ROWS:,} numbers; "
            "ask for fewer outputs or times, or split the table by ID"
        )
    open_steps = []
    for person in everybody:
        check_values(model, person, file)
        own = [record.time_h for record in person.records] if asked is None else asked
        ids += [person.id] * len(own)
        rows += own
        own_slopes = [name for name in sloping if name in person.records[0].values]
        open_steps.append(
            compiled(
                model,
                person,
                given,
                wanted,
                covariates=covariates,
                sloping=own_slopes,
                times=asked,
                file=file,
            )
        )
    lists, wrong = close_all(model, open_steps, wanted)
    reasons = {everybody[i].id: why for i, why in wrong.items()}
    start = _with_lines(given, sloping)
    ran = run_plan(
        solved,
        plan(lists, range(len(lists))),
        start,
        wanted,
        method=method,
        rtol=rtol,
        atol=atol,
        progress=progress,
    )
    for i, why in ran.reasons.items():
        reasons.setdefault(everybody[i].id, why)
    found = np.full((len(rows), len(wanted)), np.nan)
    ends = np.cumsum(lengths)
    for own_values, length, end in zip(ran.values, lengths, ends, strict=True):
        # A person whom a steady state stops has fewer samples than rows.
        here = own_values[:length]
        found[end - length : end - length + len(here)] = here
    return Table(wanted, units, tuple(ids), np.array(rows, dtype=float), found, reasons)


def default_outputs(model: Model) -> tuple[str, ...]:
    """What the model's own file works out from its states; where that is nothing, all its states.

    The model's own file is its first block, without what it includes.
    """
    static = {a.name for a in static_assignments(model)}
    main = {(line.file, line.name) for line in model.blocks[0].of("assignment")}

    def of(wanted: Callable[[Equation], bool]) -> tuple[str, ...]:
        lines = [a for a in model.assignments if a.name not in static and wanted(a)]
        return tuple(a.name for a in sorted(lines, key=lambda a: (a.file, a.line)))

    found = of(lambda a: (a.file, a.name) in main) or of(lambda a: True)
    return found or tuple(s.name for s in model.states)


def _ready(person: Person, file: str) -> Person:
    check_person(person, file)
    names = dict.fromkeys(name for record in person.records for name in record.values)
    return Person(person.id, filled(person.records, list(names), person=person.id, file=file))


def check_values(model: Model, person: Person, file: str = "") -> None:
    """Raise DataError for a value that is physically impossible, or a name that the model does not have."""
    known = {*model.parameters, *model.switches}
    for record in person.records:
        for name, value in record.values.items():
            try:
                if name not in known:
                    raise UnknownName("parameter or switch", name, known)
                if name in model.switches and value not in (0, 1):
                    raise QuantityError(f"switch {name} is {value:g}; it is 0 or 1")
                if name in model.parameters:
                    check_range(model.parameters[name], value, f"person {person.id}")
            except InputError as error:
                raise DataError(str(error), file=file, line=record.row, field=name) from None


def _times(times: Sequence[float]) -> list[float]:
    found = [float(t) for t in times]
    if not found or not np.all(np.isfinite(found)) or found[0] < 0 or np.any(np.diff(found) <= 0):
        raise InputError("times must be one or more increasing hours from 0")
    return found


def _with_lines(given: Mapping[str, Any], sloping: Sequence[str]) -> dict[str, Any]:
    """The parameters of the model with straight lines, level until a record says otherwise."""
    found = {name: value for name, value in given.items() if name not in sloping}
    found.update({f"{name}_from": given[name] for name in sloping})
    return found
