"""An effect with everything that was done to what was printed to obtain it.

A paper prints a percent, an interval or a p; a pooling needs yᵢ and vᵢ. Each step between the two is a
`Conversion`, and the conversions travel with the effect, so that a reader can follow it back to the
addresses of the figures that it rests on.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from openldn import notation
from openldn.notation import InputError

RECONSTRUCTED = "table "  # the name of a route through counts that fit printed percents begins so
LOG_MEASURES = ("RR", "OR", "HR", "ROM", "ROMC", "ORC")


class Point(NamedTuple):
    """An estimate on the scale of its analysis (the log for a ratio) and its sampling variance."""

    yi: float
    vi: float


@dataclass(frozen=True)
class Conversion:
    """One step from what was printed to a number that is used.

    quantity: what was obtained (`SD of placebo`). printed: what it was obtained from, with its numbers.
    rule, formula: the step in words and in the field's letters. assumption: what it takes for granted
    beyond the formula, "" if nothing. fields: addresses of the printed figures; () when it rests on earlier
    steps alone.
    """

    quantity: str
    printed: str
    rule: str
    formula: str
    result: float
    assumption: str = ""
    fields: tuple[str, ...] = ()

    def sentence(self) -> str:
        """`SD = 1.57: from a confidence interval, of 95 % CI −1.7 to −0.8, n = 49; assumes …`."""
        assumed = f"; {self.assumption}" if self.assumption else ""
        return f"{self.quantity} = {number(self.result)}: {self.rule}, of {self.printed}{assumed}"

    def of(self, whom: str, *fields: str) -> "Conversion":
        """The same step with the name of the arm and the addresses of its figures."""
        return replace(self, quantity=f"{self.quantity} of {whom}", fields=fields)


@dataclass(frozen=True)
class EffectSize:
    """One comparison of one study, ready to be pooled: the first group minus, or over, the second.

    yi, vi: estimate and variance; the log for RR, OR and ROM. n: persons, each counted once.
    unit: the scale of `yi` for a raw difference, "" for a ratio or a standardised difference.
    events: events and persons of both groups, where the effect came from separate counts.
    route: the name of the way in which it was obtained. fields: addresses of all figures used.
    Raises InputError for an estimate that is not finite or a variance that is not positive.
    """

    study: str
    outcome: str
    measure: str
    yi: float
    vi: float
    n: int | None
    conversions: tuple[Conversion, ...] = ()
    assumptions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    unit: str = ""
    route: str = ""
    events: tuple[int, int, int, int] | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.yi) or not math.isfinite(self.vi) or self.vi <= 0:
            raise InputError(
                f"{self.study}, {self.outcome}: {self.measure} = {self.yi:g} with variance {self.vi:g} "
                "cannot be pooled; choose another route"
            )

    @property
    def reconstructed(self) -> bool:
        """Whether the counts are ours: percents were printed, their denominators not."""
        return self.events is not None and self.route.startswith(RECONSTRUCTED)

    @property
    def se(self) -> float:
        """The standard error on the scale of `yi`."""
        return math.sqrt(self.vi)

    def rescaled(self, factor: float, unit: str) -> "EffectSize":
        """The same difference in another unit, for example 0.1 from a scale of 0–100 to one of 0–10.

        Raises InputError for a measure without a unit, and for a factor that is not positive.
        """
        if not self.unit:
            raise InputError(f"{self.measure} has no unit; only a raw difference can be rescaled")
        if not factor > 0:
            raise InputError(f"cannot rescale by {factor:g}; give a factor above 0")
        step = Conversion(
            "difference", f"{number(self.yi)} in {self.unit}", f"rescaled to {unit}", "y × factor",
            self.yi * factor, f"one point of {unit} is {number(1 / factor)} of {self.unit}",
        )  # fmt: skip
        return replace(
            self,
            yi=self.yi * factor,
            vi=self.vi * factor**2,
            unit=unit,
            conversions=(*self.conversions, step),
            assumptions=unique((*self.assumptions, step.assumption)),
        )


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts that say something, each once, in order."""
    return tuple(dict.fromkeys(filter(None, texts)))


def number(value: float) -> str:
    """A number as a page prints it: four digits at most, a true minus."""
    return notation.number(value, 4)


def require(condition: bool, message: str) -> None:
    """Raise InputError with `message` unless `condition` holds."""
    if not condition:
        raise InputError(message)
