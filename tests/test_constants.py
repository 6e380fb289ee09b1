"""Numbers with a meaning in pharmacology stand in tables with a source, and none in code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import openldn

SRC = Path(openldn.__file__).parent

# zero, one, two; hours of a day and of a week; percent; thousands from unit to unit
STRUCTURAL = {0, 1, 2, 24, 168, 100, 1000}
# what a solver, a cache or an axis is told, the places of percentiles and the points of a grid say nothing of the body
ARGUMENTS = {"rtol", "atol", "maxsize", "axis", "seed"}
PLACES = {"percentile", "quantile", "arange", "geomspace", "round"}

# Every other number of a module that runs the model, and what it is. None may be a property of drug or body.
NAMED: dict[str, dict[str, set[float]]] = {
    "calibration/occupancy.py": {"the dosing of the scans, mg and hours, and grid": {50, 72}},
    "proof/measures.py": {"hours of a run, unless a check says otherwise": {240}},
    "answers/belief.py": {"draws, seed": {200, 20261123}, "days of a run": {28}},
    "answers/comparison.py": {"hours to look at": {4, 8, 12, 48, 72}, "days of a run": {14, 28}},
    "answers/course.py": {"weeks, persons": {12, 2000}},
    "answers/doses.py": {"persons, seed": {50, 20261123}, "days of a run": {28}},
    "answers/following.py": {
        "days and hours of a run": {14, 40, 180, 0.25},
        "most persons times days, numbers of a group": {1_200_000, 6_000_000},
    },
    "answers/export.py": {"days of a run": {28, 366}},
    "answers/hypotheses.py": {"a twentieth, a quarter, a half": {0.05, 1.25, 25, 50}},
    "answers/illness.py": {"days of a run, mg a day": {28, 4.5}, "halvings and where they start": {60, 1e-3}},
    "answers/mechanisms.py": {"step of the day, hours": {0.5}},
    "answers/model_files.py": {"most states": {300}},
    "answers/opioids.py": {"hours of a run and its step": {48, 0.1}},
    "answers/practical.py": {
        "days of a run and its steps": {28, 45, 0.25},
        "percent to which washout is followed": {20, 10, 5},
        "doses of the curve, mg": {0.1, 0.25, 0.5, 1.5, 3, 4.5, 6, 12, 25, 50},
        "what counts as steady": {0.95},
        "the dose missed, gaps in hours": {20, 48, 72},
        "hours of the night": {22, 8, 14},
    },
    "answers/request.py": {"most days and milligrams that may be asked for": {366, 400}},
    "answers/sensitivity.py": {
        "days of a run": {60},
        "steps of what is moved, rows a number": {0.2, 0.02, 4},
        "percent to which washout is followed": {10},
    },
    "answers/simulation.py": {"most times, numbers, cells and signs": {100_000, 20_000_000, 5_000_000, 2_000_000}},
    "answers/statements.py": {
        "of 100 draws, what a sentence treats as rare": {5},
        "half of the receptors": {0.5},
        "hours of a run": {48},
    },
}  # fmt: skip


def numbers(tree: ast.AST) -> Iterator[tuple[float, int]]:
    """Literals with their lines, but for those in subscripts, formats, ARGUMENTS and PLACES."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.keyword) and node.arg in ARGUMENTS:
            continue
        if isinstance(node, ast.FormattedValue):
            yield from numbers(ast.Expression(body=node.value))
            continue
        if isinstance(node, ast.Subscript):
            yield from numbers(ast.Expression(body=node.value))
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in PLACES:
            continue
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield abs(node.value), node.lineno
        yield from numbers(node)


def runs_the_model(path: Path) -> bool:
    """Whether a module of the answers computes with equations of the body."""
    return "from openldn.engine import" in path.read_text(encoding="utf-8")


MODULES = [
    *sorted((SRC / "pharmacology").glob("*.py")),
    *sorted((SRC / "calibration").glob("*.py")),
    *sorted((SRC / "proof").glob("*.py")),
    *(p for p in sorted((SRC / "answers").glob("*.py")) if runs_the_model(p)),
]


def stray(source: str, allowed: set[float]) -> list[tuple[float, int]]:
    """Numbers, with their lines, that are neither structural nor allowed; solver tolerances are far below any."""
    return [
        (v, line)
        for v, line in numbers(ast.parse(source))
        if v not in STRUCTURAL | allowed and v > SMALLEST_MEANT
    ]


SMALLEST_MEANT = 1e-6


@pytest.mark.parametrize("path", MODULES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_number_in_code_that_runs_the_model_is_structural_or_named_here(path: Path) -> None:
    allowed = set().union(*NAMED.get(f"{path.parent.name}/{path.name}", {}).values())
    found = stray(path.read_text(encoding="utf-8"), allowed)
    assert not found, f"{path.name}: put it in a table with its source, or say here what it is: {found}"


def test_every_exception_is_still_needed() -> None:
    for name, reasons in NAMED.items():
        there = {v for v, _ in numbers(ast.parse((SRC / name).read_text(encoding="utf-8")))}
        assert set().union(*reasons.values()) <= there, name


@pytest.mark.parametrize(
    "line", ["gain = 0.64", "x = 20", "f(0.2)", "KI = 1 / 0.2", "y = -0.64 * x", "z = {'a': 20.0}"]
)
def test_a_constant_of_two_digits_would_be_caught(line: str) -> None:
    assert stray(line, set())


@pytest.mark.parametrize(
    "line",
    ["x = y[5:20]", "f(rtol=0.3)", "np.percentile(y, [5, 95])", 'f"{x:.3f} {y[:7]}"', "t = 24 * 100 - 2"],
)
def test_what_says_nothing_of_the_body_is_not(line: str) -> None:
    assert not stray(line, set())
