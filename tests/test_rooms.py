"""The import table: who may know whom, and that the heavy libraries wait until they are needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import openldn

SRC = Path(openldn.__file__).parent
MAY_IMPORT = {
    "notation": set(),
    "engine": {"notation"},
    "figures": {"notation"},
    "pharmacology": {"notation", "engine"},
    "population": {"notation", "engine"},
    "meta": {"notation", "figures"},
    "trials": {"notation", "engine", "meta", "population"},
    "evidence": {"notation", "meta"},
    "calibration": {"notation", "engine", "meta", "pharmacology", "population", "trials", "evidence"},
}
MAY_IMPORT["answers"] = {*MAY_IMPORT, "proof"}
MAY_IMPORT["proof"] = set(MAY_IMPORT) - {"answers"}
MAY_IMPORT["cli"] = MAY_IMPORT["web"] = {"answers", "proof", "notation"}
HEAVY = {
    "scipy", "altair", "vl_convert", "rich", "jinja2", "sympy", "pandas", "llvmlite", "duckdb", "xarray", "libsbml",
    "roadrunner",
}  # fmt: skip
ROOMS = sorted(p.name for p in SRC.iterdir() if p.is_dir() and (p / "__init__.py").exists())


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""]
            if node.module == "openldn":
                names = [f"openldn.{alias.name}" for alias in node.names]
        found |= set(names)
    return found


DRAWS = {"run_picture.py"}  # of the engine: what a run shows when it is asked for a picture


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_only_the_rooms_it_may(room: str) -> None:
    for path in (SRC / room).rglob("*.py"):
        for name in imported(path):
            if name.startswith("openldn."):
                other = name.split(".")[1]
                if other.startswith("__"):
                    continue
                draws = (room, other) == ("engine", "figures") and path.name in DRAWS
                assert other == room or other in MAY_IMPORT[room] or draws, f"{path.name} imports {name}"


@pytest.mark.parametrize("room", ["meta", "engine"])
def test_numbers_are_had_without_loading_what_draws_them(room: str) -> None:
    code = f"import sys, openldn.{room}; print([m for m in sys.modules if m.startswith('openldn.figures')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_that_stands_is_in_the_table_and_has_a_doormat(room: str) -> None:
    assert room in MAY_IMPORT
    doormat = ast.parse((SRC / room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(doormat)
    for node in doormat.body[1:]:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        assert isinstance(node, ast.ImportFrom | ast.Assign), "a doormat holds names and nothing else"


@pytest.mark.parametrize("room", [r for r in ROOMS if r != "cli"])
def test_every_public_name_is_listed_and_there(room: str) -> None:
    module = __import__(f"openldn.{room}", fromlist=["x"])
    assert list(module.__all__) == list(dict.fromkeys(module.__all__))
    for name in module.__all__:
        assert hasattr(module, name), name


def test_heavy_libraries_are_not_loaded_by_importing_us() -> None:
    code = "import sys, openldn.answers, openldn.cli; print(sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [name for name in HEAVY if f"'{name}'" in loaded]


def test_help_loads_neither_numpy_nor_any_room_but_notation() -> None:
    code = "import sys\nfrom openldn.cli import main\ntry:\n main(['--help'])\nexcept SystemExit: pass\n"
    code += (
        "print('LOADED', sorted(m for m in sys.modules if m == 'numpy' or m.startswith('openldn.answers')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in run.stdout


def test_nothing_reads_what_a_user_does_not_have() -> None:
    for path in SRC.rglob("*"):
        if path.suffix in (".py", ".toml", ".model", ".html"):
            assert "../shared" not in path.read_text(encoding="utf-8"), path


def test_no_room_imports_what_is_not_installed_with_it() -> None:
    outside = {"benchmarks", "tests", "numba", "numbalsoda", "heyoka"}
    for path in SRC.rglob("*.py"):
        assert not {name.split(".")[0] for name in imported(path)} & outside, path


def test_every_name_of_the_answers_has_its_file_and_no_file_hides_a_name() -> None:
    from openldn import answers

    files = {path.stem for path in (SRC / "answers").glob("*.py")}
    assert sorted(n for names in answers._FILES.values() for n in names) == sorted(answers.__all__)
    assert not files & set(answers.__all__), "importing the file would put it in the place of the name"
    for name in answers.__all__:
        assert getattr(answers, name) is getattr(answers, name)


def test_a_simulation_reads_nothing_of_the_evidence() -> None:
    code = (
        "import sys; from openldn.answers import simulate; "
        "print([m for m in sys.modules if m.startswith('openldn.evidence') or m == 'altair'])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
