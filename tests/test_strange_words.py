"""Words that nobody should have to read, and what the reader does: a message that says what is wrong, in little time."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import openldn as ldn
from openldn.answers.bands import Bands
from openldn.answers.following import PERSON_DAYS
from openldn.cli.console import progress
from openldn.cli.main import cli, main
from openldn.engine import parse_regimen
from openldn.notation import InputError, parse_number, parse_quantity

MODEL = "model decay : a drug\nparameter K [1/h] = 0.1\nstate A [mg]\ndose iv -> A\nd/dt(A) = -K * A\n{}\n"
EVENTS = "ID,TIME,AMT,EVID\n1,0,100,1\n1,1,0,0\n"
TRIALS = "study,ai,n1i,ci,n2i\na,1,10,2,10\nb,3,12,4,11\nc,2,9,5,12\n"


def seconds(read: Callable[[], object]) -> float:
    start = time.process_time()
    with pytest.raises(ldn.OpenLDNError):
        read()
    return time.process_time() - start


@pytest.mark.parametrize(
    "text",
    [
        "4.5 mg" + " " * 15_000 + "x",
        "4.5 mg every 24h" + " " * 15_000 + "the",
        "4.5" + " " * 15_000 + "m g every 24h",
        "4.5 mg every 24h except doses " + "1 - " * 4000,
        "4.5 mg every 24h except doses " + "1" * 15_000,
        "4.5 mg every 24h except doses " + "1-5000000," * 1500,
        "4.5 mg" + " every 1h over 1h at 2 for 3" * 600,
        "4.5 mg" + " at 2 at" * 2000,
        "," * 15_000 + " every 24h",
        "x" * 30_000_000,
    ],
    ids=lambda text: text[:24].strip(),
)
def test_a_schedule_is_refused_in_a_time_that_its_length_bounds(text: str) -> None:
    # the slowest took 10 s and more; linear ones take milliseconds
    assert seconds(lambda: parse_regimen(text)) < 2


def test_a_dose_line_of_a_model_is_refused_in_a_time_that_its_length_bounds() -> None:
    line = ("dose iv -> A " + "lag a rate a duration " * 300)[:4987]
    # a pattern of the first version took 403 s
    assert seconds(lambda: ldn.model(MODEL.format(line))) < 2


def test_words_of_a_schedule_in_another_order_are_named() -> None:
    with pytest.raises(ldn.RegimenError, match='"every" stands behind "for"'):
        parse_regimen("4.5 mg for 7d every 24h")


@pytest.mark.parametrize("text", ["١٢", "１２", "1_000", "0x10", "1e400", "nan", "9" * 5000, "1,2,3", ""])
def test_a_number_is_digits_a_point_and_perhaps_a_power(text: str) -> None:
    with pytest.raises(InputError):
        parse_number(text)


@pytest.mark.parametrize(
    "unit",
    ["kg^9" + "*kg^9" * 9, "kg^9" + "*kg^9" * 30, "mg\0", "\udcff"],
    ids=["large", "larger", "NUL", "half"],
)
def test_a_dose_of_a_unit_that_overflows_is_refused(unit: str) -> None:
    with pytest.raises(InputError):
        ldn.dose(f"1e300 {unit}", persons=0, days=1)
    with pytest.raises(InputError):
        parse_quantity(f"1e308 {unit}", what="dose", like="4.5mg").to("ng")


@pytest.mark.parametrize(
    "words",
    [
        ["dose", ""], ["dose", " "], ["dose", "\0"], ["dose", "4.5mg\0"], ["dose", "\udcff"],
        ["dose", "[red]4.5mg[/red]"], ["dose", "[/]"], ["dose", "1e308 h"], ["dose", "1e308 kg"],
        ["dose", "1 mg every 1e308 h for 1e308 d"], ["dose", "1 mg every 24h over 1e-320 h"],
        ["dose", "1 mg once for 1e308 d, then 2 mg once for 1e308 d"], ["dose", "٤٫٥ mg"], ["dose", "nan mg"],
        ["dose", "4.5mg", "--set", "T_E=1,5,0"], ["dose", "4.5mg", "--set", "T_E=nan"], ["dose", "4.5mg", "--set", "\0=1"],
        ["dose", "4.5mg", "--seed", "1" + "0" * 30], ["dose", "4.5mg", "--seed", "-1"],
        ["dose", "4.5mg", "--persons", "-1"], ["dose", "4.5mg", "--persons", "1000000000"],
        ["dose", "4.5mg", "--persons", "20000", "--days", "366"], ["dose", "4.5mg", "--days", "0"],
        ["dose", "4.5mg", "--plot", "x" * 300 + ".svg"], ["dose", "4.5mg", "--plot", "\0.svg"],
        ["dose", "4.5mg", "--at", "٢٢:٠٠"], ["dose", "4.5mg", "--for", "\udcff"], ["dose", "4.5mg", "--compare", "[/]=[/]"],
        ["simulate", "decay.model", "events.csv", "--out", "x" * 300 + ".csv"],
        ["simulate", "decay.model", "events.csv", "--times", "0:1e308:1"],
        ["simulate", "decay.model", "events.csv", "--times", "0," * 99_000],
        ["simulate", "decay.model", "events.csv", "--cv", "K=nan"],
        ["simulate", "decay.model", "events.csv", "--correlate", "K,K=0.5"],
        ["simulate", "decay.model", "events.csv", "--rtol", "nan"], ["simulate", "decay.model", "\0"],
        ["simulate", "decay.model", "10 mg once", "--persons", "1000000000"],
        ["simulate", "decay.model", "10 mg once", "--seed", "-1"], ["simulate", "\udcff", "events.csv"],
        ["meta", "trials.csv", "--measure", "RR", "--bayes", "half-normal:nan"],
        ["meta", "trials.csv", "--measure", "RR", "--bayes", "half-normal:1e308"],
        ["meta", "trials.csv", "--measure", "RR", "--difference", "nan", "--bayes", "half-normal:1"],
        ["meta", "trials.csv", "--measure", "\0"], ["meta", "\0", "--measure", "RR"],
        ["claims", "\0"], ["claims", "--since", "٢٠٢٦-١١-٢٤"], ["evidence", "\udcff"],
        ["evidence", "prisma", "trials.csv", "--plot", "x" * 300 + ".svg"],
        ["review", "--out", "\0"], ["review", "--out", "x" * 300], ["export", "decay.model", "--sbml", "x" * 300],
        ["check", "\0"], ["\0"],
    ],
    ids=lambda words: ascii(" ".join(words))[:60],
)  # fmt: skip
def test_strange_words_end_in_one_message_and_exit_2(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("decay.model", MODEL.format("")), ("events.csv", EVENTS), ("trials.csv", TRIALS)):
        Path(name).write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(words)
    out, said = capsys.readouterr()
    assert (left.value.code, out, len(said.splitlines())) == (2, "", 1), said[:400]
    assert said.startswith("ldn: ")
    assert "something broke" not in said
    assert len(said) < 2500


@pytest.mark.parametrize("line", ["C [mg] = A * exp(1e9 * K)", "C [mg] = A * (1/0)", "C [mg] = A / (K - K)"])
def test_a_model_that_overflows_says_for_whom(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("decay.model").write_text(MODEL.format(line), encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["simulate", "decay.model", "10 mg once"])
    said = capsys.readouterr().err
    assert left.value.code in (1, 2)
    assert "something broke" not in said
    assert "Traceback" not in said
    assert "could not be solved" in said or "decay.model" in said


@pytest.mark.parametrize(
    ("error", "says"), [(MemoryError(), "too little memory"), (RecursionError(), "nested too deeply")]
)
def test_a_machine_at_its_end_says_so(
    error: BaseException, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(cli, "main", fails)
    with pytest.raises(SystemExit) as left:
        main(["dose", "4.5mg"])
    assert left.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("label", ["[/]", "[red]4.5mg[/red]", "[/red]", "\x1b[31m", "4.5mg\\"])
def test_a_bar_on_a_terminal_shows_words_as_they_are(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # else the bar is not drawn where there is no terminal
    with progress(label) as report:
        report(0.5)


STRANGE: list[Any] = [
    None, [], {}, b"x", object(), np.array([None, "a"], dtype=object), 10**400, 10**5000, float("nan"), True, "\0",
    "\udcff", [[1, 2], [3]], 3 + 4j, set(), np.array([]), "x" * 100_000,
]  # fmt: skip
SMALL = ldn.model("one_compartment")
DOORS: dict[str, Callable[[Any], object]] = {
    "dose": lambda v: ldn.dose(v, persons=0, days=1),
    "model": ldn.model,
    "set": lambda v: SMALL.set(CL=v),
    "vary": lambda v: SMALL.vary({"CL": v}),
    "ev": ldn.ev,
    "then": lambda v: ldn.ev(1).then(v),
    "after": lambda v: ldn.ev(1).then(ldn.ev(1), after=v),
    "claim": ldn.claim,
    "study": ldn.study,
    "evidence": ldn.evidence,
    "check": ldn.check,
    "pool": lambda v: ldn.pool(v, "GEN"),
    "bayes": lambda v: ldn.pool({"study": ["a", "b"], "yi": [1, 2], "vi": [1, 1]}, "GEN", bayes=v),
    "persons": lambda v: SMALL.simulate(ldn.ev(1), times=[0, 1], persons=v),
    "times": lambda v: SMALL.simulate(ldn.ev(1), times=v),
    "outputs": lambda v: SMALL.simulate(ldn.ev(1), times=[0, 1], outputs=v),
    "seed": lambda v: SMALL.simulate(ldn.ev(1), times=[0, 1], seed=v),
    "rtol": lambda v: SMALL.simulate(ldn.ev(1), times=[0, 1], rtol=v),
    "covariates": lambda v: SMALL.simulate(ldn.ev(1), times=[0, 1], covariates=v),
    "time of an event": lambda v: SMALL.simulate(ldn.ev(1, time=v), times=[0, 1]),
    "more doses": lambda v: SMALL.simulate(ldn.ev(1, addl=v), times=[0, 1]),
    "days": lambda v: ldn.dose("4.5mg", persons=0, days=v),
    "setting": lambda v: ldn.dose("4.5mg", persons=0, days=1, setting=v),
}


@pytest.mark.parametrize("door", DOORS)
def test_the_python_door_takes_what_it_can_and_refuses_the_rest_in_words(door: str) -> None:
    for value in STRANGE:
        with suppress(ldn.OpenLDNError):
            DOORS[door](value)


def test_the_ends_of_a_band_are_those_of_everybody_at_once() -> None:
    random = np.random.default_rng(1)
    for persons in (1, 2, 3, 19, 20, 21, 59, 60, 61, 100, 777):
        values = np.exp(random.normal(size=(persons, 130)))
        values[:, 3] = 1.0
        bands = Bands(persons)
        for start in range(0, persons, 17):
            bands.add(values[start : start + 17])
        low, high = bands.ends()
        expected = np.percentile(values, [5, 95], axis=0)
        # to the last bit: a percentile is made of the same two neighbours
        assert np.array_equal(np.stack([low, high]), expected), persons


def test_persons_in_groups_are_those_of_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ldn.dose("4.5mg", persons=30, days=2)
    monkeypatch.setattr("openldn.answers.following._NUMBERS", 20_000)
    parts = ldn.dose("4.5mg", persons=30, days=2)
    assert parts.answers == whole.answers
    for name, series in whole.series.items():
        assert np.array_equal(series.high, parts.series[name].high), name


def test_more_persons_for_longer_than_can_be_held_are_refused_with_the_limit() -> None:
    with pytest.raises(InputError, match="1,200,000 persons × days"):
        ldn.dose("4.5mg", persons=20_000, days=int(PERSON_DAYS) // 20_000 + 1)
