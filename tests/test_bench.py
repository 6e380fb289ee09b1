"""The benchmark: the common work is the same for all, what is counted is right, and what is missing is said."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from click.testing import CliRunner
from scipy.integrate import solve_ivp

import openldn
from benchmarks import (
    PICTURE,
    bench_figure,
    compare_simulators,
    comparison,
    peers,
    plot_bench,
    read_comparison,
    roofline,
    scaling,
    tasks,
    timing,
    work,
)  # fmt: skip
from benchmarks.stored import STORED
from openldn.cli import cli
from openldn.engine import parse_model
from openldn.engine.kernels import Kind, run_kernel
from openldn.engine.kernels.program import program
from openldn.engine.kernels.tableau import STAGES
from openldn.notation import DataError, InputError, OutputError
from plans import Step, plan

NAMES = "gut,c1,c2,m1,m2,b,bm,on,om,Rtot,pomc,E,mic,cyt,pain,pl,ae"
ONE_SETTING = ((1e-4, 1e-5),)


def missing(job: work.Job) -> peers.Solver:
    raise ModuleNotFoundError("No module named 'nobody'")


def nobody(name: str) -> peers.Peer:
    return peers.Peer(name, name.split()[0], {"": missing}, ONE_SETTING, to_have="ask at the counter")


def another(job: work.Job) -> peers.Solver:
    """A peer that is at hand everywhere: ours, doing the work twice."""

    def run(values: Any, rtol: float, atol: float) -> Any:
        work.ours(values, rtol, atol, 1)
        return work.ours(values, rtol, atol, 1)

    return run


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick run at two cheap points a curve, a handful of persons, and peers that anybody has."""
    for name, value in {"QUICK_POPULATION": (1, 8), "QUICK_HORIZON": (2, 3), "QUICK_STATES": (2, 3)}.items():
        monkeypatch.setattr(scaling, name, value)
    monkeypatch.setattr(scaling, "CROWD", 16)
    monkeypatch.setattr(scaling, "CHAIN_DAYS", 2)
    monkeypatch.setattr(scaling, "_LEAST_S", 0.0)
    monkeypatch.setattr(comparison, "_QUICK_SHARE_S", 0.02)
    monkeypatch.setattr(comparison, "_OWN_SETTINGS", ONE_SETTING)
    monkeypatch.setattr(comparison, "QUICK", timing.Sizes(3, 3, 2, 2, 2, 1))
    monkeypatch.setattr(roofline, "TURNS", 1000)
    monkeypatch.setattr(timing, "CALLS", 2)
    told = (nobody("numbalsoda LSODA"), nobody("numbalsoda DOP853"), nobody("heyoka"))
    for module in (comparison, timing):
        monkeypatch.setattr(module, "peers", lambda: told)


# The common work.


def test_the_common_model_has_the_states_and_the_steady_state_that_it_should() -> None:
    assert ",".join(work.state_names()) == NAMES
    assert len(work.job().samples) == 86
    assert len(work.job().doses) == 84
    undosed = work.ours(work.persons(1), 1e-8, 1e-10, 1)[0, 0]
    assert undosed.tolist() == work.start().tolist() == [0] * 9 + [1] * 6 + [0, 0]


def test_persons_are_those_that_were_agreed() -> None:
    z = np.random.default_rng(20261123).standard_normal((2, 9))
    assert work.persons(2)[1, 2] == pytest.approx(210 * np.exp(0.3 * z[1, 2]), rel=1e-15)


def test_the_equations_of_the_peers_are_those_of_the_model() -> None:
    values = work.persons(1)
    peer = peers.scipy(work.job(days=8))(values, 1e-8, 1e-9)
    ours = work.ours(values, 1e-10, 1e-12, 1, work.events(days=8))
    most = np.abs(ours).max(axis=1)
    # SciPy at 1e-8 errs by some of that at each step; a wrong sign or number shows in the first digits
    assert np.max(np.abs(peer - ours) / most[:, None]) < 1e-6


def test_our_engine_keeps_the_limit_of_error_at_the_settings_that_it_is_run_at() -> None:
    assert work.largest_error(work.ours(work.persons(20), 1e-4, 1e-5, 2)) <= comparison.ERROR_LIMIT


