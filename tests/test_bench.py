"""The benchmark: the common work is the same for all, and what is missing is said."""

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from openldn.cli import cli
from openldn.proof.bench import compare_simulators, comparison, peers, work

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


def test_what_is_not_installed_is_absent_and_has_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
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
    row = compare_simulators(quick=True).simulators[0]
    assert row.patients_per_cpu_second is None
    assert "no setting keeps the error" in row.note


def test_the_command_prints_one_document_or_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "_entries", lambda: few(((1e-4, 1e-5),)))
    document = json.loads(CliRunner().invoke(cli, ["bench", "--quick", "--json"]).stdout)
    fields = {"name", "version", "patients_per_cpu_second", "max_relative_error", "threads", "rtol"}
    assert fields <= document["simulators"][0].keys()
    assert {"ratio_to_numbalsoda_lsoda", "ratio_to_numbalsoda_dop853"} <= document.keys()
    assert "absent" in CliRunner().invoke(cli, ["bench", "--quick"]).stdout
