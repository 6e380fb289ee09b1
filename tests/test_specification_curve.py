"""The picture of every way to pool: the defensible ones, on an axis on which they can be told apart."""

import re

import numpy as np
import pytest

from openldn.answers import ask_multiverse
from openldn.answers.multiverse_figure import multiverse_figure
from openldn.figures import Published, specification_curve
from openldn.notation import InputError


def ticks(svg: str) -> list[float]:
    """The labels of the axis, which stand right-aligned on its left."""
    texts = re.findall(r'text-anchor="end"[^>]*>(−?[\d.]+)<', svg)
    return [float(t.replace("−", "-")) for t in texts]


def curve(**more: object) -> object:
    e = np.linspace(-1.0, 0.05, 40)
    wide = np.where(np.arange(40) % 5 == 0, 30.0, 0.5)
    return specification_curve(
        "x", "t", e, e - wide, e + wide, {"a": ["one", "two"] * 20}, measure="points", **more
    )  # type: ignore[arg-type]


def test_wild_intervals_do_not_flatten_the_estimates() -> None:
    svg = curve().wide  # type: ignore[attr-defined]
    shown = [t for t in ticks(svg) if t not in (-0.48, -0.46, -0.50)]
    assert max(map(abs, shown)) <= 2
    assert min(shown) < -0.9
    assert "at the edge: intervals go on beyond it" in svg
    e = np.linspace(-1.0, 0.05, 40)
    narrow = specification_curve("x", "t", e, e - 0.1, e + 0.1, {"a": ["one"] * 40}, measure="points")
    assert "intervals go on" not in narrow.wide


def test_what_is_not_defensible_is_behind_and_counts_nowhere() -> None:
    plain, pale = curve(), curve(others=[-3.0, -2.0, -0.5])
    assert "not defensible" not in plain.alt  # type: ignore[attr-defined]
    assert "In pale 3 that are not defensible: from −3.00 to −0.50" in pale.alt  # type: ignore[attr-defined]
    medians = re.compile(r"Median by a: [^.]*\.\d+, [^.]*\.\d+")
    assert medians.search(plain.alt)[0] == medians.search(pale.alt)[0]  # type: ignore[attr-defined,index]
    with pytest.raises(InputError, match="other estimates"):
        curve(others=[float("nan")])


def test_a_check_of_our_own_is_not_called_published() -> None:
    marks = [Published("theirs: reproduced", -0.5), Published("ours: reproduced", -0.4, own=True)]
    alt = curve(published=marks).alt  # type: ignore[attr-defined]
    assert "Published: theirs" in alt
    assert "Own check: ours" in alt
    assert "Published: ours" not in alt


def test_the_curve_of_a_condition_holds_its_defensible_analyses_alone() -> None:
    answer = ask_multiverse("depression", "")
    run = answer.run
    figure = multiverse_figure(answer)
    good = np.asarray(run.defensible, bool)
    assert 0 < good.sum() < len(run)
    assert figure.alt.startswith(f"{good.sum():,} analyses")
    assert answer.defensible is not None
    assert f"median {answer.defensible.median:.2f}".replace("-", "−") in figure.alt
    assert f"In pale {(~good).sum():,} that are not defensible" in figure.alt