def test_a_peer_goes_from_dose_to_dose_and_meets_every_sample_once() -> None:
    job = replace(work.job(), doses=(0.0, 10.0, 20.0), samples=(0.0, 3.0, 10.0, 12.0, 25.0))
    legs = job.legs()
    assert [leg.times for leg in legs] == [(3.0, 10.0), (12.0, 20.0), (25.0,)]
    assert [leg.sampled for leg in legs] == [(True, True), (True, False), (True,)]
    assert [leg.dosed for leg in legs] == [True, True, False]
    stops = job.legs(stop_at_samples=True)
    assert [leg.times[0] for leg in stops] == [3.0, 10.0, 12.0, 20.0, 25.0]
    assert [leg.dosed for leg in stops] == [False, True, False, True, False]


# The daily bread.


def test_the_closed_form_is_what_a_solver_of_another_make_finds() -> None:
    values, (doses, samples) = tasks.everybody(2), ((0.0, 24.0, 48.0), (0.0, 1.0, 24.0, 30.0, 60.0))
    job = replace(tasks.job("daily"), doses=doses, samples=samples)
    found = peers.scipy(job)(values, 1e-10, 1e-12)[:, :, 0] / values[:, 1:]
    # ten times what SciPy's own tolerance allows at a step
    assert found == pytest.approx(tasks.exact(values, doses, samples), rel=1e-9, abs=1e-12)


def test_our_tables_hold_what_the_closed_form_says(tmp_path: Path) -> None:
    values = tasks.everybody(3)
    tasks.write_csv(tmp_path / "events.csv", values)
    read = (tmp_path / "events.csv").read_text().splitlines()
    assert len(read) == 1 + 3 * 100
    table = tasks.csv_to_table(tmp_path / "events.csv").concentrations
    assert table.shape == (3, 72)
    assert tasks.largest_error(table, values, "csv") <= timing.ERROR_LIMIT
    for name, samples in (("daily", 85), ("hourly", 2017)):
        table = tasks.doses_to_table(values, *tasks.schedule(name)).concentrations
        assert table.shape == (3, samples)
        assert tasks.largest_error(table, values, name) <= timing.ERROR_LIMIT


def test_what_surrounds_a_peer_gives_the_persons_of_the_file_in_their_order(tmp_path: Path) -> None:
    values, path = tasks.everybody(12), tmp_path / "events.csv"
    tasks.write_csv(path, values)
    found = timing._around(lambda given: given[:, :1], values, (0.0,), path)
    assert found.concentrations[:, 0] == pytest.approx(values[:, 0], rel=1e-15)


def test_a_peer_runs_in_the_fastest_of_its_ways_that_keep_the_error() -> None:
    def wrong(job: work.Job) -> peers.Solver:
        return lambda values, rtol, atol: np.ones((len(values), len(job.samples), 1))

    def right(job: work.Job) -> peers.Solver:
        truth = tasks.exact(tasks.everybody(24), job.doses, job.samples) * tasks.everybody(24)[:, 1:]
        return lambda values, rtol, atol: truth[: len(values), :, None]

    ways: Mapping[str, Any] = {"a wrong one": wrong, "a right one": right}
    _, words = timing._best(peers.Peer("x", "x", ways, ONE_SETTING), "daily", tasks.everybody(24))
    assert words == "a right one, rtol 0.0001"
    with pytest.raises(ValueError, match="no setting keeps the error"):
        timing._best(peers.Peer("x", "x", {"": wrong}, ONE_SETTING), "daily", tasks.everybody(24))


# The roofline.


def operations(rate: str) -> int:
    text = f"model tiny : one state\nparameter K [1/h] = 1\nstate A [1] = 1\nd/dt(A) = {rate}\n"
    return roofline.operations_per_step(parse_model(text), "A")


def test_an_operation_more_in_the_rates_is_one_more_at_each_stage() -> None:
    square = operations("-K * A * A")
    assert operations("-K * A * A * (A + 2)") - square == 2 * STAGES
    assert operations("-K * A * A / (A + 2)") - square == 3 * STAGES  # a sum, a division, a product
    assert operations("-K * A * sqrt(A)") - square == STAGES
    assert square > STAGES * 2 + 2 * 50  # and 50 weights of the stages, a multiply-add for each


