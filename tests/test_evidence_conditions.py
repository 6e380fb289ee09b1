"""Conditions by every name that people give them."""

import pytest

from openldn import evidence as ev
from openldn.notation import UnknownName

ARTICLE = (
    "crohn",
    "multiple-sclerosis",
    "systemic-sclerosis",
    "hashimoto",
    "fibromyalgia",
    "autism",
    "depression",
    "neuropathic-pain",
    "crps",
    "me-cfs",
)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Crohn's", "crohn"),
        ("crohns", "crohn"),
        ("CROHN’S DISEASE", "crohn"),
        ("ms", "multiple-sclerosis"),
        ("Multiple Sclerosis", "multiple-sclerosis"),
        ("multiple_sclerosis", "multiple-sclerosis"),
        ("scleroderma", "systemic-sclerosis"),
        ("hashimotos", "hashimoto"),
        ("fm", "fibromyalgia"),
        ("CRPS", "crps"),
        ("cfs", "me-cfs"),
        ("ME/CFS", "me-cfs"),
        ("me", "me-cfs"),
        ("ra", "rheumatoid-arthritis"),
        ("Sjogrens", "sjogren"),
        ("Sjögren's syndrome", "sjogren"),
        ("long covid", "long-covid"),
        ("  mdd ", "depression"),
    ],
)
def test_people_find_a_condition_by_the_name_they_use(typed: str, key: str) -> None:
    assert ev.condition(typed).key == key


def test_an_unknown_condition_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="fibromyalgia"):
        ev.condition("fybromialgia")


def test_nothing_is_not_a_condition() -> None:
    with pytest.raises(UnknownName):
        ev.condition("")
    with pytest.raises(UnknownName):
        ev.of_condition("'")


def test_conditions_stand_in_the_order_of_the_article() -> None:
    assert tuple(c.key for c in ev.conditions())[: len(ARTICLE)] == ARTICLE
    orders = [c.order for c in ev.conditions()]
    assert len(set(orders)) == len(orders)


def test_what_the_article_does_not_name_comes_after_what_it_names() -> None:
    illnesses = [c for c in ev.conditions() if not c.topic]
    assert [c.in_article for c in illnesses] == sorted((c.in_article for c in illnesses), reverse=True)


def test_fibromyalgia_is_not_an_autoimmune_disease() -> None:
    assert not ev.condition("fibromyalgia").autoimmune
    assert ev.condition("crohn").autoimmune


def test_every_condition_has_a_study() -> None:
    filed = {s.condition for s in ev.studies()}
    assert {c.key for c in ev.conditions()} == filed


def test_studies_of_a_condition_are_found_under_its_alias() -> None:
    assert ev.of_condition("fm") == ev.of_condition("fibromyalgia")
    assert len(ev.of_condition("fm")) >= 10
    assert sum(len(ev.of_condition(c.key)) for c in ev.conditions()) == len(ev.studies())
