"""What does this model make of these events? Any model, events in, a table of outputs out."""

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from openldn.answers.answer import Provenance, provenance
from openldn.answers.basis import basis_of
from openldn.answers.model_files import named_model
from openldn.answers.switches import changed_numbers, parted, settings
from openldn.engine import Events, Model, Run, default_outputs
from openldn.engine import events as as_events
from openldn.engine.events.reader import BYTES, bound, is_path, read_bytes
from openldn.engine.observations import needs
from openldn.engine.run import TIME_UNIT, check_table, csv_text
from openldn.engine.simulation import simulate_persons
from openldn.engine.solving import RTOL, solver_named
from openldn.figures import check_plot_name, file_of
from openldn.notation import (
    Fingerprint,
    InputError,
    Limit,
    UnknownName,
    fingerprint,
    parse_number,
    read_stream,
    shown,
    write_whole,
)
from openldn.notation.errors import suggestion
from openldn.notation.writing import Content

__all__ = ["SimulationAnswer", "check_table", "parse_times", "simulate"]
_MOST_TIMES = Limit(100_000, "times", "of one simulation")
_MOST_NUMBERS = Limit(20_000_000, "numbers", "of one table of outputs")
_MOST_CELLS = Limit(5_000_000, "cells", "of one table as JSON")
_TEXT_SIGNS = Limit(2_000_000, "signs", "of times in words")