def test_a_loop_counts_its_turns_and_what_happens_only_sometimes_counts_nothing() -> None:
    module = llvm.parse_assembly("""
declare double @llvm.fma.f64(double, double, double)
define void @run(double %x, i1 %c, i1 %d) {
entry:
  br label %head
head:
  %a = fadd double %x, 1.0
  br label %loop
loop:
  %i = phi i64 [ 1, %head ], [ %next, %loop ]
  %b = call double @llvm.fma.f64(double %a, double %a, double %a)
  %next = add i64 %i, 2
  %more = icmp slt i64 %next, 8
  br i1 %more, label %loop, label %after
after:
  br i1 %c, label %rare, label %on
rare:
  %e = fdiv double %a, %a
  br label %on
on:
  %f = fmul double %a, %a
  br i1 %d, label %head, label %end
end:
  %g = fmul double %a, %a
  ret void
}
""")
    # one sum, four turns of two, one product
    assert roofline._Counter(module).way(module.get_function("run"), "head") == 1 + 4 * 2 + 1


def test_a_share_is_what_was_achieved_of_the_peak() -> None:
    found = roofline.roofline(1000.0, 1e-4, 1e-5, 40.0)
    assert found.achieved_gflops == pytest.approx(found.operations_per_step * found.steps_per_patient * 1e-6)
    assert found.share == pytest.approx(found.achieved_gflops / 40)
    assert roofline.measured_peak() > 0


# The curves.


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


@pytest.mark.usefixtures("tiny")
def test_the_curves_are_in_order_and_above_zero() -> None:
    found = scaling.measure_scaling(1e-4, 1e-5, quick=True)
    assert [c.patients for c in found.population] == [1, 8]
    assert [(c.patients, c.days, c.states) for c in found.horizon] == [(16, 2, 17), (16, 3, 17)]
    assert [(c.days, c.states) for c in found.states] == [(2, 2), (2, 3)]
    assert all(c.cpu_seconds_per_patient > 0 for c in (*found.population, *found.horizon, *found.states))


# The stored run.


def test_the_stored_run_is_whole_and_its_picture_is_drawn_from_it(tmp_path: Path) -> None:
    found = read_comparison()
    assert not found.quick
    assert found.scaling is not None
    assert found.roofline is not None
    assert [c.patients for c in found.scaling.population] == list(scaling.POPULATION)
    assert [c.days for c in found.scaling.horizon] == list(scaling.HORIZON)
    assert [c.states for c in found.scaling.states] == list(scaling.STATES)
    assert [t.id for t in found.tasks][:3] == ["csv", "daily", "hourly"]
    assert [t.persons for t in found.tasks][:3] == [3000, 1000, 1000]
    alone = {
        r.name: r.patients_per_cpu_second
        for r in found.simulators
        if r.patients_per_cpu_second is not None and r.threads == 1
    }
    ours = alone.pop("openldn")
    assert found.best_peer == max(alone, key=lambda name: alone[name])
    assert found.ratio_to_best_peer == pytest.approx(ours / alone[found.best_peer])
    plot_bench(found, tmp_path / "bench.svg")
    drawn = (tmp_path / "bench.svg").read_text(encoding="utf-8")
    assert drawn == PICTURE.read_text(encoding="utf-8"), "draw the stored run again"
    ET.fromstring(bench_figure(found).narrow)
    assert all(f">{pace:,.0f}</text>" in drawn for pace in (ours, *alone.values()) if pace > 10)


def test_a_damaged_run_is_refused_with_its_name(tmp_path: Path) -> None:
    whole = json.loads(STORED.read_text(encoding="utf-8"))
    wrong = (
        whole | {"scaling": {"population": 3}},
        whole | {"tasks": [{"id": "csv"}]},
        whole | {"roofline": 3},
    )
    for text in ("", "[]", "{}", *map(json.dumps, wrong), "[" * 100_000):
        path = tmp_path / "bench.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"bench\.json"):
            read_comparison(path)


# Who ran, and who did not.


@pytest.mark.usefixtures("tiny")
def test_what_is_not_installed_is_absent_with_the_reason_and_has_no_ratio() -> None:
    found = compare_simulators(quick=True)
    ours, _, lsoda, *_ = found.simulators
    assert ours.absent is None
    assert ours.patients_per_cpu_second is not None
    assert ours.patients_per_cpu_second > 0
    assert lsoda.patients_per_cpu_second is None
    assert lsoda.absent == "No module named 'nobody'; ask at the counter"
    assert found.best_peer is None
    assert found.ratio_to_best_peer is None
    assert found.ratio_to_numbalsoda_lsoda is None
    daily = next(task for task in found.tasks if task.id == "daily")
    assert [row.absent is None for row in daily.simulators] == [True, False, False, False]
    assert daily.ratio_to_best_peer is None


