"""A number with its uncertainty, its unit and what kind of uncertainty that is."""

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """`low` and `high` bound `value` in the sense that `kind` states in words; None means unbounded or unknown.

    kind: for example "typical person; 5th to 95th percentile of 100 persons" or "95 % CI as printed".
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    kind: str

    def as_json(self) -> dict[str, Any]:
        """A plain dictionary; a number that is not finite becomes None."""
        return {key: _finite(value) for key, value in asdict(self).items()}


def significant(value: float, digits: int = 3) -> str:
    """A finite number in words: so many significant digits, a real minus, no exponent and no minus zero."""
    rounded = float(f"{value:.{digits}g}")
    if not rounded:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{abs(rounded):.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"−{text}" if rounded < 0 else text


def effect_figure(x: float | None) -> str:
    """An effect as every sentence and table prints it: two decimals below 10, and never fewer than two significant digits."""
    if x is None:
        return "not known"
    if abs(x) >= 100:
        return f"{x:.0f}".replace("-", "−")
    if abs(x) >= 10 or 0 < abs(x) < 0.1:
        return significant(x, 2)
    return f"{x:.2f}".replace("-", "−")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(value: float, digits: int = 3) -> str:
    """A number as a reader expects it: so many significant digits, a true minus, and no minus before a zero."""
    text = f"{value:.{digits}g}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def p_words(p: float) -> str:
    """A p as a sentence has it: `< 0.001`, else `= 0.012`."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def decimals(value: float) -> int:
    """Decimal places with which `value` is written."""
    text = repr(value)
    if "e" in text:
        return 0
    return len(text.partition(".")[2].rstrip("0"))
