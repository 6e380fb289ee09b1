"""Populations through a model: parts and chunks, who fails, memory, files, and doubt about the numbers."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from scipy.special import ndtri

from openldn.engine import (
    Events,
    Model,
    Run,
    SciPy,
    assemble,
    ev,
    parse_block,
    read_correlations,
    read_table,
)
from openldn.engine.events import nothing
from openldn.engine.run import Reason
from openldn.notation import InputError, OutputError, UnknownName, read_toml
from openldn.pharmacology import kept_to_scans, model
from openldn.population import (
    Measure,
    Summaries,
    doubt,
    draw,
    merge,
    over_doubt,
    simulate_doubt,
    simulate_population,
)

TIMES = np.arange(0.0, 25.0, 1.0)
DOSES = ev("4.5 mg", cmt="oral")
OUTPUTS = ("C_N", "C_6")
MEASURES = (
    Measure("peak", "C_N", "peak"),
    Measure("when", "C_N", "time_of_peak"),
    Measure("high", "C_N", "reaches", 0.3),
)


def closed_form(m: Model, given: Events, times: Any, outputs: Any, values: Any = None, **options: Any) -> Run:
    """In place of `simulate`: C_N = F_ORAL e^(−t / 5), C_6 = e^(−t CL_6 / 200)."""
    known = values or {}
    share, clears = (np.asarray(known.get(n, m.parameters[n].value)) for n in ("F_ORAL", "CL_6_APPARENT"))
    share, clears = np.broadcast_arrays(np.atleast_1d(share), np.atleast_1d(clears))
    both = [share[:, None] * 4.5 * np.exp(-times / 5), np.exp(-times * clears[:, None] / 200)]
    wide = np.broadcast_to(times, (share.size, times.size))
    return Run(tuple(outputs), ("ug/L", "ug/L"), wide, np.stack(both, axis=-1))


def run(persons: int, *, by: Any = closed_form, **options: Any) -> Summaries:
    """A population whose numbers come from `by`, a function like `simulate`; None takes the engine."""
    asked = {"measures": MEASURES, **options}
    if by is None:
        return simulate_population(model(), DOSES, TIMES, OUTPUTS, persons, 6, **asked)
    with mock.patch("openldn.population.simulate.simulate", by):
        return simulate_population(model(), DOSES, TIMES, OUTPUTS, persons, 6, **asked)


def same(a: Summaries, b: Summaries) -> bool:
    pairs = [(a.courses, b.courses), (a.once, b.once)]
    return (a.persons, dict(a.reasons), a.first_failed) == (b.persons, dict(b.reasons), b.first_failed) and all(
        np.array_equal(getattr(x, name), getattr(y, name))
        for x, y in pairs
        for name in ("low", "high", "total", "squares")
    ) and all(
        np.array_equal(x.counts.keys, y.counts.keys) and np.array_equal(x.counts.counts, y.counts.counts)
        for x, y in pairs
    )  # fmt: skip


def test_summaries_are_the_same_to_the_bit_for_every_chunk_and_in_parts() -> None:
    whole = run(103, chunk=103)
    for chunk in (1, 7, 50, 2000):
        assert same(run(103, chunk=chunk), whole)
    parts = [run(40), run(60, first=40), run(3, first=100)]
    assert same(merge(merge(parts[2], parts[0]), parts[1]), whole)


def test_summaries_are_those_of_the_trajectories() -> None:
    found = run(500, chunk=64)
    values = closed_form(model(), DOSES, TIMES, OUTPUTS, draw(model(), 500, 6)).of("C_N")
    # numpy's own rounding of 500 terms; a thousandth for quantiles
    assert found.mean("C_N") == pytest.approx(values.mean(axis=0), rel=1e-13)
    assert found.sd("C_N") == pytest.approx(values.std(axis=0, ddof=1), rel=1e-12)
    for q in (0.0, 0.05, 0.5, 0.95, 1.0):
        assert found.quantile("C_N", q) == pytest.approx(np.quantile(values, q, axis=0), rel=1.001e-3)
    assert found.of("peak").mean == pytest.approx(values.max(axis=1).mean(), rel=1e-13)
    assert found.of("peak").quantile(0.9) == pytest.approx(np.quantile(values.max(axis=1), 0.9), rel=1.001e-3)
    assert found.of("when").high == 0
    assert found.count("high") == np.sum(values.max(axis=1) > 0.3)


def test_the_oracle_gives_the_same_population_in_chunks_within_its_tolerance() -> None:
    asked: dict[str, Any] = {"by": None, "solver": SciPy(), "of": "adults"}
    a, b = run(24, chunk=24, **asked), run(24, chunk=5, **asked)
    # steps are shared in a chunk: 1e-8 a step, over some tens of steps
    assert a.mean("C_N") == pytest.approx(b.mean("C_N"), rel=1e-6, abs=1e-9)
    assert a.failed == 0


def test_by_kernel_the_population_is_the_same_to_the_bit_for_every_chunk_and_the_oracle_agrees() -> None:
    whole = run(50, chunk=50, by=None, of="adults")
    for chunk in (1, 13, 32):
        assert same(run(50, chunk=chunk, by=None, of="adults"), whole)
    other = run(50, of="adults", by=None, solver=SciPy())
    # a tolerance of 1e-8 a step for both
    assert whole.mean("C_N") == pytest.approx(other.mean("C_N"), rel=1e-6, abs=1e-9)


def test_the_kernel_gives_a_reason_without_the_hour_for_who_cannot_be_solved() -> None:
    text = "model one : x\nparameter K [1/h] = 0.1 : x\nstate A [1] = 1\nd/dt(A) = K * A * A"
    block = parse_block(text, file="x")
    blows_up = assemble("one", {"one": block}.__getitem__)
    found = simulate_population(
        blows_up, nothing(), TIMES, ("A",), 4, 1, values={"K": np.array([0.001, 0.2, 0.9, 0.002])}
    )
    assert found.failed == 2
    assert found.first_failed == (1, 2)
    assert not any(" h" in reason for reason in found.reasons)


def test_arms_have_the_same_persons() -> None:
    seen: list[dict[str, Any]] = []

    def watched(m: Model, given: Events, times: Any, outputs: Any, values: Any, **options: Any) -> Run:
        seen.append(dict(values))
        return closed_form(m, given, times, outputs, values)

    with mock.patch("openldn.population.simulate.simulate", watched):
        simulate_population(model(), DOSES, TIMES, OUTPUTS, 30, 6, of="adults")
        simulate_population(
            model(), nothing(), TIMES, OUTPUTS, 90, 6, of="adults", values={"KA": 2.0}, chunk=45
        )
    for name in ("F_ORAL", "CL_6_APPARENT", "WEIGHT", "AGE", "SMOKER"):
        assert np.array_equal(seen[0][name], seen[1][name][:30])
    assert seen[0]["covariates"] == 1.0


def fragile(share: float, reason: str) -> Any:
    """In place of `simulate`: gives up at 3 h on whoever absorbs more than `share`."""

    def by(m: Model, given: Events, times: Any, outputs: Any, values: Any, **options: Any) -> Run:
        found = closed_form(m, given, times, outputs, values)
        bad = np.flatnonzero(np.asarray(values["F_ORAL"]) > share)
        found.values[bad[:, None], times > 3] = np.nan
        return replace(found, reasons={int(i): Reason(3.0, reason) for i in bad})

    return by


def test_who_cannot_be_solved_is_counted_and_the_others_stay_who_they_were() -> None:
    shares = draw(model(), 200, 6)["F_ORAL"]
    bad = np.flatnonzero(shares > 0.15)
    assert 0 < bad.size < 60
    for chunk in (200, 33):
        found = run(200, by=fragile(0.15, "too stiff"), chunk=chunk)
        assert found.reasons == {"too stiff": bad.size}
        assert found.first_failed == tuple(bad[:20])
        assert found.solved == 200 - bad.size
        assert found.of("peak").high == 4.5 * shares[shares <= 0.15].max()


def test_a_value_that_is_not_finite_is_a_failure_too() -> None:
    def by(m: Model, given: Events, times: Any, outputs: Any, values: Any, **options: Any) -> Run:
        found = closed_form(m, given, times, outputs, values)
        found.values[np.asarray(values["F_ORAL"]) > 0.15, -1, 1] = np.nan
        return found

    found, bad = run(200, by=by), np.sum(draw(model(), 200, 6)["F_ORAL"] > 0.15)
    assert found.reasons == {"a value is not finite": bad}
    assert np.all(np.isfinite(found.mean("C_6")))


def test_a_population_of_whom_nobody_is_solved_says_so() -> None:
    found = run(5, by=fragile(0.0, "too stiff"))
    assert found.failed == 5
    with pytest.raises(InputError, match="nobody could be solved"):
        found.mean("C_N")


MEMORY = """
import numpy as np, resource
from openldn.engine import assemble, ev, parse_block, read_table
from openldn.notation import read_toml
from openldn.population import Measure, simulate_population
from pathlib import Path
import sys
text = "model one : x\\nparameter K [1/h] : x\\nstate A [mg]\\ndose iv -> A\\nd/dt(A) = -K * A\\nB [mg] = 2 * A"
block = parse_block(text, file="x")
model = assemble("one", {"one": block}.__getitem__, read_table(read_toml(Path(sys.argv[1])), {}))
times, measures = np.linspace(0.0, 24.0, 25), (Measure("peak", "A", "peak"), Measure("area", "A", "area"))

