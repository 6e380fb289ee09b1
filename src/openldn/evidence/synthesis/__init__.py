"""From what studies print to one answer: how large, how sure, how much studies differ, what one of them could show.

`effects` turns the figures of a study file into estimates with their variances and keeps every conversion. Pooling:
eight estimators of τ² with intervals, fixed and random effects, Mantel-Haenszel, Peto, the exact model for rare
events, a Bayesian model without sampling, meta-regression, subgroups, influence, Egger's test and a selection model.
`small_trials` says how much one study could ever have shown.
"""

from openldn.evidence.synthesis.analysis import (
    DOUBLE_ZERO,
    METHODS,
    Analysis,
    analyse,
    check_choice,
)
from openldn.evidence.synthesis.bayes import Posterior, Summary, posterior
from openldn.evidence.synthesis.common_effect import mantel_haenszel, peto
from openldn.evidence.synthesis.csv_rows import LARGEST_FILE
from openldn.evidence.synthesis.effects import Conversion, EffectSize, Route, effects_of, possible_routes
from openldn.evidence.synthesis.effects.two_groups import Counts, Effects, binary, continuous, counts, exact_j
from openldn.evidence.synthesis.heterogeneity import (
    RANDOM_METHODS,
    Heterogeneity,
    heterogeneity,
    i2_from_q,
    q_statistic,
    tau2,
    tau2_standard_error,
    typical_variance,
)
from openldn.evidence.synthesis.influence import Influence, influence
from openldn.evidence.synthesis.ladder import Ladder
from openldn.evidence.synthesis.likelihood import Maximum, log_likelihood, maximum
from openldn.evidence.synthesis.measures import (
    COLUMNS,
    LOG_MEASURES,
    MEASURE_WORDS,
    MEASURES,
    Measure,
    on_scale,
)
from openldn.evidence.synthesis.mixture import Mixture
from openldn.evidence.synthesis.pooling import PREDICTIONS, Pooled, pool
from openldn.evidence.synthesis.priors import FAMILIES, Prior, prior, priors_fingerprint, settings
from openldn.evidence.synthesis.rare_events import conditional_exact
from openldn.evidence.synthesis.regression import INTERVALS, Regression, regress
from openldn.evidence.synthesis.selection import Selection, selection_model
from openldn.evidence.synthesis.sensitivity import Step, cumulative, leave_one_out, pooler
from openldn.evidence.synthesis.small_studies import Egger, egger
from openldn.evidence.synthesis.small_trials import DesignErrors, Fragility, design_errors, fragility
from openldn.evidence.synthesis.subgroups import Subgroups, compare_groups, subgroups
from openldn.evidence.synthesis.table import MOST_STUDIES, Table, read_table
from openldn.evidence.synthesis.tau2_interval import profile_likelihood, q_profile

__all__ = [
    "COLUMNS",
    "DOUBLE_ZERO",
    "FAMILIES",
    "INTERVALS",
    "LARGEST_FILE",
    "LOG_MEASURES",
    "MEASURES",
    "MEASURE_WORDS",
    "METHODS",
    "MOST_STUDIES",
    "PREDICTIONS",
    "RANDOM_METHODS",
    "Analysis",
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
    "Route",
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
    "effects_of",
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
    "pooler",
    "possible_routes",
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
    "subgroups",
    "tau2",
    "tau2_standard_error",
    "typical_variance",
]
