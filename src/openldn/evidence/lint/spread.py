"""Rule `spread-mixed-up`: SD, SE and half-width of a 95 % interval taken for one another.

    SE = SD / √n,    half-width = t₀.₉₇₅(n − 1) · SE

A mix-up is wrong by √n or by about 2, so a quarter of slack, plus print rounding, hides none of them.
Also found: a ± whose kind is not stated, and SDs of two arms so small that the printed p of their
difference cannot come from them even if the two were measured in the same persons.
"""

import math
from collections.abc import Iterator
from statistics import NormalDist

from openldn.evidence.lint.finding import Finding, arms_of, find, rounding
from openldn.evidence.study import Arm, Outcome, Study

RULE = "spread-mixed-up"
_SLACK = 0.25
# Two measurements in one person may vary together or, a little, against each other; twice the
# variance of independent ones is out of reach of any plausible correlation.
_VARIANCE_RATIO_LIMIT = 1.6


def spread_mixed_up(study: Study) -> Iterator[Finding]:
    for address, _, arm in arms_of(study):
        yield from _kind_unstated(study, address, arm)
        yield from _disagreeing(study, address, arm)
    for outcome in study.outcomes:
        yield from _too_small_for_p(study, outcome)


def _kind_unstated(study: Study, address: str, arm: Arm) -> Iterator[Finding]:
    if arm.error is not None and arm.error_kind in ("", "unstated"):
        message = f"±{arm.error:g} without saying whether it is an SD, an SE or the half-width of an interval"
        yield find(RULE, study, f"{address}/error", message)


def _disagreeing(study: Study, address: str, arm: Arm) -> Iterator[Finding]:
    if arm.n is None or arm.n < 2:
        return
    root, t = math.sqrt(arm.n), t_quantile(0.975, arm.n - 1)
    half_width = (arm.ci_high - arm.ci_low) / 2 if None not in (arm.ci_low, arm.ci_high) else None  # type: ignore[operator]
    implied = [
        ("sd", arm.sd, 1.0, "SD"),
        ("se", arm.se, root, "SE"),
        ("ci_low", half_width, root / t, "interval"),
        *_stated(arm, root, t),
    ]
    # All are put on the scale of the SD and compared with the first that is printed.
    given = [(name, v * k, rounding(v) * k, word) for name, v, k, word in implied if v is not None]
    for name, sd, error, word in given[1:]:
        first_name, first, first_error, first_word = given[0]
        if abs(sd - first) > _SLACK * max(sd, first) + error + first_error:
            field = f"{address}/{first_name if first_word == 'SD' else name}"
            message = (
                f"with n = {arm.n} the {first_word} means an SD of {first:.3g} "
                f"but the {word} one of {sd:.3g}: one is taken for the other"
            )
            yield find(RULE, study, field, message)
            return


def _stated(arm: Arm, root: float, t: float) -> list[tuple[str, float | None, float, str]]:
    to_sd = {"sd": 1.0, "se": root, "ci-half-width": root / t}
    if arm.error_kind not in to_sd:
        return []
    return [("error", arm.error, to_sd[arm.error_kind], f"± ({arm.error_kind})")]


def _too_small_for_p(study: Study, outcome: Outcome) -> Iterator[Finding]:
    effect = outcome.effect
    arms = [a for a in outcome.arms if a.sd is not None and a.n and a.centre is not None]
    if effect is None or effect.measure != "difference" or len(arms) != 2:
        return
    if effect.estimate is None or effect.p is None or not 0 < effect.p < 1:
        return
    z = NormalDist().inv_cdf(1 - effect.p / 2)
    variance = sum(a.sd**2 / a.n for a in arms if a.sd is not None and a.n)
    if z == 0 or variance == 0:
        return
    ratio = (abs(effect.estimate) / z) ** 2 / variance
    if ratio > _VARIANCE_RATIO_LIMIT:
        message = (
            f"the SDs of the arms are too small by about {math.sqrt(ratio):.1f} for a difference of "
            f"{effect.estimate:g} with p = {effect.p:g}: half-widths or SEs taken for SDs"
        )
        yield find(RULE, study, f"outcome:{outcome.name}/arm:{arms[0].arm}/sd", message)


def t_quantile(q: float, df: int) -> float:
    """Quantile of Student's t by Cornish-Fisher expansion; within 1 % for q = 0.975 from df = 3 on.

    Exact for df 1 and 2. Source: Abramowitz & Stegun (1964), 26.7.5.
    """
    if df == 1:
        return math.tan(math.pi * (q - 0.5))
    if df == 2:
        return (2 * q - 1) * math.sqrt(2 / (4 * q * (1 - q)))
    z = NormalDist().inv_cdf(q)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + g1 / df + g2 / df**2 + g3 / df**3
