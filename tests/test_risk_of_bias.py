"""Risk of bias: tools as data, proposals that rest on something, and a lint that notices what contradicts itself."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openldn.evidence.certainty import (
    BIAS_RULES,
    Assessment,
    DomainJudgement,
    assessments,
    forest_marks,
    light_tables,
    lights_of,
    lint_bias,
    shown_assessment,
    tool,
    tools,
)
from openldn.evidence.certainty.risk_of_bias import assessments_of, read_assessments
from openldn.evidence.questions import question, questions
from openldn.notation import DataError, InputError, UnknownName, read_toml
from openldn.notation.sources import sources

LOW, SOME, HIGH, NONE = "low", "some concerns", "high", "no information"


@pytest.mark.parametrize("key", ["rob2", "rob2-crossover"])
def test_rob2_is_as_its_published_table_says(key: str) -> None:
    """Sterne 2019, table of the overall judgement, written out a second time for every set of domains."""
    t = tool(key)
    for words in product((LOW, SOME, HIGH), repeat=len(t.domains)):
        if all(w == LOW for w in words):
            table: tuple[str, ...] = (LOW,)
        elif any(w == HIGH for w in words):
            table = (HIGH,)
        else:  # one domain of concern; several may be called high where they substantially lower confidence
            table = (SOME,) if words.count(SOME) == 1 else (SOME, HIGH)
        assert t.overall(words) == table[0], words
        assert set(t.allowed(words)) == set(table), words


def test_robins_i_is_unknown_where_a_domain_is_unless_another_is_serious() -> None:
    for key in ("robins-i", "robins-i-v2"):
        t = tool(key)
        rest = ("low",) * (len(t.domains) - 2)
        assert t.overall((*rest, "low", "moderate")) == "moderate"
        assert t.overall((*rest, "moderate", NONE)) == NONE
        assert t.overall((*rest, "serious", NONE)) == "serious"
        assert t.overall((*rest, "serious", "critical")) == "critical"


def test_the_versions_of_robins_i_differ_by_the_domain_that_was_dropped() -> None:
    old, new = (set(tool(k).keys) for k in ("robins-i", "robins-i-v2"))
    assert old - new == {"deviations"}
    assert not new - old
    assert len({(t.key, t.version) for t in tools()}) == len(tools()) == 5
    assert "period" in tool("rob2-crossover").keys
    assert "period" not in tool("rob2").keys


@given(st.sampled_from([t.key for t in tools()]), st.data())
def test_a_worse_domain_never_makes_a_better_whole(key: str, data: st.DataObject) -> None:
    t = tool(key)
    words = data.draw(st.lists(st.sampled_from(t.words), min_size=len(t.domains), max_size=len(t.domains)))
    i = data.draw(st.integers(0, len(words) - 1))
    worse = t.words[min(t.words.index(words[i]) + 1, len(t.words) - 1)]
    changed = [*words[:i], worse, *words[i + 1 :]]
    assert t.words.index(t.overall(changed)) >= t.words.index(t.overall(words))


def test_nothing_seen_is_never_low() -> None:
    for t in tools():
        lacking = [t.words[0]] * (len(t.domains) - 1) + [NONE]
        assert t.overall(lacking) != t.words[0]
        assert t.overall([NONE] * len(t.domains)) == NONE
    with pytest.raises(InputError, match="no judgement"):
        tool("rob2").overall(())
    with pytest.raises(UnknownName, match="some concerns"):
        tool("rob2").overall(["some concern"])
    with pytest.raises(UnknownName, match="did you mean"):
        tool("rob-2")


def test_every_trial_behind_a_question_has_a_proposal_that_the_lint_accepts() -> None:
    assert lint_bias(assessments()) == ()
    for q in questions():
        for m in q.members:
            found = shown_assessment(m.study, m.outcome)
            assert found is not None, m.study
            assert len(found.judgements) == len(found.tool.domains)


def test_nobody_has_judged_yet_and_every_judgement_rests_on_something_seen() -> None:
    for a in assessments():
        assert a.status == "proposed"
        assert a.label == "proposed"
        assert a.judge == "OpenLDN founders, from what was read"
        assert not a.overall_given
        for d in a.domains:
            assert len(d.reason) > 10, (a.study, d.domain)
            assert d.fields or d.pages or d.judgement == NONE
            assert all(p.startswith("http") for p in d.pages)
            # "no information" says so in words: looked for, and not seen
            assert d.judgement != NONE or "not seen" in d.reason or "no registration was seen" in d.reason
    assert {s for t in tools() for s in t.sources} <= set(sources())


def made(**domains: str) -> Assessment:
    t = tool("rob2")
    words = dict.fromkeys(t.keys, LOW) | domains
    found = tuple(DomainJudgement(k, w, "because", ("n_randomised",), ()) for k, w in words.items())
    return Assessment("bruun-2024-final", t, (), found, "", "", "somebody", "2026-11-23", "proposed")


def rules_of(a: Assessment) -> list[tuple[str, str]]:
    return [(f.rule, f.field) for f in lint_bias([a])]


def test_the_lint_finds_each_fault_and_nothing_in_a_clean_assessment() -> None:
    clean = made()
    seen = {
        "domain": rules_of(
            replace(clean, domains=(*clean.domains, replace(clean.domains[0], domain="blinding")))
        ),
        "missing-domain": rules_of(replace(clean, domains=clean.domains[1:])),
        "judgement": rules_of(made(missing="unclear")),
        "overall": rules_of(replace(made(missing=HIGH), overall_given=LOW, overall_reason="x")),
        "ground": rules_of(
            replace(clean, domains=(replace(clean.domains[0], fields=()), *clean.domains[1:]))
        ),
        "design": rules_of(replace(clean, study="cree-2010-ms")),
    }
    assert rules_of(clean) == []
    assert set(seen) == set(BIAS_RULES)
    for rule, found in seen.items():
        assert [r for r, _ in found] == [rule], (rule, found)


def test_several_concerns_may_be_raised_to_high_but_one_may_not() -> None:
    def given(a: Assessment) -> list[tuple[str, str]]:
        return rules_of(replace(a, overall_given=HIGH, overall_reason="together they are too much"))

    assert given(made(missing=SOME, reporting=SOME)) == []
    assert given(made(missing=SOME, reporting=NONE)) == []
    assert given(made(missing=SOME)) == [("overall", "overall")]


TEXT = """
[[assessment]]
study = "bruun-2024-final"
tool = "rob2"
version = "2019-08-22"
status = "judged"
judge = "A. Person, methodologist"
date = "2027-01-31"
overall = "some concerns"
overall_reason = "concealment"
[assessment.domains.randomisation]
judgement = "some concerns"
reason = "concealment was not described"
fields = ["design_detail"]
"""


def test_a_named_judge_is_read_and_damage_is_named(tmp_path: Path) -> None:
    def read(text: str) -> tuple[Assessment, ...]:
        path = tmp_path / f"{abs(hash(text))}.toml"
        path.write_text(text, encoding="utf-8")
        return read_assessments(read_toml(path))

    (one,) = read(TEXT)
    assert one.label == "judged by A. Person, methodologist, 2027-01-31"
    assert one.overall == SOME
    assert [r for r, _ in rules_of(one)] == ["missing-domain"] * 4
    for old, new, said in (
        ("2019-08-22", "2018", "version"),
        ("2027-01-31", "January", "not a date"),
        ("bruun-2024-final", "bruun-2025", "study"),
        ('tool = "rob2"', 'tool = "rob3"', "tool"),
        ("design_detail", "design_details", "field"),
        ('overall_reason = "concealment"\n', "", "overall_reason"),
    ):
        with pytest.raises(DataError, match=said):
            read(TEXT.replace(old, new))


def test_a_judge_is_shown_before_a_proposal_and_the_proposal_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from openldn.evidence.certainty import risk_of_bias

    person = replace(made(missing=HIGH), status="judged", judge="A. Person")
    monkeypatch.setattr(risk_of_bias, "assessments", lambda: (*assessments(), person))
    both = assessments_of("bruun-2024-final", "pain change")
    assert [a.status for a in both] == ["judged", "proposed"]
    shown = risk_of_bias.shown_assessment("bruun-2024-final", "pain change")
    assert shown is not None
    assert shown.overall == HIGH


def test_lights_are_one_table_a_tool_with_a_word_for_each_domain() -> None:
    found = lights_of(question("fibromyalgia", "pain_standardised"))
    assert [t.tool for t in found] == ["rob2-crossover", "rob2"]
    for t in found:
        assert "nobody has judged" in t.title
        for label, words, overall in t.rows:
            assert label
            assert len(words) == len(t.domains)
            assert overall in tool(t.tool).words
    assert light_tables([("frech-2011-ssc", "")]) == ()
    (twice,) = light_tables([("cree-2010-ms", "a"), ("cree-2010-ms", "b")])
    assert len(twice.rows) == 1


def test_marks_beside_a_forest_show_every_domain_and_a_blank_where_a_tool_lacks_it() -> None:
    domains, rows = forest_marks(question("fibromyalgia", "pain"))
    assert domains[-1] == "Overall"
    period = domains.index("Period and carry-over effects")
    assert domains[:-1] == tuple(d.name for d in tool("rob2-crossover").domains)
    assert all(len(row) == len(domains) for row in rows)
    # Younger's overall judgement comes from the one domain that only crossovers have
    assert [row[period] for row in rows] == [HIGH, "", ""]
    assert rows[0][-1] == HIGH
    for row in rows:
        assert (HIGH in row[:-1]) == (row[-1] == HIGH)


def test_a_forest_names_its_domains_as_its_columns_are_headed() -> None:
    from openldn.answers.synthesis import synthesis
    from openldn.answers.synthesis_figures import forest_of

    figure = forest_of(synthesis("fibromyalgia/pain"))
    for svg, keys in (
        (figure.wide, [f"D{i}" for i in range(1, 7)]),
        (figure.narrow, [f"{i}" for i in range(1, 7)]),
    ):
        texts = re.findall(r">([^<]+)<", svg)
        assert [t for t in texts if t in {*keys, "all"}][:7] == [*keys, "all"]  # ticks of the axis come later
        legend = " ".join(texts)
        assert f"{keys[1]} Period and carry-over effects" in legend
        assert "all: overall" in legend
        assert "blank: the tool for that design does not have it" in legend


def test_the_words_are_those_that_the_pictures_know() -> None:
    from openldn.figures import JUDGEMENTS

    assert {w for t in tools() for w in t.words} | {NONE} <= set(JUDGEMENTS)
