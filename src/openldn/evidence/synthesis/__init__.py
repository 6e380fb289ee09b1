"""From what studies print to one answer: effects, and what small trials can tell.

`effects` turns the figures of a study file into estimates with their variances and keeps every
conversion; `small_trials` says how much one of them could ever have shown.
"""

from openldn.evidence.synthesis.effects import Conversion, EffectSize, Route, effects_of, possible_routes
from openldn.evidence.synthesis.small_trials import DesignErrors, Fragility, design_errors, fragility

__all__ = [
    "Conversion",
    "DesignErrors",
    "EffectSize",
    "Fragility",
    "Route",
    "design_errors",
    "effects_of",
    "fragility",
    "possible_routes",
]
