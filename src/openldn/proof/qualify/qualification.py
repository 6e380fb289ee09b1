"""The whole qualification: installation, operation, performance.

made = qualify(quick=True)
made.short        how many findings fell short
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from openldn.proof.qualify import (
    agreement,
    analytic,
    balance,
    convergence,
    doors,
    events,
    independence,
    installation,
    nonmem,
    problems,
)
from openldn.proof.qualify.finding import Finding
from openldn.proof.qualify.performance import Figure, figures

# Each with the share of the time that it takes, more or less.
FAMILIES: dict[str, tuple[str, Callable[[bool], Iterator[Finding]], float]] = {
    analytic.FAMILY: ("Closed forms of one to three compartments", analytic.findings, 0.08),
    events.FAMILY: ("Every rule of event records, against superposition", events.findings, 0.25),
    nonmem.FAMILY: ("Public scenarios with figures of NONMEM", nonmem.findings, 0.12),
    problems.FAMILY: ("Textbook problems with known end states", problems.findings, 0.05),
    convergence.FAMILY: ("Error falls with the tolerance", convergence.findings, 0.05),
    balance.FAMILY: ("What went in is there or gone, and nothing is below nothing", balance.findings, 0.05),
    agreement.FAMILY: ("Random persons against SciPy", agreement.findings, 0.08),
    independence.FAMILY: ("Nobody depends on anybody, to the last bit", independence.findings, 0.05),
    doors.FAMILY: ("What must not run is refused, and who fails is counted", doors.findings, 0.02),
}


@dataclass(frozen=True)
class Qualification:
    """Every finding and figure of one run."""

    quick: bool
    installation: tuple[Finding, ...] = field(repr=False)
    operation: tuple[Finding, ...] = field(repr=False)
    performance: tuple[Figure, ...] = field(repr=False)

    @property
    def short(self) -> tuple[str, ...]:
        """The ids of what fell short."""
        everything: tuple[Finding | Figure, ...] = (*self.installation, *self.operation, *self.performance)
        return tuple(x.id for x in everything if x.passed is False)

    def of(self, family: str) -> tuple[Finding, ...]:
        """The findings of a family, in order."""
        return tuple(f for f in self.operation if f.family == family)

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": not self.short,
            "quick": self.quick,
            "installation": [f.as_json() for f in self.installation],
            "operation": [f.as_json() for f in self.operation],
            "performance": [f.as_json() for f in self.performance],
        }


def qualify(*, quick: bool = False, progress: Callable[[float], None] = lambda share: None) -> Qualification:
    """Run everything. A test that breaks is one that falls short, with what it broke by."""
    installed = tuple(installation.findings())
    done = 0.05
    progress(done)
    found: list[Finding] = []
    for name, (_, make, share) in FAMILIES.items():
        found += _safely(name, make, quick)
        done += share
        progress(done)
    measured = tuple(figures(quick))
    progress(1.0)
    return Qualification(quick, installed, tuple(found), measured)


def _safely(name: str, make: Callable[[bool], Iterator[Finding]], quick: bool) -> Iterator[Finding]:
    try:
        yield from make(quick)
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        yield Finding(f"{name}-broke", name, "the tests run to their end", "an end", found, False)