@pytest.mark.usefixtures("tiny")
def test_the_headline_is_against_the_best_that_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    other = peers.Peer("another", "openldn", {"twice": another}, ONE_SETTING, trial=20)
    slow = replace(other, name="a slow one", ways={"four times": lambda job: twice(another(job))})
    monkeypatch.setattr(comparison, "peers", lambda: (slow, nobody("heyoka"), other))
    found = compare_simulators(quick=True)
    pace = {row.name: row.patients_per_cpu_second for row in found.simulators}
    assert found.best_peer in ("another", "a slow one")
    assert found.ratio_to_best_peer == pytest.approx((pace["openldn"] or 0) / (pace[found.best_peer] or 1))
    assert pace["heyoka"] is None
    assert {row.name: row.way for row in found.simulators}["another"] == "twice"


def twice(run: peers.Solver) -> peers.Solver:
    return lambda values, rtol, atol: (run(values, rtol, atol), run(values, rtol, atol))[1]


@pytest.mark.usefixtures("tiny")
def test_a_simulator_that_cannot_keep_the_error_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "_OWN_SETTINGS", ((0.5, 10.0),))
    found = compare_simulators(quick=True)
    row = found.simulators[0]
    assert row.patients_per_cpu_second is None
    assert row.absent is not None
    assert "no setting keeps the error" in row.absent
    assert found.scaling is None
    assert found.roofline is None


# The command.


@pytest.mark.usefixtures("tiny")
def test_the_command_prints_one_document_or_a_table_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "bench.svg"
    document = json.loads(
        CliRunner().invoke(cli, ["bench", "--quick", "--json", "--plot", str(picture)]).stdout
    )
    fields = {"name", "version", "patients_per_cpu_second", "max_relative_error", "threads", "rtol", "absent"}
    assert all(fields <= row.keys() for row in document["simulators"])
    assert {"ratio_to_numbalsoda_lsoda", "ratio_to_numbalsoda_dop853"} <= document.keys()
    assert {"best_peer", "ratio_to_best_peer"} <= document.keys()
    assert {"measured_peak_gflops", "share"} <= document["roofline"].keys()
    assert document["scaling"].keys() == {"population", "horizon", "states"}
    point = {"patients", "days", "states", "rtol", "atol", "cpu_seconds_per_patient"}
    assert all(c.keys() == point for curve in document["scaling"].values() for c in curve)
    assert document["machine"].keys() == {"processor", "cores", "python", "date"}
    told = {task["id"]: task for task in document["tasks"]}
    assert list(told) == ["csv", "daily", "hourly", "common-daily", "common-hourly", "nca", "resident"]
    assert list(told["csv"]["simulators"][0]["split"]) == ["reading", "plan", "kernel", "table"]
    assert told["csv"]["stated"]["simulator"].startswith("mrgsolve")
    ET.parse(picture)
    (tmp_path / "again.json").write_text(json.dumps(document), encoding="utf-8")
    assert json.loads(json.dumps(asdict(read_comparison(tmp_path / "again.json")))) == document
    shown = CliRunner().invoke(cli, ["bench", "--quick"]).stdout
    assert "absent" in shown
    assert "GFLOP/s" in shown
    assert "stated, not measured here" in " ".join(shown.split())
    assert "ms a patient" in shown


def test_a_picture_of_another_kind_is_refused_before_anything_runs() -> None:
    result = CliRunner().invoke(cli, ["bench", "--plot", "bench.gif"])
    assert isinstance(result.exception, OutputError) or "bench.gif" in result.output


def test_an_installed_package_says_where_the_bench_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(openldn, "__file__", str(tmp_path / "site-packages" / "openldn" / "__init__.py"))
    result = CliRunner().invoke(cli, ["bench", "--quick"])
    assert isinstance(result.exception, InputError)
    assert "./ldn bench" in str(result.exception)


def test_a_folder_of_the_same_name_where_somebody_works_is_not_taken_for_the_bench(tmp_path: Path) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").write_text("raise SystemExit('not ours')\n")
    source = str(Path(openldn.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-m", "openldn", "bench", "--plot", "bench.gif"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": source}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "bench.gif" in run.stderr
    assert "not ours" not in run.stderr
