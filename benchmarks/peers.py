"""The peers, each as a function (persons' parameters, rtol, atol) -> the wanted states at the samples of a job.

Their libraries are imported here and nowhere else. Each is used as well as we know how to: what is compiled is
compiled before the clock runs, and a choice that its manual leaves to the user is a way of its own, of which the
fastest counts.
"""

import importlib.metadata
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import openldn
from benchmarks.equations import Functions, Rates
from benchmarks.work import Job

Array = NDArray[np.float64]
Solver = Callable[[Array, float, float], Array]
Settings = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Peer:
    """A simulator: `ways` are makers of solvers by what is particular to each; `to_have` says how to come by it."""

    name: str
    package: str
    ways: Mapping[str, Callable[[Job], Solver]]
    settings: Settings
    trial: int = 40
    to_have: str = ""


_PLAIN: Settings = tuple((rtol, atol) for rtol in (1e-4, 1e-5, 1e-6, 1e-7) for atol in (rtol, rtol / 100))
_TAYLOR: Settings = tuple((rtol, 0.0) for rtol in (1e-6, 1e-7, 1e-8, 1e-9))
_FORTRAN = "numbalsoda is built from source, which takes a Fortran compiler and CMake (on Debian: apt-get install gfortran cmake)"


def peers() -> tuple[Peer, ...]:
    """Everyone that ours is compared with."""
    together = "as many patients at once as lanes"
    return (
        Peer("heyoka", "heyoka", {
            together: lambda job: heyoka(job),
            f"{together}, 512-bit registers": lambda job: heyoka(job, force_avx512=True),
            f"{together}, samples from dense output": lambda job: heyoka(job, grid=True),
            f"{together}, compact mode": lambda job: heyoka(job, compact_mode=True),
            "half as many patients at once as lanes": lambda job: heyoka(job, times=0.5),
        }, _TAYLOR, trial=80, to_have="pip install heyoka finds one where there is a wheel for this Python and system"),
        Peer("numbalsoda LSODA", "numbalsoda", _ways("lsoda"), _PLAIN, to_have=_FORTRAN),
        Peer("numbalsoda DOP853", "numbalsoda", _ways("dop853"), _PLAIN, to_have=_FORTRAN),
        Peer("scipy DOP853", "scipy", {"": scipy}, ((1e-6, 1e-6),), trial=1),
    )  # fmt: skip


def _ways(method: str) -> dict[str, Callable[[Job], Solver]]:
    return {
        "a stop at each sample": lambda job: numbalsoda(job, method, stop_at_samples=True),
        "samples from dense output": lambda job: numbalsoda(job, method),
    }


def absence(peer: Peer, problem: Exception) -> str:
    """Why a peer is not among those that ran, and the way out where it is not installed."""
    if isinstance(problem, ImportError):
        return f"{problem}" + (f"; {peer.to_have}" if peer.to_have else "")
    return f"{type(problem).__name__}: {problem}"


def version(package: str) -> str:
    """The installed version of a package; empty if it is not there. Ours may run without being installed."""
    if package == "openldn":
        return openldn.__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def numbalsoda(job: Job, method: str, *, stop_at_samples: bool = False) -> Solver:
    """LSODA or DOP853 of numbalsoda, called from compiled code for one person after another.

    A call goes from a dose to the next, or to the next sample; where it does not stop, samples are its dense output.
    """
    rates = _compiled_rates(job.rates, job.start.size)
    everyone, address = _everyone(method), rates.address
    legs = job.legs(stop_at_samples=stop_at_samples)
    ends = [0.0, *(leg.times[-1] for leg in legs)]
    times = np.concatenate([[begin, *leg.times] for begin, leg in zip(ends, legs, strict=False)])
    wanted = np.concatenate([[False, *leg.sampled] for leg in legs])
    offsets = np.cumsum([0, *(len(leg.times) + 1 for leg in legs)])
    doses = np.array([job.dose if leg.dosed else 0.0 for leg in legs])
    first, before = _start(job)
    given = first, before, times, wanted, offsets, doses, np.array(job.kept)

    def run(values: Array, rtol: float, atol: float) -> Array:
        out = _empty(job, len(values))
        everyone(address, *given, np.ascontiguousarray(values), rtol, atol, out)
        return out

    return run


@lru_cache(maxsize=8)
def _compiled_rates(made: Callable[[Functions], Rates], states: int) -> Any:
    """The equations as the C function that numbalsoda calls; it lives as long as it is kept here.

    Inlined, and without Python's checks of divisions, DOP853 is a fifth faster.
    """
    import numba
    import numbalsoda as package

    fast = {"error_model": "numpy", "fastmath": True}
    jit = numba.njit(inline="always", **fast)
    inner = jit(made(Functions(math.cos, math.tanh, math.sqrt, jit(lambda x: max(x, 0.0)))))

    @numba.cfunc(package.lsoda_sig, **fast)  # type: ignore[untyped-decorator]
    def rates(t: Any, y: Any, dy: Any, p: Any) -> None:
        found = inner(t, y, p)
        for i in range(states):
            dy[i] = found[i]

    return rates


