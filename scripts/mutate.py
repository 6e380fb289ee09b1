"""Do the tests notice? One ordinary mistake at a time is made in a copy of the code, and the tests that reach its line run.

    python scripts/mutate.py --lines 60 --seed 1 --work /tmp/mutate

The lines are drawn over all rooms, from the seed. Which tests reach a line is found by running each test file once under
coverage (`pip install coverage`), which takes half an hour; the map is kept in the folder --work, outside the repository.
The list goes to docs/data/mutation.csv; what is known of a survivor, such as why nobody can see it, is kept there.
"""

import argparse
import ast
import csv
import itertools
import math
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "docs" / "data" / "mutation.csv"
_AT_FIRST = 25  # tests that run before the rest of those that reach a line
_PATIENCE = 600  # seconds of one run of tests; beyond, the mistake has been noticed
_COMPARED = {
    "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==", "is not": "is", "is": "is not",
    "not in": "in", "in": "not in",
}  # fmt: skip
_OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
}


@dataclass(frozen=True)
class Mutant:
    """One mistake. outcome: killed, survived or equivalent; by: the test that noticed; reason: why nobody could."""

    file: str
    line: int
    kind: str
    was: str
    became: str
    outcome: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Edit:
    """What of a text is replaced, by places of signs."""

    line: int
    kind: str
    start: int
    end: int
    new: str


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=int, default=60)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--work", type=Path, required=True, help="a folder outside the repository")
    asked.add_argument(
        "--again", action="store_true", help="run those of the list that survived, instead of new ones"
    )
    asked.add_argument("--map-as-it-is", action="store_true", help="do not run tests that the map lacks")
    given = asked.parse_args()
    tree = given.work / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__", ".git", ".venv", "_build", ".mypy_cache", ".ruff_cache")
    shutil.copytree(ROOT, tree, ignore=unwanted)
    reached = _map(given.work, tree, () if given.map_as_it_is else sorted((tree / "tests").glob("test_*.py")))
    kept = list(_kept())
    if given.again:
        chosen = [(m, edit) for m in kept if m.outcome == "survived" for edit in _edit_of(m)]
    else:
        known = {(m.file, m.was, m.became) for m in kept}
        drawn = (
            (m, edit) for m, edit in _drawn(given.seed, given.lines) if (m.file, m.was, m.became) not in known
        )
        chosen = list(itertools.islice(drawn, max(0, given.lines - len(kept))))
    for mutant, edit in chosen:
        found = _tried(mutant, edit, tree, reached, given.work)
        kept = [
            m
            for m in kept
            if (m.file, m.line, m.was, m.became) != (found.file, found.line, found.was, found.became)
        ]
        kept.append(found)
        print(
            f"{found.outcome:9} {found.file}:{found.line} {found.kind}: {found.was} → {found.became} ({found.by})",
            flush=True,
        )
        _write(kept)
    noticed = sum(m.outcome == "killed" for m in kept)
    can_be = sum(m.outcome != "equivalent" for m in kept)
    print(f"{noticed} of {can_be} were noticed, {len(kept) - can_be} cannot be")


def _drawn(seed: int, lines: int) -> Iterator[tuple[Mutant, Edit]]:
    """Mistakes, a line at most once, rooms by the root of their size."""
    r = random.Random(seed)
    found: dict[str, list[tuple[str, Edit]]] = {}
    for path in sorted((ROOT / "src" / "openldn").rglob("*.py")):
        room = path.relative_to(ROOT / "src" / "openldn").parts[0]
        if room.endswith(".py"):
            continue
        text = path.read_text(encoding="utf-8")
        found.setdefault(room, []).extend((str(path.relative_to(ROOT)), edit) for edit in edits(text))
    rooms = sorted(found)
    weights = [math.sqrt(len(found[room])) for room in rooms]
    order = rooms + r.choices(rooms, weights, k=20 * lines)
    seen = set[tuple[str, int]]()
    for room in order:
        file, edit = r.choice(found[room])
        if (file, edit.line) not in seen:
            seen.add((file, edit.line))
            yield _mutant(file, edit), edit


