"""The qualification passes here, and would not with an engine that is wrong: each kind of fault is caught by name."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from openldn.cli import cli
from openldn.engine import Events, Run, SciPy
from openldn.notation import package_name, sources
from openldn.proof.qualify import (
    FAMILIES,
    Finding,
    Qualification,
    agreement,
    analytic,
    balance,
    convergence,
    doors,
    events,
    independence,
    installation,
    nonmem,
    performance,
    problems,
    qualify,
    solvers,
)
from openldn.proof.qualify.closed_forms import at_once, disposition
from openldn.proof.qualify.page import page


@pytest.fixture(scope="module")
def quick() -> Qualification:
    return qualify(quick=True)


def short(findings: Iterator[Finding]) -> set[str]:
    return {f.id for f in findings if f.passed is False}


def kernel_that(monkeypatch: pytest.MonkeyPatch, change: Callable[[Run], Run], **forced: Any) -> None:
    """The kernel with its results changed, or with settings of its own, by whatever way it is asked."""
    wrong(monkeypatch, lambda solver: not isinstance(solver, SciPy), change, **forced)


def wrong(
    monkeypatch: pytest.MonkeyPatch,
    who: Callable[[Any], bool],
    change: Callable[[Run], Run],
    names: tuple[str, ...] = ("solve", "simulate"),
    **forced: Any,
) -> None:
    """The functions of `solvers` of those names changed, where `who` is true of the solver."""
    for name in names:
        right = getattr(solvers, name)

        def changed(*a: Any, right: Callable[..., Run] = right, **options: Any) -> Run:
            solver = options.get("solver", next((x for x in a if isinstance(x, SciPy)), None))
            return change(right(*a, **{**options, **forced})) if who(solver) else right(*a, **options)

        monkeypatch.setattr(solvers, name, changed)


def off_by(share: float) -> Callable[[Run], Run]:
    return lambda run: replace(run, values=run.values * (1 + share))


def test_the_quick_run_passes(quick: Qualification) -> None:
    assert quick.short == ()
    for name in FAMILIES:
        assert len(quick.of(name)) >= 5, name


def test_every_test_says_why_and_within_what_it_may_differ(quick: Qualification) -> None:
    ids = [f.id for f in (*quick.installation, *quick.operation, *quick.performance)]
    assert len(ids) == len(set(ids)) > 100
    for f in quick.operation:
        assert f.description
        assert (f.error is None) == (f.tolerance is None)
        assert f.why or f.family == doors.FAMILY, f.id
        assert not f.source or f.source in sources()


def test_the_report_holds_every_test_and_loads_nothing(quick: Qualification) -> None:
    html = page(quick, day="2026-01-31", version="9.9")
    for f in (*quick.installation, *quick.operation, *quick.performance):
        assert f'id="{f.id}"' in html
    assert not re.search(r'(src|href)="(?!#|data:)', html)
    assert not re.search(r"url\(|@import|<script", html)
    assert html.count("<figure") == 2
    assert html.count("<svg") == html.count('role="img" aria-label="') == 4  # two figures at two widths
    assert "None" not in html


def test_what_fell_short_stands_at_the_top_of_the_report(quick: Qualification) -> None:
    wrong = replace(quick.operation[3], passed=False, found="<b>much</b>", error=None)
    html = page(replace(quick, operation=(*quick.operation[:3], wrong)), day="2026-01-31", version="9.9")
    assert f"1 fell short:</b> {wrong.id}." in html
    assert "FAIL" in html
    assert "&lt;b&gt;much&lt;/b&gt;" in html


def test_the_command_writes_both_files_and_says_which_test_fell_short(
    quick: Qualification, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [quick]
    monkeypatch.setattr("openldn.proof.qualify.qualify", lambda **options: made[0])
    out = tmp_path / "report"
    ran = CliRunner().invoke(cli, ["qualify", "--quick", "--out", str(out), "--json"])
    assert ran.exit_code == 0
    document = json.loads(ran.stdout)
    assert document == json.loads((out / "qualification.json").read_text(encoding="utf-8"))
    assert {"installation", "operation", "performance", "provenance"} <= document.keys()
    fields = {"id", "description", "expected", "found", "tolerance", "why", "passed"}
    assert all(fields <= row.keys() for row in document["operation"])
    assert "proof/qualify/problems.toml" in document["provenance"]["files"]
    assert sorted(p.name for p in out.iterdir()) == ["qualification.html", "qualification.json"]

    made[0] = replace(quick, operation=(replace(quick.operation[0], passed=False), *quick.operation[1:]))
    ran = CliRunner().invoke(cli, ["qualify", "--out", str(out)])
    assert ran.exit_code == 1
    assert f"FAIL {quick.operation[0].id}" in ran.stdout


def test_a_place_that_cannot_be_written_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openldn.proof.qualify.qualify", lambda **options: pytest.fail("it ran"))
    file = tmp_path / "file"
    file.write_text("x")
    for out in (file, file / "below"):
        ran = CliRunner().invoke(cli, ["qualify", "--out", str(out)])
        assert ran.exit_code != 0
        assert "cannot write" in str(ran.exception)
    assert file.read_text() == "x"


def test_a_test_that_breaks_falls_short_with_what_it_broke_by(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(quick: bool) -> Iterator[Finding]:
        raise ZeroDivisionError("by nothing")
        yield

    monkeypatch.setattr(
        "openldn.proof.qualify.qualification.FAMILIES", {"analytic": ("Closed forms", broken, 1.0)}
    )
    monkeypatch.setattr("openldn.proof.qualify.qualification.figures", lambda quick: iter(()))
    monkeypatch.setattr("openldn.proof.qualify.installation.findings", lambda: iter(()))
    made = qualify(quick=True)
    assert made.short == ("analytic-broke",)
    assert made.operation[0].found == "ZeroDivisionError: by nothing"


# An engine that is wrong, one way after another. What is changed is small: a part in 10,000, one dose, one bit.


def test_a_kernel_that_is_off_by_little_fails_the_closed_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_that(monkeypatch, off_by(1e-4))
    assert {"AN-1-bolus", "AN-2-oral", "AN-3-infusion", "AN-saturable"} <= short(analytic.findings(True))


def test_a_reference_solver_and_a_table_that_are_off_by_little_fail_them_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_table = ("simulate",)
    for who, names in (
        (lambda s: isinstance(s, SciPy), ("solve", "simulate")),
        (lambda s: s is None, by_table),
    ):
        wrong(monkeypatch, who, off_by(1e-4), names)
        assert {"AN-1-bolus", "AN-1-oral-steady"} <= short(analytic.findings(True))
        monkeypatch.setattr(nonmem, "scenarios", lambda: [1])
        assert "NM-1" in short(nonmem.findings(True))
        monkeypatch.undo()


def test_a_rule_of_events_that_is_forgotten_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lags are left out; additional doses come at half the interval."""
    right = solvers.records

    def without_lag(model: Any, table: Any) -> Events:
        return right(model, [{**r, "LAG": 0.0} for r in table])

    def hurried(model: Any, table: Any) -> Events:
        more = [bool(r.get("ADDL")) and not r.get("SS") for r in table]
        return right(
            model, [r | {"II": r["II"] / 2} if half else r for r, half in zip(table, more, strict=True)]
        )

    monkeypatch.setattr(events, "RULES", {k: events.RULES[k] for k in ("lag", "additional")})
    monkeypatch.setattr(solvers, "records", without_lag)
    assert "EV-lag" in short(events.findings(True))
    monkeypatch.setattr(solvers, "records", hurried)
    assert "EV-additional" in short(events.findings(True))


