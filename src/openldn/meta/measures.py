"""The measures that a table of studies can be pooled in: their names, their columns, and the scale they are pooled on.

    two groups, counts      RR OR RD                        ai n1i ci n2i
    two groups, means       MD SMD ROM                      m1i sd1i n1i m2i sd2i n2i
    pairs, means            MC SMCC SMCR SMCRH SMCRP ROMC   m1i sd1i m2i sd2i ni ri
    pairs, yes or no        MPRD MPRR MPOR MPORC MPPETO     ai bi ci di
    one group, counts       PR PLO PAS PFT                  xi ni
    effects as they are     GEN                             yi vi

Names and columns are metafor's. Formulas: `effects.two_groups`, `effects.paired`, `effects.paired_counts`,
`effects.one_arm`.
"""

import math
from dataclasses import dataclass

from openldn.meta.effects.one_arm import proportion_from
from openldn.notation import InputError, number

_COUNTS = ("ai", "n1i", "ci", "n2i")
_MEANS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")
_PAIRS = ("m1i", "sd1i", "m2i", "sd2i", "ni", "ri")
_CELLS = ("ai", "bi", "ci", "di")
_SHARE = ("xi", "ni")


@dataclass(frozen=True)
class Measure:
    """`words` for a reader; `scale` of the analysis in words, "" for the natural one; one_arm: nothing is compared."""

    words: str
    columns: tuple[str, ...]
    scale: str = ""
    one_arm: bool = False


MEASURES: dict[str, Measure] = {
    "RR": Measure("risk ratio", _COUNTS, "log"),
    "OR": Measure("odds ratio", _COUNTS, "log"),
    "RD": Measure("risk difference", _COUNTS),
    "MD": Measure("mean difference", _MEANS),
    "SMD": Measure("standardised mean difference (Hedges' g)", _MEANS),
    "ROM": Measure("ratio of means", _MEANS, "log"),
    "MC": Measure("mean change", _PAIRS),
    "SMCC": Measure("change over the SD of the change", _PAIRS),
    "SMCR": Measure("change over the first SD", _PAIRS),
    "SMCRH": Measure("change over the first SD, SDs unequal", _PAIRS),
    "SMCRP": Measure("change over the common SD", _PAIRS),
    "ROMC": Measure("ratio of paired means", _PAIRS, "log"),
    "MPRD": Measure("risk difference of pairs", _CELLS),
    "MPRR": Measure("risk ratio of pairs", _CELLS, "log"),
    "MPOR": Measure("marginal odds ratio of pairs", _CELLS, "log"),
    "MPORC": Measure("conditional odds ratio of pairs", _CELLS, "log"),
    "MPPETO": Measure("Peto's conditional odds ratio of pairs", _CELLS, "log"),
    "PR": Measure("share", _SHARE, "", one_arm=True),
    "PLO": Measure("share", _SHARE, "logit", one_arm=True),
    "PAS": Measure("share", _SHARE, "arcsine", one_arm=True),
    "PFT": Measure("share", _SHARE, "double arcsine", one_arm=True),
    "GEN": Measure("effect", ("yi", "vi")),
}
MEASURE_WORDS = {name: m.words for name, m in MEASURES.items()}
LOG_MEASURES = tuple(name for name, m in MEASURES.items() if m.scale == "log")
COLUMNS = {name: m.columns for name, m in MEASURES.items()}


def natural(measure: str, value: float, n: float | None = None) -> float:
    """A value on the scale of the analysis as a reader knows it: a ratio, a share (0 to 1), a difference.

    n: persons, which PFT needs to be turned back.
    """
    if measure in LOG_MEASURES:
        return math.inf if value >= 709 else math.exp(value)
    if MEASURES[measure].one_arm and MEASURES[measure].scale:
        return proportion_from(measure, value, n=n)
    return value


def spread(measure: str, tau: float) -> float:
    """τ as a reader of this measure knows it: of ratios the factor e^τ, since no logarithm stands under ratios."""
    if measure not in LOG_MEASURES:
        return tau
    return math.inf if tau >= 709 else math.exp(tau)


def spread_words(
    measure: str, tau: float, low: float | None = None, high: float | None = None, *, kind: str = "Q-profile"
) -> str:
    """`τ = 0.4 on the logit scale`, `τ as a factor 1.75 (95 % Q-profile interval 1.41 to 2.86)`."""
    scale = (
        ""
        if measure in LOG_MEASURES or not MEASURES[measure].scale
        else f" on the {MEASURES[measure].scale} scale"
    )
    ends = [None if x is None else number(spread(measure, x)) for x in (low, high)]
    between = "" if None in ends else f" (95 % {kind} interval {ends[0]} to {ends[1]})"
    return f"τ {'as a factor ' if measure in LOG_MEASURES else '= '}{number(spread(measure, tau))}{scale}{between}"


def on_scale(measure: str, value: float) -> float:
    """An important difference or ratio on the scale of the analysis. Raises InputError where there is none."""
    if not math.isfinite(value):
        raise InputError(f"the important difference is {value:g}; give a finite number")
    if MEASURES[measure].one_arm:
        raise InputError(
            f"{measure} is the share of one group, not a difference; leave out the important difference"
        )
    if measure not in LOG_MEASURES:
        return value
    if value <= 0:
        raise InputError(f"the important difference is {value:g}; for a ratio give a ratio, such as 0.8")
    return math.log(value)
