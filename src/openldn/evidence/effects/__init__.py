"""From the figures of a study file to effects that can be pooled: every way that the figures allow, with its steps.

The arithmetic stands in `openldn.meta.effects`; here is what knows arms, outcomes and what a paper prints.
"""

from openldn.evidence.effects.route import Route
from openldn.evidence.effects.routes import STUDY_MEASURES, effects_of, over_correlations, possible_routes

__all__ = ["STUDY_MEASURES", "Route", "effects_of", "over_correlations", "possible_routes"]
