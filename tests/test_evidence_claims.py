"""The article's claims: all of them, in its order, each with a verdict that can be followed."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from openldn import evidence as ev
from openldn.evidence.claims import read_claim
from openldn.evidence.questions import question_by_id
from openldn.notation import DataError, UnknownName, read_toml, sources


def test_the_article_makes_seventy_one_claims() -> None:
    assert len(ev.claims()) == 71
    assert len({c.id for c in ev.claims()}) == 71


def test_pages_that_say_how_many_claims_there_are_say_as_many_as_there_are() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"(\d+) checkable claims", readme)
    assert int(told) == len(ev.claims())


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


def test_one_reason_of_at_most_forty_words_stands_in_front() -> None:
    for claim in ev.claims():
        assert 1 <= len(claim.reason.split()) <= 40, claim.id
        assert claim.reasons == (claim.reason, *claim.more)
        assert len(claim.more) <= 2
        for reason in claim.reasons:
            assert reason.endswith("."), (claim.id, reason)
            assert len(reason) < 280, (claim.id, reason)


def test_no_front_reason_speaks_of_chances_power_or_information_size() -> None:
    """They belong to the methodologist's folds; a reason is for everybody."""
    for claim in ev.claims():
        assert not re.search(
            r"chance|Bayes|posterior|prior\b|power|fragil|information size|I²|τ", claim.reason
        ), claim.id


def test_an_estimate_in_a_front_reason_stands_with_its_interval() -> None:
    """The size of an effect (a ratio, a difference, a rise in points), not a share of people or a level in an arm."""
    size = re.compile(r"(?:risk ratio|difference|differed by|rose by|fell by)(?: of)? ?\(?−?\d+(?:\.\d+)?")
    found = 0
    for claim in ev.claims():
        for match in size.finditer(claim.reason):
            found += 1
            near = claim.reason[match.end() : match.end() + 60]
            assert re.search(r"−?\d+(\.\d+)? to −?\d|±\d", near), (claim.id, near)
    assert found >= 5, "the pattern still finds what it is about"


def test_no_claim_quotes_per_protocol_beside_a_pool_by_intention_to_treat() -> None:
    """E20 had 1.64 (−0.92 to 4.20), per protocol, beside a pooled 1.5 (−1.11 to 4.13)."""
    for claim in ev.claims():
        said = " ".join((*claim.reasons, claim.primary_source_says))
        assert list(quoted_and_not_pooled(claim, said)) == []
    e20 = ev.claim("E20")
    assert list(quoted_and_not_pooled(e20, "difference 1.64 of 100 points (−0.92 to 4.20).")) == [
        "pain change, per protocol"
    ]


def quoted_and_not_pooled(claim: ev.Claim, said: str) -> Iterator[str]:
    """Outcomes whose interval a claim quotes where another outcome, by intention to treat, of the trial is pooled."""
    for question in (question_by_id(name) for name in claim.syntheses):
        for member in question.members:
            trial = ev.study(member.study)
            for outcome in trial.outcomes:
                e = outcome.effect
                if e is None or e.low is None or e.high is None or outcome.name == member.outcome:
                    continue
                interval = f"({e.low:.2f} to {e.high:.2f})".replace("-", "−")
                if "per protocol" in e.estimand and interval in said:
                    yield outcome.name


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
        ("reason", '"' + "word " * 41 + '"', "41 words; at most 40"),
        ("more", '["A.", "B.", "C."]', "at most 2"),
        ("sentence", "[0]", "sentence numbers"),
        ("sentence", "[]", "sentence numbers"),
        ("reasons", '["Because."]', 'field "reasons" is not known'),
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
        "sentence": "[1]",
        "kind": '"history"',
        "verdict": '"supported"',
        "reason": '"Because."',
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
        '[[claim]]\nid = "X1"\nclaim = "Something."\nsection = "opening"\nsentence = [1]\nkind = "history"\n'
        'verdict = "supported"\nreason = "Because."\nreading = "provisional"\n'
        '[[claim.marks]]\nreference = "none found"\nconfidence = "likely"\nwhy = "?"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="neither is"):
        read_claim(read_toml(path).root().tables("claim")[0])
