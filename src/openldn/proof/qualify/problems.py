"""Textbook problems, written in the language of models, with the end states that the literature prints.

The stiff ones are solved by the implicit method and the others by the explicit one. The equations stand in `problems/`, the
end states with their sources in `problems.toml`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from openldn.engine import Kernel, Model
from openldn.notation import read_toml
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within

ROOM = Path(__file__).parent
FAMILY = "textbook"
_FILE = ROOM / "problems.toml"


@dataclass(frozen=True)
class Problem:
    """`end` has the values at time `until` of the states that are compared; `rtol` and `atol` are those of `solve`."""

    name: str
    title: str
    stiff: bool
    until: float
    rtol: float
    atol: float
    end: Mapping[str, float]
    tolerance: float
    why: str
    source: str
    place: str

    @property
    def model(self) -> Model:
        return solvers.model_file(ROOM / "problems" / f"{self.name}.model")

    @property
    def method(self) -> str:
        return "implicit" if self.stiff else "explicit"


@lru_cache(maxsize=1)
def problems() -> dict[str, Problem]:
    """Every problem by name. Raises DataError with file, line and field."""
    found = {}
    for name, record in read_toml(_FILE).tables():
        end = {key: float(value) for key, value in record.table("end").rest().items()}
        found[name] = Problem(
            name, record.text("title"), record.flag("stiff"), record.number("until"), record.number("rtol"),
            record.number("atol"), end, record.number("tolerance"), record.text("why"), record.text("source"),
            record.text("place"),
        )  # fmt: skip
        record.done()
    return found


def problem_sources() -> tuple[str, ...]:
    """The keys of the sources of the end states."""
    return tuple(dict.fromkeys(p.source for p in problems().values() if p.source))


def solve(problem: Problem, rtol: float | None = None, atol: float | None = None) -> tuple[np.ndarray, int]:
    """The values at the end in the order of `end`, NaN if it could not be solved, and the steps it took."""
    rtol = problem.rtol if rtol is None else rtol
    atol = problem.atol if atol is None else atol
    found = solvers.solve(
        problem.model, solvers.asked_at([0, problem.until]), {}, tuple(problem.end), Kernel(problem.method),
        rtol=rtol, atol=atol, explain=False,
    )  # fmt: skip
    return found.values[0, 1], int(found.steps[0])


def error_of(problem: Problem, found: np.ndarray) -> float:
    """The largest difference relative to each end value, or to 1 where that is 0."""
    end = np.array(list(problem.end.values()))
    return float(np.max(np.abs(found - end) / np.where(end == 0, 1.0, np.abs(end))))


def findings(quick: bool) -> Iterator[Finding]:
    """A finding for each problem."""
    del quick
    for name, problem in problems().items():
        found, steps = solve(problem)
        few = list(problem.end)[:4]
        yield within(
            f"TB-{name}", FAMILY, f"{problem.title} ({problem.method}, {steps:,} steps)", error_of(problem, found),
            problem.tolerance, problem.why, expected=tuple(problem.end[k] for k in few),
            found=tuple(float(v) for v in found[: len(few)]),
            source=problem.source, place=problem.place,
        )  # fmt: skip
