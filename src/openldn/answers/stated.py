"""A sentence that the model works out, with its numbers, sources and what nobody measured."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from openldn.answers.basis import basis_of
from openldn.answers.switches import off
from openldn.notation import Estimate, significant
from openldn.pharmacology import model


@dataclass(frozen=True)
class Stated:
    """`name` is a key that claims cite, or the question answered; `numbers` are the figures in `text`;
    `assumed` the parameters behind them that nobody measured."""

    name: str
    text: str
    numbers: tuple[tuple[str, Estimate], ...]
    sources: tuple[str, ...]
    assumed: tuple[str, ...]

    def as_json(self, heading: str = "name") -> dict[str, Any]:
        return {
            heading: self.name,
            "text": self.text,
            "numbers": {name: e.as_json() for name, e in self.numbers},
            "sources": list(self.sources),
            "assumed": list(self.assumed),
            "computed": "provenance.runs",
        }


def stated(
    name: str,
    text: str,
    numbers: Mapping[str, Estimate],
    outputs: Iterable[str],
    more: Iterable[str] = (),
    changed: Mapping[str, float] | None = None,
) -> Stated:
    """The sentence with the sources of `outputs`, and `more` sources besides.

    changed: the switches that differ from the model's own in the runs behind it.
    """
    m = model()
    basis = basis_of(m, tuple(outputs), ("oral",), off(m, dict(changed or {})))
    found = Stated(name, text, tuple(numbers.items()), basis.sources, basis.assumed)
    return replace(found, sources=tuple(dict.fromkeys((*found.sources, *more))))


def point(value: float, unit: str, kind: str = "typical person") -> Estimate:
    """A number without an interval."""
    return Estimate(value, None, None, unit, kind)


def shown(e: Estimate, digits: int = 0) -> str:
    """`12 (8 to 15)`."""
    value, low, high = (_fixed(x, digits) for x in (e.value, e.low, e.high))
    return f"{value} ({low} to {high})"


def rough(value: float) -> str:
    """Two significant digits, with thousands set apart."""
    return f"{float(f'{value:.2g}'):,.0f}"


def percent(e: Estimate) -> str:
    """For shares far below one percent."""
    return f"{e.value:.2g} ({e.low:.1g} to {e.high:.1g})"


def two(e: Estimate) -> str:
    """Two significant digits."""
    value, low, high = (significant(x, 2) for x in (e.value, e.low, e.high) if x is not None)
    return f"{value} ({low} to {high})"


def _fixed(value: float | None, digits: int) -> str:
    """So many decimals, with a real minus and no minus zero."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")
