"""What went in is in the body or has left it, and nothing is less than nothing."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Dose, with_integrals
from openldn.engine.events import Record
from openldn.engine.kernels import Kind, Step, dosing_steps, plan
from openldn.notation import convert
from openldn.pharmacology import model as ldn
from openldn.population import draw
from openldn.proof.qualify import solvers
from openldn.proof.qualify.events import TEXT
from openldn.proof.qualify.finding import Finding, within
from openldn.proof.qualify.problems import problems

FAMILY = "balance"
SEED = 20261124
EXACT, WHY_EXACT = 1e-11, "a linear sum is kept by every step, so that only rounding is left"
CLOSE, WHY_CLOSE = 1e-6, "the solvers run at 1e-8, over some dozens of steps whose errors add up"
BELOW, WHY_BELOW = 1e-8, "a state near nothing may swing about it by what a step may err, 1e-8 of its peak"
_GONE = "state gone [mg]\nd/dt(gone) = CL * C\nall [mg] = depot + body + second + third + gone\n"


def findings(quick: bool) -> Iterator[Finding]:
    """Balances of doses, of moles, of areas and of reactions, and the lowest state of anybody."""
    yield _given_is_found(4 if quick else 40)
    yield _area(20 if quick else 200)
    for name, sums, total in (("robertson", ("x", "y", "z"), 1.0), ("hires", ("y7", "y8"), 0.0057)):
        yield _reaction(name, sums, total)
    yield from _naltrexone(50 if quick else 500)


def _given_is_found(tables: int) -> Finding:
    """Doses of every kind, each with its share; all of them over by the last hour."""
    rng, worst = np.random.default_rng(SEED), 0.0
    model = solvers.build(TEXT + _GONE)
    for _ in range(tables):
        records, total = [], 0.0
        for t in sorted(rng.uniform(0, 50, 3)):
            share, amount, more = rng.uniform(0.2, 1), rng.uniform(1, 100), int(rng.integers(0, 3))
            rate = float(rng.choice([0.0, 20.0, -1.0, -2.0]))
            own = {"F": float(share), "LAG": float(rng.choice([0.0, 2.5]))}
            into, ii = str(rng.choice(["oral", "iv"])), 8.0 if more else 0.0
            records.append(Record(float(t), 1, float(amount), into, rate, ii, more, values=own))
            total += float(share * amount * (1 + more))
        records.append(Record(150.0))
        found = solvers.every_way(model, records, "all", moved=("depot", "body"))[:, -1]
        worst = max(worst, float(np.max(np.abs(found / total - 1)))) if np.all(np.isfinite(found)) else np.inf
    return within(
        "BA-given", FAMILY, f"what random doses brought is in the body or gone ({tables} tables)", worst, CLOSE,
        WHY_CLOSE, expected="the sum of share times amount",
    )  # fmt: skip


def _area(persons: int) -> Finding:
    """∫ C dt = F · dose / CL, whatever the rest is."""
    rng = np.random.default_rng(SEED)
    cl, share, ka = rng.uniform(1, 20, persons), rng.uniform(0.2, 1, persons), rng.uniform(0.2, 3, persons)
    model = with_integrals(solvers.build(TEXT.replace(" lag LAG rate R duration D", "")), ("C",))
    events = plan([dosing_steps(model, [Dose(0, 80, "oral")], np.array([0.0, 3000.0]))])
    found = solvers.run_kernel(
        model, events, {"CL": cl, "F": share, "KA": ka}, ("integral_C",), rtol=1e-10, atol=1e-12
    ).values[:, -1, 0]
    error = float(np.max(np.abs(found * cl / (80 * share) - 1)))
    return within(
        "BA-area", FAMILY, f"the area under the concentration of {persons} persons", error, CLOSE,
        "after 3,000 hours less than 1e-7 of the dose is left in the slowest compartment", expected="share × dose / clearance",
    )  # fmt: skip


def _reaction(name: str, sums: tuple[str, ...], total: float) -> Finding:
    problem = problems()[name]
    times = np.geomspace(1e-3, problem.until, 25)
    steps = [Step(float(t), Kind.SAMPLE) for t in times]
    found = solvers.run_kernel(
        problem.model, plan([steps]), {}, sums, method="implicit", rtol=1e-6, atol=1e-12
    ).values[0].sum(axis=1)  # fmt: skip
    return within(
        f"BA-{name}", FAMILY, f"{' + '.join(sums)} of {problem.title.split(':')[0]} stays what it was",
        float(np.max(np.abs(found / total - 1))), EXACT, WHY_EXACT, expected=total, found=float(found[-1]),
    )  # fmt: skip


def _naltrexone(persons: int) -> Iterator[Finding]:
    model, times = ldn(), np.concatenate([np.arange(0, 48, 0.5), [60, 96, 200, 400]])
    values = draw(model, persons, SEED)
    doses = [Dose(0, 4.5, "oral"), Dose(24, 4.5, "oral")]
    names = [s.name for s in model.states]
    events = plan([dosing_steps(model, doses, times)])
    found = solvers.run_kernel(model, events, values, names, rtol=solvers.RTOL, atol=solvers.ATOL).values
    peak = np.max(np.abs(found), axis=(0, 1))
    lowest = np.min(found, axis=(0, 1)) / np.where(peak == 0, 1, peak)
    below = f" (lowest of {len(names)}: {names[int(np.argmin(lowest))]})" if np.min(lowest) < 0 else ""
    yield within(
        "BA-moles", FAMILY, f"every mole of two doses is in the body or gone ({persons} persons, {times.size} times)",
        _moles(found, names, times, doses), CLOSE, WHY_CLOSE, expected="moles swallowed",
    )  # fmt: skip
    yield within(
        "BA-negative", FAMILY, f"no state of {persons} persons is below nothing{below}",
        max(0.0, -float(np.min(lowest))) if np.all(np.isfinite(lowest)) else np.inf, BELOW, WHY_BELOW,
        expected="0 or more",
    )  # fmt: skip


def _moles(
    found: NDArray[np.float64], names: list[str], times: NDArray[np.float64], doses: list[Dose]
) -> float:
    """The largest share of the moles that is missing or too much; a sample stands before a dose at its time."""
    model = ldn()
    weight = {name: model.parameters[name].value for name in ("MW_N", "MW_6", "MW_SALT")}
    total = found[:, :, names.index("gone")].copy()
    for state in model.states:
        if state.unit == "ug" and not state.name.startswith("urine"):  # urine is among what is gone
            own = weight["MW_6" if state.name in ("M1", "M2") else "MW_N"]
            total += found[:, :, names.index(state.name)] / own
    swallowed = [convert(d.amount_mg, "mg", "ug") * (times > d.time_h) for d in doses]
    given = np.sum(swallowed, axis=0) / weight["MW_SALT"]
    after = given > 0
    return float(np.max(np.abs(total[:, after] / given[after] - 1)))