@lru_cache(maxsize=2)
def _everyone(method: str) -> Any:
    """The compiled loop over persons and legs."""
    import numba
    import numbalsoda as package

    solve = getattr(package, method)

    @numba.njit  # type: ignore[untyped-decorator]
    def everyone(
        address: Any, first: Any, before: Any, times: Any, wanted: Any, offsets: Any, doses: Any, kept: Any,
        values: Any, rtol: float, atol: float, out: Any,
    ) -> None:  # fmt: skip
        for i in range(values.shape[0]):
            y, k = first.copy(), before
            for leg in range(doses.size):
                a, b = offsets[leg], offsets[leg + 1]
                found, well = solve(address, y, times[a:b], values[i], rtol, atol)
                if not well:
                    break
                for j in range(1, b - a):
                    if wanted[a + j]:
                        for n in range(kept.size):
                            out[i, k, n] = found[j, kept[n]]
                        k += 1
                y = found[b - a - 1].copy()
                y[0] += doses[leg]

    return everyone


def heyoka(job: Job, *, times: float = 1, grid: bool = False, **options: Any) -> Solver:
    """heyoka's adaptive Taylor method in batch mode, compiled once for a tolerance; rtol alone counts.

    times: how many persons there are in a batch, as a multiple of the lanes that heyoka recommends.
    grid: from a dose to the next in one go, with samples from its dense output. options: of taylor_adaptive_batch.
    A batch goes from stop to stop together, each person at steps of their own.
    """
    import heyoka as hy

    names = hy.make_vars(*(f"y{i}" for i in range(job.start.size)))
    rates = job.rates(Functions(hy.cos, hy.tanh, hy.sqrt, hy.relu))
    system = list(zip(names, rates(hy.time, names, [hy.par[i] for i in range(job.varying)]), strict=True))
    width = max(1, int(times * hy.recommended_simd_size()))
    shape = (job.start.size, width), (job.varying, width)
    made: dict[float, Any] = {}
    legs, kept = job.legs(), list(job.kept)
    ends = [0.0, *(leg.times[-1] for leg in legs)]
    grids = [np.repeat([[b, *leg.times]], width, 0).T.copy() for b, leg in zip(ends, legs, strict=False)]
    first, before = _start(job)

    def solver_of(rtol: float) -> Any:
        if rtol not in made:
            y, p = (np.ones(size) for size in shape)
            made[rtol] = hy.taylor_adaptive_batch(system, y, pars=p, tol=rtol, fast_math=True, **options)
        return made[rtol]

    def run(values: Array, rtol: float, atol: float) -> Array:
        del atol
        solver, out = solver_of(rtol), _empty(job, len(values))
        state, reach = solver.state, solver.propagate_until
        dosed = state[0]
        for begin in range(0, len(values), width):
            group = values[begin : begin + width]
            own, k = out[begin : begin + width], before
            taken = len(group)
            solver.pars[:] = np.resize(group, (width, job.varying)).T
            state[:] = first[:, None]
            solver.set_time(0.0)
            for leg, hours in zip(legs, grids, strict=True):
                if grid and len(leg.times) > 1:
                    found = solver.propagate_grid(hours)[-1][1:][list(leg.sampled)]
                    own[:, k : k + len(found)] = found[:, kept, :taken].transpose(2, 0, 1)
                    k += len(found)
                else:
                    for hour, wanted in zip(leg.times, leg.sampled, strict=True):
                        reach(hour)
                        if wanted:
                            own[:, k] = state[kept, :taken].T
                            k += 1
                if leg.dosed:
                    dosed += job.dose
        return out

    return run


def scipy(job: Job) -> Solver:
    """SciPy's DOP853, one person after another, with the right-hand side in Python."""
    from scipy.integrate import solve_ivp

    rates = job.rates(Functions(math.cos, math.tanh, math.sqrt, lambda x: max(x, 0.0)))
    legs = job.legs()
    first, before = _start(job)

    def run(values: Array, rtol: float, atol: float) -> Array:
        out = _empty(job, len(values))
        for i, p in enumerate(values.tolist()):
            y, t, k = first.copy(), 0.0, before
            for leg in legs:
                for hour, wanted in zip(leg.times, leg.sampled, strict=True):
                    found = solve_ivp(
                        lambda t, y, p=p: rates(t, y.tolist(), p), (t, hour), y, "DOP853", rtol=rtol, atol=atol
                    )  # fmt: skip
                    y, t = found.y[:, -1].copy(), hour
                    if wanted:
                        out[i, k] = y[list(job.kept)]
                        k += 1
                if leg.dosed:
                    y[0] += job.dose
        return out

    return run


def _start(job: Job) -> tuple[Array, int]:
    """The states after what happens at hour 0, and how many samples there are by then."""
    first = job.start.copy()
    if 0.0 in job.doses:
        first[0] += job.dose
    return first, int(0.0 in job.samples)


def _empty(job: Job, persons: int) -> Array:
    """Where nothing has been found yet; a sample at hour 0 is the start."""
    out = np.full((persons, len(job.samples), len(job.kept)), np.nan)
    if 0.0 in job.samples:
        out[:, 0] = job.start[list(job.kept)]
    return out
