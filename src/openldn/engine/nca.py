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
counts as one of them. What a curve does not give is not in `values`; `missing` says why.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import RULES, Terminal, area, between, moment, terminal
from openldn.notation import InputError, UnknownName, convert, unit_over

Array = NDArray[np.float64]
ADMINISTRATIONS = ("extravascular", "bolus", "infusion")
MEANINGS = {
    "CMAX": "highest concentration", "TMAX": "time of it", "CLST": "last measurable concentration",
    "TLST": "time of it", "C0": "concentration at time 0 after a bolus, extrapolated",
    "AUCLST": "area to the last measurable sample", "AUMCLST": "first moment to the last measurable sample",
    "LAMZ": "terminal slope", "LAMZHL": "terminal half-life", "LAMZNPT": "samples in the terminal fit",
    "LAMZLL": "first time of the fit", "LAMZUL": "last time of the fit", "R2": "R² of the fit",
    "R2ADJ": "adjusted R² of the fit", "AUCIFO": "area to infinity, observed last sample",
    "AUCIFP": "area to infinity, predicted last sample", "AUCPEO": "share of AUCIFO beyond the last sample",
    "AUCPEP": "share of AUCIFP beyond the last sample", "AUCPBEO": "share of AUCIFO before the first sample of a bolus",
    "AUMCIFO": "first moment to infinity", "MRTEVIFO": "mean residence and input time",
    "MRTIVIFO": "mean residence time", "CLFO": "clearance over bioavailability", "CLO": "clearance",
    "VZFO": "terminal volume over bioavailability", "VZO": "terminal volume", "VSSO": "volume at steady state",
    "AUCTAU": "area over a dosing interval", "CAVG": "mean concentration of the interval",
    "CMIN": "lowest concentration of the interval", "FLUCP": "fluctuation, (CMAX − CMIN)/CAVG",
    "CLFTAU": "dose over AUCTAU, clearance over bioavailability at steady state", "CLTAU": "the same by vein",
    "AILAMZ": "accumulation that λz foretells", "ARAUC": "AUCTAU over that of the first dose",
    "ARCMAX": "CMAX over that of the first dose",
}  # fmt: skip


@dataclass(frozen=True)
class NCA:
    """`values` by CDISC name in `units`; `missing` holds why others could not be computed."""

    values: Mapping[str, float]
    units: Mapping[str, str]
    missing: Mapping[str, str] = field(default_factory=dict)

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
    for kind, given, known in (("rule", rule, RULES), ("administration", administration, ADMINISTRATIONS)):
        if given not in known:
            raise UnknownName(kind, given, known)
    t, c = _samples(times, concentrations, lloq)
    curve = _Curve(unit, dose_unit, administration, rule, duration_h)
    if not np.any(c > 0):
        return NCA({}, {}, dict.fromkeys(MEANINGS, "no sample is measurable"))
    t, c = curve.from_start(t, c)
    curve.observe(t, c)
    fit = curve.end(t, c)
    if tau_h is not None:
        curve.interval(t, c, tau_h, fit, dose)
    if dose is not None and fit is not None:
        curve.disposition(dose)
    return NCA(curve.values, {name: curve.unit_of(name) for name in curve.values}, curve.missing)


def _samples(
    times: Sequence[float] | Array, concentrations: Sequence[float] | Array, lloq: float
) -> tuple[Array, Array]:
    t, c = np.asarray(times, dtype=float), np.asarray(concentrations, dtype=float)
    if t.ndim != 1 or t.shape != c.shape or not t.size:
        raise InputError(f"times {t.shape} and concentrations {c.shape} must be two lists of one length")
    if np.any(~np.isfinite(t)) or t[0] < 0 or np.any(np.diff(t) <= 0):
        raise InputError("times must increase, and start at 0 (the dose) or later")
    seen = ~np.isnan(c)
    t, c = t[seen], c[seen]
    if np.any(c < 0) or np.any(np.isinf(c)):
        raise InputError("a concentration is negative or infinite; leave it out as nan")
    c = np.where(c < lloq, 0.0, c)
    measurable = np.flatnonzero(c > 0)
    if not measurable.size:
        return t, c
    index = np.arange(t.size)
    inside = (index > measurable[0]) & (index < measurable[-1]) & (c == 0)
    return t[~inside], c[~inside]


