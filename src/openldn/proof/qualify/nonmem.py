"""Public scenarios of dosing with the figures that NONMEM printed for them; where they come from stands in nonmem/README.md."""

import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, within

FAMILY = "nonmem"
DATA = Path(__file__).parent / "nonmem"
TEXT = """
model nonmem : ADVAN2 TRANS2 as the scenarios have it
parameter KA [1/h] = 1.5
parameter CL [L/h] = 1.1
parameter V [L] = 20
parameter WT [kg] = 70
parameter WT_MEAN [kg] = 70
parameter F2 [1] = 1
parameter ALAG2 [h] = 0
parameter D2 [h] = 2
parameter UG [ug/mg] = 1000
state depot [mg]
state body [mg]
dose oral -> depot
dose iv -> body * F2 lag ALAG2 duration D2
cl [L/h] = CL * exp(0.75 * log(WT / WT_MEAN))
C [ug/L] = body * UG / V
d/dt(depot) = -KA * depot
d/dt(body) = KA * depot - cl * body / V
"""
# NONMEM prints five digits: half a unit of the last is up to 5e-5 of a number that begins with 1.
PRINTED = 5.01e-5
WHY = "NONMEM printed five digits; half a unit of the last is up to 5e-5 of a number that begins with 1"
ORIGIN = (
    "Doses and figures from two public collections, mrgsolve/nmtests and nlmixr2/nmtests; which is which, and what was left "
    "out, stands in proof/qualify/nonmem/README.md."
)
_NOTHING = 1e-9  # where it printed 0
Records = list[dict[str, Any]]  # in NONMEM's names


@lru_cache(maxsize=8)
def rows(name: str) -> tuple[dict[str, float], ...]:
    """The rows of a file in `nonmem/`."""
    with (DATA / name).open(encoding="utf-8") as lines:
        return tuple({key: float(value) for key, value in row.items()} for row in csv.DictReader(lines))


def scenarios() -> list[int]:
    """The numbers of the scenarios."""
    return sorted({int(row["id"]) for row in rows("doses.csv")})


def person(scenario: int) -> tuple[Records, list[float]]:
    """A scenario's doses and, at each of its hours, an observation; and what NONMEM printed there."""
    seen = [(row["time"], row["cp"]) for row in rows("values.csv") if row["id"] == scenario]
    records = [_dose(row) for row in rows("doses.csv") if row["id"] == scenario]
    records += [{"TIME": t, "EVID": 0} for t, _ in seen]
    # the sort is stable: a dose stands before the observation at its time, as in NONMEM's data
    return sorted(records, key=lambda r: r["TIME"]), [cp for _, cp in seen]


def weights() -> tuple[Records, list[float]]:
    """Doses to a person whose weight changes at each record, and what NONMEM printed."""
    found = rows("weights.csv")
    first = {"TIME": 0, "EVID": 1, "AMT": 100, "CMT": 1, "II": 24, "ADDL": 3, "WT": found[0]["wt"]}
    return [first, *({"TIME": w["time"], "EVID": 0, "WT": w["wt"]} for w in found)], [w["cp"] for w in found]


def findings(quick: bool) -> Iterator[Finding]:
    """A finding for each scenario; quick: every third."""
    chosen = scenarios()[:: 3 if quick else 1]
    for number in chosen:
        yield _finding(f"NM-{number}", f"scenario {number}: {_words(number)}", *person(number))
    yield _finding("NM-weights", "a weight that changes at each record, carried backward", *weights())


def _finding(id: str, description: str, records: Records, printed: list[float]) -> Finding:  # noqa: A002
    model = solvers.build(TEXT)
    seen = [record["EVID"] == 0 for record in records]
    found = solvers.every_way(model, solvers.records(model, records), "C")[:, 0, seen]
    expected = np.array(printed)
    away = np.maximum(np.abs(found - expected) - _NOTHING, 0) / np.where(expected == 0, 1.0, np.abs(expected))
    error = float(np.max(away))
    return within(
        id, FAMILY, description, error, PRINTED, WHY, expected=f"{len(printed)} figures",
    )  # fmt: skip


def _dose(row: dict[str, float]) -> dict[str, Any]:
    words = ("time", "evid", "amt", "rate", "ii", "addl", "ss")
    own = {"F2": row["bioav"], "ALAG2": row["lagt"], "D2": row["dur2"]}
    return (
        {word.upper(): row[word] for word in words} | {"CMT": row["cmt"] if row["evid"] != 3 else None} | own
    )


def _words(scenario: int) -> str:
    """What the doses of a scenario have, in the names of the columns."""
    found: list[str] = []
    for row in (row for row in rows("doses.csv") if row["id"] == scenario):
        parts = [f"EVID {row['evid']:g}"] if row["evid"] != 1 else []
        parts += [f"{name} {row[key]:g}" for name, key in _COLUMNS if row[key] and row["evid"] != 3]
        parts += [f"F {row['bioav']:g}"] if row["bioav"] != 1 and row["cmt"] == 2 else []
        parts += [f"D {row['dur2']:g}"] if row["rate"] == -2 else []
        found.append(", ".join(parts))
    return "; ".join(found).replace("-", "−")


_COLUMNS = (("CMT", "cmt"), ("RATE", "rate"), ("II", "ii"), ("ADDL", "addl"), ("SS", "ss"), ("lag", "lagt"))
