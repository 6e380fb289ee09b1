"""What a trial of this size could have shown: power, wrong signs, exaggeration, fragility, replication."""

from openldn.meta.small_trials.design_errors import (
    DesignErrors,
    design_errors,
    design_errors_of,
)
from openldn.meta.small_trials.fragility import Fragility, fragility
from openldn.meta.small_trials.information_size import (
    InformationSize,
    information_size_of_means,
    information_size_of_shares,
)
from openldn.meta.small_trials.power import (
    detectable_paired,
    power_from_se,
    power_of,
    power_of_means,
    power_of_paired,
    power_of_shares,
    size_of_means,
    size_of_paired,
)
from openldn.meta.small_trials.replication import (
    Replication,
    corrected_for_selection,
    expected_if_significant,
    replication,
    shrinkage,
)

__all__ = [
    "DesignErrors",
    "Fragility",
    "InformationSize",
    "Replication",
    "corrected_for_selection",
    "design_errors",
    "design_errors_of",
    "detectable_paired",
    "expected_if_significant",
    "fragility",
    "information_size_of_means",
    "information_size_of_shares",
    "power_from_se",
    "power_of",
    "power_of_means",
    "power_of_paired",
    "power_of_shares",
    "replication",
    "shrinkage",
    "size_of_means",
    "size_of_paired",
]
