"""Safety facts: each says which dose and which people it is about, and where it was read."""

import pytest

from openldn import evidence as ev
from openldn.notation import UnknownName, sources


def test_every_safety_fact_says_whom_it_is_about_and_where_it_was_read() -> None:
    facts = ev.safety_facts()
    assert facts
    for fact in facts:
        assert fact.about
        assert fact.place
        assert fact.source in sources()


def test_opioids_come_first() -> None:
    assert ev.safety_facts()[0].topic == "opioids"
    assert any("2.4 mg" in f.about for f in ev.safety_facts("opioids"))


def test_an_unknown_topic_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="pregnancy"):
        ev.safety_facts("pregnency")
