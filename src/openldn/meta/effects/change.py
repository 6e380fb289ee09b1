"""A change from the values at its ends, and the correlation that joins them.

    change = final − baseline,    SD² = s_b² + s_f² − 2 r s_b s_f,    r = (s_b² + s_f² − SD²)/(2 s_b s_f)

Hardly a paper prints r. It is imputed, by default 0.5, where the variance of the change equals that of
the final value (if s_b = s_f): below 0.5 a change is the noisier of the two. `CORRELATIONS` are the
values to vary it over. Source: Cochrane Handbook, 6.5.2.8.
"""

import math

from openldn.meta.effects.paired import sd_of_difference
from openldn.meta.effects.record import Conversion, number, require

CORRELATIONS = (0.3, 0.5, 0.7)


def change_from_ends(
    baseline: float, final: float, sd_baseline: float, sd_final: float, r: float, *, imputed: bool = True
) -> tuple[Conversion, Conversion]:
    """The mean change and its SD. Raises InputError for r outside −1 to 1 or an SD of 0 or less."""
    require(sd_baseline > 0 and sd_final > 0, f"SDs {sd_baseline:g} and {sd_final:g}; both must exceed 0")
    require(-1 < r < 1, f"a correlation of {r:g} is not between −1 and 1")
    means = f"{number(baseline)} at baseline, {number(final)} at the end"
    sds = f"SD {number(sd_baseline)} at baseline, {number(sd_final)} at the end"
    return (
        Conversion("change", means, "difference of means", "final − baseline", final - baseline),
        Conversion(
            "SD of the change", sds, "from the SDs at both ends", "√(s_b² + s_f² − 2 r s_b s_f)",
            sd_of_difference(sd_baseline, sd_final, r), f"r = {r:g} {'imputed' if imputed else 'as stated'}",
        ),
    )  # fmt: skip


def correlation_from_sds(sd_1: float, sd_2: float, sd_difference: float) -> Conversion:
    """The correlation that three printed SDs imply.

    Raises InputError when no correlation between −1 and 1 does: one of the three is not an SD.
    """
    require(min(sd_1, sd_2, sd_difference) > 0, "all three SDs must exceed 0")
    r = (sd_1**2 + sd_2**2 - sd_difference**2) / (2 * sd_1 * sd_2)
    require(
        abs(r) <= 1,
        f"SDs {sd_1:g}, {sd_2:g} and {sd_difference:g} of the difference imply r = {r:.2f}; "
        "look whether one is an SE or a half-width",
    )
    printed = f"SDs {number(sd_1)} and {number(sd_2)}, SD of the difference {number(sd_difference)}"
    return Conversion("r", printed, "from three SDs", "(s₁² + s₂² − s_d²)/(2 s₁ s₂)", r)


def correlation_from_difference(sd_1: float, sd_2: float, se_difference: float, n: int) -> Conversion:
    """The correlation that the SDs of two periods and the SE of their difference imply."""
    return correlation_from_sds(sd_1, sd_2, se_difference * math.sqrt(n))