def _mutant(file: str, edit: Edit) -> Mutant:
    text = (ROOT / file).read_text(encoding="utf-8")
    new = text[: edit.start] + edit.new + text[edit.end :]
    # A change may span lines: the first of them stands for it, with what is put in.
    was, became = (" ".join(whole.splitlines()[edit.line - 1].split()) for whole in (text, new))
    return Mutant(file, edit.line, edit.kind, was, became)


def _edit_of(mutant: Mutant) -> list[Edit]:
    """The same mistake in the code as it is now, wherever the line has gone."""
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    same = [e for e in edits(text) if e.kind == mutant.kind]
    return [
        e for e in same if (m := _mutant(mutant.file, e)).was == mutant.was and m.became == mutant.became
    ][:1]


def edits(text: str) -> Iterator[Edit]:
    """Every mistake that can be made in a module, one at a time."""
    starts = list(itertools.accumulate((len(line) for line in text.splitlines(keepends=True)), initial=0))
    lines = text.splitlines(keepends=True)

    def place(line: int, byte: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:byte].decode())

    def span(node: ast.expr) -> tuple[int, int]:
        return place(node.lineno, node.col_offset), place(node.end_lineno or 0, node.end_col_offset or 0)

    def between(a: ast.expr, b: ast.expr, words: dict[str, str], kind: str) -> Iterator[Edit]:
        start, end = span(a)[1], span(b)[0]
        found = re.search(
            r"(?<![\w=<>!*/])(" + "|".join(map(re.escape, words)) + r")(?![\w=*/])", text[start:end]
        )
        if found and "#" not in text[start:end]:
            at = text.count("\n", 0, start + found.start()) + 1
            yield Edit(at, kind, start + found.start(), start + found.end(), words[found[0]])

    for node in _evaluated(ast.parse(text)):
        if isinstance(node, ast.Compare):
            for a, b in itertools.pairwise([node.left, *node.comparators]):
                yield from between(a, b, _COMPARED, "comparison flipped")
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            was, new = _OPERATORS[type(node.op)]
            yield from between(node.left, node.right, {was: new}, "operator changed")
        elif isinstance(node, ast.BoolOp):
            words = {"and": "or"} if isinstance(node.op, ast.And) else {"or": "and"}
            yield from between(node.values[0], node.values[1], words, "and, or")
        elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
            start, end = span(node.test)
            yield Edit(node.test.lineno, "condition negated", start, end, f"not ({text[start:end]})")
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            start, end = span(node)
            new = (
                node.value + 1
                if isinstance(node.value, int) or node.value == 0
                else float(f"{1.1 * node.value:.12g}")
            )
            yield Edit(node.lineno, "constant changed", start, end, repr(new))
        elif isinstance(node, ast.Return) and node.value is not None:
            start, end = span(node.value)
            if text[start:end] != "None":
                yield Edit(node.value.lineno, "value not returned", start, end, "None")
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, (ast.Name, ast.BinOp))
            and isinstance(node.ctx, ast.Load)
        ):
            start, end = span(node.slice)
            yield Edit(node.slice.lineno, "index off by one", start, end, f"{text[start:end]} + 1")


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that do something: no annotations, no subscripts of types, no decorators."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        if isinstance(node, ast.AnnAssign) and name == "target":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _evaluated(child)


Map = dict[tuple[str, int], set[str]]


def _map(work: Path, tree: Path, files: Sequence[Path]) -> Map:
    """Tests that reach each line, by (file, line); a test is "tests/test_x.py::test_y". files: of tests, run where not known."""
    from coverage import CoverageData
    from coverage.exceptions import CoverageException

    data = work / "data"
    data.mkdir(exist_ok=True)
    for path in files:
        if not (data / path.stem).exists():
            subprocess.run(
                [sys.executable, "-m", "coverage", "run", f"--data-file={data / path.stem}", f"--rcfile={_settings(work, tree)}",
                 "-m", "pytest", "-p", "no:cacheprovider", str(path.relative_to(tree))],
                cwd=tree, env=_environment(tree, work / "cache"), check=False, timeout=3600, stdout=subprocess.DEVNULL,
            )  # fmt: skip
    found: Map = {}
    for path in data.glob("test_*"):
        read = CoverageData(str(path))
        try:
            read.read()
        except CoverageException:  # it is being written
            continue
        for measured in read.measured_files():
            file = "src/openldn" + measured.rpartition("src/openldn")[2]
            for line, contexts in read.contexts_by_lineno(measured).items():
                tests = {
                    f"tests/{c.split('.')[0]}.py::{c.split('.')[-1]}"
                    for c in contexts
                    if c.startswith("test_")
                }
                found.setdefault((file, line), set()).update(tests)
    return found


