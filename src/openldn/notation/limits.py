"""The most that is taken of anything: whole numbers that know what they bound.

A limit stands in the file that keeps to it, as `PERSONS = Limit(1_000_000, "persons", "of one simulation")`, and counts as
the number everywhere. `limits()` gathers those of the whole package; the table in the documentation is made from it.
"""

import inspect
import pkgutil
import re
from importlib import import_module


class Limit(int):
    """A whole number with what it counts and of what it is the most.

    >>> persons = Limit(1000, "persons", "of one run")
    >>> 1001 > persons, str(persons)
    (True, '1,000 persons of one run')
    """

    unit: str
    of: str

    def __new__(cls, most: int, unit: str, of: str) -> "Limit":
        self = super().__new__(cls, most)
        self.unit, self.of = unit, of
        return self

    def __str__(self) -> str:
        return f"{int(self):,} {self.unit} {self.of}"

    def __repr__(self) -> str:
        return f"Limit({int(self)}, {self.unit!r}, {self.of!r})"

    def __reduce__(self) -> tuple[type["Limit"], tuple[int, str, str]]:
        return Limit, (int(self), self.unit, self.of)


def limits() -> list[tuple[str, str, Limit]]:
    """(room, name, limit) of every limit in the package, sorted; each module of ours is imported for it."""
    found: list[tuple[str, str, Limit]] = []
    for info in pkgutil.walk_packages(import_module("openldn").__path__, "openldn."):
        if info.name.endswith("__main__"):
            continue
        module = import_module(info.name)
        for name, value in vars(module).items():
            # Where it was set, not where it was imported to.
            if isinstance(value, Limit) and re.search(
                rf"^[^#\n]*\b{name}\b[^#\n]*= [^\n]*Limit\(", inspect.getsource(module), re.M
            ):
                found.append((info.name.split(".")[1], name, value))
    return sorted(found, key=lambda entry: (entry[0], entry[2].of, entry[2].unit))