class _Curve:
    """Collects values of one curve, and the reasons why others are missing."""

    def __init__(self, unit: str, dose_unit: str, administration: str, rule: str, duration_h: float) -> None:
        self.unit, self.dose_unit, self.rule = unit, dose_unit, rule
        self.bolus, self.vein = administration == "bolus", administration != "extravascular"
        self.duration_h = duration_h if administration == "infusion" else 0.0
        self.values: dict[str, float] = {}
        self.missing: dict[str, str] = {}
        self.first = 0.0

    def from_start(self, t: Array, c: Array) -> tuple[Array, Array]:
        """The samples with one at 0."""
        if self.bolus and t[0] == 0 and c[0] == 0:
            t, c = t[1:], c[1:]  # taken before the bolus
        self.first = float(t[0])
        if t[0] == 0:
            return t, c
        start = 0.0
        if self.bolus:
            start = float(c[0])
            if c.size > 1 and c[0] > c[1] > 0:
                start = math.exp(math.log(c[0]) + t[0] * math.log(c[0] / c[1]) / (t[1] - t[0]))
            self.values["C0"] = start
        return np.concatenate([[0.0], t]), np.concatenate([[start], c])

    def observe(self, t: Array, c: Array) -> None:
        real = t >= self.first
        top = int(np.argmax(np.where(real, c, -1.0)))
        last = int(np.flatnonzero(c > 0)[-1])
        self.top, self.last = top, last
        self.values |= {
            "CMAX": float(c[top]), "TMAX": float(t[top]), "CLST": float(c[last]), "TLST": float(t[last]),
            "AUCLST": area(t[: last + 1], c[: last + 1], self.rule),
            "AUMCLST": moment(t[: last + 1], c[: last + 1], self.rule),
        }  # fmt: skip

    def end(self, t: Array, c: Array) -> Terminal | None:
        """The terminal phase, and what lies beyond the last sample."""
        first = self.top if self.bolus else self.top + 1
        known = np.flatnonzero((np.arange(t.size) >= first) & (np.arange(t.size) <= self.last) & (c > 0))
        fit = terminal(t[known], c[known])
        if fit is None:
            why = f"{known.size} measurable samples after the highest; λz needs 3" if known.size < 3 else (
                "the concentration does not fall at the end")  # fmt: skip
            for name in _NEED_SLOPE:
                self.missing[name] = why
            return None
        v, (clast, tlast, λ) = self.values, (self.values["CLST"], self.values["TLST"], fit.slope)
        observed, predicted = v["AUCLST"] + clast / λ, v["AUCLST"] + fit.at(tlast) / λ
        v |= {
            "LAMZ": λ, "LAMZHL": math.log(2) / λ, "LAMZNPT": float(fit.count), "LAMZLL": fit.start,
            "LAMZUL": fit.end, "R2": fit.r2, "R2ADJ": fit.adjusted_r2, "AUCIFO": observed, "AUCIFP": predicted,
            "AUCPEO": 100 * (1 - v["AUCLST"] / observed), "AUCPEP": 100 * (1 - v["AUCLST"] / predicted),
            "AUMCIFO": v["AUMCLST"] + tlast * clast / λ + clast / λ**2,
        }  # fmt: skip
        mean = v["AUMCIFO"] / observed
        v |= {"MRTIVIFO": mean - self.duration_h / 2} if self.vein else {"MRTEVIFO": mean}
        if "C0" in v:
            v["AUCPBEO"] = 100 * area(t[:2], c[:2], self.rule) / observed
        return fit

    def interval(self, t: Array, c: Array, tau: float, fit: Terminal | None, dose: float | None) -> None:
        """The dosing interval of length `tau`; its end is a sample, between samples, or on the terminal line."""
        if not tau > 0:
            raise InputError(f"a dosing interval of {tau:g} h: it must be above 0")
        inside = t < tau
        if tau <= t[self.last]:
            last = between(t[: self.last + 1], c[: self.last + 1], tau, self.rule)
        elif fit is not None:
            inside &= np.arange(t.size) <= self.last
            last = self.values["CLST"] * math.exp(-fit.slope * (tau - self.values["TLST"]))
        else:
            why = f"the last measurable sample is before {tau:g} h and there is no λz"
            self.missing |= dict.fromkeys(_INTERVAL, why)
            return
        ts, cs = np.append(t[inside], tau), np.append(c[inside], last)
        v = self.values
        v["AUCTAU"] = area(ts, cs, self.rule)
        v["CAVG"], v["CMIN"] = v["AUCTAU"] / tau, float(np.min(cs))
        v["FLUCP"] = 100 * (float(np.max(cs[ts >= self.first])) - v["CMIN"]) / v["CAVG"]
        if fit is not None:
            v["AILAMZ"] = 1 / -math.expm1(-fit.slope * tau)
        if dose is not None:
            v["CLTAU" if self.vein else "CLFTAU"] = dose / v["AUCTAU"] * self.per_hour()

    def disposition(self, dose: float) -> None:
        v, over = self.values, "" if self.vein else "F"
        v[f"CL{over}O"] = dose / v["AUCIFO"] * self.per_hour()
        v[f"VZ{over}O"] = v[f"CL{over}O"] / v["LAMZ"]
        if self.vein:
            v["VSSO"] = v["MRTIVIFO"] * v["CLO"]

    def per_hour(self) -> float:
        """What turns dose over area into L/h."""
        return convert(1.0, unit_over(self.dose_unit, f"{self.unit}*h"), "L/h")

    def unit_of(self, name: str) -> str:
        return _UNITS.get(name, "").replace("C", self.unit, 1)


# C stands for the unit of the concentrations.
_UNITS = {
    **dict.fromkeys(("CMAX", "CLST", "C0", "CAVG", "CMIN"), "C"),
    **dict.fromkeys(("TMAX", "TLST", "LAMZHL", "LAMZLL", "LAMZUL", "MRTEVIFO", "MRTIVIFO"), "h"),
    **dict.fromkeys(("AUCLST", "AUCIFO", "AUCIFP", "AUCTAU"), "C*h"),
    **dict.fromkeys(("AUMCLST", "AUMCIFO"), "C*h^2"),
    **dict.fromkeys(("AUCPEO", "AUCPEP", "AUCPBEO", "FLUCP"), "%"),
    **dict.fromkeys(("CLFO", "CLO", "CLFTAU", "CLTAU"), "L/h"),
    **dict.fromkeys(("VZFO", "VZO", "VSSO"), "L"),
    "LAMZ": "1/h",
}  # fmt: skip
_NEED_SLOPE = (
    "LAMZ", "LAMZHL", "LAMZNPT", "LAMZLL", "LAMZUL", "R2", "R2ADJ", "AUCIFO", "AUCIFP", "AUCPEO", "AUCPEP",
    "AUCPBEO", "AUMCIFO", "MRTEVIFO", "MRTIVIFO", "CLFO", "CLO", "VZFO", "VZO", "VSSO", "AILAMZ",
)  # fmt: skip
_INTERVAL = ("AUCTAU", "CAVG", "CMIN", "FLUCP", "CLFTAU", "CLTAU", "AILAMZ")
