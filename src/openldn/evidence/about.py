"""When the evidence was gathered and how, and the bounds of "low dose" as this collection uses the words.

The facts stand in `about.toml`; studies with `low_dose = true` gave naltrexone within the bounds
(mg a day), or called their dose low without printing it.
"""

import datetime
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import studies
from openldn.evidence.prose import prose
from openldn.evidence.readings import read_again
from openldn.notation import Fingerprint, read_toml

_FILE = Path(__file__).with_name("about.toml")


@dataclass(frozen=True)
class About:
    """`evidence_date` is ISO 8601; the bounds are in mg a day."""

    evidence_date: str
    gathered: str
    low_dose_from_mg: float
    low_dose_to_mg: float
    fingerprint: Fingerprint


def evidence_date() -> str:
    """The day up to which studies were looked for, as YYYY-MM-DD."""
    return about().evidence_date


@lru_cache(maxsize=1)
def about() -> About:
    """Raises DataError when `about.toml` is damaged or its date is not a date."""
    file = read_toml(_FILE)
    record = file.root()
    date = record.text("evidence_date")
    try:
        datetime.date.fromisoformat(date)
    except ValueError:
        raise record.error(f'"{date}" is not a date; write it like 2026-11-23', "evidence_date") from None
    found = About(
        evidence_date=date,
        gathered=prose(record, "gathered").format(studies=len(read_again()), all=len(studies())),
        low_dose_from_mg=record.number("low_dose_from_mg"),
        low_dose_to_mg=record.number("low_dose_to_mg"),
        fingerprint=file.fingerprint,
    )
    record.done()
    return found
