"""Facts of the pharmacology tables: what an n beside a figure counts."""

from dataclasses import replace

import pytest

from openldn import evidence as ev
from openldn.evidence.lint.facts import FACT_RULES, GROUPS, PART, SIZES, lint_facts
from openldn.notation import DataError, read_facts, read_toml
from openldn.pharmacology import facts


def test_no_fact_gives_the_number_of_its_study_as_that_of_a_part_of_it() -> None:
    assert lint_facts(facts()) == ()


@pytest.mark.parametrize(("key", "rule"), [("PB050", PART), ("PB180", PART), ("XR010", SIZES)])
def test_the_lint_finds_the_facts_in_which_an_audit_found_the_number_of_the_study(
    key: str, rule: str
) -> None:
    """As they stood: with an n and without a word on whose it is."""
    as_it_was = {**facts(), key: replace(facts()[key], n_of="", note=facts()[key].note)}
    assert (rule, key) in {(f.rule, f.study) for f in lint_facts(as_it_was)}


def test_two_groups_of_different_persons_do_not_share_a_number_unremarked() -> None:
    of = {
        key: replace(f, n=18, n_of="", quantity=f"ratio at 2 h, {group}")
        for key, f, group in (
            ("a", facts()["PK084_ctl"], "controls"),
            ("b", facts()["PK084_cir"], "cirrhosis"),
        )
    }
    assert {f.rule for f in lint_facts(of)} == {GROUPS}


def test_every_rule_on_facts_says_what_it_looks_for() -> None:
    assert {PART, SIZES, GROUPS} == set(FACT_RULES)


def test_a_fact_that_an_audit_corrected_says_so_and_has_its_correction() -> None:
    for key in ("MC119", "OC029", "EN041", "PB050", "PB180", "XR010"):
        assert facts()[key].reading == "settled"
        assert ev.corrections(key), key


def test_whose_n_it_is_cannot_be_said_of_no_n(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "facts.toml"
    path.write_text(
        '[X1]\nquantity = "x"\nas_printed = "1 h"\nsource = "hyams-2005"\nreading = "provisional"\nn_of = "study"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="there is no n"):
        read_facts(read_toml(path))
