"""The benchmark: the common work is the same for all, and what is missing is said."""

import json
import xml.etree.ElementTree as ET
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import solve_ivp

from openldn.cli import cli
from openldn.engine.kernels import Kind, Step, plan, run_kernel
from openldn.engine.kernels.program import program
from openldn.notation import DataError, OutputError
from openldn.proof.bench import (
    bench_figure,
    compare_simulators,
    comparison,
    peers,
    plot_bench,
    read_comparison,
    scaling,
    work,
)  # fmt: skip

DOCS = Path(__file__).parent.parent / "docs"
STATES = "gut,c1,c2,m1,m2,b,bm,on,om,Rtot,pomc,E,mic,cyt,pain,pl,ae"


def missing() -> peers.Solver:
    raise ModuleNotFoundError("No module named 'nobody'")


def few(settings: Any) -> tuple[comparison._Entry, ...]:
    def ours() -> peers.Solver:
        return lambda values, rtol, atol: work.ours(values, rtol, atol, 1)

    absent = (
        comparison._Entry(f"numbalsoda {m}", "numbalsoda", missing, settings) for m in ("LSODA", "DOP853")
    )
    return comparison._Entry("openldn", "openldn", ours, settings, trial=20), *absent


def test_the_common_model_has_the_states_and_the_steady_state_that_it_should() -> None:
    model = work.common_model()
    assert ",".join(state.name for state in model.states) == STATES
    assert len(work.stops()) == 85 + 84
    undosed = work.ours(work.persons(1), 1e-8, 1e-10, 1)[0, 0]
    assert undosed.tolist() == peers.start().tolist() == [0] * 9 + [1] * 6 + [0, 0]


def test_persons_are_those_that_were_agreed() -> None:
    z = np.random.default_rng(20261123).standard_normal((2, 9))
    assert work.persons(2)[1, 2] == pytest.approx(210 * np.exp(0.3 * z[1, 2]), rel=1e-15)


def test_a_solver_of_another_make_agrees_on_what_is_true() -> None:
    # SciPy at 1e-8 errs by about that much; the limit of the comparison is 1e-6.
    assert work.largest_error(peers.scipy()(work.persons(1), 1e-8, 1e-9)) < 1e-7


def test_our_engine_keeps_the_limit_of_error_at_the_settings_that_it_is_run_at() -> None:
    assert work.largest_error(work.ours(work.persons(20), 1e-4, 1e-5, 2)) <= comparison.ERROR_LIMIT


def one_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """The curves with two cheap points each."""
    monkeypatch.setattr(scaling, "QUICK_POPULATION", (1, 8))
    monkeypatch.setattr(scaling, "QUICK_HORIZON", (2, 3))
    monkeypatch.setattr(scaling, "QUICK_STATES", (2, 3))
    monkeypatch.setattr(scaling, "CROWD", 16)
    monkeypatch.setattr(scaling, "CHAIN_DAYS", 2)
    monkeypatch.setattr(scaling, "_LEAST_S", 0.0)
    monkeypatch.setattr(comparison, "_QUICK_SHARE_S", 0.05)


def test_no_state_of_a_chain_has_an_exact_solution() -> None:
    for count in (2, 16, 32):
        model = scaling.chain_model(count)
        names = [state.name for state in model.states]
        assert len(names) == count
        assert not program(model, names, names[-1:], dosed=["X1"]).linear.states


def test_a_chain_passes_on_what_its_head_leaves() -> None:
    # SciPy at tight tolerances, on equations written here and not there
    def rates(t: float, x: Any) -> Any:
        return np.array([-x[0] / (2 + x[0]) - 0.5 * x[0], 0.5 * (x[0] - x[1]), 0.5 * (x[1] - x[2])])

    times = np.linspace(0, 10, 6)
    true = solve_ivp(rates, (0, 10), [4.5, 0, 0], t_eval=times, rtol=1e-11, atol=1e-13).y[2]
    events = plan([[Step(0.0, Kind.ADD, "X1", 4.5), *(Step(t, Kind.SAMPLE) for t in times)]])
    found = run_kernel(scaling.chain_model(3), events, {}, ("X3",), rtol=1e-8, atol=1e-10).values[0, :, 0]
    assert found == pytest.approx(true, abs=1e-7)  # ten times what a step may err


