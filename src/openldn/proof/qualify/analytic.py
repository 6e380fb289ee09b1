"""Doses into one to three compartments, against the closed forms.

By mouth, at once by vein and as an infusion, each alone and at steady state, and an infusion without end: the
library's models, by the reference solver and by the kernel. And one dose that is eliminated by an enzyme that saturates,

    C(t) = KM W(C₀/KM exp((C₀ − VMAX t / V) / KM)),

with Lambert's W.
"""

from collections.abc import Iterator

import numpy as np

from openldn.engine import Events, ev
from openldn.proof.qualify import solvers
from openldn.proof.qualify.closed_forms import (
    Array,
    Terms,
    absorbed,
    at_once,
    at_once_steady,
    disposition,
    infused,
    infused_steady,
)
from openldn.proof.qualify.finding import Finding, within

FAMILY = "analytic"
AMOUNT, KA, DURATION, INTERVAL = 100.0, 1.1, 3.0, 12.0
CLOSE = 1e-6
WHY = "the solvers run at 1e-8, over some dozens of steps whose errors add up"
_TIMES = np.array([0.25, 0.5, 1, 2, 3, 4, 6, 8, 10, 12])
_LONG = np.array([24.0, 36, 48])
_MODELS = {
    "one_compartment": (
        "V",
        disposition(6, 40),
        {"CL": 6, "V": 40, "KA": KA},
    ),
    "two_compartments": (
        "V2",
        disposition(10, 50, (8, 100)),
        {"CL": 10, "V2": 50, "Q": 8, "V3": 100, "KA": KA},
    ),
    "three_compartments": (
        "V2",
        disposition(10, 40, (15, 60), (2, 200)),
        {"CL": 10, "V2": 40, "Q3": 15, "V3": 60, "Q4": 2, "V4": 200, "KA": KA},
    ),
}


def findings(quick: bool) -> Iterator[Finding]:
    """A finding for each model and way of dosing."""
    del quick
    for number, (name, (volume, terms, values)) in enumerate(_MODELS.items(), 1):
        model = solvers.library(name)
        for case, (dose, expected, times) in _cases(terms).items():
            found = solvers.every_way(model, dose + ev(time=times, evid=0), "C", values)[:, 0, 1:]
            error = solvers.largest(found, AMOUNT * expected / values[volume])
            yield within(
                f"AN-{number}-{case}",
                FAMILY,
                f"{name.replace('_', ' ')}: {_WORDS[case]}",
                error,
                CLOSE,
                WHY,
                expected="the closed form",
            )
    yield _saturable()


def _saturable() -> Finding:
    from scipy.special import lambertw

    vmax, km, v, c0 = 10.0, 2.0, 20.0, 5.0
    t = np.array([1.0, 3, 6, 9, 15, 24])
    expected = km * lambertw(c0 / km * np.exp((c0 - vmax * t / v) / km)).real
    given = ev(c0 * v, cmt="iv") + ev(time=t, evid=0)
    found = solvers.every_way(
        solvers.library("michaelis_menten"), given, "C", {"VMAX": vmax, "KM": km, "V": v}
    )[:, 0, 1:]
    return within(
        "AN-saturable", FAMILY, "elimination that saturates: at once by vein", solvers.largest(found, expected), CLOSE,
        WHY, expected="Lambert's W",
    )  # fmt: skip


_WORDS = {
    "bolus": "at once by vein",
    "oral": "by mouth",
    "infusion": f"infused over {DURATION:g} h",
    "bolus-steady": f"at once by vein every {INTERVAL:g} h, steady state",
    "oral-steady": f"by mouth every {INTERVAL:g} h, steady state",
    "infusion-steady": f"infused over {DURATION:g} h every {INTERVAL:g} h, steady state",
    "endless": "infused without end and then stopped",
}


def _cases(terms: Terms) -> dict[str, tuple[Events, Array, Array]]:
    """The dose, what a unit leads to, and when."""
    t, long = _TIMES, np.concatenate([_TIMES, _LONG])
    oral, rate = absorbed(terms, KA), AMOUNT / DURATION
    # the steady state of an endless infusion of 1 an hour is what a long one has left
    ended = np.asarray(sum(c / k * np.exp(-k * long) for c, k in terms))
    settled = {"ss": 1, "ii": INTERVAL}
    return {
        "bolus": (ev(AMOUNT, cmt="iv"), at_once(terms, long), long),
        "oral": (ev(AMOUNT, cmt="oral"), at_once(oral, long), long),
        "infusion": (ev(AMOUNT, cmt="iv", rate=rate), infused(terms, long, DURATION), long),
        "bolus-steady": (ev(AMOUNT, cmt="iv", **settled), at_once_steady(terms, t, INTERVAL), t),
        "oral-steady": (ev(AMOUNT, cmt="oral", **settled), at_once_steady(oral, t, INTERVAL), t),
        "infusion-steady": (
            ev(AMOUNT, cmt="iv", rate=rate, **settled), infused_steady(terms, t, DURATION, INTERVAL), t,
        ),
        "endless": (ev(cmt="iv", rate=AMOUNT, ss=1), ended, long),
    }  # fmt: skip
