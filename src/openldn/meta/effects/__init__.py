"""What papers print, turned into estimates and variances, with every step recorded.

Measures of two groups, pairs and single groups, recovery of spreads and counts, absolute numbers and responders. What
walks through a study file with them stands in `openldn.evidence.effects`.
"""

from openldn.meta.effects.absolute import (
    NaturalFrequencies,
    NumberNeeded,
    natural_frequencies,
    number_needed,
    risk_under,
)
from openldn.meta.effects.change import (
    CORRELATIONS,
    change_from_ends,
    correlation_from_difference,
    correlation_from_sds,
)
from openldn.meta.effects.counts import (
    TwoByTwo,
    count_from_percent,
    counts_that_fit,
    fisher_p,
    tables_that_fit,
)
from openldn.meta.effects.crossover import (
    period_means,
    smd_from_paired_t,
    within_person_difference,
)
from openldn.meta.effects.five_numbers import looks_skewed, mean_and_sd, sd_from_iqr
from openldn.meta.effects.one_arm import (
    PROPORTION_MEASURES,
    clopper_pearson_interval,
    proportion_effect,
    proportion_from,
    wilson_interval,
)
from openldn.meta.effects.paired import (
    PAIRED_MEASURES,
    PairedMeans,
    before_after,
    paired_effect,
    sd_of_difference,
)
from openldn.meta.effects.paired_counts import (
    PAIRED_COUNT_MEASURES,
    PairedCounts,
    correlation_bounds,
    paired_count_effect,
    table_from_totals,
)
from openldn.meta.effects.record import LOG_MEASURES, Conversion, EffectSize, Point
from openldn.meta.effects.recover import (
    d_from_t,
    log_ratio_from_ci,
    sd_from_ci,
    sd_from_half_width,
    sd_from_p_within,
    sd_from_se,
    sd_from_se_of_difference,
    se_from_ci,
    se_from_f,
    se_from_p,
    se_from_t,
)
from openldn.meta.effects.responders import (
    Responders,
    log_odds_ratio_from_smd,
    responders,
    share_from_smd,
    share_reaching,
    smd_from_log_odds_ratio,
)

__all__ = [
    "CORRELATIONS",
    "LOG_MEASURES",
    "PAIRED_COUNT_MEASURES",
    "PAIRED_MEASURES",
    "PROPORTION_MEASURES",
    "Conversion",
    "EffectSize",
    "NaturalFrequencies",
    "NumberNeeded",
    "PairedCounts",
    "PairedMeans",
    "Point",
    "Responders",
    "TwoByTwo",
    "before_after",
    "change_from_ends",
    "clopper_pearson_interval",
    "correlation_bounds",
    "correlation_from_difference",
    "correlation_from_sds",
    "count_from_percent",
    "counts_that_fit",
    "d_from_t",
    "fisher_p",
    "log_odds_ratio_from_smd",
    "log_ratio_from_ci",
    "looks_skewed",
    "mean_and_sd",
    "natural_frequencies",
    "number_needed",
    "paired_count_effect",
    "paired_effect",
    "period_means",
    "proportion_effect",
    "proportion_from",
    "responders",
    "risk_under",
    "sd_from_ci",
    "sd_from_half_width",
    "sd_from_iqr",
    "sd_from_p_within",
    "sd_from_se",
    "sd_from_se_of_difference",
    "sd_of_difference",
    "se_from_ci",
    "se_from_f",
    "se_from_p",
    "se_from_t",
    "share_from_smd",
    "share_reaching",
    "smd_from_log_odds_ratio",
    "smd_from_paired_t",
    "table_from_totals",
    "tables_that_fit",
    "wilson_interval",
    "within_person_difference",
]
