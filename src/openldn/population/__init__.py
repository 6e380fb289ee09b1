"""Persons from a seed: how they differ, where a source says so. Knows no trial.

Person i is the same person whatever is asked of them; see `engine.persons`. `people` gives them age, weight and
habits, `simulate_population` takes them through a model and keeps summaries, `simulate_doubt` does so for
every model that the sources leave possible.
"""

from openldn.population.covariates import Population, people_facts, population, populations
from openldn.population.digest import Digest
from openldn.population.doubt import doubt, over_doubt, simulate_doubt
from openldn.population.measures import Measure
from openldn.population.people import creatinine_clearance, fill, people
from openldn.population.persons import PERSON_LIMIT, check_persons, draw, uniforms, with_typical
from openldn.population.simulate import simulate_population
from openldn.population.summaries import Distribution, Summaries, merge

__all__ = [
    "PERSON_LIMIT",
    "Digest",
    "Distribution",
    "Measure",
    "Population",
    "Summaries",
    "check_persons",
    "creatinine_clearance",
    "doubt",
    "draw",
    "fill",
    "merge",
    "over_doubt",
    "people",
    "people_facts",
    "population",
    "populations",
    "simulate_doubt",
    "simulate_population",
    "uniforms",
    "with_typical",
]