def test_the_curves_are_in_order_and_above_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    one_point(monkeypatch)
    found = scaling.measure_scaling(1e-4, 1e-5, quick=True)
    assert [c.patients for c in found.population] == [1, 8]
    assert [(c.patients, c.days, c.states) for c in found.horizon] == [(16, 2, 17), (16, 3, 17)]
    assert [(c.days, c.states) for c in found.states] == [(2, 2), (2, 3)]
    assert all(c.cpu_seconds_per_patient > 0 for c in (*found.population, *found.horizon, *found.states))


def test_the_stored_run_is_whole_and_its_picture_is_drawn_from_it(tmp_path: Path) -> None:
    found = read_comparison(DOCS / "data" / "bench.json")
    assert found.scaling is not None
    assert [c.patients for c in found.scaling.population] == list(scaling.POPULATION)
    assert [c.days for c in found.scaling.horizon] == list(scaling.HORIZON)
    assert [c.states for c in found.scaling.states] == list(scaling.STATES)
    ours, *others = [row for row in found.simulators if row.patients_per_cpu_second is not None]
    dop853 = next(row for row in others if row.name == "numbalsoda DOP853")
    assert found.ratio_to_numbalsoda_dop853 == pytest.approx(
        (ours.patients_per_cpu_second or 0) / (dop853.patients_per_cpu_second or 1)
    )
    plot_bench(found, tmp_path / "bench.svg")
    drawn = (tmp_path / "bench.svg").read_text(encoding="utf-8")
    assert drawn == (DOCS / "pictures" / "bench.svg").read_text(encoding="utf-8"), "draw the stored run again"
    ET.fromstring(bench_figure(found).narrow)
    alone = [row.patients_per_cpu_second or 0 for row in (ours, *others) if row.threads == 1]
    assert all(f">{pace:,.0f}</text>" in drawn for pace in alone if pace > 10)


def test_a_damaged_run_is_refused_with_its_name(tmp_path: Path) -> None:
    whole = json.loads((DOCS / "data" / "bench.json").read_text(encoding="utf-8"))
    for text in ("", "[]", "{}", json.dumps(whole | {"scaling": {"population": 3}}), "[" * 100_000):
        path = tmp_path / "bench.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"bench\.json"):
            read_comparison(path)


def test_what_is_not_installed_is_absent_and_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    one_point(monkeypatch)
    monkeypatch.setattr(comparison, "_entries", lambda: few(((1e-4, 1e-5),)))
    found = compare_simulators(quick=True)
    ours, lsoda, _ = found.simulators
    assert ours.patients_per_cpu_second is not None
    assert ours.patients_per_cpu_second > 0
    assert lsoda.patients_per_cpu_second is None
    assert "nobody" in lsoda.note
    assert found.ratio_to_numbalsoda_lsoda is None


def test_a_simulator_that_cannot_keep_the_error_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "_entries", lambda: few(((0.5, 10.0),)))
    found = compare_simulators(quick=True)
    row = found.simulators[0]
    assert row.patients_per_cpu_second is None
    assert "no setting keeps the error" in row.note
    assert found.scaling is None


def test_the_command_prints_one_document_or_a_table_and_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one_point(monkeypatch)
    monkeypatch.setattr(comparison, "_entries", lambda: few(((1e-4, 1e-5),)))
    picture = tmp_path / "bench.svg"
    document = json.loads(
        CliRunner().invoke(cli, ["bench", "--quick", "--json", "--plot", str(picture)]).stdout
    )
    fields = {"name", "version", "patients_per_cpu_second", "max_relative_error", "threads", "rtol"}
    assert fields <= document["simulators"][0].keys()
    assert {"ratio_to_numbalsoda_lsoda", "ratio_to_numbalsoda_dop853"} <= document.keys()
    assert document["scaling"].keys() == {"population", "horizon", "states"}
    point = {"patients", "days", "states", "rtol", "atol", "cpu_seconds_per_patient"}
    assert all(c.keys() == point for curve in document["scaling"].values() for c in curve)
    assert document["machine"].keys() == {"processor", "cores", "python", "date"}
    ET.parse(picture)
    (tmp_path / "again.json").write_text(json.dumps(document), encoding="utf-8")
    assert json.loads(json.dumps(asdict(read_comparison(tmp_path / "again.json")))) == document
    told = CliRunner().invoke(cli, ["bench", "--quick"]).stdout
    assert "absent" in told
    assert "ms a patient" in told


def test_a_picture_of_another_kind_is_refused_before_anything_runs() -> None:
    result = CliRunner().invoke(cli, ["bench", "--plot", "bench.gif"])
    assert isinstance(result.exception, OutputError) or "bench.gif" in result.output
