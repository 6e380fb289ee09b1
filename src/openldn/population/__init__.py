"""Persons from a seed: how they differ, where a source says so. Knows no trial.

Person i is the same person whatever is asked of them; see `persons`.
"""

from openldn.population.doubt import doubt
from openldn.population.persons import PERSON_LIMIT, draw, uniforms, with_typical

__all__ = ["PERSON_LIMIT", "doubt", "draw", "uniforms", "with_typical"]
