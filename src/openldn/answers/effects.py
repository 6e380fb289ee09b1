"""What a regimen might do to people with a condition: its clinical scales and unwanted effects together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openldn.answers.course import WEEKS, ScaleCourse, check_condition, courses
from openldn.answers.unwanted import Unwanted, unwanted
from openldn.engine import parse_regimen, schedule
from openldn.evidence import condition as find_condition


@dataclass(frozen=True)
class Effects:
    """Twelve weeks of a regimen for one condition (`condition` is its key)."""

    condition: str
    scales: tuple[ScaleCourse, ...]
    unwanted: Unwanted

    @property
    def weeks(self) -> int:
        """How long it is followed, whatever the length of the run."""
        return WEEKS

    @property
    def parts(self) -> tuple[ScaleCourse | Unwanted, ...]:
        """Everything that has sources and assumed numbers of its own."""
        return (*self.scales, self.unwanted)

    def as_json(self) -> dict[str, Any]:
        return {
            "condition": self.condition,
            "weeks": self.weeks,
            "scales": [s.as_json() for s in self.scales],
            "unwanted": self.unwanted.as_json(),
        }


def condition_key(condition: str) -> str:
    """The key of a condition by any of its names. Raises UnknownName where there is none, or no clinical scale."""
    key = find_condition(condition).key
    check_condition(key)
    return key


def effects(
    key: str,
    regimen: str,
    route: str,
    switched: Mapping[str, float],
    own: Mapping[str, Mapping[str, float]] | None = None,
) -> Effects:
    """The effects of a regimen in words; `switched` are switches and numbers that differ from the model's own, `own`
    numbers of single scales by scale key.
    """
    plan = schedule(parse_regimen(regimen), route, WEEKS * 168.0)
    return Effects(key, courses(key, plan, (route,), switched, own), unwanted(plan, (route,), switched))
