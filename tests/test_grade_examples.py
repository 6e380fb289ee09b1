"""Published ratings of certainty come out of our rules as they are printed, or the file says why they do not."""

import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from openldn.evidence.certainty import DOMAINS, Facts, Trial, certainty_from
from openldn.notation import Record, read_toml, sources

PATH = Path(__file__).parent / "data" / "grade_examples.toml"
# So many that no rule of thumb asks for more, where a page prints neither people nor events.
MANY = 10**6


@dataclass(frozen=True)
class Example:
    id: str
    source: str
    whose: str
    domain: str
    facts: Facts
    levels: int
    ours: int
    differs: str


def example(r: Record) -> Example:
    ratio = r.flag("ratio", False)
    estimate, low, high = (
        math.log(x) if ratio else x for x in (r.number("estimate"), r.number("low"), r.number("high"))
    )
    matters = r.number("important", None)
    k, levels = r.integer("trials", 1), r.integer("levels")
    one = Trial("x", "x", 1 / k, estimate, (high - low) / 3.92 * math.sqrt(k))
    assert r.text("outcome")
    found = Example(
        r.text("id"), r.text("source"), r.one_of("whose", ("GRADE", "others")), r.one_of("domain", DOMAINS),
        Facts(
            trials=(one,) * k, persons=r.integer("persons", MANY), estimate=estimate, low=low, high=high,
            interval="95 % confidence interval", important=math.log(matters) if matters and ratio else matters,
            ratio=ratio, events=r.integer("events", None), i2=r.number("i2", 0.0), control_risk=r.number("control_risk", None),
        ),
        levels, r.integer("ours", levels), r.text("differs", ""),
    )  # fmt: skip
    r.done()
    return found


EXAMPLES = tuple(example(r) for r in read_toml(PATH).root().tables("example"))


@pytest.mark.parametrize("e", EXAMPLES, ids=lambda e: e.id)
def test_a_published_rating_comes_out_as_printed_or_as_the_file_says(e: Example) -> None:
    assert certainty_from(e.facts).signal(e.domain).levels == e.ours
    assert (e.ours != e.levels) == bool(e.differs), "what differs, and only that, says why"


def test_at_least_ten_published_ratings_come_out_as_printed() -> None:
    same = [e for e in EXAMPLES if e.ours == e.levels]
    assert len(same) >= 10
    assert (len(EXAMPLES), len(same)) == (37, 18), "docs/certainty.md tells these numbers"
    assert [e.whose for e in same].count("GRADE") == 3
    assert len({e.id for e in EXAMPLES}) == len(EXAMPLES)
    assert {e.whose for e in same} == {"GRADE", "others"}


def test_every_published_rating_has_a_source_whose_page_was_seen() -> None:
    for e in EXAMPLES:
        assert sources()[e.source].seen_at, e.id


def test_where_our_rules_are_laxer_than_a_published_rating_it_is_known() -> None:
    """Elsewhere they take as many levels or more; these three the file explains."""
    laxer = [e.id for e in EXAMPLES if e.ours > e.levels]
    assert laxer == ["bjsm-single-inconsistency", "sore-throat-antibiotics", "sore-throat-hours"]
