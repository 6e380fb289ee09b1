"""Named populations and the people in them: sex, age, size, kidneys, liver, smoking.

    sex           a woman with the population's share
    age           by bands, even within each; or normal, cut to its range so that mean and SD are the printed ones
    height        normal, and body mass index lognormal, by sex and independent of each other, so that
    weight        = index × height²: the tall are heavier, and men are
    creatinine    normal by sex, in the serum; and by Cockcroft and Gault, whatever the true clearance is,
    clearance     = (140 − age) × weight / (72 × creatinine), × 0.85 in women: it falls with age; with a ceiling
    liver         0 healthy, 1 compensated cirrhosis, 2 decompensated
    smoker        0 or 1, with the share of the sex

The numbers stand in covariates.toml with their sources. Streams are keyed as those of parameters, and know
nothing of the population: person 17 is equally tall for their people in every one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from openldn.engine import Entry, read_entry
from openldn.notation import DataError, Fact, Record, UnknownName, read_facts, read_toml

ROOM = Path(__file__).parent
UNITS = {
    "female": "1", "age": "year", "height": "cm", "bmi": "kg/m^2", "weight": "kg", "creatinine": "mg/dL",
    "clearance": "mL/min", "smoker": "1", "liver": "1", "cirrhosis": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Spreading:
    """A mean and a standard deviation with the ends of what is possible, in the unit of UNITS."""

    mean: Entry
    sd: Entry
    low: float
    high: float


@dataclass(frozen=True)
class Band:
    """Ages from `low` up to `high` years, and how many are of them, relative to the other bands."""

    low: float
    high: float
    share: Entry


@dataclass(frozen=True)
class Sex:
    """What a population says of its women or of its men."""

    height: Spreading
    bmi: Spreading
    creatinine: Spreading
    smoker: Entry


@dataclass(frozen=True)
class Clearance:
    """The numbers of the estimate of creatinine clearance."""

    ends_at_age: Entry
    divisor: Entry
    women: Entry
    ceiling: Entry


@dataclass(frozen=True)
class Population:
    """A named population: `age` is a spread or bands; `sexes` has "women" and "men"."""

    key: str
    name: str
    note: str
    female: Entry
    age: Spreading | tuple[Band, ...]
    cirrhosis: Entry
    decompensated: Entry
    sexes: Mapping[str, Sex] = field(repr=False)

    def entries(self) -> tuple[Entry, ...]:
        """Every number behind the population, with its source, basis and reading."""
        ages = (
            [self.age.mean, self.age.sd] if isinstance(self.age, Spreading) else [b.share for b in self.age]
        )
        found = [self.female, self.cirrhosis, self.decompensated, *ages]
        for sex in self.sexes.values():
            for spread in (sex.height, sex.bmi, sex.creatinine):
                found += [spread.mean, spread.sd]
            found.append(sex.smoker)
        return tuple(found)


def population(key: str) -> Population:
    """The population of that name. Raises UnknownName."""
    if key not in populations():
        raise UnknownName("population", key, populations())
    return populations()[key]


@lru_cache(maxsize=1)
def populations() -> dict[str, Population]:
    """Every named population. Raises DataError with file, line and field."""
    root, found = _root(), dict[str, Population]()
    possible = _possible(root.table("possible"))
    for key, record in root.table("population").inner_tables():
        before = record.text("as_in", "")
        if before and before not in found:
            raise record.error(f'"{before}" is no population above this one', "as_in")
        found[key] = _population(key, record, found.get(before), possible)
    return found


@lru_cache(maxsize=1)
def clearance() -> Clearance:
    """The numbers of the estimate of creatinine clearance."""
    record = _root().table("creatinine_clearance")
    years, divisor = "year", "kg*year*dL*min/mg/mL"
    found = Clearance(
        _number(record, "ends_at_age", years),
        _number(record, "divisor", divisor),
        _number(record, "women"),
        _number(record, "ceiling", UNITS["clearance"]),
    )
    record.done()
    return found


@lru_cache(maxsize=1)
def people_facts() -> dict[str, Fact]:
    """The facts behind the populations, by id."""
    return read_facts(read_toml(ROOM / "facts" / "people.toml"))


def _root() -> Record:
    return read_toml(ROOM / "covariates.toml").root()


def _possible(record: Record) -> dict[str, tuple[float, float]]:
    found = {}
    for name in ("age", "height", "bmi", "creatinine"):
        low, high = record.numbers(name)
        found[name] = low, high
    record.done()
    return found


def _population(
    key: str, record: Record, like: Population | None, possible: Mapping[str, tuple[float, float]]
) -> Population:
    def share(name: str) -> Entry:
        return getattr(like, name) if like is not None and name not in record else _share(record, name)

    female, cirrhosis, decompensated = share("female"), share("cirrhosis"), share("decompensated")
    age: Spreading | tuple[Band, ...]
    if "ages" in record:
        age = tuple(_band(inner) for inner in record.tables("ages"))
    elif "age" in record or like is None:
        age = _spreading(record, "age", possible["age"])
    else:
        age = like.age
    sexes: dict[str, Sex] = {}
    for sex in ("women", "men"):
        inner, before = record.table(sex, None), like.sexes[sex] if like is not None else None
        if inner is not None:
            sexes[sex] = _sex(inner, before, possible)
        elif before is not None:
            sexes[sex] = before
        else:
            raise record.error(f'"{sex}" is missing', sex)
    name, note = record.text("name"), record.text("note", "")
    record.done()
    return Population(key, name, note, female, age, cirrhosis, decompensated, sexes)


def _sex(record: Record, like: Sex | None, possible: Mapping[str, tuple[float, float]]) -> Sex:
    def spreading(name: str) -> Spreading:
        if like is not None and name not in record:
            return getattr(like, name)  # type: ignore[no-any-return]
        return _spreading(record, name, possible[name])

    height, bmi, creatinine = spreading("height"), spreading("bmi"), spreading("creatinine")
    smoker = like.smoker if like is not None and "smoker" not in record else _share(record, "smoker")
    record.done()
    return Sex(height, bmi, creatinine, smoker)


def _spreading(record: Record, name: str, possible: tuple[float, float]) -> Spreading:
    inner = record.table(name)
    low, high = inner.numbers("range", list(possible))
    mean, sd = _number(inner, "mean", UNITS[name]), _number(inner, "sd", UNITS[name])
    if not (possible[0] <= low < mean.in_unit(UNITS[name]) < high <= possible[1]):
        raise inner.error(
            f"a mean of {mean.as_printed} from {low:g} to {high:g} {UNITS[name]} is not possible"
        )
    if sd.value <= 0:
        raise inner.error(f"a standard deviation of {sd.as_printed} is not above zero", "sd")
    inner.done()
    return Spreading(mean, sd, low, high)


def _band(record: Record) -> Band:
    found = Band(record.number("from"), record.number("to"), _share(record, "share"))
    if not 0 < found.low < found.high:
        raise record.error(f"ages from {found.low:g} to {found.high:g}: the younger comes first", "from")
    record.done()
    return found


def _share(record: Record, name: str) -> Entry:
    entry = _number(record, name)
    if not 0 <= entry.in_unit("1") <= 1:
        raise record.error(f"{entry.as_printed} is not a share from 0 to 1", name)
    return entry


def _number(record: Record, name: str, unit: str = "1") -> Entry:
    entry = read_entry(name, record.table(name), people_facts())
    try:
        entry.in_unit(unit)
    except Exception as error:
        raise DataError(str(error), file=entry.file, line=entry.line, field=name) from None
    return entry
