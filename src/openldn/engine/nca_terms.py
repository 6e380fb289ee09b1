"""The words of a noncompartmental analysis: names, units, reasons why a value is missing, and notes.

Names are the short ones of CDISC's controlled terms (PPTESTCD).
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.engine.nca_areas import RULES
from openldn.notation import QuantityError, UnknownName, convert, unit_over

Array = NDArray[np.float64]
Codes = NDArray[np.int8]
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
    "AUCTAU": "area over a dosing interval", "AUMCTAU": "first moment over a dosing interval",
    "CAVG": "mean concentration of the interval",
    "CMIN": "lowest concentration of the interval", "FLUCP": "fluctuation, (CMAX − CMIN)/CAVG",
    "CLFTAU": "dose over AUCTAU, clearance over bioavailability at steady state", "CLTAU": "the same by vein",
    "VZFTAU": "CLFTAU over λz, terminal volume over bioavailability at steady state", "VZTAU": "the same by vein",
    "AILAMZ": "accumulation that λz foretells", "ARAUC": "AUCTAU over that of the first dose",
    "ARCMAX": "CMAX over that of the first dose",
}  # fmt: skip

# C stands for the unit of the concentrations.
UNITS = {
    **dict.fromkeys(("CMAX", "CLST", "C0", "CAVG", "CMIN"), "C"),
    **dict.fromkeys(("TMAX", "TLST", "LAMZHL", "LAMZLL", "LAMZUL", "MRTEVIFO", "MRTIVIFO"), "h"),
    **dict.fromkeys(("AUCLST", "AUCIFO", "AUCIFP", "AUCTAU"), "C*h"),
    **dict.fromkeys(("AUMCLST", "AUMCIFO", "AUMCTAU"), "C*h^2"),
    **dict.fromkeys(("AUCPEO", "AUCPEP", "AUCPBEO", "FLUCP"), "%"),
    **dict.fromkeys(("CLFO", "CLO", "CLFTAU", "CLTAU"), "L/h"),
    **dict.fromkeys(("VZFO", "VZO", "VSSO", "VZFTAU", "VZTAU"), "L"),
    "LAMZ": "1/h",
}  # fmt: skip

# What a code of `Analyses.missing` says; the words in braces are numbers of the row.
REASONS = (
    "",
    "it was not asked for",
    "no sample at {time:g} h, when the dose was given",
    "no sample after the dose at {time:g} h and before the next",
    "no sample is measurable",
    "{known:g} measurable samples after the highest; λz needs 3",
    "the concentration does not fall at the end",
    "the last measurable sample is before {tau:g} h and there is no λz",
    "earlier doses left {before:.3g} {unit} when this one was given: to infinity the curve is not of one dose; "
    "take the first dose, or at steady state CLFTAU and VZFTAU, by vein CLTAU and VZTAU",
    "no sample between the dose before and this one tells what that left",
    "steady state is not reached: the trough goes from {before:.3g} to {after:.3g} {unit}, which puts dose over "
    "AUCTAU {excess:+.2g} % off the clearance; take a later dose, or the first to infinity",
    "a first dose is not at steady state, and without λz it is not known how far from it",
    "this dose is {amount:g} {dose_unit} and the first {reference:g} {dose_unit}",
    "AUCTAU of this dose or of the first is missing",
    "CMAX of this dose or of the first is missing",
    "no sample of the interval is measurable",
)
(
    GIVEN, NOT_ASKED, NO_START, NO_SAMPLE, NOT_MEASURABLE, FEW, NO_FALL, SHORT, CARRIED, UNSEEN, NOT_STEADY, FIRST,
    OTHER_SIZE, NO_AREA, NO_PEAK, NOTHING,
) = range(len(REASONS))  # fmt: skip

# What a code of `Analyses.notes` says.
NOTES = (
    "",
    "{before:.3g} {unit} were there before this first dose, {of_peak:.2g} % of CMAX",
    "{share:.2g} % of AUCIFO is what earlier doses left",
    "it holds for a first dose: what was there before a bolus is not seen",
    "the trough goes from {before:.3g} to {after:.3g} {unit}: dose over AUCTAU is {excess:+.2g} % off the clearance",
    "without λz, or a sample before the dose, it is not known whether steady state is reached",
    "by the formula for steady state, from AUMCTAU",
)
PLAIN, THERE_BEFORE, LITTLE_LEFT, BOLUS_BEFORE, OFF, UNKNOWN, FROM_TAU = range(len(NOTES))


@dataclass(frozen=True)
class How:
    """How all curves are analysed; without a `dose` no clearance is asked for, and the units may be any.

    Raises UnknownName for a rule or administration that is none, QuantityError for units that give no clearance.
    """

    unit: str
    dose_unit: str
    administration: str
    rule: str
    dose: bool
    litres_per_hour: float = field(init=False, default=math.nan)

    def __post_init__(self) -> None:
        words = (("rule", self.rule, RULES), ("administration", self.administration, ADMINISTRATIONS))
        for kind, given, known in words:
            if given not in known:
                raise UnknownName(kind, given, known)
        if self.dose:
            try:
                per_hour = convert(1.0, unit_over(self.dose_unit, f"{self.unit}*h"), "L/h")
            except QuantityError:
                raise QuantityError(
                    f'"{self.unit}" does not convert to a concentration of what is given in "{self.dose_unit}", so there '
                    "is no clearance; analyse a concentration"
                ) from None
            object.__setattr__(self, "litres_per_hour", per_hour)


@dataclass(frozen=True)
class Analyses:
    """`values[name]` (curves,), NaN where missing; `missing` and `notes` are codes of REASONS and NOTES, 0 for none."""

    values: dict[str, Array]
    missing: dict[str, Codes]
    notes: dict[str, Codes]
    units: dict[str, str]
    words: dict[str, str]
    numbers: dict[str, Array]

    def why(self, row: int, name: str) -> str:
        """Why a value is missing; empty where it is given."""
        return self._say(REASONS[self.missing[name][row]], row)

    def note(self, row: int, name: str) -> str:
        """What must be known of a value; empty where nothing."""
        return self._say(NOTES[self.notes[name][row]], row)

    def _say(self, words: str, row: int) -> str:
        return words and words.format(**self.words, **{k: float(x[row]) for k, x in self.numbers.items()})
