"""The documentation shows what there is, and its examples work."""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pytest

import openldn
from openldn import __version__, pharmacology
from openldn.cli import cli
from openldn.engine import assemble, parse_block, parse_model, read_table
from openldn.evidence import read_study
from openldn.evidence.claims import read_claim
from openldn.notation import read_facts, read_toml
from test_rooms import MAY_IMPORT, ROOMS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
COMMANDS = cli.list_commands(click.Context(cli))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def fenced(text: str, language: str) -> list[str]:
    """The code blocks of a page in this language, without their common indent."""
    blocks = re.findall(rf"^( *)```{re.escape(language)}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in body.splitlines()) for indent, body in blocks]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_its_help_on_the_page_of_commands(command: str) -> None:
    assert f"```{{ldn-help}} {command}\n" in page("commands.md")


def test_the_page_of_commands_shows_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"```\{ldn-help\} (\S+)", page("commands.md"))) <= set(COMMANDS)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_says_what_it_is(room: str) -> None:
    module = import_module(f"openldn.{room}")
    silent = [name for name in module.__all__ if not described(getattr(module, name))]
    assert not silent, f"openldn.{room}: no docstring on {', '.join(silent)}"


def described(thing: object) -> bool:
    """Whether a class or function has a docstring of its own; constants need none."""
    if inspect.isclass(thing):
        # the docstring that dataclass writes is a signature, not a sentence
        return bool(thing.__doc__) and not str(thing.__doc__).startswith(f"{thing.__name__}(")
    return bool(inspect.getdoc(thing)) if callable(thing) else True


def test_the_readme_shows_the_two_commands_of_a_newcomer() -> None:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    assert "./ldn review" in text
    assert "./test" in text


def pages_with_code() -> list[Path]:
    return [
        path
        for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
        if "```python" in path.read_text("utf-8")
    ]


