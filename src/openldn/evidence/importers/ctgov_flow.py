"""How many people: enrolment and participant flow of a ClinicalTrials.gov record.

STARTED in the first period, summed over groups, is the number randomised; COMPLETED is taken only where
there is one period, since the last of several is often an extension that few entered.
"""

from dataclasses import dataclass

from openldn.evidence.importers.ctgov_groups import Treatments, is_everybody
from openldn.evidence.importers.shape import Node
from openldn.evidence.importers.words import clean, count, name, unique
from openldn.evidence.study import Arm


@dataclass(frozen=True)
class Flow:
    """enrolled: people who were there; planned: people who were hoped for. Sums over groups, or None."""

    enrolled: int | None
    planned: int | None
    started: int | None
    completed: int | None
    arms: tuple[Arm, ...]


def flow_of(results: Node, given: Treatments, enrolment: Node, notes: list[str]) -> Flow:
    """The Flow of a record; `notes` gets what could not be used."""
    people = count(enrolment.written("count"))
    planned = enrolment.text("type", 20).upper() == "ESTIMATED"
    if people is None and "count" in enrolment:
        notes.append(f'enrolment "{enrolment.text("count", 40)}" is not a count')
    module = results.node("participantFlowModule")
    periods = list(module.nodes("periods"))
    groups = {g.text("id", 40): g for g in module.nodes("groups")}
    started = _milestone(periods[0], "STARTED", notes) if periods else {}
    completed = _milestone(periods[0], "COMPLETED", notes) if len(periods) == 1 else {}
    if len(periods) > 1:
        notes.append(f"the flow has {len(periods)} periods; only who started the first was taken")
    arms, taken = [], set[str]()
    for key, group in groups.items():
        title = group.text("title")
        counts = (("completed", completed[key]),) if key in completed else ()
        lost = tuple(_lost(periods[0], key)) if len(periods) == 1 else ()
        arms.append(
            Arm(unique(name(title), taken), given.role(title, group.text("description")), n=started.get(key),
                counts=counts + lost)
        )  # fmt: skip
    total = _sum(started, groups)
    if total is not None and not planned and people is not None and total > people:
        notes.append(
            f"{total} started but {people} were enrolled: groups may hold the same persons; not summed"
        )
        total, completed = None, {}
    return Flow(
        None if planned else people, people if planned else None, total, _sum(completed, groups), tuple(arms)
    )


def _milestone(period: Node, kind: str, notes: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for milestone in period.nodes("milestones"):
        if milestone.text("type").upper() != kind:
            continue
        for entry in milestone.nodes("achievements"):
            people = count(entry.written("numSubjects"))
            if people is None:
                notes.append(
                    f'{kind} of {entry.text("groupId", 40)} is "{entry.text("numSubjects", 40)}", not a count'
                )
            else:
                found[entry.text("groupId", 40)] = people
    return found


def _lost(period: Node, group: str) -> list[tuple[str, int]]:
    found, taken = [], {"completed"}
    for reason in period.nodes("dropWithdraws"):
        for entry in reason.nodes("reasons"):
            people = count(entry.written("numSubjects"))
            if entry.text("groupId", 40) == group and people is not None:
                found.append(
                    (
                        unique("left: " + clean(reason.text("type"), 60).replace("/", "-").lower(), taken),
                        people,
                    )
                )
    return found


def _sum(counts: dict[str, int], groups: dict[str, Node]) -> int | None:
    arms = [key for key, group in groups.items() if not is_everybody(group.text("title"))]
    return sum(counts[key] for key in arms) if arms and all(key in counts for key in arms) else None
