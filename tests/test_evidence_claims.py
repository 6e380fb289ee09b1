"""The article's claims: all of them, in its order, each with a verdict that can be followed."""

import re
from collections import Counter
from pathlib import Path

import pytest

from openldn import evidence as ev
from openldn.evidence.claims import read_claim
from openldn.notation import DataError, UnknownName, read_toml, sources


def test_the_article_makes_fifty_eight_claims() -> None:
    assert len(ev.claims()) == 58
    assert len({c.id for c in ev.claims()}) == 58


def test_hashimoto_and_fibromyalgia_follow_systemic_sclerosis() -> None:
    sections = list(dict.fromkeys(c.section for c in ev.claims()))
    assert sections[0] == "opening history"
    after = sections[sections.index("research: systemic sclerosis") :]
    assert after == ["research: systemic sclerosis", "Hashimoto", "fibromyalgia", "other conditions"]


def test_seventeen_marks_are_resolved_or_none_was_found() -> None:
    marks = [(c.id, m) for c in ev.claims() for m in c.marks]
    assert len(marks) == 17
    for claim, mark in marks:
        assert mark.reference == ev.NONE_FOUND or mark.reference in sources(), claim
        assert mark.why
    assert [c for c, m in marks if m.reference == ev.NONE_FOUND] == ["M3d"]


def test_every_verdict_is_one_of_five_and_each_occurs() -> None:
    assert Counter(c.verdict for c in ev.claims()).keys() == ev.VERDICTS.keys()


def test_a_claim_whose_only_test_cannot_tell_is_not_called_contradicted() -> None:
    """Nobody measured the chain of M3c; the interval of E18 holds no effect and one that matters."""
    for claim in ("M3c", "E18"):
        assert ev.claim(claim).verdict == "unverified"
        assert any(x.claim == claim and x.what == "verdict" for x in ev.changes_since("2026-11-24"))


def test_every_study_and_source_of_a_claim_exists() -> None:
    known = {s.id for s in ev.studies()}
    for claim in ev.claims():
        assert set(claim.studies) <= known
        assert set(claim.sources) <= set(sources())


def test_a_reason_with_a_figure_has_a_source() -> None:
    for claim in ev.claims():
        if any(re.search(r"\d", reason) for reason in claim.reasons):
            assert claim.sources, claim.id


def test_reasons_are_one_to_three_plain_sentences() -> None:
    for claim in ev.claims():
        assert 1 <= len(claim.reasons) <= 3
        for reason in claim.reasons:
            assert reason.endswith("."), (claim.id, reason)
            assert len(reason) < 200, (claim.id, reason)


def test_computed_statements_have_names_that_the_answers_know() -> None:
    attached = {c.id: c.computed for c in ev.claims() if c.computed}
    assert attached["M1"] == ("blockade_by_dose", "net_tone", "hours_blocked", "immune_messengers")
    assert {name for names in attached.values() for name in names} == set(ev.COMPUTED)


def test_a_claim_is_found_in_any_case_and_an_unknown_one_suggests_the_nearest() -> None:
    assert ev.claim("e03") is ev.claim("E03")
    with pytest.raises(UnknownName, match="claim"):
        ev.claim("E99")


def test_claims_of_a_condition_are_found_under_its_alias() -> None:
    assert [c.id for c in ev.claims_of("ms")] == ["E09", "E10"]


def test_the_article_contradicts_itself_on_side_effects() -> None:
    assert ev.claim("H12").verdict == "inconsistent"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("verdict", '"proved"', '"verdict" is "proved"'),
        ("condition", '"chron"', 'did you mean "crohn"'),
        ("sources", '["smith-2006-crohn"]', "smith-200"),
        ("studies", '["nobody"]', "nobody"),
        ("computed", '["magic"]', "magic"),
        ("reasons", "[]", "one to three"),
        ("article_numbers", '{ year = "1984" }', "must be a number"),
        ("colour", '"red"', 'field "colour" is not known'),
    ],
)
def test_a_damaged_claim_is_refused_with_line_and_field(
    tmp_path: Path, field: str, value: str, message: str
) -> None:
    fields = {
        "id": '"X1"',
        "claim": '"Something."',
        "section": '"opening"',
        "kind": '"history"',
        "verdict": '"supported"',
        "reasons": '["Because."]',
        "reading": '"provisional"',
        field: value,
    }
    path = tmp_path / "01-opening.toml"
    path.write_text("[[claim]]\n" + "\n".join(f"{k} = {v}" for k, v in fields.items()), encoding="utf-8")
    record = read_toml(path).root().tables("claim")[0]
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        read_claim(record)
    assert caught.value.file == "01-opening.toml"
    assert caught.value.line == 2 + list(fields).index(field)


def test_a_mark_cannot_be_likely_and_not_found(tmp_path: Path) -> None:
    path = tmp_path / "01-opening.toml"
    path.write_text(
        '[[claim]]\nid = "X1"\nclaim = "Something."\nsection = "opening"\nkind = "history"\n'
        'verdict = "supported"\nreasons = ["Because."]\nreading = "provisional"\n'
        '[[claim.marks]]\nreference = "none found"\nconfidence = "likely"\nwhy = "?"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="neither is"):
        read_claim(read_toml(path).root().tables("claim")[0])
