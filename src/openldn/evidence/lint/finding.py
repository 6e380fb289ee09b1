"""What a rule of the lint has to say about one field of one study."""

from collections.abc import Iterator
from dataclasses import dataclass

from openldn.evidence.study import Arm, Harm, Outcome, Study
from openldn.notation import decimals


@dataclass(frozen=True)
class Finding:
    """`known`: the study's file names this rule and field among its `known_faults`."""

    rule: str
    study: str
    field: str
    message: str
    known: bool = False


def find(rule: str, study: Study, field: str, message: str) -> Finding:
    known = any(k.rule == rule and k.field == field for k in study.known_faults)
    return Finding(rule, study.id, field, message, known)


def arms_of(study: Study) -> Iterator[tuple[str, Outcome | Harm | None, Arm]]:
    """Every arm with the address of its table and what it belongs to (None for the flow of persons)."""
    for arm in study.flow:
        yield f"flow:{arm.arm}", None, arm
    for outcome in study.outcomes:
        for arm in outcome.arms:
            yield f"outcome:{outcome.name}/arm:{arm.arm}", outcome, arm
    for harm in study.harms:
        for arm in harm.arms:
            yield f"harm:{harm.term}/arm:{arm.arm}", harm, arm


def rounding(*values: float | None) -> float:
    """Half a unit of the last printed digit of each value, added up."""
    return sum(0.5 * 10.0 ** -decimals(v) for v in values if v is not None)
