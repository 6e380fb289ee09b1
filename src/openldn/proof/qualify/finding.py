"""One line of a qualification: what was expected, what was found, how far they may differ and why.

A finding that compares has an `error` that is held to a tolerance; one that does not is true or false. `passed` is None
where something is noted and nothing is judged.
"""

import math
from dataclasses import dataclass
from typing import Any

Shown = str | float | int | tuple[float, ...]


@dataclass(frozen=True)
class Finding:
    """`tolerance` is for `error`, which is relative unless `why` says otherwise; `why` is the reason for the tolerance.

    source, place: a key of the registry and where in it, of what was expected.
    series: pairs of numbers behind the finding, such as tolerances and errors, for a figure.
    """

    id: str
    family: str
    description: str
    expected: Shown
    found: Shown
    passed: bool | None
    error: float | None = None
    tolerance: float | None = None
    why: str = ""
    source: str = ""
    place: str = ""
    series: tuple[tuple[float, float], ...] = ()

    @property
    def found_is_error(self) -> bool:
        """Whether what was found is the error itself, and nothing to show beside it."""
        return isinstance(self.found, float) and self.error is not None and self.found == self.error

    def as_json(self) -> dict[str, Any]:
        """Fields as they stand; a number that is not finite becomes null."""
        found = {
            "id": self.id, "family": self.family, "description": self.description, "expected": _plain(self.expected),
            "found": _plain(self.found), "error": _plain(self.error), "tolerance": self.tolerance, "why": self.why,
            "source": self.source, "place": self.place, "passed": self.passed,
        }  # fmt: skip
        return {**found, "series": _plain(self.series)} if self.series else found


def within(
    id: str,  # noqa: A002 - the field's name
    family: str,
    description: str,
    error: float,
    tolerance: float,
    why: str,
    *,
    expected: Shown = "no difference",
    found: Shown | None = None,
    source: str = "",
    place: str = "",
    series: tuple[tuple[float, float], ...] = (),
) -> Finding:
    """Passed if the error is at most the tolerance; an error that is no number fails."""
    passed = bool(error <= tolerance)
    shown = float(error) if found is None else found
    return Finding(
        id, family, description, expected, shown, passed, float(error), tolerance, why, source, place, series
    )


def holds(
    id: str,  # noqa: A002 - the field's name
    family: str,
    description: str,
    true: bool,
    *,
    expected: Shown,
    found: Shown,
    why: str = "",
) -> Finding:
    """Passed if it is true; there is no tolerance."""
    return Finding(id, family, description, expected, found, bool(true), why=why)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