def run(persons):
    return simulate_population(model, ev("1 mg", cmt="iv"), times, ("A", "B"), persons, 1, measures=measures, chunk=4000)

run(8000)
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 64 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    np.ones((200_000, 25, 2))
    print("the limit does not bite")
except MemoryError:
    found = run(200_000)
    print(found.persons, found.failed, float(found.quantile("A", 0.5)[12]), found.of("peak").sd)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the size of the process from /proc")
def test_two_hundred_thousand_persons_need_no_more_memory_than_a_chunk(tmp_path: Path) -> None:
    """64 MiB more than the process had after 8000 persons; their trajectories alone would be 80 MB."""
    table = tmp_path / "one.toml"
    table.write_text(
        '[K]\nas_printed = "0.1 1/h"\nbasis = "assumed"\nwhy = "x"\n'
        'spread = { cv = 0.5, basis = "assumed", why = "x" }\n',
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(table)],
        capture_output=True,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": ":".join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-800:]
    persons, failed, median, spread = done.stdout.split()
    assert (persons, failed) == ("200000", "0")
    k = 0.1 * np.exp(np.sqrt(np.log1p(0.25)) * ndtri((np.arange(20_000) + 0.5) / 20_000))
    # the peak is at the first hour, e^(−K); four standard errors of a spread
    assert float(spread) == pytest.approx(np.exp(-k).std(), rel=4 / np.sqrt(2 * 2e5) + 1e-3)
    # e^(−K 12 h) at the median K; a bin's half width, and four standard errors of the median of 200,000
    assert float(median) == pytest.approx(np.exp(-1.2), rel=1e-3 + 4 * 1.2533 * 0.47 * 1.2 / np.sqrt(2e5))


