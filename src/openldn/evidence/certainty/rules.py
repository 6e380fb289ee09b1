"""The thresholds of the signals, read from `rules.toml` with the guideline that each follows and its reason."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.notation import Fingerprint, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("rules.toml")
_BASES = ("guideline", "ours")


@dataclass(frozen=True)
class Rule:
    """One threshold; `basis` is "guideline" where GRADE names it, "ours" where it leaves it to judgement.

    place: where the guidance says it, or what it leaves open.
    """

    name: str
    value: float
    basis: str
    sources: tuple[str, ...]
    place: str
    why: str


@dataclass(frozen=True)
class Rules:
    """Every threshold by `domain.name`; `rules["imprecision.power"]`."""

    table: tuple[Rule, ...]

    def __getitem__(self, name: str) -> float:
        """The value of the rule. Raises UnknownName."""
        for rule in self.table:
            if rule.name == name:
                return rule.value
        raise UnknownName("rule", name, (r.name for r in self.table))


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules in file order. Raises DataError with file, line and field."""
    found: list[Rule] = []
    for domain, record in read_toml(_FILE).tables():
        found += [_rule(f"{domain}.{key}", inner) for key, inner in record.inner_tables()]
        record.done()
    return Rules(tuple(found))


def rules_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def _rule(name: str, r: Record) -> Rule:
    found = Rule(
        name, r.number("value"), r.one_of("basis", _BASES), r.texts("sources"), r.text("place"), r.text("why")
    )
    for key in found.sources:
        if key not in sources():
            raise r.error(f'source "{key}" is not known', "sources")
    r.done()
    return found