@pytest.mark.parametrize("path", pages_with_code(), ids=lambda path: path.stem)
def test_the_python_of_a_page_runs_from_the_top_and_makes_what_the_page_shows(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    text = path.read_text(encoding="utf-8")
    found = import_module("page_code").ran(path)
    assert len(found.printed) == len(fenced(text, "python")), "each block stands at the margin"
    shown = re.findall(r"^```\{ldn-picture\} (.*)$", text, re.MULTILINE)
    assert all(10_000 < len(found.pictures[name]) < 120_000 for name in shown), "a picture, and a small one"
    for line, _ in enumerate(text.splitlines(), start=1):
        if text.splitlines()[line - 1] == "```{ldn-printed}":
            assert found.before(line), f"nothing is printed above line {line}"


def test_the_reference_has_every_name_of_the_front_door_and_of_four_rooms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    names = import_module("public_names")
    text = page("reference.md")
    listed = [name for line in re.findall(r"```\{ldn-reference\} (.*)", text) for name in line.split()]
    assert sorted(listed) == sorted(openldn.__all__)
    assert re.findall(r"```\{ldn-room\} (.*)", text) == list(names.ROOMS)
    for room in names.ROOMS:
        assert [name.name for name in names.room(room)] == import_module(f"openldn.{room}").__all__


def test_the_reference_leaves_no_name_without_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    names = import_module("public_names")
    found = [entry for name in openldn.__all__ for entry in names.front(name)]
    inside = {f"{entry.name}{part.name}": part for entry in found for part in entry.inside}
    assert {
        "ldn.Model.simulate",
        "ldn.Run.nca",
        "ldn.Events.then",
        "Pooled.forest",
        "DoseAnswer.plot",
    } <= set(inside)
    every = {entry.name: entry for entry in found} | inside
    assert not [name for name, entry in every.items() if not entry.doc]
    assert not [name for name, entry in every.items() if "<" in entry.arguments], "a default that is no word"


def test_the_example_models_of_the_language_page_assemble_or_are_meant_not_to() -> None:
    models = fenced(page("language.md"), "{ldn-model}")
    good = [text for text in models if not text.startswith(":refused:")]
    assert good
    for text in good:
        block = parse_block(text, file="language.md")
        assert assemble(block.name, {block.name: block}.__getitem__).states


def test_the_python_of_the_language_page_runs_its_model(tmp_path: Path) -> None:
    code, assay = fenced(page("language.md"), "python")
    names: dict[str, object] = {}
    exec(compile(code, "language.md", "exec"), names)
    exec(compile(assay, "language.md", "exec"), names)
    path = written(tmp_path, "mine.model", fenced(page("language.md"), "{ldn-model}")[0])
    run = names["run"]
    assert callable(run)
    shape = run(path)
    assert shape.shape == (3, 97)
    assert np.all(np.diff(shape[:, 60]) < 0), "who clears faster has less"
    (model,) = (
        parse_model(text) for text in fenced(page("language.md"), "{ldn-model}") if "observe DV" in text
    )
    printed = names["assay"](model, 100, 1)  # type: ignore[operator]
    assert printed.shape == (500,)
    assert 0 < np.mean(np.isnan(printed)) < 0.5, "some of what is near the limit is not printed"
    assert np.nanmin(printed) >= 0.5


def test_every_block_and_every_file_of_facts_is_shown() -> None:
    for name in pharmacology.block_names():
        assert f"```{{ldn-block}} {name}\n" in page("model.md")
    for path in (pharmacology.drug.ROOM / "facts").glob("*.toml"):
        assert path.stem in ("pet", "measurable") or f"```{{ldn-facts}} {path.stem}\n" in page("facts.md")


class _Unlinked:
    """Stands in for a directive where only its words are wanted."""

    def references(self, kind: str, keys: object) -> list[object]:
        return []


def test_the_tables_of_numbers_show_where_each_number_may_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    pages = import_module("openldn_docs")
    scale = pharmacology.scale("crohn", "cdai")
    for m in (pharmacology.model(), scale.model()):
        for p in m.parameters.values():
            row = dict(zip(pages.NUMBERS, pages.Rendered.cells(_Unlinked(), p), strict=True))
            unsure = p.entry.unsure
            assert row["unsure"] == (f"{unsure.low:g} to {unsure.high:g}" if unsure else "not stated"), (
                p.symbol
            )
            if unsure:
                assert unsure.why in row["why"]
    assert len(pages.NUMBERS) == len(pages.NUMBER_WIDTHS)


def test_every_page_is_reached_from_the_first() -> None:
    for path in DOCS.glob("*.md"):
        assert path.stem == "index" or f"\n{path.stem}\n" in page("index.md")


def test_every_directive_that_a_page_uses_is_one_of_ours() -> None:
    tree = ast.parse(page("_ext/openldn_docs.py"))
    names = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    for path in DOCS.glob("*.md"):
        for name in re.findall(r"```\{(ldn-[a-z-]+)\}", path.read_text(encoding="utf-8")):
            assert name in names, f"{path.name} uses {name}"


def test_the_table_of_rooms_for_contributors_is_the_one_that_is_held() -> None:
    rows = re.findall(r"^\| (\w+) \| .* \| ([\w, ]+) \|$", contributing(), re.MULTILINE)
    found = {room: set(may.split(", ")) - {"nothing"} for room, may in rows if room != "room"}
    assert found == MAY_IMPORT


def contributing() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_study_of_the_contributing_guide_reads(tmp_path: Path) -> None:
    (text,) = [block for block in fenced(contributing(), "toml") if "doe-2030-crohn" in block]
    study = read_study(written(tmp_path, "doe-2030-crohn.toml", text))
    assert study.is_trial
    assert study.outcomes[0].arms[1].percent == 30


def test_the_fact_and_the_parameter_of_the_contributing_guide_read(tmp_path: Path) -> None:
    (fact,) = [block for block in fenced(contributing(), "toml") if "[PK199]" in block]
    (entry,) = [block for block in fenced(contributing(), "toml") if "[KA]" in block]
    read = read_facts(read_toml(written(tmp_path, "fact.toml", fact)))
    assert read["PK199"].value == 3.9
    table = read_table(read_toml(written(tmp_path, "entry.toml", entry)), pharmacology.facts())
    assert table["KA"].basis == "derived"


def test_the_claim_of_the_contributing_guide_reads(tmp_path: Path) -> None:
    (text,) = [block for block in fenced(contributing(), "toml") if "[[claim]]" in block]
    (record,) = read_toml(written(tmp_path, "claim.toml", text)).root().tables("claim")
    assert read_claim(record).verdict == "partly"


def test_the_version_is_the_same_everywhere() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"## [{__version__}] - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_python_of_the_population_page_runs_for_a_few_people() -> None:
    examples = [code for code in fenced(page("population.md"), "python") if "def run(" in code]
    assert len(examples) >= 2
    for code in examples:
        space: dict[str, object] = {}
        exec(compile(code, "population.md", "exec"), space)
        found = space["run"](6)  # type: ignore[operator]
        assert found.persons == 6
        assert found.failed == 0
        assert 0 < float(found.of("blocked").quantile(0.5)) < 14 * 24
