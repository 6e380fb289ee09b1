"""People out of a hundred: what the pictures say agrees with the table that they are made from."""

import re

import pytest

from openldn.answers.finding_figures import finding_figures
from openldn.evidence.certainty import summary_of_findings
from openldn.evidence.conditions import conditions
from openldn.figures import Panel, icon_array

ICONS = [
    (s, f)
    for s in (summary_of_findings(c.key) for c in conditions())
    for f in finding_figures(s)
    if f.id.startswith("icons-")
]


def sentences(alt: str, outcome: str) -> str:
    """What the picture says of one outcome: from its name to its certainty."""
    return alt[alt.index(f": {outcome}. ") :].split(" Certainty: ")[0]


@pytest.mark.parametrize(("findings", "figure"), ICONS, ids=[f.id for _, f in ICONS])
def test_a_ratio_in_a_picture_is_that_of_the_table_and_of_its_counts(
    findings: object, figure: object
) -> None:
    for row in findings.rows:  # type: ignore[attr-defined]
        if row.per_thousand is None:
            continue
        said = sentences(figure.alt, row.outcome)  # type: ignore[attr-defined]
        if found := re.search(r"([\d.]+) times as many", said):
            without, treated = map(int, re.findall(r"(\d+) of 100", said))
            assert float(found[1]) == pytest.approx(row.relative[0], abs=0.05001)
            assert float(found[1]) == pytest.approx(treated / without, abs=0.05001)


@pytest.mark.parametrize(("findings", "figure"), ICONS, ids=[f.id for _, f in ICONS])
def test_only_a_harm_is_called_a_harm_and_each_outcome_has_its_certainty(
    findings: object, figure: object
) -> None:
    for row in findings.rows:  # type: ignore[attr-defined]
        if row.per_thousand is None:
            continue
        alt = figure.alt  # type: ignore[attr-defined]
        assert (f"Harm: {row.outcome}. " in alt) == row.question.harm
        assert (f"Benefit: {row.outcome}. " in alt) == (
            not row.question.harm and row.question.better == "higher"
        )
        assert f"Certainty: {row.certainty.shown}." in alt[alt.index(row.outcome) :]


def test_the_infections_that_the_drug_was_given_against_are_no_harm_of_it() -> None:
    (figure,) = [f for s, f in ICONS if "hiv" in f.id or "infection" in f.alt]
    assert "Event to prevent: opportunistic infections" in figure.alt


def test_a_ratio_that_rounded_counts_contradict_is_left_to_the_table() -> None:
    near = icon_array("a", "t", [Panel("x", "harm", 20, 28, 22, 36, 1.4)]).alt
    assert "1.4 times as many" in near
    far = icon_array("a", "t", [Panel("x", "harm", 2, 1, 0, 16, 0.34)]).alt
    assert "times as many" not in far
    assert "2 of 100 on placebo, 1 of 100 on LDN: 1 fewer (range 2 fewer to 14 more)." in far
