"""An axis: values to places, on a plain or a log scale, with ticks that people would choose.

Ticks are multiples of 1, 2 or 5 times a power of ten. On a log axis they are 1, 2, 5 in every decade, or the decades, or
every second, third … of them, and the natural values are shown; where it is too short for three of those they are
multiples. As many are taken as stand beside each other without touching.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from openldn.figures.svg import INK, SMALL, Canvas, text_width
from openldn.notation import InputError

_MINUS = "−"


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` stand from pixel `start` to pixel `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The place of `value`, at the nearer end where it lies outside."""
        if value <= self.low:
            return self.start
        if value >= self.high:
            return self.end
        a, b, v = (math.log(x) if self.log else x for x in (self.low, self.high, value))
        return self.start + (v - a) / (b - a) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        slack = 1e-9 * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack

    def ticks(self, size: float = SMALL, *, upright: bool = False) -> list[float]:
        """The most ticks whose labels do not touch; `upright` for an axis that runs up the page."""
        for ticks in self._choices():
            room = [abs(self.at(b) - self.at(a)) for a, b in pairwise(ticks)]
            wide = [size if upright else text_width(plain(t), size) for t in ticks]
            apart = 5 if upright else 9
            need = [(a + b) / 2 + apart for a, b in pairwise(wide)]
            if all(r >= w for r, w in zip(room, need, strict=True)):
                return ticks
        return [self.low, self.high]

    def _choices(self) -> Iterable[list[float]]:
        """Sets of ticks from many to few; on a short log axis the plain ones are better than two lone powers."""
        logs = self._log_choices() if self.log else []
        yield from (ticks for ticks in logs if len(ticks) > 2)
        span = self.high - self.low
        for count in (10, 8, 6, 5, 4, 3, 2):
            raw = span / count
            power = 10.0 ** math.floor(math.log10(raw))
            step = next(s * power for s in (1, 2, 5, 10) if s * power >= raw * (1 - 1e-9))
            first = math.ceil(self.low / step - 1e-9)
            ticks = self._inside(round((first + i) * step, 12) for i in range(count + 2))
            # On a log axis of some decades multiples would leave all but the last of them bare.
            if len(ticks) > 1 and not (self.log and ticks[-1] > 10 * ticks[0]):
                yield ticks
        yield from (ticks for ticks in logs if len(ticks) == 2)

    def _log_choices(self) -> list[list[float]]:
        powers = range(math.floor(math.log10(self.low)) - 1, math.ceil(math.log10(self.high)) + 1)
        every_decade = self._inside(s * 10.0**p for p in powers for s in (1, 2, 5))
        return [every_decade, *(self._inside(10.0**p for p in powers if p % n == 0) for n in (1, 2, 3, 4))]

    def _inside(self, values: Iterable[float]) -> list[float]:
        return [float(f"{v:.10g}") for v in values if self.holds(v)]


def across(canvas: Canvas, axis: Axis, y: float) -> float:
    """Draw an axis with ticks along `y`; returns the baseline that a title under it would have."""
    canvas.line(axis.start, y, axis.end, y)
    for tick in axis.ticks():
        x = axis.at(tick)
        canvas.line(x, y, x, y + 4)
        canvas.text(x, y + 15, plain(tick), size=SMALL, anchor="middle")
    return y + 30


def up(canvas: Canvas, axis: Axis, x: float) -> None:
    """Draw an axis with ticks up along `x`, its labels on the left."""
    canvas.line(x, axis.start, x, axis.end)
    for tick in axis.ticks(upright=True):
        y = axis.at(tick)
        canvas.line(x - 4, y, x, y)
        canvas.text(x - 6, y + 4, plain(tick), size=SMALL, anchor="end", fill=INK)


def span_of(core: Sequence[float], ends: Sequence[float], *, log: bool) -> tuple[float, float]:
    """Limits that hold all of `core`, and of `ends` what is not absurdly far away: one wild interval
    must not press every other study into a line."""
    f, g = (math.log, math.exp) if log else (float, float)
    inner = [f(v) for v in core if math.isfinite(v) and (v > 0 or not log)]
    outer = [f(v) for v in ends if math.isfinite(v) and (v > 0 or not log)]
    low, high = min(inner), max(inner)
    far = sorted(max(low - v, v - high, 0.0) for v in outer) or [0.0]
    typical = far[len(far) // 2]
    reach = max(2 * (high - low), 4 * typical)
    low_end = min([low, *(max(v, low - reach) for v in outer)])
    high_end = max([high, *(min(v, high + reach) for v in outer)])
    pad = 0.04 * (high_end - low_end) or (0.5 if log else max(abs(high_end), 1.0) * 0.5)
    # An interval without an end wants some axis to go on along.
    open_low = any(v == -math.inf or (log and v == 0) for v in ends)
    open_high = any(v == math.inf for v in ends)
    return g(low_end - (5 if open_low else 1) * pad), g(high_end + (5 if open_high else 1) * pad)


def log_span(values: Iterable[float]) -> tuple[float, float]:
    """Limits of a log axis that hold all values above zero, with a little room; a decade where they are one."""
    there = [math.log10(v) for v in values if v > 0 and math.isfinite(v)] or [0.0]
    low, high = min(there), max(there)
    pad = 0.03 * (high - low) or 0.5
    return 10 ** (low - pad), 10 ** (high + pad)


def spread(wanted: Sequence[float], room: Sequence[float]) -> list[float]:
    """Places as near to `wanted` as their order and the `room` each takes allow (least squares).

    Taking away the room before each turns this into regression under rising order, which pooling neighbours
    that stand the wrong way round solves (pool adjacent violators).
    """
    before = [0.0]
    for a, b in pairwise(room):
        before.append(before[-1] + (a + b) / 2)
    blocks: list[tuple[float, int]] = []
    for place, offset in zip(wanted, before, strict=True):
        blocks.append((place - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, k) = blocks[-2:]
            blocks[-2:] = [((a * m + b * k) / (m + k), m + k)]
    level = [value for value, count in blocks for _ in range(count)]
    return [a + b for a, b in zip(level, before, strict=True)]


def inside(places: Sequence[float], room: Sequence[float], low: float, high: float) -> list[float]:
    """`places` pushed back between `low` and `high`, as far as they all fit there, and still apart."""
    out = list(places)
    edge = low
    for i, r in enumerate(room):
        out[i] = max(out[i], edge + r / 2)
        edge = out[i] + r / 2
    edge = high
    for i in reversed(range(len(out))):
        out[i] = min(out[i], edge - room[i] / 2)
        edge = out[i] - room[i] / 2
    return out


def limits(given: tuple[float, float], *, log: bool) -> tuple[float, float]:
    """The caller's own limits of an axis, refused where they cannot be drawn."""
    low, high = given
    if not (math.isfinite(low) and math.isfinite(high) and low < high) or (log and low <= 0):
        raise InputError(
            f"an axis cannot run from {low:g} to {high:g}: give two rising numbers, above 0 for ratios"
        )
    return low, high


def plain(value: float) -> str:
    """A tick's label: as short as it is exact, with a real minus and no exponent."""
    return f"{float(f'{value:.10g}'):,.10f}".rstrip("0").rstrip(".").replace("-", _MINUS) if value else "0"


def number(value: float, digits: int = 2) -> str:
    """A value in a table: `digits` decimals, more where they would show nothing but zeros."""
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if value and abs(value) < 0.5 * 10**-digits:
        digits = min(12, 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", _MINUS)


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """The interval in words, for a text alternative; empty where none is known."""
    return "" if low is None or high is None else f"{number(low, digits)} to {number(high, digits)}"
