"""What does this model make of these records? Any model, a table of events in, a table of outputs out."""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.basis import basis_of
from openldn.answers.model_files import named_model
from openldn.answers.switches import changed_numbers, settings
from openldn.engine import Model
from openldn.engine.events import Table, read_events, simulate_events
from openldn.notation import InputError, fingerprint, parse_number, write_whole

_MOST_TIMES = 100_000
_RANGE = re.compile(r"\s*([^:]+):([^:]+):([^:]+)\s*")


@dataclass(frozen=True)
class SimulationAnswer:
    """A table of outputs; `amounts` is the unit of AMT by route, `meanings` what the outputs are."""

    question: dict[str, Any]
    model: str
    table: Table = field(repr=False)
    amounts: dict[str, str]
    meanings: dict[str, str]
    provenance: Provenance = field(repr=False)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each output; TIME is in hours."""
        return dict(zip(self.table.outputs, self.table.units, strict=True))

    @property
    def reasons(self) -> dict[str, str]:
        """Why there are no numbers for a person, by ID."""
        return dict(self.table.reasons)

    def as_csv(self) -> str:
        """ID, TIME and the outputs, a row for each record or time; an empty cell where there is no number."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["ID", "TIME", *self.table.outputs])
        for who, time, values in zip(self.table.ids, self.table.times_h, self.table.values, strict=True):
            writer.writerow([_safe(who), repr(float(time)), *(_cell(v) for v in values)])
        return text.getvalue()

    def as_json(self) -> dict[str, Any]:
        """The document of `ldn simulate --json`."""
        t = self.table
        columns: dict[str, Any] = {"ID": list(t.ids), "TIME": t.times_h.tolist()}
        for i, name in enumerate(t.outputs):
            columns[name] = [v if math.isfinite(v) else None for v in t.values[:, i].tolist()]
        return {
            "question": self.question,
            "model": self.model,
            "units": {"TIME": "h", "AMT": self.amounts, **self.units},
            "meanings": self.meanings,
            "columns": columns,
            "reasons": self.reasons,
            "provenance": self.provenance.as_json(),
        }


def simulate(
    model: str,
    events: Path,
    *,
    outputs: Sequence[str] = (),
    times: str | None = None,
    covariates: str = "nocb",
    setting: Sequence[str] = (),
    without: Sequence[str] = (),
    using: Sequence[str] = (),
    drop: Sequence[str] = (),
    method: str = "DOP853",
    progress: Callable[[float], None] | None = None,
) -> SimulationAnswer:
    """The outputs of a model, by name or file, for the records of a table.

    times: hours such as "0,1,2.5" or "0:48:0.5" (from, to, step); without them, the records' own.
    covariates: how parameters go from record to record, "nocb", "locf" or "linear".
    setting, without, using: as in `dose`. drop: columns of the table to leave out.
    Raises UnknownName, InputError for a request that makes no sense, DataError or ModelTextError, with the place, for
    a table or a model that does not.
    """
    named = named_model(model)
    found = named.model
    given = {**settings(found, without, using), **changed_numbers(found, setting)}
    asked = None if times is None else parse_times(times)
    persons = read_events(events, found, drop=drop)
    table = simulate_events(
        found, persons, outputs, values=given, times=asked, covariates=covariates, method=method,
        file=events.name, progress=progress,
    )  # fmt: skip
    question = {
        "model": model, "events": str(events), "outputs": list(table.outputs), "times": times, "covariates": covariates,
        "setting": list(setting), "without": list(without), "using": list(using), "drop": list(drop), "method": method,
    }  # fmt: skip
    basis = basis_of(found, table.outputs, found.routes())
    return SimulationAnswer(
        question, found.name, table, {route: lines[0].unit for route, lines in found.doses.items()},
        {name: _meaning(found, name) for name in table.outputs},
        provenance(
            "simulate", question, files=(fingerprint(events, events.name), *named.files),
            sources=basis.sources, provisional=basis.provisional, assumed=basis.assumed,
        ),
    )  # fmt: skip


def write_simulation(answer: SimulationAnswer, path: Path) -> None:
    """The table as CSV, whole or not at all. Raises OutputError."""
    write_whole({path: answer.as_csv().encode("utf-8")})


def parse_times(text: str) -> list[float]:
    """Hours in a text such as "0,1,2.5" or "0:48:0.5". Raises InputError, or QuantityError for a number."""
    if match := _RANGE.fullmatch(text):
        first, last, step = (parse_number(part, what="time", like="0:48:0.5") for part in match.groups())
        if not 0 <= first <= last or step <= 0 or (last - first) / step > _MOST_TIMES:
            raise InputError(
                f'times "{text}": write from, to and step, up to {_MOST_TIMES:,} times, such as 0:48:0.5'
            )
        return [first + i * step for i in range(math.floor((last - first) / step + 1e-9) + 1)]
    parts = text.split(",")
    if len(parts) > _MOST_TIMES:
        raise InputError(f"more than {_MOST_TIMES:,} times")
    found = [parse_number(part, what="time", like="0,1,2.5") for part in parts]
    if found[0] < 0 or any(b <= a for a, b in pairwise(found)):
        raise InputError(f'times "{text[:60]}" do not increase from 0; write them like 0,1,2.5 or 0:48:0.5')
    return found


def _meaning(model: Model, name: str) -> str:
    return next((e.meaning for e in (*model.assignments, *model.states) if e.name == name), "")


def _cell(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _safe(who: str) -> str:
    """An ID that a spreadsheet will not take for a formula."""
    return f"'{who}" if who[:1] in "=+@" or (who[:1] == "-" and not who[1:2].isdigit()) else who