def test_trajectories_stand_in_a_file_whole(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "courses of 'mine'.parquet"
    found = run(11, chunk=4, first=3, trajectories=path, by=fragile(0.12, "too stiff"))
    assert list(tmp_path.iterdir()) == [path]
    quoted = str(path).replace("'", "''")
    rows = duckdb.sql(f"SELECT person, time_h, C_N, C_6 FROM '{quoted}'").fetchnumpy()
    assert np.array_equal(rows["person"], np.repeat(np.arange(3, 14), TIMES.size))
    assert np.array_equal(rows["time_h"], np.tile(TIMES, 11))
    drawn = draw(model(), 11, 6, first=3)
    exact = closed_form(model(), DOSES, TIMES, OUTPUTS, drawn).of("C_N")
    bad = drawn["F_ORAL"] > 0.12
    assert found.failed == bad.sum() > 0
    seen = np.ma.filled(rows["C_N"], np.nan).reshape(11, -1)
    assert np.isnan(seen[bad]).all()
    assert np.array_equal(seen[~bad], exact[~bad])


def test_a_run_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    path = tmp_path / "courses.parquet"
    path.write_text("what was there before")
    calls: list[int] = []

    def breaking(*asked: Any, **options: Any) -> Run:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return closed_form(*asked)

    with pytest.raises(KeyboardInterrupt):
        run(12, chunk=4, by=breaking, trajectories=path)
    assert [p.name for p in tmp_path.iterdir()] == ["courses.parquet"]
    assert path.read_text() == "what was there before"
    with pytest.raises(OutputError, match="cannot write"):
        run(3, trajectories=tmp_path / "nowhere" / "x.parquet")
    with pytest.raises(OutputError, match="it is a folder"):
        run(3, trajectories=tmp_path)


def test_doubt_moves_the_centre_and_persons_stay_in_their_places() -> None:
    with mock.patch("openldn.population.simulate.simulate", closed_form):
        summaries = simulate_doubt(
            model(), DOSES, TIMES, OUTPUTS, 15, 40, 6, adjust=kept_to_scans, measures=MEASURES
        )
    drawn = doubt(model(), 15, 6)["F_ORAL"]
    assert len(summaries) == 15
    for centre, found in zip(drawn, summaries, strict=True):
        people = draw(model(), 40, 6, centres={"F_ORAL": float(centre)})["F_ORAL"]
        assert found.of("peak").mean == pytest.approx(4.5 * people.mean(), rel=1e-13)
    middle = over_doubt(summaries, lambda s: s.quantile("C_N", 0.5), 0.5)
    low, high = (over_doubt(summaries, lambda s: s.of("peak").mean, q) for q in (0.025, 0.975))
    assert middle.shape == TIMES.shape
    assert low < 4.5 * 0.09 < high


def test_with_no_doubt_and_no_spread_everybody_is_typical() -> None:
    text = "model one : x\nparameter K [1/h] = 0.1 : x\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A"
    block = parse_block(text, file="x")
    plain = assemble("one", {"one": block}.__getitem__)
    found = simulate_population(plain, ev("1 mg", cmt="iv"), TIMES, ("A",), 5, 1, chunk=2)
    assert np.all(found.sd("A") == 0)
    assert found.mean("A")[1:] == pytest.approx(np.exp(-0.1 * TIMES[1:]), rel=1e-7)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"persons": 0}, InputError, "ask for 1 or more"),
        ({"first": -1}, InputError, "from number 0"),
        ({"chunk": 0}, InputError, "chunk 0"),
        ({"chunk": 10**6}, InputError, "chunk 1000000"),
        ({"of": "adultz"}, UnknownName, "population"),
        ({"centres": {"F_ORL": 0.1}}, UnknownName, 'did you mean "F_ORAL"'),
        ({"measures": (Measure("a", "C_N", "peek"),)}, UnknownName, 'did you mean "peak"'),
        ({"measures": (MEASURES[0], MEASURES[0])}, InputError, "same name"),
        ({"values": {"F_ORAL": 1.2}}, InputError, "F_ORAL is 1.2"),
    ],
)
def test_populations_that_cannot_be_run_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        run(options.pop("persons", 3), **options)


def test_the_examples_of_the_page_of_populations_run(tmp_path: Path) -> None:
    page = (Path(__file__).parent.parent / "docs" / "population.md").read_text(encoding="utf-8")
    code = next(block for block in page.split("```python\n") if "def run(persons" in block).split("```")[0]
    table = page.split("```toml\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(compile(code, "population.md", "exec"), names)
    found = names["run"](6)
    assert found.quantile("C_N", 0.9).shape == (25,)
    assert 0 < found.of("peak").quantile(0.5) < 5
    path = tmp_path / "page.toml"
    path.write_text(table, encoding="utf-8")
    entries = read_table(read_toml(path), {})
    assert entries["CL"].occasion is not None
    assert read_correlations(read_toml(path), entries, {})[0].rows[1][0] == 0.5