@dataclass(frozen=True)
class SimulationAnswer:
    """`amounts` is the unit of AMT by route, `meanings` what the outputs are; `ignored` are columns of the events that
    mean nothing to the model, each with what may have been meant. `nca` is a data frame, where one was asked for."""

    question: dict[str, Any]
    model: str
    run: Run = field(repr=False)
    amounts: dict[str, str]
    meanings: dict[str, str]
    ignored: dict[str, str]
    nca: Any = field(repr=False)
    provenance: Provenance = field(repr=False)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each output; TIME is in hours."""
        return dict(zip(self.run.outputs, self.run.units, strict=True))

    @property
    def reasons(self) -> dict[str, str]:
        """Why there are no numbers for a person, by ID."""
        return {self.run.ids[i]: str(why) for i, why in self.run.reasons.items()}

    def as_csv(self) -> str:
        """ID, TIME and the outputs, a row for each record or time; an empty cell where there is no number."""
        return self.run.as_csv()

    def nca_csv(self) -> str:
        """The analysis in the same form. It is there where one was asked for."""
        return csv_text({str(name): self.nca[name].to_numpy() for name in self.nca.columns})

    def as_json(self) -> dict[str, Any]:
        """The document of `ldn simulate --json`. Raises InputError for a table too long for it."""
        found = self.run.columns()
        cells = sum(column.size for column in found.values())
        if cells > _MOST_CELLS:
            raise InputError(
                f"a table of {cells:,} cells; the limit is {_MOST_CELLS}: write it with --out FILE.csv or FILE.parquet"
            )
        columns = {name: column.tolist() for name, column in found.items()}
        columns["ID"] = [str(name) for name in columns["ID"]]  # as in `reasons`, whatever they look like
        for name in columns.keys() - {"ID"}:
            columns[name] = [_plain(v) for v in columns[name]]
        return {
            "question": self.question,
            "model": self.model,
            "units": {"TIME": TIME_UNIT, "AMT": self.amounts, **self.units},
            "meanings": self.meanings,
            "columns": columns,
            "nca": None if self.nca is None else _document(self.nca),
            "reasons": self.reasons,
            "ignored": list(self.ignored),
            "provenance": self.provenance.as_json(),
        }


def _plain(cell: Any) -> Any:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _document(frame: Any) -> dict[str, Any]:
    """The columns of an analysis, their units, and why numbers are missing."""
    columns = {name: [_plain(v) for v in frame[name].tolist()] for name in frame.columns}
    return {"columns": columns, "units": frame.attrs["units"], "reasons": frame.attrs["reasons"]}


def simulate(
    model: str,
    events: str | Path,
    *,
    outputs: Sequence[str] = (),
    times: str | None = None,
    route: str = "",
    persons: int | None = None,
    seed: int = 0,
    typical: bool = False,
    cv: Sequence[str] = (),
    correlate: Sequence[str] = (),
    occasion: Sequence[str] = (),
    carry: Sequence[str] = (),
    covariates: str = "nocb",
    setting: Sequence[str] = (),
    without: Sequence[str] = (),
    using: Sequence[str] = (),
    drop: Sequence[str] = (),
    nca: str | None = None,
    solver: str = "auto",
    rtol: float = RTOL,
    atol: float | None = None,
    progress: Callable[[float], None] | None = None,
    out: Path | None = None,
    plot: Path | None = None,
) -> SimulationAnswer:
    """The outputs of a model, by name or file, for events: a CSV, "-" for one on stdin, or a schedule in words.

    times: hours such as "0,1,2.5" or "0:48:0.5" (from, to, step); without them the records' own, or for a schedule hours
    up to an interval after its last dose. route: of a schedule.
    cv, occasion: spreads between persons and between their occasions, such as "CL=0.3"; correlate: "CL,V2=0.5".
    nca: an output to be analysed. setting, without, using: as in `dose`. drop: columns of the table to leave out.
    out, plot: files for the table and for a picture of the first output, or that of `nca`: both are written, or neither.
    The rest is as in `Model.simulate`, which does the work; solver is named as `solver_named` has it.
    Raises UnknownName, InputError for a request that makes no sense or a table too large to hold, DataError or
    ModelTextError, with the place, for a table or a model that does not, OutputError for what cannot be written.
    """
    _check_written(out, plot, ())
    named = named_model(model)
    _check_written(out, plot, (*named.places, *([Path(events)] if is_path(str(events)) else [])))
    asked = None if times is None else parse_times(times)
    by = solver_named(solver)
    read, files = _read(str(events), asked, route, named.model)
    found = _varied(named.model, cv, correlate, occasion)
    found = found.set(**settings(found, without, using), **changed_numbers(found, setting))
    taken, others = bound(read, found, drop=drop)
    wanted = tuple(outputs) or (*default_outputs(found), *found.observations)
    if nca is not None and nca not in wanted:
        wanted = (*wanted, nca)
    count = persons or taken.persons
    rows = taken.records * (count // taken.persons) if asked is None else count * len(asked)
    if rows * len(wanted) > _MOST_NUMBERS:
        raise InputError(
            f"{rows:,} rows of {len(wanted)} outputs are more than {_MOST_NUMBERS:,} numbers; "
            "ask for fewer outputs or times, or split the table by ID"
        )
    columns = tuple(name.strip() for text in carry for name in text.split(",") if name.strip())
    run = simulate_persons(
        found,
        taken,
        persons=taken.persons if persons is None else persons,
        times=asked,
        outputs=wanted,
        seed=seed,
        carry=columns,
        covariates=covariates,
        typical=typical,
        solver=by,
        rtol=rtol,
        atol=atol,
        progress=progress,
    )
    analysed = None if nca is None else run.nca(nca)
    question = {
        "model": model, "events": str(events), "outputs": list(wanted), "times": times, "route": route,
        "persons": run.persons, "seed": seed, "typical": typical, "cv": list(cv), "correlate": list(correlate),
        "occasion": list(occasion), "carry": list(columns), "covariates": covariates,
        "setting": list(setting), "without": list(without), "using": list(using), "drop": list(drop),
        "nca": nca, "solver": solver, "rtol": rtol, "atol": atol,
    }  # fmt: skip
    behind = tuple(
        n
        for name in wanted
        for n in (needs(found.observations[name]) if name in found.observations else (name,))
    )
    basis = basis_of(found, tuple(n for n in behind if n != "t"), found.routes())
    known = [*found.parameters, *found.switches]
    answer = SimulationAnswer(
        question, found.name, run, {route: lines[0].unit for route, lines in found.doses.items()},
        {name: found.meaning_of(name) for name in wanted},
        {name: suggestion(name, known) for name in others if name not in columns},
        analysed,
        provenance(
            "simulate", question, files=(*files, *named.files),
            sources=basis.sources, provisional=basis.provisional, assumed=basis.assumed,
        ),
    )  # fmt: skip
    _write(run, out, plot, nca or run.outputs[0])  # last: what cannot be answered leaves no file
    return answer


def _check_written(out: Path | None, plot: Path | None, reads: Sequence[Path]) -> None:
    if out:
        check_table(out, reads=reads)
    if plot:
        check_plot_name(plot, reads=reads)


def _write(run: Run, out: Path | None, plot: Path | None, output: str) -> None:
    files: dict[Path, Content] = {out: run.content(out)} if out else {}
    if plot:
        files[plot] = file_of(run.plot(output), plot)
    write_whole(files)


def _varied(model: Model, cv: Sequence[str], correlate: Sequence[str], occasion: Sequence[str]) -> Model:
    """The model with the spreads that a user names."""
    pairs = dict[tuple[str, str], float]()
    for text in correlate:
        names, number = _named_number(text, "CL,V2=0.5")
        pair = tuple(name.strip() for name in names.split(","))
        if len(pair) != 2:
            raise InputError(
                f'correlation "{shown(text)}" does not name two parameters; write it like CL,V2=0.5'
            )
        pairs[pair[0], pair[1]] = number
    return model.vary(
        dict(_named_number(text, "CL=0.3") for text in cv),
        correlated=pairs,
        occasion=dict(_named_number(text, "KA=0.4") for text in occasion),
    )


def _named_number(text: str, like: str) -> tuple[str, float]:
    name, number = parted(text, like)
    return name, parse_number(number, what=f"the number of {shown(name)}", like=like)


def _read(
    events: str, times: Sequence[float] | None, route: str, model: Model
) -> tuple[Events, tuple[Fingerprint, ...]]:
    """The events, and the file that they come from."""
    table = events == "-" or is_path(events)
    if table and route:
        raise InputError(f'route "{shown(route)}" is for a schedule in words; a table says it in CMT')
    if events == "-":
        return read_bytes(read_stream(sys.stdin.buffer, BYTES, name="stdin"), "stdin"), ()
    if table:
        return as_events(Path(events)), (fingerprint(Path(events), Path(events).name),)
    if route and route not in model.doses:
        raise UnknownName("route", route, model.doses)
    return as_events(events, route=route, until=(times[-1] or None) if times else None), ()


def parse_times(text: str) -> list[float]:
    """Hours in a text such as "0,1,2.5" or "0:48:0.5". Raises InputError, or QuantityError for a number."""
    if len(text) > _TEXT_SIGNS:
        raise InputError(f"times of {len(text):,} signs; the limit is {_TEXT_SIGNS}")
    if text.count(":") == 2:
        first, last, step = (parse_number(part, what="time", like="0:48:0.5") for part in text.split(":"))
        if not 0 <= first <= last or step <= 0 or (last - first) / step > _MOST_TIMES:
            raise InputError(
                f'times "{shown(text)}": write from, to and step, up to {_MOST_TIMES:,} times, such as 0:48:0.5'
            )
        return [first + i * step for i in range(math.floor((last - first) / step + 1e-9) + 1)]
    parts = text.split(",")
    if len(parts) > _MOST_TIMES:
        raise InputError(f"more than {_MOST_TIMES}")
    found = [parse_number(part, what="time", like="0,1,2.5") for part in parts]
    if found[0] < 0 or any(b <= a for a, b in pairwise(found)):
        raise InputError(f'times "{shown(text)}" do not increase from 0; write them like 0,1,2.5 or 0:48:0.5')
    return found
