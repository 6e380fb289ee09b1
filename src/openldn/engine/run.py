"""What a run gives: numbers by person and time, with their units, and why somebody has none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.events.table import Events
from openldn.engine.files import chunks
from openldn.engine.nca_areas import RULES
from openldn.engine.run_nca import nca_of_run
from openldn.notation import (
    InputError,
    SolveError,
    UnknownName,
    check_file,
    csv_cell,
    numbers_given,
    shown,
    write_whole,
)
from openldn.notation.extras import needed

if TYPE_CHECKING:
    from openldn.engine.model import Model

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
TIME_UNIT = "h"
_WIDTH = 20_000_000  # numbers of a table
_PART = 50_000  # rows of a table that are put into words together
_SHOWN = 6  # outputs that a line about a run names
_DIGITS = 19  # of a whole number in 64 bits


@dataclass(frozen=True)
class Reason:
    """Why there are no numbers from `hour` on: `what`, which names the equation where that is known."""

    hour: float | None
    what: str

    def __str__(self) -> str:
        return self.what if self.hour is None else f"at {self.hour:.6g} h: {self.what}"


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """`values` has shape (persons, samples, outputs), NaN where a person has no further sample or none could be had.

    units: those of the outputs. times: hours of the samples, (persons, samples), NaN behind a person's last.
    reasons: for each person, by number, who could not be solved or has a value that is not finite, why.
    steps: of the solver, for each person. ids: of the persons. parameters: each person's own, that differ between
    persons. carried: further columns, (persons, samples) each. made: seed, versions and fingerprints of what it was made
    from. events, model: what was run. by_record: whether samples are those of
    records.

        >>> import openldn as ldn
        >>> run = ldn.model("one_compartment").simulate(ldn.ev(100), times=[0, 1, 2])
        >>> run.of("C").shape, run.unit("C")
        ((1, 3), 'mg/L')
    """

    outputs: tuple[str, ...]
    units: tuple[str, ...]
    times: Array = field(repr=False)
    values: Array = field(repr=False)
    reasons: Mapping[int, Reason] = field(default_factory=dict)
    steps: Whole = field(repr=False, default_factory=lambda: np.zeros(0, dtype=np.int64))
    ids: tuple[str, ...] = field(repr=False, default=())
    parameters: Mapping[str, Array] = field(repr=False, default_factory=dict)
    carried: Mapping[str, NDArray[Any]] = field(repr=False, default_factory=dict)
    made: Mapping[str, Any] = field(repr=False, default_factory=dict)
    events: Events | None = field(repr=False, default=None)
    model: "Model | None" = field(repr=False, default=None)
    by_record: bool = field(repr=False, default=False)

    @property
    def persons(self) -> int:
        """How many persons there are."""
        return len(self.values)

    @property
    def hours(self) -> Array:
        """The times that all persons have in common, shape (samples,). Raises InputError where they have none."""
        first = self.times[0] if len(self.times) else np.zeros(0)
        if not np.all((self.times == first) | (np.isnan(self.times) & np.isnan(first))):
            raise InputError(
                "persons were sampled at times of their own; look at `times`, or ask for common ones"
            )
        return np.asarray(first)

    def of(self, output: str) -> Array:
        """One output, shape (persons, samples). Raises UnknownName."""
        return np.asarray(self.values[:, :, self._place(output)])

    def unit(self, output: str) -> str:
        """The unit of an output; "" is a plain number. Raises UnknownName."""
        return self.units[self._place(output)]

    def whole(self) -> "Run":
        """This run, if everybody could be solved. Raises SolveError naming the first who could not."""
        for person, why in self.reasons.items():
            raise SolveError(f"person {person} could not be solved: {why}")
        return self

    def _place(self, output: str) -> int:
        if not isinstance(output, str) or output not in self.outputs:
            raise UnknownName("output", output, self.outputs)
        return self.outputs.index(output)

    def columns(self, outputs: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
        """ID, TIME, what is carried and the outputs, a row for each sample of each person."""
        there = ~np.isnan(self.times)
        ids = self._ids()
        found: dict[str, NDArray[Any]] = {
            "ID": np.repeat(ids, there.sum(axis=1)), "TIME": self.times[there],
        }  # fmt: skip
        for name, column in self.carried.items():
            found[name] = column[there] if column.ndim == 2 else np.repeat(column, there.sum(axis=1))
        for name in self.outputs if outputs is None else outputs:
            if name in found:
                raise InputError(f'two columns would be called "{name}"; leave one of them out')
            found[name] = self.of(name)[there]
        return found

    def _ids(self) -> NDArray[Any]:
        """The IDs as whole numbers where they are written so, else as texts."""
        if all(name.isdecimal() and len(name) < _DIGITS and str(int(name)) == name for name in self.ids):
            return np.array(list(map(int, self.ids)), dtype=np.int64)
        return np.array(self.ids, dtype=object)

    def table(self) -> Any:
        """A tidy pandas data frame: ID, TIME, what was carried, and the outputs; units stand in `attrs["units"]`.

        IDs that are whole numbers are numbers. Raises InputError where pandas is not installed.
        """
        pandas = needed("pandas", "data")
        frame = pandas.DataFrame(self.columns())
        frame.attrs["units"] = self._units()
        return frame

    def dataset(self) -> Any:
        """An xarray Dataset over person and sample, or time where all have the same; units stand in each variable's attrs.

        Raises InputError where xarray is not installed.
        """
        xarray = needed("xarray", "data")
        coordinates: dict[str, Any] = {"person": np.array(self.ids, dtype=object)}
        try:
            along, coordinates["time"] = "time", ("time", self.hours, {"units": TIME_UNIT})
        except InputError:
            along, coordinates["time"] = "sample", (("person", "sample"), self.times, {"units": TIME_UNIT})
        for name in self.outputs:
            if name in coordinates:
                raise InputError(f'output "{name}" has the name of an axis; leave it out')
        coordinates |= {name: ("person", np.asarray(column)) for name, column in self.parameters.items()}
        variables = {
            name: (("person", along), self.of(name), {"units": unit or "1"})
            for name, unit in zip(self.outputs, self.units, strict=True)
        }
        return xarray.Dataset(variables, coords=coordinates, attrs={"made": str(dict(self.made))})

    def summary(self, quantiles: Sequence[float] = (0.05, 0.5, 0.95)) -> Any:
        """A pandas data frame of mean, SD and quantiles over persons, a row for each output and time.

        Raises InputError where persons have no times in common, or pandas is not installed.
        """
        shares = numbers_given(quantiles, "quantiles")
        if shares.ndim != 1 or not np.all((shares >= 0) & (shares <= 1)):
            raise InputError(f"quantiles are {shown(quantiles)}; give a list of shares from 0 to 1")
        pandas = needed("pandas", "data")
        rows = []
        with np.errstate(all="ignore"):
            for name, unit in zip(self.outputs, self.units, strict=True):
                y = self.of(name)
                there = np.isfinite(y)
                count = there.sum(axis=0)
                kept = np.where(there, y, 0.0)
                mean = kept.sum(axis=0) / count
                sd = np.sqrt(
                    np.where(there, (y - mean) ** 2, 0.0).sum(axis=0) / np.where(count > 1, count - 1, np.nan)
                )
                columns = {
                    "output": name,
                    "unit": unit or "1",
                    "TIME": self.hours,
                    "n": count,
                    "mean": mean,
                    "sd": sd,
                }
                columns |= dict(
                    zip((f"q{100 * q:g}" for q in quantiles), _quantiles(y, quantiles), strict=True)
                )
                rows.append(pandas.DataFrame(columns))
        return pandas.concat(rows, ignore_index=True)

    def nca(
        self,
        output: str,
        *,
        administration: str = "",
        rule: str = RULES[0],
        lloq: float = 0.0,
        unit: str = "",
    ) -> Any:
        """Noncompartmental analysis of an output, a row for each person and dose, by CDISC names, as a pandas data frame.

        administration: "extravascular", "bolus" or "infusion"; without it a dose into a state that the output is made of is
            by vein. rule, lloq: as for `nca`. unit: of the output, where clearances want a concentration. Units stand in
            `attrs["units"]`, why values are missing and what to know of others in `attrs["reasons"]`, by name.
        Raises UnknownName for an output, InputError where the run has no doses.

            >>> import openldn as ldn
            >>> run = ldn.model("one_compartment").simulate(ldn.ev(100), times=range(49))
            >>> run.nca("C")["CLFO"].round().tolist()
            [10.0]
        """
        pandas = needed("pandas", "data")
        table = nca_of_run(self, output, administration, rule, lloq, unit)
        frame = pandas.DataFrame(dict(table.columns))
        frame.attrs["units"] = dict(table.units)
        frame.attrs["reasons"] = table.reasons()
        return frame

    def plot(self, output: str | None = None, *, log: bool = False) -> Any:
        """A picture of an output: the median with the band that holds 90 % of the persons, or each of a few persons.

        log: on a logarithmic axis. It has `.save(path)` for SVG, PNG and PDF, and `.chart`, an altair chart to alter.
        Raises UnknownName for an output, InputError where altair is not installed or nobody has a number.

            >>> import openldn as ldn
            >>> run = ldn.model("one_compartment").simulate(ldn.ev(100, ii=24, addl=3), persons=20)
            >>> run.plot("C").title
            'C'
        """
        from openldn.engine.run_picture import picture_of

        return picture_of(self, self.outputs[0] if output is None else output, log=log)

    def write(self, path: str | Path) -> None:
        """The table as CSV or Parquet, by the ending of `path`, whole or not at all.

        Raises OutputError where it cannot be written, InputError for another ending.
        """
        place = check_table(path)
        write_whole({place: self.content(place)})

    def content(self, path: Path) -> bytes | Callable[[Path], None]:
        """What `write_whole` is given to write the table to `path`."""
        if path.suffix.lower() != ".parquet":
            return b"".join(part.encode("utf-8") for part in self.csv_parts())
        needed("duckdb", "data")
        columns = {n: _texts(c) if c.dtype == object else c for n, c in self.columns().items()}

        def fill(place: Path) -> None:
            with chunks(place, self._units(), called=path) as add:
                add(columns)

        return fill

    def as_csv(self) -> str:
        """ID, TIME, what was carried and the outputs, a row for each sample; an empty cell where there is no number."""
        return "".join(self.csv_parts())

    def csv_parts(self) -> Iterator[str]:
        """The same in parts of whole lines, so that the text of a long table need not be held."""
        columns = self.columns()
        if sum(c.size for c in columns.values()) > _WIDTH * 5:
            raise InputError("the table is too long for text; write it as .parquet")
        yield from csv_parts(columns)

    def _units(self) -> dict[str, str]:
        own = {name: unit or "1" for name, unit in zip(self.outputs, self.units, strict=True)}
        return {"TIME": TIME_UNIT, **own}

    def __repr__(self) -> str:
        from openldn.engine.notebook import counted

        shown = [
            f"{n} in {u}" if u not in ("", "1") else n for n, u in zip(self.outputs, self.units, strict=True)
        ]
        rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
        failed = f"; {len(self.reasons):,} not solved" if self.reasons else ""
        size = f"{counted(self.persons, 'person')}, {counted(self.times.shape[1], 'sample')}"
        return f"<Run: {size}; {', '.join(shown[:_SHOWN])}{rest}{failed}>"

    def _repr_html_(self) -> str:
        from openldn.engine.notebook import first_rows

        failed = f", {len(self.reasons):,} not solved" if self.reasons else ""
        return first_rows(self.columns(), f"{self.persons:,} persons{failed}")


def csv_text(columns: Mapping[str, NDArray[Any]]) -> str:
    """Columns of one length as CSV; an empty cell where there is no number."""
    return "".join(csv_parts(columns))


def csv_parts(columns: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    """The same in parts of whole lines."""
    yield ",".join(csv_cell(name) for name in columns) + "\n"
    rows = max((c.size for c in columns.values()), default=0)
    for start in range(0, rows, _PART):
        cells = [_cells(column[start : start + _PART]) for column in columns.values()]
        yield "".join(",".join(row) + "\n" for row in zip(*cells, strict=True))


def check_table(path: str | Path, *, reads: Iterable[Path] = ()) -> Path:
    """Find out at once whether a table can be written there, before it is computed.

    reads: files that the run reads, which it may not replace.
    Raises InputError unless the name ends in .csv or .parquet, OutputError where it cannot be written.
    """
    if not isinstance(path, str | Path):
        raise InputError(f"a table is written to {shown(path)}; give the name of a file")
    place = Path(path)
    if place.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f'cannot write "{place}": end its name in .csv or .parquet')
    check_file(place, reads=reads)
    return place


def _quantiles(y: Array, quantiles: Sequence[float]) -> Array:
    """Quantiles over persons who have a number, NaN where nobody has; shape (quantiles, times)."""
    if np.all(np.isfinite(y)):
        return np.asarray(np.quantile(y, quantiles, axis=0))
    found = np.full((len(quantiles), y.shape[1]), np.nan)
    for i, column in enumerate(y.T):
        kept = column[np.isfinite(column)]
        if kept.size:
            found[:, i] = np.quantile(kept, quantiles)
    return found


def _texts(column: NDArray[Any]) -> NDArray[Any]:
    """Cells as texts, None where one is missing."""
    return np.array([None if c is None or c != c else str(c) for c in column.tolist()], dtype=object)


def _cells(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if v != v or v in (np.inf, -np.inf) else repr(v) for v in column.tolist()]
    return ["" if cell is None else csv_cell(cell) for cell in _texts(column).tolist()]
