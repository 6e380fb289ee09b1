"""The peers, each as a function (persons' parameters, rtol, atol) -> all states at the samples.

Their libraries are imported here and nowhere else; one that is missing, or does not work here, is None with
the reason. The right-hand side of each is made from the text of common.model, as a user would write it by
hand, and compiled before the clock runs.
"""

import importlib.metadata
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.proof.bench.work import DOSE_NMOL, as_function, common_model, stops

Array = NDArray[np.float64]
Solver = Callable[[Array, float, float], Array]
STATES = 17


def version(package: str) -> str:
    """The installed version of a package; empty if it is not there."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def start() -> Array:
    """The states at hour 0."""
    model = common_model()
    values = {"E": model.parameters["E0"].value}
    return np.array([values.get(s.name, getattr(s.expression, "value", 0.0)) for s in model.states])


def numbalsoda(method: str) -> Solver:
    """LSODA or DOP853 of numbalsoda, called from compiled code for one person after another."""
    import numba
    import numbalsoda as package

    text = as_function(head="def rates(t, y, dy, p):", result=["dy[{i}] = {rate}"])
    space: dict[str, Any] = dict(vars(math)) | {"max": max}
    exec(text, space)  # noqa: S102 - the text is made from our own model file
    compiled = numba.cfunc(package.lsoda_sig)(space["rates"])
    solve, address = getattr(package, method), compiled.address
    times = np.array([s.time_h for s in stops()])
    doses, dose, first = np.array([s.dose for s in stops()]), DOSE_NMOL, start()

    @numba.njit  # type: ignore[untyped-decorator]
    def everyone(values: Any, rtol: float, atol: float, out: Any) -> None:
        ends = np.zeros(2)
        for i in range(values.shape[0]):
            y, t, k = first.copy(), 0.0, 1
            out[i, 0] = y
            for j in range(times.size):
                ends[0], ends[1] = t, times[j]
                found, _ = solve(address, y, ends, values[i], rtol, atol)
                y, t = found[1].copy(), times[j]
                if doses[j]:
                    y[0] += dose
                else:
                    out[i, k] = y
                    k += 1

    def run(values: Array, rtol: float, atol: float) -> Array:
        out = np.empty((len(values), 86, STATES))
        everyone(values, rtol, atol, out)
        return out

    run.keep = compiled  # type: ignore[attr-defined]
    return run


def heyoka() -> Solver:
    """heyoka's adaptive Taylor method, as many persons at once as the processor has lanes; rtol alone counts."""
    import heyoka as hy

    names = [state.name for state in common_model().states]
    text = as_function(head="def rates(y, p, t):", result=["return [{rates}]"])
    space: dict[str, Any] = {name: getattr(hy, name) for name in ("cos", "sin", "exp", "tanh", "sqrt")}
    space["max"] = lambda a, b: hy.relu(a - b) + b
    exec(text, space)  # noqa: S102 - the text is made from our own model file
    variables = hy.make_vars(*names)
    parameters = [hy.par[i] for i in range(9)]
    system = list(zip(variables, space["rates"](variables, parameters, hy.time), strict=True))
    width = hy.recommended_simd_size()
    made: dict[float, Any] = {}

    def run(values: Array, rtol: float, atol: float) -> Array:
        del atol
        if rtol not in made:
            made[rtol] = hy.taylor_adaptive_batch(
                system, np.ones((STATES, width)), pars=np.ones((9, width)), tol=rtol
            )
        solver, out = made[rtol], np.empty((len(values), 86, STATES))
        for first in range(0, len(values), width):
            group = np.resize(values[first : first + width], (width, 9))
            solver.pars[:] = group.T
            solver.state[:] = start()[:, None]
            solver.set_time(0.0)
            taken, k = min(width, len(values) - first), 1
            out[first : first + taken, 0] = start()
            for stop in stops():
                solver.propagate_until([stop.time_h] * width)
                if stop.dose:
                    solver.state[0] += DOSE_NMOL
                else:
                    out[first : first + taken, k] = solver.state.T[:taken]
                    k += 1
        return out

    return run


def scipy() -> Solver:
    """SciPy's DOP853, one person after another, with the right-hand side in Python."""
    from scipy.integrate import solve_ivp

    text = as_function(head="def rates(t, y, p):", result=["return [{rates}]"])
    space: dict[str, Any] = dict(vars(math)) | {"max": max}
    exec(text, space)  # noqa: S102 - the text is made from our own model file
    rates = space["rates"]

    def run(values: Array, rtol: float, atol: float) -> Array:
        out = np.empty((len(values), 86, STATES))
        for i, p in enumerate(values.tolist()):
            y, t, k = start(), 0.0, 1
            out[i, 0] = y
            for stop in stops():
                found = solve_ivp(
                    lambda t, y, p=p: rates(t, y.tolist(), p),
                    (t, stop.time_h),
                    y,
                    "DOP853",
                    rtol=rtol,
                    atol=atol,
                )
                y, t = found.y[:, -1].copy(), stop.time_h
                if stop.dose:
                    y[0] += DOSE_NMOL
                else:
                    out[i, k] = y
                    k += 1
        return out

    return run


def diffrax() -> Solver:
    """diffrax's Dopri8 under vmap and jit, in double precision, restarted at each stop."""
    import diffrax as dfx
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    text = as_function(head="def rates(t, y, p):", result=["return stack([{rates}])"])
    space: dict[str, Any] = {
        name: getattr(jnp, name) for name in ("cos", "sin", "exp", "tanh", "sqrt", "stack")
    }
    space["max"] = jnp.maximum
    exec(text, space)  # noqa: S102 - the text is made from our own model file
    term, solver = dfx.ODETerm(space["rates"]), dfx.Dopri8()
    ends = jnp.array([s.time_h for s in stops()])
    added = jnp.array([DOSE_NMOL * s.dose for s in stops()])
    samples = np.flatnonzero([not s.dose for s in stops()])

    def one(p: Any, rtol: Any, atol: Any) -> Any:
        control = dfx.PIDController(rtol=rtol, atol=atol)

        def leg(carry: Any, stop: Any) -> Any:
            t, y = carry
            found = dfx.diffeqsolve(
                term, solver, t, stop[0], None, y, p, stepsize_controller=control, max_steps=4096
            )
            y = found.ys[-1]
            return (stop[0], y.at[0].add(stop[1])), y

        return jax.lax.scan(leg, (0.0, jnp.array(start())), (ends, added))[1]

    many = jax.jit(jax.vmap(one, in_axes=(0, None, None)))

    def run(values: Array, rtol: float, atol: float) -> Array:
        found = np.asarray(many(jnp.array(values), rtol, atol))[:, samples]
        first = np.broadcast_to(start(), (len(values), 1, STATES))
        return np.concatenate([first, found], axis=1)

    return run
