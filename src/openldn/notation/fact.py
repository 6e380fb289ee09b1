"""One quantity read in one source: value as printed, unit, place, and how surely it was read.

[PK018]
quantity = "peak naltrexone in plasma after 50 mg by mouth"
as_printed = "13,3 ng/ml"         # value and unit are computed from this line when it reads
value = 13.3                      # … and stand here, with `unit`, only when it does not
source = "swiss-label-naltrexone"
place = "kinetics section"
reading = "agreed"                # provisional: read once; agreed: twice, blind; settled: see corrections
"""

from collections.abc import Mapping
from dataclasses import dataclass

from openldn.notation.errors import QuantityError, suggestion
from openldn.notation.quantity import parse_quantity
from openldn.notation.records import Record, TomlFile
from openldn.notation.sources import sources
from openldn.notation.units import parse_unit

READINGS = ("provisional", "agreed", "settled", "recalled", "secondary")
WHOSE_N = ("figure", "study")


@dataclass(frozen=True)
class Fact:
    """`values` has one number, or several where the source prints a range or a list.

    n: how many there were. n_of: "figure" where the figure is of all of them, "study" where it is of fewer, whose
    number the source was not seen to print; "" where nothing speaks of fewer (a lint reads the words).
    """

    id: str
    quantity: str
    values: tuple[float, ...]
    unit: str
    as_printed: str
    source: str
    place: str
    reading: str
    file: str
    n: int | None = None
    n_of: str = ""
    sd: float | None = None
    who: str = ""
    dose: str = ""
    species: str = "human"
    note: str = ""

    @property
    def value(self) -> float:
        """The single number. Raises QuantityError where the source gives several or none."""
        if len(self.values) != 1:
            raise QuantityError(f"fact {self.id} has {len(self.values)} numbers, not one ({self.file})")
        return self.values[0]


def read_facts(file: TomlFile) -> dict[str, Fact]:
    """Every fact of a file by id. Raises DataError for a fault, with file, line and field."""
    return {key: _fact(key, record, file.name) for key, record in file.tables()}


def _fact(key: str, record: Record, file: str) -> Fact:
    as_printed = record.text("as_printed", "")
    values, unit = read_value(record, as_printed)
    fact = Fact(
        id=key,
        quantity=record.text("quantity"),
        values=values,
        unit=unit,
        as_printed=as_printed,
        source=known_source(record),
        place=record.text("place", ""),
        reading=record.one_of("reading", READINGS),
        file=file,
        n=record.integer("n", None),
        n_of=record.one_of("n_of", WHOSE_N, ""),
        sd=record.number("sd", None),
        who=record.text("who", ""),
        dose=record.text("dose", ""),
        species=record.text("species", "human"),
        note=record.text("note", ""),
    )
    record.done()
    if fact.n_of and fact.n is None:
        raise record.error("says whose n it is and there is no n", "n_of")
    return fact


def read_value(record: Record, as_printed: str) -> tuple[tuple[float, ...], str]:
    """The numbers and unit of a record: from `value` or `values` with `unit`, else from `as_printed`."""
    single = record.number("value", None)
    many = record.numbers("values") if "values" in record else None
    unit = record.text("unit", None)
    try:
        if single is None and many is None:
            if unit is not None or not as_printed:
                return (), unit or ""
            found = parse_quantity(as_printed, what="as_printed", like='"4.5 mg"')
            return (found.value,), found.unit
        parse_unit(unit or "")
    except QuantityError as error:
        raise record.error(f"{error}; or give value and unit", "as_printed") from None
    return many if many is not None else (float(single or 0.0),), unit or ""


def known_source(record: Record, field: str = "source") -> str:
    """The source key of a record, which must stand in the registry."""
    return record.one_of(field, tuple(sources()))


def pick(facts: Mapping[str, Fact], record: Record, field: str = "fact") -> Fact | None:
    """The fact a record refers to, or None; an unknown id is an error at that field."""
    key = record.text(field, None)
    if key is None:
        return None
    if key not in facts:
        raise record.error(f'fact "{key}" is not known; {suggestion(key, facts)}', field)
    return facts[key]
