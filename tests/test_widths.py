"""The width of the terminal moves words to other lines, and changes none."""

import pytest
from click.testing import CliRunner

from fuzzing.places import DATA, EXAMPLES
from openldn.cli.main import cli

COMMANDS = {
    "prisma": ("evidence", "prisma", str(DATA / "prisma.toml")),
    "evidence": ("evidence", "crohn"),
    "claims": ("claims",),
    "claim": ("claims", "H01"),
    "meta": ("meta", str(EXAMPLES / "bcg.csv"), "--measure", "RR", "--by", "zone", "--moderator", "latitude", "--checks"),
    "dose": ("dose", "4.5mg", "--days", "2", "--persons", "3", "--for", "fibromyalgia"),
    "check": ("check", "1", "48", "--meanings"),
    "nca": ("simulate", "one_compartment", "100 mg every 12h for 2d", "--nca", "C"),
}  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_the_width_of_the_terminal_changes_no_word(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = set()
    for width in ("0", "1", "20", "40", "80", "200"):
        monkeypatch.setenv("COLUMNS", width)
        found = CliRunner().invoke(cli, words)
        assert found.exit_code == 0, found.output
        said.add("".join(found.output.split()))
    assert len(said) == 1
