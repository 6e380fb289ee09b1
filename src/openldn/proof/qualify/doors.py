"""What must not run is refused with a message, and who cannot be solved is counted."""

from collections.abc import Callable, Iterator

import numpy as np

from openldn.engine import check_range, ev, parse_dose, parse_regimen
from openldn.engine.events import nothing
from openldn.engine.events.reader import bound, read_bytes
from openldn.notation import OpenLDNError
from openldn.pharmacology import model as ldn
from openldn.population import simulate_population
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, holds

FAMILY = "doors"
_HEAD = "model wrong\nparameter k [1/h] = 1\nparameter V [L] = 2\nstate A [mg]\ndose oral -> A\nd/dt(A) = -k * A\n"
_BURST = """
model burst : grows without bound where g is above zero
parameter g [1/h] = 0
state x [1] = 1
state gut [mg]
dose oral -> gut
d/dt(x) = g * x * x
d/dt(gut) = -g * gut
"""


def findings(quick: bool) -> Iterator[Finding]:
    """Units and values at every door, and persons who fail."""
    del quick
    for id_, (description, says, call) in _REFUSED.items():
        yield _refused(f"DO-{id_}", description, says, call)
    yield from _failed()


def _refused(id: str, description: str, says: str, call: Callable[[], object]) -> Finding:  # noqa: A002
    try:
        call()
    except OpenLDNError as error:
        found = f"{type(error).__name__}: {error}"
    else:
        found = "it was accepted"
    return holds(id, FAMILY, f"refused: {description}", says in found, expected=f"… {says} …", found=found)


def _events(*rows: str) -> Callable[[], object]:
    raw = "\n".join(["ID,TIME,EVID,AMT,CMT,CL", *rows]).encode()
    model = solvers.library("one_compartment")
    return lambda: solvers.simulate(model, bound(read_bytes(raw, "events.csv"), model)[0])


_REFUSED: dict[str, tuple[str, str, Callable[[], object]]] = {
    "dose-volume": ("a dose in mL", "measure different things", lambda: parse_dose("4.5mL")),
    "dose-bare": ("a dose without a unit", "has no unit", lambda: parse_dose("4.5")),
    "dose-negative": ("a dose below zero", "above zero", lambda: parse_dose("-3mg")),
    "interval": (
        "an interval in mg",
        "measure different things",
        lambda: parse_regimen("4.5 mg every 24mg"),
    ),
    "factor": (
        "a concentration in ng/mL that is in mg/L",
        "off by a factor",
        lambda: solvers.build(_HEAD + "C [ng/mL] = A / V\n"),
    ),
    "sum": (
        "mass added to volume",
        "as it should be",
        lambda: solvers.build(_HEAD + "both [mg] = A + V\n"),
    ),
    "rate": (
        "a rate that is no amount per hour",
        "as it should be",
        lambda: solvers.build(_HEAD.replace("-k * A", "-A")),
    ),
    "lag": (
        "a lag in L",
        "as it should be",
        lambda: solvers.build(_HEAD.replace("-> A", "-> A lag V")),
    ),
    "exponential": (
        "the exponential of a mass",
        "as it should be",
        lambda: solvers.build(_HEAD + "e [1] = exp(A)\n"),
    ),
    "route": (
        "a dose by a route that is not there",
        "is not known",
        lambda: solvers.simulate(ldn(), ev(4.5, cmt="orall"), [1.0], ("C_N",)),
    ),
    "range": (
        "a clearance that is physically impossible",
        "CL_N",
        lambda: check_range(ldn().parameters["CL_N"], -1.0, "person 1"),
    ),
    "table-comma": ("a decimal comma in a table", "decimal point", _events('1,0,1,"1,5",1,10')),
    "table-order": ("hours that go back", "stands behind", _events("1,4,0,0,1,10", "1,2,0,0,1,10")),
    "table-place": ("a compartment that is not there", "is not known", _events("1,0,1,100,brain,10")),
}


def _failed() -> Iterator[Finding]:
    """x = 1 / (1 − g t) has no value at t = 1/g: those persons fail, and nobody else does."""
    growth = np.array([0.0, 0.2, 1.0, 0.1, 0.0, 0.5])
    model = solvers.build(_BURST)
    solved = solvers.solve(model, solvers.asked_at(range(4)), {"g": growth}, ("x",), rtol=1e-6)
    failed, reason = list(solved.reasons), str(solved.reasons.get(2, ""))
    yield holds(
        "DO-failed-kernel", FAMILY, "two of six persons cannot be solved: named, with a reason, without numbers",
        failed == [2, 5] and reason != "" and bool(np.isnan(solved.values[2, 2:]).all()),
        expected="persons 2 and 5", found=f"persons {', '.join(map(str, failed))}; {reason}",
    )  # fmt: skip
    kept = np.array([0, 1, 3, 4])
    error = float(np.max(np.abs(solved.values[kept, :, 0] * (1 - growth[kept, None] * np.arange(4)) - 1)))
    yield holds(
        "DO-failed-others", FAMILY, "the other four are not touched by it", error < 1e-5,
        expected="their closed form to 1e-5, at a tolerance of 1e-6", found=error,
    )  # fmt: skip
    s = simulate_population(model, nothing(), np.arange(4.0), ("x",), 6, 1, values={"g": growth}, chunk=4)
    yield holds(
        "DO-failed-population", FAMILY, "a population counts them, and they are in no mean",
        s.failed == 2 and s.solved == 4 and s.first_failed == (2, 5),
        expected="2 failed, 4 solved", found=f"{s.failed} failed, {s.solved} solved: {', '.join(s.reasons)}",
    )  # fmt: skip
    rows = [{"ID": i, "TIME": t, "g": g} for i, g in enumerate(growth) for t in (0, 3)]
    table = solvers.simulate(model, solvers.records(model, rows), None, ["x"])
    yield holds(
        "DO-failed-table", FAMILY, "a table of events gives their reasons", list(table.reasons) == [2, 5],
        expected="reasons for 2 and 5", found="; ".join(f"{who}: {why}" for who, why in table.reasons.items()),
    )  # fmt: skip
