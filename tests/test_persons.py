"""Persons from a seed: the same person everywhere, and spread as the table says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openldn.notation import InputError
from openldn.pharmacology import model
from openldn.population import PERSON_LIMIT, check_persons, draw, uniforms


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**62), st.integers(1, 50), st.integers(0, 60))
def test_person_seventeen_is_the_same_at_every_population_size(seed: int, size: int, first: int) -> None:
    few, many = draw(model(), size, seed, first=first), draw(model(), 120, seed)
    for name, values in few.items():
        assert np.array_equal(values, many[name][first : first + size])


def test_streams_of_two_parameters_are_unrelated() -> None:
    a, b = uniforms(1, "F_ORAL", 5000), uniforms(1, "CL_6_APPARENT", 5000)
    # three standard errors of a correlation of 5000 pairs
    assert abs(np.corrcoef(a, b)[0, 1]) < 3 / np.sqrt(5000)


def test_another_seed_gives_other_persons() -> None:
    assert not np.any(uniforms(1, "F_ORAL", 50) == uniforms(2, "F_ORAL", 50))


def test_the_spread_is_the_one_of_the_table() -> None:
    parameter = model().parameters["CL_6_APPARENT"]
    drawn = draw(model(), 20_000, 3)["CL_6_APPARENT"]
    assert parameter.spread is not None
    # four standard errors of a CV and of a median at 20,000
    assert np.std(drawn) / np.mean(drawn) == pytest.approx(parameter.spread.cv, rel=0.04)
    assert np.median(drawn) == pytest.approx(parameter.value, rel=0.012)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**62))
def test_no_share_is_above_one_and_no_parameter_outside_its_range(seed: int) -> None:
    for name, values in draw(model(), 500, seed).items():
        parameter = model().parameters[name]
        assert np.all(values > (parameter.low or 0))
        assert parameter.high is None or np.all(values < parameter.high)


@pytest.mark.parametrize(("persons", "seed"), [(0, 1), (-1, 1), (5, -1), (5, 2**64)])
def test_impossible_populations_are_refused(persons: int, seed: int) -> None:
    with pytest.raises(InputError):
        draw(model(), persons, seed)


def test_the_engine_draws_as_many_persons_as_are_wanted_and_the_answers_set_a_limit() -> None:
    many = draw(model(), PERSON_LIMIT + 1, 3)
    assert {v.shape for v in many.values()} == {(PERSON_LIMIT + 1,)}
    check_persons(PERSON_LIMIT, 3)
    with pytest.raises(InputError, match="ask for 1 to 20,000"):
        check_persons(PERSON_LIMIT + 1, 3)
