"""Noncompartmental analysis of repeated doses: one analysis for each dosing interval, and accumulation.

The interval of a dose ends where the next one is given; that of the last is as long as the one before it. A
sample at the very time of a dose is the one before it, as in a `Result`: it ends an interval and starts
the next, unless the dose is a bolus, which starts at its extrapolated C0. After the last dose every sample
counts. Accumulation compares doses of one size: ARAUC = AUCTAU/AUCTAU of the first, ARCMAX likewise.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca import MEANINGS, NCA, nca
from openldn.notation import InputError

Array = NDArray[np.float64]


def nca_by_dose(
    times: Sequence[float] | Array,
    concentrations: Sequence[float] | Array,
    doses: Sequence[Dose],
    **options: Any,
) -> tuple[NCA, ...]:
    """An analysis for each dose, times counted from it; dose amounts are mg.

    options: unit, rule, lloq and administration, as `nca` takes them. Raises what `nca` raises, and
    InputError for doses that are not in order of time.
    """
    t, c = np.asarray(times, dtype=float), np.asarray(concentrations, dtype=float)
    starts = [dose.time_h for dose in doses]
    if not starts or any(a >= b for a, b in pairwise(starts)):
        raise InputError("doses must be one or more, each later than the one before it")
    found: list[NCA] = []
    for i, dose in enumerate(doses):
        last = i == len(doses) - 1
        end = np.inf if last else starts[i + 1]
        tau = starts[i + 1] - starts[i] if not last else (starts[i] - starts[i - 1] if i else None)
        bolus = options.get("administration") == "bolus"
        part = (t <= end) & (t > dose.time_h if bolus else t >= dose.time_h)
        if not part.any() or (i and not bolus and t[part][0] != dose.time_h):
            found.append(
                NCA(
                    {},
                    {},
                    dict.fromkeys(MEANINGS, f"no sample at {dose.time_h:g} h, when the dose was given"),
                )
            )
            continue
        own = nca(
            t[part] - dose.time_h,
            c[part],
            dose.amount_mg,
            dose_unit="mg",
            duration_h=dose.duration_h,
            tau_h=tau,
            **options,
        )
        found.append(_accumulated(own, found[0], dose, doses[0]) if found else own)
    return tuple(found)


def nca_of(result: Result, output: str, doses: Sequence[Dose], **options: Any) -> tuple[tuple[NCA, ...], ...]:
    """An analysis for each person and dose of one output of a simulation; options are those of `nca`.

    Raises UnknownName for an output that is not in the result.
    """
    unit = result.units[result.outputs.index(output)] if output in result.outputs else ""
    return tuple(nca_by_dose(result.times, own, doses, unit=unit, **options) for own in result.of(output))


def _accumulated(own: NCA, first: NCA, dose: Dose, first_dose: Dose) -> NCA:
    values, units, missing = dict(own.values), dict(own.units), dict(own.missing)
    for name, of in (("ARAUC", "AUCTAU"), ("ARCMAX", "CMAX")):
        if dose.amount_mg != first_dose.amount_mg:
            missing[name] = f"this dose is {dose.amount_mg:g} mg and the first {first_dose.amount_mg:g} mg"
        elif of in values and first.values.get(of):
            values[name], units[name] = values[of] / first.values[of], ""
        else:
            missing[name] = f"{of} of this dose or of the first is missing"
    return replace(own, values=values, units=units, missing=missing)
