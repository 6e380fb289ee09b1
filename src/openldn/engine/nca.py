"""Noncompartmental analysis: what a curve of samples says without a model.

    nca(times, concentrations, dose=320, unit="mg/L").values["AUCIFO"]

`nca_doses` does this for each dose of a regimen. Names are the short ones of CDISC's controlled terms
(PPTESTCD); MEANINGS says what each is. Time runs from the dose, in hours. With λz the terminal slope and A the
area to the last measurable sample:

    AUCIFO = A + C_last/λz       AUCIFP: the same with C_last from the terminal line
    AUMCIFO = AUMCLST + t_last C_last/λz + C_last/λz²       MRT = AUMC/AUC, less half an infusion's time
    CL/F = dose/AUCIFO           Vz/F = CL/(F λz)           AILAMZ = 1/(1 − exp(−λz τ))

Samples below the limit of quantification `lloq`, or at 0, are 0 before the first measurable one, left out
between measurable ones, and not part of AUCLST after the last. NaN is a missing sample. A first sample after
the dose is preceded by 0, after a bolus by C0, the line through the logarithms of the first two samples (or
the first sample, where they do not fall). λz needs three measurable samples after the highest, which a bolus
counts as one of them, and after the end of an infusion. What a curve does not give is not in `values`;
`missing` says why, and `notes` what must be known of a value. Which formula holds when, after several doses
and at steady state, stands in `nca_curves`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import RULES
from openldn.engine.nca_curves import Course, analyse
from openldn.engine.nca_samples import Samples
from openldn.engine.nca_terms import GIVEN, MEANINGS, NOT_ASKED, Analyses, How
from openldn.notation import InputError, UnknownName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NCA:
    """`values` by CDISC name in `units`; `missing` holds why others could not be computed.

    `notes` says what must be known of a value that is given: how far from steady state, what was there before.
    """

    values: Mapping[str, float]
    units: Mapping[str, str]
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> float:
        """One value. Raises UnknownName for a name that is none, InputError where the curve does not give it."""
        if name not in MEANINGS:
            raise UnknownName("parameter", name, MEANINGS)
        if name not in self.values:
            raise InputError(f"{name} is not there: {self.missing.get(name, 'it was not asked for')}")
        return self.values[name]


def nca(
    times: Sequence[float] | Array,
    concentrations: Sequence[float] | Array,
    dose: float | None = None,
    *,
    unit: str = "ug/L",
    dose_unit: str = "mg",
    administration: str = "extravascular",
    duration_h: float = 0.0,
    rule: str = RULES[0],
    lloq: float = 0.0,
    tau_h: float | None = None,
) -> NCA:
    """The analysis of one curve: `concentrations` in `unit` at `times`, in hours from the dose.

    rule: "linear-up log-down" or "linear". duration_h: of an infusion. tau_h: also analyse the interval of
        this length. lloq: limit of quantification, in `unit`.
    Raises InputError for times that do not increase from 0, negative concentrations and shapes that differ,
    UnknownName for a rule or administration, QuantityError for units that do not give a clearance.
    """
    how = How(unit, dose_unit, administration, rule, dose is not None)
    if tau_h is not None and not tau_h > 0:
        raise InputError(f"a dosing interval of {tau_h:g} h: it must be above 0")
    t, c = _samples(times, concentrations)
    c[c < lloq] = 0.0
    bolus = administration == "bolus"
    before = c[0] if t.size and t[0] == 0 and not bolus else 0.0
    repeated = tau_h is not None and before > 0
    ends = duration_h if administration == "infusion" else 0.0
    one = np.array
    course = Course(
        time=np.zeros(1),
        amount=one([np.nan if dose is None else dose]),
        tau=one([np.nan if tau_h is None else tau_h]),
        before=one([np.nan if bolus and tau_h is not None else before]),
        before_h=np.zeros(1),
        repeated=one([repeated]),
        seen=np.ones(1, bool),
        regular_h=one([np.inf if repeated else tau_h or 0.0]),
        input_h=one([ends]),
        mean_input_h=one([ends / 2]),
    )
    found = analyse(Samples(t, c, one([0, t.size])), course, np.zeros(1, np.int8), how)
    return one_of(found, 0)


def one_of(found: Analyses, row: int) -> NCA:
    """One curve of many."""
    given = [name for name in MEANINGS if found.missing[name][row] == GIVEN]
    missing = {
        name: found.why(row, name) for name in MEANINGS if found.missing[name][row] not in (GIVEN, NOT_ASKED)
    }
    notes = {name: words for name in given if (words := found.note(row, name))}
    values = {name: float(found.values[name][row]) for name in given}
    return NCA(values, {name: found.units[name] for name in given}, missing, notes)


def _samples(times: Sequence[float] | Array, concentrations: Sequence[float] | Array) -> tuple[Array, Array]:
    t, c = np.asarray(times, dtype=float), np.asarray(concentrations, dtype=float)
    if t.ndim != 1 or t.shape != c.shape or not t.size:
        raise InputError(f"times {t.shape} and concentrations {c.shape} must be two lists of one length")
    if np.any(~np.isfinite(t)) or t[0] < 0 or np.any(np.diff(t) <= 0):
        raise InputError("times must increase, and start at 0 (the dose) or later")
    seen = ~np.isnan(c)
    t, c = t[seen], c[seen]
    if np.any(c < 0) or np.any(np.isinf(c)):
        raise InputError("a concentration is negative or infinite; leave it out as nan")
    return t, c