def test_figures_of_nonmem_that_are_missed_by_little_are_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nonmem, "scenarios", lambda: [1, 9, 25])
    kernel_that(monkeypatch, off_by(1e-4))
    assert short(nonmem.findings(True)) >= {"NM-1", "NM-weights"}


def test_a_method_that_steps_too_boldly_misses_the_known_end_states(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_that(monkeypatch, lambda s: s, rtol=1e-3, atol=1e-6)
    missed = short(problems.findings(True))
    assert {"TB-arenstorf", "TB-pleiades", "TB-two_bodies", "TB-orego", "TB-hires"} <= missed


def test_a_tolerance_that_is_not_heeded_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_that(monkeypatch, lambda s: s, rtol=1e-5, atol=1e-7)
    monkeypatch.setattr(convergence, "_KEPT", {})
    found = short(convergence.findings(True))
    assert {"CV-brusselator", "CV-two_bodies", "CV-orego"} <= found


def test_what_leaks_or_falls_below_nothing_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_that(monkeypatch, off_by(1e-5))
    leaks = {"BA-given", "BA-area", "BA-robertson", "BA-hires", "BA-moles"}
    assert short(balance.findings(True)) == leaks
    monkeypatch.undo()
    kernel_that(monkeypatch, lambda s: replace(s, values=s.values - 1e-6 * np.max(s.values, axis=(0, 1))))
    assert "BA-negative" in short(balance.findings(True))


def test_a_single_person_who_differs_from_scipy_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_off(run: Run) -> Run:
        values = run.values.copy()
        values[17, 4, 2] *= 1 + 1e-4
        return replace(run, values=values)

    kernel_that(monkeypatch, one_off)
    assert short(agreement.findings(True)) == {"AG-persons", "AG-occ_mu_brain"}


def test_one_bit_that_depends_on_threads_or_on_the_crowd_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def next_bit(run: Run) -> Run:
        run.values[0, -1, 0] = np.nextafter(run.values[0, -1, 0], 1)
        return run

    right = solvers.simulate

    def by_threads(*a: Any, threads: int | None = None, **options: Any) -> Run:
        run = right(*a, threads=threads, **options)
        return next_bit(run) if threads == 3 else run

    monkeypatch.setattr(solvers, "simulate", by_threads)
    assert short(independence.findings(True)) == {"IN-threads-3"}
    monkeypatch.undo()
    kernel_that(monkeypatch, lambda run: next_bit(run) if run.persons == 1 else run)
    assert {"IN-neighbours", "IN-implicit", "IN-course"} <= short(independence.findings(True))


def test_persons_who_change_with_the_size_of_the_population_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = independence.draw

    def shuffled(model: Any, persons: int, seed: int, **options: Any) -> dict[str, np.ndarray]:
        return right(model, persons, seed + (persons > 1000), **options)

    monkeypatch.setattr(independence, "draw", shuffled)
    assert "IN-person" in short(independence.findings(True))
    monkeypatch.undo()
    whole = independence.simulate_population
    monkeypatch.setattr(
        independence,
        "simulate_population",
        lambda *a, chunk, **o: whole(*a[:5], a[5] + (chunk == 7), chunk=chunk, **o),
    )
    assert short(independence.findings(True)) == {"IN-chunks"}


def test_a_door_that_stands_open_and_a_failure_that_is_hidden_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(solvers, "build", lambda text, file="": None)
    open_doors = {id_ for id_, _ in ((f"DO-{k}", v) for k, v in doors._REFUSED.items())}
    monkeypatch.setattr(doors, "_failed", lambda: iter(()))
    assert {"DO-factor", "DO-sum", "DO-rate", "DO-lag", "DO-exponential"} == short(doors.findings(True))
    assert len(open_doors) > 10
    monkeypatch.undo()
    kernel_that(monkeypatch, lambda run: replace(run, reasons={}))
    assert "DO-failed-kernel" in short(doors.findings(True))


def test_a_file_that_was_changed_after_it_was_shipped_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = installation.PACKAGE / "proof" / "qualify" / "problems.toml"
    right = {path: installation._sha256(path) for path in installation._files()}
    monkeypatch.setattr(installation, "_recorded", lambda: right)
    assert installation._files_are_those_that_were_shipped().passed
    monkeypatch.setattr(installation, "_recorded", lambda: right | {here: "another"})
    found = installation._files_are_those_that_were_shipped()
    assert found.passed is False
    assert package_name(here) in str(found.found)
    monkeypatch.setattr(
        installation, "_recorded", lambda: {p: digest for p, digest in right.items() if p != here}
    )
    assert installation._files_are_those_that_were_shipped().passed is False
    monkeypatch.setattr(installation, "_recorded", lambda: None)
    monkeypatch.setattr(installation, "_committed", lambda: None)
    assert installation._files_are_those_that_were_shipped().passed is None


def test_a_cache_that_cannot_be_written_and_kernels_that_differ_fall_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OPENLDN_CACHE", str(tmp_path / "file" / "below"))
    assert installation._cache().passed is False
    monkeypatch.setattr(installation, "first_result", lambda: "something else")
    assert {f.id: f.passed for f in installation._kernels()} == {"IQ-kernel": True, "IQ-kernel-cached": False}


def test_results_that_differ_are_the_one_thing_that_performance_is_judged_by(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = iter(range(100))
    crowd = {"before_mb": None, "peak_mb": None, "seconds": 1.0}
    monkeypatch.setattr(
        performance.processes, "crowd", lambda persons, chunk: {**crowd, "sha256": str(next(numbers))}
    )
    found = list(performance._crowds(((10, 1), (10, 2))))
    assert [f.passed for f in found] == [None, None, False]


def test_the_closed_forms_keep_mass_and_agree_with_a_matrix_exponential() -> None:
    """With no clearance to speak of, a unit in three compartments is a unit; and e^(At) knows no formula."""
    from scipy.linalg import expm

    cl, v, outer = 10.0, 40.0, ((15.0, 60.0), (2.0, 200.0))
    forth, back = [q / v for q, _ in outer], [q / volume for q, volume in outer]
    matrix = np.array([[-cl / v - sum(forth), *back], [forth[0], -back[0], 0], [forth[1], 0, -back[1]]])
    for t in (0.0, 0.3, 5.0, 60.0):
        found = float(at_once(disposition(cl, v, *outer), np.array([t]))[0])
        assert found == pytest.approx(expm(matrix * t)[0, 0], rel=1e-10)  # rounding, through the exponential
