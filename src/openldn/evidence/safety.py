"""Facts on safety to ask a clinician about: what labels and studies say, none of it advice.

Most come from the label of the 50 mg tablet or of the 380 mg depot injection; `about` says which dose
and which people a fact is about, because hardly any is about low dose.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.prose import prose
from openldn.notation import DataError, Fingerprint, Record, UnknownName, read_toml, sources

_FILE = Path(__file__).with_name("safety.toml")
SAFETY_TOPICS = {
    "opioids": "Opioids and precipitated withdrawal",
    "surgery": "Planned surgery and emergency pain relief",
    "overdose": "Overdose risk around stopping",
    "liver": "Liver",
    "pregnancy": "Pregnancy",
    "breastfeeding": "Breastfeeding",
    "compounding": "Compounded medicine: what is in the capsule",
    "common_effects": "Common unwanted effects",
    "serious_effects": "Serious unwanted effects",
    "mood": "Mood",
    "children": "Children",
    "alcohol_interactions": "Alcohol and other medicines",
}


@dataclass(frozen=True)
class SafetyFact:
    """`figures` are as printed; `place` is where in the source the fact was read."""

    id: str
    topic: str
    statement: str
    about: str
    source: str
    place: str
    figures: tuple[str, ...] = ()
    reading: str = "provisional"


def safety_facts(topic: str | None = None) -> tuple[SafetyFact, ...]:
    """Every fact in file order, or those of one topic; UnknownName if there is no such topic."""
    facts = _read()[0]
    if topic is None:
        return facts
    if topic not in SAFETY_TOPICS:
        raise UnknownName("safety topic", topic, SAFETY_TOPICS)
    return tuple(f for f in facts if f.topic == topic)


def safety_fingerprint() -> Fingerprint:
    return _read()[1]


@lru_cache(maxsize=1)
def _read() -> tuple[tuple[SafetyFact, ...], Fingerprint]:
    file = read_toml(_FILE)
    root = file.root()
    facts = tuple(_fact(record) for record in root.tables("fact"))
    root.done()
    if len({f.id for f in facts}) != len(facts):
        raise DataError("two facts have one id", file=file.name, field="fact.id")
    return facts, file.fingerprint


def _fact(record: Record) -> SafetyFact:
    found = SafetyFact(
        id=record.text("id"),
        topic=record.one_of("topic", tuple(SAFETY_TOPICS)),
        statement=prose(record, "statement"),
        figures=record.texts("figures", ()),
        about=prose(record, "about"),
        source=record.one_of("source", tuple(sources())),
        place=prose(record, "place"),
        reading=record.one_of("reading", ("provisional",)),
    )
    record.done()
    return found
