"""Strangers' input at every door: refused with one message or answered, within limits of time and memory.

OPENLDN_FUZZ_CASES (of each door, 100) and OPENLDN_FUZZ_SEED (0) say what `./test -m fuzz` tries.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuzzing.case import SECONDS, Case
from fuzzing.oracle import faults
from fuzzing.runs import DOORS, asked, corpus, generated, run, summary
from fuzzing.server import Server

CORPUS = corpus()
QUICK = [case for case in CORPUS if case.seconds <= SECONDS]
DOORS_OF_THE_CORPUS = sorted({case.door for case in QUICK})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("cache")) as there:
        yield there


def told(cases: list[Case], cache: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What was wrong; the counts are printed."""
    found = list(run(cases, cache))
    with capsys.disabled():
        sys.stdout.write("\n".join([*summary(found), ""]))
    return "\n".join(str(result) for result in found if result.faults)


def test_each_case_of_the_corpus_has_a_name_of_its_own() -> None:
    names = [case.name for case in CORPUS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("door", DOORS_OF_THE_CORPUS)
def test_what_once_did_harm_is_refused_or_answered(server: Server, door: str) -> None:
    wrong = {
        case.name: found for case in QUICK if case.door == door and (found := faults(case, server.run(case)))
    }
    assert wrong == {}


@pytest.mark.fuzz
def test_the_large_cases_of_the_corpus_stay_within_their_limits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told([case for case in CORPUS if case not in QUICK], tmp_path, capsys) == ""


@pytest.mark.fuzz
@pytest.mark.parametrize("door", DOORS)
def test_no_case_from_a_seed_breaks_a_promise(
    door: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases, seed = asked()
    assert told(generated(cases, seed, [door]), tmp_path, capsys) == ""


def test_a_case_is_made_from_its_seed_door_and_number_alone() -> None:
    for door in DOORS:
        first, again, other = generated(3, 5, [door]), generated(3, 5, [door]), generated(3, 6, [door])
        assert first == again
        assert [case.name for case in first] != [case.name for case in other]
        assert generated(None, 5, [door], only="2") == first[2:]


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("while True: pass", "out of time"),
        ("import time; time.sleep(600)", "hung"),
        ("x = bytearray(900_000_000)", "MemoryError"),
        ("x = [bytearray(b'x' * 10_000_000) for _ in range(30)]", "MemoryError"),
        ("1 / 0", "ZeroDivisionError"),
        ("import os; os.abort()", "signal 6"),
        ("import sys; sys.exit(7)", "exit 7"),
        ("print('\\x1b[31m')", "U+001B"),
        ("print('a\\u202eb')", "U+202E"),
        ("import warnings; warnings.warn('so')", "warning"),
        ("print('a'); raise ldn.InputError('no')", "stdout holds"),
        ("open('left', 'w').close(); raise ldn.InputError('no')", "files changed: left"),
        ("open('mine', 'w').close(); raise ldn.InputError('no')", "files changed: mine"),
        ("open('.half', 'w').close()", "left behind: .half"),
        ("import sys; sys.stderr.write('ldn: a\\n'); raise ldn.InputError('no')", "2 messages"),
        ("import sys; sys.stderr.write('ldn: ' + 'x' * 9000)", ""),
        ("import sys; sys.exit(2)", "0 messages"),
    ],
)  # fmt: skip
def test_the_judge_sees_each_promise_broken(server: Server, code: str, says: str) -> None:
    case = Case("made up", "python", code=code, files={"mine": b"whole"}, seconds=2.0, megabytes=200.0)
    found = faults(case, server.run(case))
    assert (says in "; ".join(found)) if says else found == []


def test_a_document_is_one_document_of_numbers(server: Server) -> None:
    for printed, right in (('{"a": 1}', True), ('{"a": NaN}', False), ("{} {}", False), ("", True)):
        case = Case("made up", "ldn", ("--json",))
        outcome = server.run(Case("made up", "python", code=f"print({printed!r}, end='')"))
        assert (faults(case, outcome) == []) is right
