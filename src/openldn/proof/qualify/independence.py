"""Nobody's result depends on anybody else: threads, neighbours, chunks and the size of the crowd, to the last bit."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from openldn.engine import Kernel, ev
from openldn.pharmacology import model as ldn
from openldn.population import draw, simulate_population
from openldn.proof.qualify import solvers
from openldn.proof.qualify.finding import Finding, holds
from openldn.proof.qualify.problems import problems

FAMILY = "independence"
SEED, PERSON = 5, 17
WHY = "bits are compared; there is no tolerance"
OUTPUTS = ("C_N", "B_mu", "BE")
Values = Mapping[str, NDArray[np.float64]]


def findings(quick: bool) -> Iterator[Finding]:
    """A finding for each thing on which nothing may depend."""
    persons = 37 if quick else 203
    values = draw(ldn(), persons, SEED)
    together = _solve(values)
    for threads in (2, 3, 7):
        yield _same(
            f"IN-threads-{threads}", f"{threads} threads and 1", [(_solve(values, threads), together)]
        )
    order = np.random.default_rng(3).permutation(persons)
    mixed = _solve({name: column[order] for name, column in values.items()})
    yield _same("IN-order", "the same persons in another order", [(mixed, together[order])])
    parts = (slice(0, 1), slice(5, 8), slice(persons - 1, persons))
    alone = [(_solve({k: v[part] for k, v in values.items()}), together[part]) for part in parts]
    yield _same("IN-neighbours", "persons alone, in threes, and among all", alone)
    yield _stiff()
    yield _chunks(60 if quick else 500)
    yield from _person_17((18, 100, 2_000) if quick else (18, 100, 5_000, 20_000))


def _solve(values: Values, threads: int = 1, mg: float = 4.5) -> NDArray[np.float64]:
    doses, times = ev(f"{mg} mg", cmt="oral", ii=24, addl=2), np.linspace(0, 96, 13)
    return solvers.simulate(ldn(), doses, times, OUTPUTS, values, rtol=1e-6, threads=threads).values


def _same(id: str, description: str, pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Finding:  # noqa: A002
    different = sum(int(np.sum(a.view(np.int64) != b.view(np.int64))) for a, b in _contiguous(pairs))
    total = sum(a.size for a, _ in pairs)
    sound = all(bool(np.all(np.isfinite(a))) for a, _ in pairs)
    return holds(
        id, FAMILY, description, different == 0 and sound, expected="the same bits", why=WHY,
        found=f"{different:,} of {total:,} numbers differ" if different else f"{total:,} numbers the same",
    )  # fmt: skip


def _contiguous(
    pairs: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    for a, b in pairs:
        yield np.ascontiguousarray(a), np.ascontiguousarray(b)


def _stiff() -> Finding:
    model = problems()["robertson"].model
    rates = np.array([0.04, 0.02, 0.08, 0.05, 0.04])
    hours = solvers.asked_at([0, 1, 100])

    def solve(part: NDArray[np.float64]) -> NDArray[np.float64]:
        return solvers.solve(model, hours, {"a": part}, ("y",), Kernel("implicit"), rtol=1e-6).values

    together = solve(rates)
    pairs = [(solve(rates[i : i + 1]), together[i : i + 1]) for i in range(rates.size)]
    return _same("IN-implicit", "stiff equations, by the implicit method, alone and together", pairs)


def _chunks(persons: int) -> Finding:
    def summary(chunk: int) -> NDArray[np.float64]:
        doses = ev("4.5 mg", cmt="oral", ii=24, addl=1)
        s = simulate_population(ldn(), doses, np.arange(0.0, 49, 6), OUTPUTS, persons, SEED, chunk=chunk)
        rows = [f(name) for name in OUTPUTS for f in (s.mean, s.sd, lambda n: s.quantile(n, 0.9))]
        return np.array([*rows])

    whole = summary(persons)
    pairs = [(summary(chunk), whole) for chunk in (7, 16, persons - 1)]
    return _same(
        "IN-chunks",
        f"mean, spread and quantiles of {persons} persons in chunks of 7, 16, all but one and all",
        pairs,
    )


def _person_17(sizes: tuple[int, ...]) -> Iterator[Finding]:
    """The same parameters and the same course at every population size, by place, and in every arm."""
    own = {name: column[PERSON : PERSON + 1] for name, column in draw(ldn(), sizes[0], SEED).items()}
    alone = draw(ldn(), 1, SEED, first=PERSON)
    drawn = [draw(ldn(), size, SEED) for size in sizes]
    words = ", ".join(f"{size:,}" for size in sizes)
    pairs = [(alone[name], own[name]) for name in own]
    pairs += [(many[name][PERSON : PERSON + 1], own[name]) for many in drawn for name in own]
    yield _same("IN-person", f"parameters of person {PERSON} among {words} persons and alone", pairs)
    course = _solve(own)
    crowd = [_solve({k: v[: size + PERSON] for k, v in drawn[-1].items()}) for size in (1, 40)]
    yield _same(
        "IN-course", f"the course of person {PERSON} alone, as the last and in the midst",
        [(found[PERSON : PERSON + 1], course) for found in crowd],
    )  # fmt: skip
    arm = _solve(own, mg=50.0)
    again = _solve({k: v[: PERSON + 5] for k, v in drawn[-1].items()}, mg=50.0)
    yield _same("IN-arm", f"person {PERSON} in an arm with another dose", [(again[PERSON : PERSON + 1], arm)])
