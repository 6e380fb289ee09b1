"""The table of numbers beside a file of equations.

    [CL]
    fact = "PP001"                    # value, unit, source and reading come from the fact, or:
    as_printed = "140 L/h"            # … stand here, when no source gives the number
    basis = "measured"                # measured | derived | assumed | definition (a setting, or what a word means)
    why = "…"                         # for derived and assumed: from what, or why this guess
    rests_on = ["PK014", "PK019"]     # the facts that a derived number was made from
    range = [10, 1000]                # what is physically possible, in the unit of the model
    spread = { cv = 0.35, fact = "PK080" }      # between persons, lognormal; sd = 12.3 makes it normal,
                                      # logit_sd = 0.4 normal on the logit between the ends of the range
    occasion = { cv = 0.2, fact = "PK080" }     # within a person, from one occasion to the next; the same shapes
    unsure = { low = 0.1, high = 1.2, why = "…" } # where the number itself may lie, 95 of 100 times

The meaning and the unit in which the equations want the number stand in the model text, once.
Correlations between the spreads of several parameters stand in `[correlation.NAME]`; see `correlations`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from openldn.engine.model_text import LARGEST_CV
from openldn.notation import READINGS, Fact, QuantityError, TomlFile, convert, suggestion
from openldn.notation.fact import known_source, pick, read_value
from openldn.notation.records import Record

BASES = ("measured", "derived", "assumed", "definition")
CORRELATION = "correlation"  # the one table of a file that is no parameter


@dataclass(frozen=True)
class Spread:
    """How a parameter varies between persons, or between occasions of one person: lognormal about its central
    value with CV `cv`; normal with the standard deviation `sd`, in the unit in which the entry is printed; or
    normal with `logit_sd` on the logit of its place between the ends of its range. The other two are None."""

    cv: float | None = None
    sd: float | None = None
    fact: str = ""
    basis: str = "measured"
    why: str = ""
    logit_sd: float | None = None

    def words(self) -> str:
        """`cv 0.3`."""
        shapes = (("cv", self.cv), ("sd", self.sd), ("logit_sd", self.logit_sd))
        return ", ".join(f"{shape} {value:g}" for shape, value in shapes if value is not None)


@dataclass(frozen=True)
class Unsure:
    """Limits between which a number lies with 95 % belief, in the unit of the equations."""

    low: float
    high: float
    why: str


@dataclass(frozen=True)
class Entry:
    """One parameter of a table, in the unit in which it is printed."""

    symbol: str
    value: float
    unit: str
    as_printed: str
    basis: str
    reading: str
    file: str
    line: int | None
    source: str = ""
    place: str = ""
    fact: str = ""
    why: str = ""
    low: float | None = None
    high: float | None = None
    spread: Spread | None = None
    rests_on: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unsure: Unsure | None = None
    occasion: Spread | None = None

    def in_unit(self, unit: str) -> float:
        """The value in the unit of the equations; raises QuantityError if it does not convert."""
        return convert(self.value, self.unit, unit)


@dataclass(frozen=True)
class Parameter:
    """A number of the model in the unit of its equations, with the table entry it comes from."""

    symbol: str
    value: float
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None
    spread: Spread | None = None
    entry: Entry | None = None
    occasion: Spread | None = None

    def moved(self, value: float) -> "Parameter":
        """The parameter with another value, in its own unit, about which it varies as before.

        Its entry then says that the number was set: what the table knew of the old one does not hold for it.
        """
        if self.entry is None:
            return replace(self, value=value)
        spread, occasion = (self._in_own_unit(found) for found in (self.spread, self.occasion))
        entry = Entry(
            self.symbol, value, self.unit, f"{value:g} {self.unit}".rstrip(), "definition", "", self.entry.file,
            self.entry.line, why="set by hand", low=self.low, high=self.high, spread=spread, occasion=occasion,
        )  # fmt: skip
        return replace(self, value=value, spread=spread, entry=entry, occasion=occasion)

    def spread_words(self) -> str:
        """How it varies: `cv 0.3; by occasion cv 0.2`, "" where it does not."""
        own = [self.spread.words()] if self.spread else []
        return "; ".join([*own, *([f"by occasion {self.occasion.words()}"] if self.occasion else [])])

    def _in_own_unit(self, spread: Spread | None) -> Spread | None:
        if spread is None or spread.sd is None or self.entry is None:
            return spread
        return replace(spread, sd=convert(spread.sd, self.entry.unit, self.unit))


def check_range(parameter: Parameter, value: float, where: str) -> None:
    """Raise QuantityError when `value` is outside what is physically possible for the parameter."""
    low = -math.inf if parameter.low is None else parameter.low
    high = math.inf if parameter.high is None else parameter.high
    if not low <= value <= high:
        span = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
        span = f"{high:g} or less" if low == -math.inf else span
        stated = f"{value:g}" if parameter.unit in ("", "1") else f"{value:g} {parameter.unit}"
        raise QuantityError(f"parameter {parameter.symbol} is {stated}; possible is {span} ({where})")


def spread_fault(spread: Spread) -> tuple[str, str] | None:
    """What is wrong with a spread, as the field at fault and a sentence; None for one that can be."""
    if [spread.cv, spread.sd, spread.logit_sd].count(None) != 2:
        return "cv", 'a spread is one of "cv" (lognormal), "sd" (normal) and "logit_sd" (normal on the logit)'
    if spread.cv is not None and not 0 < spread.cv < LARGEST_CV:
        return "cv", f'"cv" is {spread.cv:g}; a coefficient of variation lies between 0 and {LARGEST_CV:g}'
    for name, sd in (("sd", spread.sd), ("logit_sd", spread.logit_sd)):
        if sd is not None and not 0 < sd < math.inf:
            return name, f'"{name}" is {sd:g}; a standard deviation is above zero'
    return None


def read_table(file: TomlFile, facts: Mapping[str, Fact]) -> dict[str, Entry]:
    """Every entry of a parameter table by symbol. Raises DataError with file, line and field."""
    tables = ((symbol, record) for symbol, record in file.tables() if symbol != CORRELATION)
    return {symbol: read_entry(symbol, record, facts) for symbol, record in tables}


def read_entry(symbol: str, record: Record, facts: Mapping[str, Fact]) -> Entry:
    """One entry of a parameter table. Raises DataError with file, line and field."""
    fact = pick(facts, record)
    basis = record.one_of("basis", BASES)
    why = record.text("why", "")
    if basis != "measured" and not why:
        raise record.error(f'basis is "{basis}": say from what, or why this guess', "why")
    line = record.file.line(record.path)
    low, high = _range(record)
    spread = _spread(record, "spread", facts)
    occasion = _spread(record, "occasion", facts)
    for found in (spread, occasion):
        if found is not None and found.logit_sd is not None and low is None:
            raise record.error('"logit_sd" needs the range between whose ends the parameter varies', "range")
    unsure = _unsure(record, low, high)
    rests_on = tuple(_known_fact(key, record, facts) for key in record.texts("rests_on", ()))
    if basis == "derived" and not rests_on:
        raise record.error("a derived number names the facts it was made from", "rests_on")
    if fact is not None:
        try:
            value = fact.value
        except QuantityError as error:
            raise record.error(str(error), "fact") from None
        printed, unit, source, place, reading = (
            fact.as_printed,
            fact.unit,
            fact.source,
            fact.place,
            fact.reading,
        )
    else:
        printed = record.text("as_printed")
        values, unit = read_value(record, printed)
        if len(values) != 1:
            raise record.error("a parameter needs one number", "as_printed")
        value = values[0]
        source = known_source(record) if basis == "measured" or "source" in record else ""
        place = record.text("place", "")
        reading = record.one_of("reading", READINGS, "provisional" if basis == "measured" else "")
    behind = [fact.source if fact else source, *(facts[key].source for key in rests_on)]
    behind += [facts[found.fact].source for found in (spread, occasion) if found is not None and found.fact]
    entry = Entry(
        symbol, value, unit, printed, basis, reading, record.file.name, line, source, place,
        fact.id if fact else "", why, low, high, spread, rests_on,
        tuple(dict.fromkeys(key for key in behind if key)), unsure,
        occasion,
    )  # fmt: skip
    record.done()
    return entry


def _known_fact(key: str, record: Record, facts: Mapping[str, Fact]) -> str:
    if key not in facts:
        raise record.error(f'fact "{key}" is not known; {suggestion(key, facts)}', "rests_on")
    return key


def _range(record: Record) -> tuple[float | None, float | None]:
    if "range" not in record:
        return None, None
    limits = record.numbers("range")
    if len(limits) != 2 or limits[0] >= limits[1]:
        raise record.error(f'"range" is {list(limits)}; it must be [low, high]', "range")
    return limits[0], limits[1]


def _unsure(record: Record, lowest: float | None, highest: float | None) -> Unsure | None:
    """Limits of belief, which lie within what is physically possible."""
    inner = record.table("unsure", None)
    if inner is None:
        return None
    found = Unsure(inner.number("low"), inner.number("high"), inner.text("why"))
    if found.low >= found.high:
        raise inner.error(f'"low" is {found.low:g} and "high" {found.high:g}; low comes first', "low")
    for name, limit in (("low", found.low), ("high", found.high)):
        if (lowest is not None and limit < lowest) or (highest is not None and limit > highest):
            raise inner.error(f'"{name}" is {limit:g}; possible is {lowest:g} to {highest:g}', name)
    inner.done()
    return found


def _spread(record: Record, name: str, facts: Mapping[str, Fact]) -> Spread | None:
    inner = record.table(name, None)
    if inner is None:
        return None
    fact = pick(facts, inner)
    spread = Spread(
        cv=inner.number("cv", None),
        sd=inner.number("sd", None),
        logit_sd=inner.number("logit_sd", None),
        fact=fact.id if fact else "",
        basis=inner.one_of("basis", BASES),
        why=inner.text("why", ""),
    )
    if fault := spread_fault(spread):
        raise inner.error(fault[1], fault[0])
    if spread.basis != "assumed" and fact is None:
        raise inner.error("a spread that is not assumed needs the fact it rests on", "fact")
    inner.done()
    return spread
