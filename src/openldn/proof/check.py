"""The model against what was measured: one line a check, misfits printed as misfits.

The checks stand in `checks.toml`: a situation, a target with its facts and sources, and a role:

    predicted      nothing in the model was tuned to it
    calibrated     used in setting a parameter, which it names
    construction   true by how the model is built
    pending        waits for calibration; neither passed nor failed
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openldn import calibration
from openldn.engine import Model
from openldn.notation import Fingerprint, Record, UnknownName, convert, read_toml, sources
from openldn.pharmacology import facts, model
from openldn.proof.measures import IN_HOURS, Situation, measure, read_situation

ROLES = ("predicted", "calibrated", "construction", "pending")
_FILE = Path(__file__).with_name("checks.toml")
_COMPUTED: dict[str, Callable[[], float]] = {
    "pet_in_sample": calibration.in_sample,
    "pet_leave_one_study_out": calibration.left_out_rmse,
}


@dataclass(frozen=True)
class Check:
    """A target and how its number is computed; a bound of None is open."""

    id: str
    description: str
    role: str
    low: float | None
    high: float | None
    unit: str
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    tuned: tuple[str, ...]
    failing_means: str
    misfit: str
    situation: Situation | None
    per: Situation | None
    computed: str


@dataclass(frozen=True)
class Outcome:
    """A check with the model's number. `passed` is None while the check is pending."""

    check: Check
    model: float | None
    passed: bool | None

    @property
    def falls_short(self) -> bool:
        """Failed, and no misfit was documented."""
        return self.passed is False and not self.check.misfit

    def as_json(self) -> dict[str, Any]:
        c = self.check
        return {
            "id": c.id, "description": c.description, "role": c.role, "target_low": c.low,
            "target_high": c.high, "model": self.model, "unit": c.unit, "source": ", ".join(c.sources),
            "passed": self.passed, "expected_misfit": bool(c.misfit), "misfit_reason": c.misfit,
            "facts": list(c.facts), "tuned": list(c.tuned), "failing_means": c.failing_means,
        }  # fmt: skip


@lru_cache(maxsize=1)
def checks() -> tuple[Check, ...]:
    """Every check of the file. Raises DataError with file, line and field."""
    return tuple(_check(record) for record in read_toml(_FILE).root().tables("check"))


def checks_fingerprint() -> Fingerprint:
    """The Fingerprint of checks.toml."""
    return read_toml(_FILE).fingerprint


def chosen_checks(ids: Iterable[str] = ()) -> tuple[Check, ...]:
    """The checks of these ids in file order, or all. Raises UnknownName for an id that there is not."""
    wanted, known = set(ids), {c.id for c in checks()}
    for unknown in sorted(wanted - known):
        raise UnknownName("check", unknown, known)
    return tuple(c for c in checks() if not wanted or c.id in wanted)


def run_checks(m: Model | None = None, ids: Iterable[str] = ()) -> Iterator[Outcome]:
    """The outcome of each check in turn, or of those with these ids, for the model as it stands or for `m`."""
    m = m or model()
    for check in chosen_checks(ids):
        if check.role == "pending":
            yield Outcome(check, None, None)
            continue
        value = _value(check, m)
        above = check.low is None or value >= check.low
        below = check.high is None or value <= check.high
        yield Outcome(check, value, above and below)


def _value(check: Check, m: Model) -> float:
    if check.computed:
        return _COMPUTED[check.computed]()
    assert check.situation is not None
    value = measure(m, check.situation)
    if check.per:
        return value / measure(m, check.per)
    return convert(value, "h", check.unit) if check.situation.measure in IN_HOURS else value


def _check(record: Record) -> Check:
    known = facts()
    cited = record.texts("facts")
    for key in cited:
        if key not in known:
            raise record.error(f'fact "{key}" is not known', "facts")
    more = record.texts("sources", ())
    for key in more:
        if key not in sources():
            raise record.error(f'source "{key}" is not known', "sources")
    role = record.one_of("role", ROLES)
    tuned = record.texts("tuned", ())
    if (role == "calibrated") != bool(tuned):
        raise record.error(
            'a calibrated check, and no other, names in "tuned" the parameters set by it', "tuned"
        )
    computed = record.text("computed", "")
    if computed and computed not in _COMPUTED:
        raise record.error(f'"{computed}" is not known; choose one of {", ".join(_COMPUTED)}', "computed")
    low, high = record.number("low", None), record.number("high", None)
    if low is None and high is None:
        raise record.error("a check needs a low or a high bound", "low")
    situation = None if computed or role == "pending" else read_situation(record)
    per_record = record.table("per", None)
    per = read_situation(per_record, situation) if per_record else None
    if per_record:
        per_record.done()
    check = Check(
        id=record.text("id"),
        description=record.text("description"),
        role=role,
        low=low,
        high=high,
        unit=record.text("unit"),
        facts=cited,
        sources=tuple(dict.fromkeys([*(known[key].source for key in cited), *more])),
        tuned=tuned,
        failing_means=record.text("failing_means"),
        misfit=record.text("misfit", ""),
        situation=situation,
        per=per,
        computed=computed,
    )
    record.done()
    return check
