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


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
