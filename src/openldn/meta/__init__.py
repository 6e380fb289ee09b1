"""From numbers to one answer: how large, how sure, how much studies differ, what one of them could show. Knows no study.

`pool` is the front door: a table of studies in, a `Pooled` out. Below it stand the parts, which take numpy arrays with one
entry a study: effects of two groups, pairs and single groups (`effects`), eight estimators of τ² with intervals, fixed and
random effects, Mantel-Haenszel, Peto, the exact model for rare events, a Bayesian model without sampling, meta-regression,
subgroups, influence, Egger's test, a selection model, and many small analyses at once (`pool_batch`). `small_trials` says
how much one study could ever have shown.
"""

from openldn.meta.analysis import (
    DOUBLE_ZERO,
    METHODS,
    Analysis,
    analyse,
    check_choice,
)
from openldn.meta.average import PREDICTIONS, Average, pool_effects
from openldn.meta.batch import Batch, pool_batch, tau2_batch
from openldn.meta.bayes import Posterior, Summary, posterior
from openldn.meta.common_effect import mantel_haenszel, peto
from openldn.meta.effects import Conversion, EffectSize
from openldn.meta.effects.two_groups import Counts, Effects, binary, continuous, counts, exact_j
from openldn.meta.heterogeneity import (
    RANDOM_METHODS,
    Heterogeneity,
    heterogeneity,
    i2_from_q,
    q_statistic,
    tau2,
    tau2_standard_error,
    typical_variance,
)
from openldn.meta.influence import Influence, influence
from openldn.meta.ladder import Ladder
from openldn.meta.likelihood import Maximum, log_likelihood, maximum
from openldn.meta.measures import (
    COLUMNS,
    LOG_MEASURES,
    MEASURE_WORDS,
    MEASURES,
    Measure,
    on_scale,
    spread,
    spread_words,
)
from openldn.meta.mixture import Mixture
from openldn.meta.pooled import Pooled
from openldn.meta.pooling import pool
from openldn.meta.priors import FAMILIES, Prior, prior, priors_fingerprint, settings
from openldn.meta.rare_events import conditional_exact
from openldn.meta.regression import INTERVAL_WORDS, INTERVALS, Regression, regress
from openldn.meta.rows import LARGEST_FILE
from openldn.meta.selection import Selection, selection_model
from openldn.meta.sensitivity import Step, cumulative, leave_one_out, pooler
from openldn.meta.small_studies import Egger, egger
from openldn.meta.small_trials import DesignErrors, Fragility, design_errors, fragility
from openldn.meta.subgroups import Subgroups, compare_groups, subgroups
from openldn.meta.table import MOST_STUDIES, Table, read_table
from openldn.meta.tau2_interval import profile_likelihood, q_profile

__all__ = [
    "COLUMNS",
    "DOUBLE_ZERO",
    "FAMILIES",
    "INTERVALS",
    "INTERVAL_WORDS",
    "LARGEST_FILE",
    "LOG_MEASURES",
    "MEASURES",
    "MEASURE_WORDS",
    "METHODS",
    "MOST_STUDIES",
    "PREDICTIONS",
    "RANDOM_METHODS",
    "Analysis",
    "Average",
    "Batch",
    "Conversion",
    "Counts",
    "DesignErrors",
    "EffectSize",
    "Effects",
    "Egger",
    "Fragility",
    "Heterogeneity",
    "Influence",
    "Ladder",
    "Maximum",
    "Measure",
    "Mixture",
    "Pooled",
    "Posterior",
    "Prior",
    "Regression",
    "Selection",
    "Step",
    "Subgroups",
    "Summary",
    "Table",
    "analyse",
    "binary",
    "check_choice",
    "compare_groups",
    "conditional_exact",
    "continuous",
    "counts",
    "cumulative",
    "design_errors",
    "egger",
    "exact_j",
    "fragility",
    "heterogeneity",
    "i2_from_q",
    "influence",
    "leave_one_out",
    "log_likelihood",
    "mantel_haenszel",
    "maximum",
    "on_scale",
    "peto",
    "pool",
    "pool_batch",
    "pool_effects",
    "pooler",
    "posterior",
    "prior",
    "priors_fingerprint",
    "profile_likelihood",
    "q_profile",
    "q_statistic",
    "read_table",
    "regress",
    "selection_model",
    "settings",
    "spread",
    "spread_words",
    "subgroups",
    "tau2",
    "tau2_batch",
    "tau2_standard_error",
    "typical_variance",
]
