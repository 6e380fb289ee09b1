"""The article by its sentences, and its claims judged twice."""

from importlib import import_module
from pathlib import Path

import pytest

from openldn import evidence as ev
from openldn.evidence.second_verdicts import read_second
from openldn.notation import DataError, read_toml

module = import_module("openldn.evidence.article")  # the room's doormat has a function of this name


def test_every_sentence_from_the_first_to_the_last_has_claims_or_a_reason_for_having_none() -> None:
    sentences = ev.article().sentences
    assert [s.number for s in sentences] == list(range(1, len(sentences) + 1))
    for s in sentences:
        assert bool(s.claims) != bool(s.silent), s.number


def test_every_claim_is_of_a_sentence_of_the_article() -> None:
    made = {c.id for s in ev.article().sentences for c in s.claims}
    assert made == {c.id for c in ev.claims()}


def test_claims_stand_in_the_order_of_the_sentences() -> None:
    firsts = [c.sentence[0] for c in ev.claims()]
    assert firsts == sorted(firsts)


def test_where_the_article_was_not_seen_a_number_is_the_place_of_one_claim() -> None:
    """Nothing is pretended of sentences that nobody here has seen."""
    article = ev.article()
    for s in article.sentences:
        assert s.seen == (s.number <= article.seen_to)
        if not s.seen:
            assert len(s.claims) == 1
    assert article.unseen


def test_both_headings_that_state_something_have_a_claim() -> None:
    assert [[c.id for c in s.claims] for s in ev.article().sentences if s.heading] == [[], ["M0"], ["M4h"]]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("last = 67", "last = 66", "beyond the last"),
        ("last = 67", "last = 68", "sentence 68 has neither a claim"),
        ("sentence = 9\n", "sentence = 8\n", "sentence 8 has a claim and is called silent"),
        ('claim = "M0"', 'claim = "M1"', "is of sentence 16, not 15"),
        ('claim = "M0"', 'claim = "M9"', "M9"),
    ],
)
def test_a_sentence_left_out_or_counted_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    text = module._FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "article.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(module, "_FILE", path)
    with pytest.raises(DataError, match=message) as caught:
        module._read.__wrapped__()
    assert caught.value.file == "article.toml"


def test_no_difference_between_two_verdicts_is_left_unsettled() -> None:
    for v in ev.second_verdicts():
        assert ev.claim(v.claim).verdict == v.stands, v.claim
        assert v.agrees or v.why, v.claim


def test_every_claim_was_judged_twice_or_is_named_as_judged_once() -> None:
    twice = {v.claim for v in ev.second_verdicts()}
    assert not twice & set(ev.judged_once())
    assert twice | set(ev.judged_once()) == {c.id for c in ev.claims()}


def test_every_verdict_that_turned_is_in_the_log() -> None:
    turned = {(v.claim, v.first, v.stands) for v in ev.second_verdicts() if v.stands != v.first}
    logged = {(x.claim, x.was, x.now) for x in ev.changes_since("2026-12-01") if x.what == "verdict"}
    assert turned == logged
    assert len(turned) == 9


def test_the_six_verdicts_that_an_audit_contested_stand_as_it_found() -> None:
    found = {
        "D02": "partly",
        "M1": "contradicted",
        "H09": "partly",
        "H02": "partly",
        "S02": "supported",
        "E09": "partly",
    }
    assert {name: ev.claim(name).verdict for name in found} == found
    assert "limited" in ev.claim("E09").claim


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('second = "partly"', "verdicts differ"),
        ('second = "supported"\nsettled = "partly"\nwhy = "?"', "nothing to settle"),
        ('second = "maybe"', "maybe"),
    ],
)
def test_a_difference_without_a_settlement_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "second_verdicts.toml"
    path.write_text(
        f'[[verdict]]\nclaim = "H01"\nfirst = "supported"\nblind = true\n{text}\n', encoding="utf-8"
    )
    (record,) = read_toml(path).root().tables("verdict")
    with pytest.raises(DataError, match=message):
        read_second(record, ("H01",))
