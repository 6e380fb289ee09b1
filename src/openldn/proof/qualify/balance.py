"""What went in is in the body or has left it, and nothing is less than nothing."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Events, Kernel, ev, with_integrals
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
    rng = np.random.default_rng(SEED)
    model = solvers.build(TEXT + _GONE)
    rows, given = [], np.zeros(tables)
    for i in range(tables):
        for t in sorted(rng.uniform(0, 50, 3)):
            share, amount, more = rng.uniform(0.2, 1), rng.uniform(1, 100), int(rng.integers(0, 3))
            rate = float(rng.choice([0.0, 20.0, -1.0, -2.0]))
            own = {"F": share, "LAG": float(rng.choice([0.0, 2.5]))}
            into, ii = str(rng.choice(["oral", "iv"])), 8.0 if more else 0.0
            dose = {"TIME": t, "EVID": 1, "AMT": amount, "CMT": into, "RATE": rate, "II": ii, "ADDL": more}
            rows.append({"ID": i, **dose, **own})
            given[i] += share * amount * (1 + more)
        rows.append({"ID": i, "TIME": 150.0, "EVID": 0})
    found = solvers.every_way(model, solvers.records(model, rows), "all")[:, :, -1]
    worst = float(np.max(np.abs(found / given - 1)))
    return within(
        "BA-given", FAMILY, f"what random doses brought is in the body or gone ({tables} tables)", worst, CLOSE,
        WHY_CLOSE, expected="the sum of share times amount",
    )  # fmt: skip


def _area(persons: int) -> Finding:
    """∫ C dt = F · dose / CL, whatever the rest is."""
    rng = np.random.default_rng(SEED)
    cl, share, ka = rng.uniform(1, 20, persons), rng.uniform(0.2, 1, persons), rng.uniform(0.2, 3, persons)
    model = with_integrals(solvers.build(TEXT.replace(" lag LAG rate R duration D", "")), ("C",))
    values = {"CL": cl, "F": share, "KA": ka}
    found = solvers.simulate(model, ev(80, cmt="oral"), [3000.0], ["integral_C"], values, rtol=1e-10)
    area = found.of("integral_C")[:, 0]
    error = float(np.max(np.abs(area * cl / (80 * share) - 1)))
    return within(
        "BA-area", FAMILY, f"the area under the concentration of {persons} persons", error, CLOSE,
        "after 3,000 hours less than 1e-7 of the dose is left in the slowest compartment", expected="share × dose / clearance",
    )  # fmt: skip


def _reaction(name: str, sums: tuple[str, ...], total: float) -> Finding:
    problem = problems()[name]
    hours = solvers.asked_at([0, *np.geomspace(1e-3, problem.until, 25)])
    ran = solvers.solve(problem.model, hours, {}, sums, Kernel("implicit"), rtol=1e-6)
    found = ran.values[0].sum(axis=1)
    return within(
        f"BA-{name}", FAMILY, f"{' + '.join(sums)} of {problem.title.split(':')[0]} stays what it was",
        float(np.max(np.abs(found / total - 1))), EXACT, WHY_EXACT, expected=total, found=float(found[-1]),
    )  # fmt: skip


def _naltrexone(persons: int) -> Iterator[Finding]:
    model, times = ldn(), np.concatenate([np.arange(0, 48, 0.5), [60, 96, 200, 400]])
    values = draw(model, persons, SEED)
    doses = ev("4.5 mg", cmt="oral", ii=24, addl=1)
    names = [s.name for s in model.states]
    found = solvers.simulate(model, doses, times, names, values, rtol=solvers.RTOL).values
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


def _moles(found: NDArray[np.float64], names: list[str], times: NDArray[np.float64], doses: Events) -> float:
    """The largest share of the moles that is missing or too much; a sample stands before a dose at its time."""
    model = ldn()
    weight = {name: model.parameters[name].value for name in ("MW_N", "MW_6", "MW_SALT")}
    total = found[:, :, names.index("gone")].copy()
    for state in model.states:
        if state.unit == "ug" and not state.name.startswith("urine"):  # urine is among what is gone
            own = weight["MW_6" if state.name in ("M1", "M2") else "MW_N"]
            total += found[:, :, names.index(state.name)] / own
    swallowed = np.sum(times > doses.dose_times()[:, None], axis=0) * doses.amount[0]
    given = convert(1.0, doses.units[0], "ug") * swallowed / weight["MW_SALT"]
    after = given > 0
    return float(np.max(np.abs(total[:, after] / given[after] - 1)))