def _settings(work: Path, tree: Path) -> Path:
    path = work / "coveragerc"
    path.write_text(
        f"[run]\nsource = {tree / 'src' / 'openldn'}\ndynamic_context = test_function\n", encoding="utf-8"
    )
    return path


def _environment(tree: Path, cache: Path) -> dict[str, str]:
    paths = [str(tree / "src"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
        "OPENLDN_CACHE": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _tests(mutant: Mutant, last: int, reached: Map) -> list[str]:
    """Those that reach the line, the most particular first; of what only an import reads, those of the module."""
    of_file = {line: tests for (file, line), tests in reached.items() if file == mutant.file}
    found = set[str]().union(*(of_file.get(line, ()) for line in range(mutant.line, last + 1)))
    found = found or set[str]().union(*of_file.values()) if of_file else set()
    if not found:
        module = (
            mutant.file.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        )
        room = ".".join(module.split(".")[:2])
        texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
        for word in (module, room):
            if named := [path for path, text in texts.items() if word in text]:
                return [f"tests/{path.name}" for path in sorted(named)]
    breadth = dict[str, int]()
    for tests in reached.values():
        for test in tests:
            breadth[test] = breadth.get(test, 0) + 1
    return sorted(found, key=lambda test: (breadth.get(test, 0), test))


def _tried(mutant: Mutant, edit: Edit, tree: Path, reached: Map, work: Path) -> Mutant:
    path = tree / mutant.file
    text = path.read_text(encoding="utf-8")
    tests = _tests(mutant, edit.line + text.count("\n", edit.start, edit.end), reached)
    # A kernel that a mistake compiled must not serve another run.
    own = "/engine/" in mutant.file
    cache = work / ("cache-of-one" if own else "cache")
    if own:
        shutil.rmtree(cache, ignore_errors=True)
    try:
        path.write_text(text[: edit.start] + edit.new + text[edit.end :], encoding="utf-8")
        # What is kept from one test to the next is made in the first alone, so that whole files come last.
        files = list(dict.fromkeys(test.partition("::")[0] for test in tests))
        for some in (tests[:_AT_FIRST], tests[_AT_FIRST:], *([file] for file in files)):
            if some and (by := _noticed(some, tree, cache)):
                return replace(mutant, outcome="killed", by=by)
    finally:
        path.write_text(text, encoding="utf-8")
    return replace(mutant, outcome="survived", by=f"{len(tests)} tests")


def _noticed(tests: Sequence[str], tree: Path, cache: Path) -> str:
    """The first test that fails, "" where none does."""
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "--no-header",
        "--tb=no",
        "-rfE",
        *tests,
    ]
    try:
        run = subprocess.run(
            words,
            cwd=tree,
            env=_environment(tree, cache),
            check=False,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return "time"
    if run.returncode in (0, 5):
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", run.stdout, re.MULTILINE)
    return found[1] if found else f"exit {run.returncode}"


def _kept() -> Iterator[Mutant]:
    if LIST.exists():
        with LIST.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield Mutant(**{**row, "line": int(row["line"])})  # type: ignore[arg-type]


def _write(mutants: Sequence[Mutant]) -> None:
    with LIST.open("w", newline="", encoding="utf-8") as file:
        written = csv.writer(file, lineterminator="\n")
        written.writerow([field.name for field in fields(Mutant)])
        written.writerows(astuple(m) for m in sorted(mutants, key=lambda m: (m.file, m.line)))


if __name__ == "__main__":
    main()
