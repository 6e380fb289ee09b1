"""The scripts that must run as they stand, the command that does the same, and what both refuse."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import openldn as ldn
from openldn.cli.main import cli
from openldn.engine import SciPy

DOCS = Path(__file__).parents[1] / "docs"

THOUSAND = """
import openldn as ldn

# 1 a thousand persons, twelve weeks
m = ldn.model("two_compartments").vary({"CL": 0.3, "V2": 0.3}, correlated={("CL", "V2"): 0.5})
run = m.simulate(ldn.ev(100, ii=24, addl=83), persons=1000, seed=1)
run.plot("C").save("c.svg"); run.nca("C"); run.table()
"""

OWN = '''
import openldn as ldn

# 2 a model of one's own, a data set of one's own, residual error
pkpd = ldn.model("""
model pkpd : one compartment and an indirect response
parameter CL [L/h] = 5 cv 0.3 : clearance
parameter V [L] = 50 : volume
parameter KIN [1/h] = 0.1 : production
parameter KOUT [1/h] = 0.1 : loss
parameter IC50 [ug/L] = 200 : half inhibition
parameter S [1] = 0.1 : proportional error
state A [ug]
state R [1] = 1
dose iv [mg] -> A
C [ug/L] = A / V : concentration
d/dt(A) = -CL * C
d/dt(R) = KIN * (1 - C / (C + IC50)) - KOUT * R
observe DV [ug/L] = C * (1 + S * noise) : what the assay prints
""")
table = pkpd.simulate(ldn.events("trial.csv"), carry=("WT", "DV", "CL"), seed=2).table()
'''

DRUG = """
import openldn as ldn

# 3 the drug of this project
ldn.model("ldn").simulate("4.5 mg every 24h at 22:00 for 28d", persons=200, seed=3).plot("occ_mu_brain").save("o.svg")
"""


def ran(script: str, where: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(where)
    found: dict[str, Any] = {}
    exec(script, found)
    return found


def test_a_thousand_persons_take_four_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ran(THOUSAND, tmp_path, monkeypatch)["run"]
    assert b"<svg" in (tmp_path / "c.svg").read_bytes()
    assert run.of("C").shape == (1000, 2017)
    assert len(run.nca("C")) == 84_000
    logs = np.log([run.parameters["CL"], run.parameters["V2"]])
    # 1,000 pairs put a correlation of 0.5 within 0.024 of itself, a CV of 0.3 within 0.007: three of each.
    assert np.corrcoef(logs)[0, 1] == pytest.approx(0.5, abs=0.072)
    assert np.sqrt(np.expm1(logs.var(axis=1))) == pytest.approx([0.3, 0.3], abs=0.021)
    # The dose over the area of the last interval is the clearance, but for the peak that hourly trapezoids cut: up to 5 %.
    last = run.nca("C").query("DOSE == 84")
    quick = run.parameters["V2"] / run.parameters["CL"] < 20
    assert last["CLFTAU"].to_numpy()[quick] == pytest.approx(run.parameters["CL"][quick], rel=0.06)


def test_a_model_and_a_table_of_ones_own_with_residual_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(DOCS / "examples" / "trial.csv", tmp_path)
    found = ran(OWN, tmp_path, monkeypatch)
    table, model = found["table"], found["pkpd"]
    records = ldn.events(tmp_path / "trial.csv")
    assert len(table) == records.records
    assert {"ID", "TIME", "WT", "DV_data", "CL", "C", "DV"} <= set(table.columns)
    assert table.groupby("ID")["CL"].nunique().eq(1).all()
    seen = table[table["C"] > 0]
    noise = (seen["DV"] / seen["C"] - 1) / 0.1
    assert noise.std() == pytest.approx(1, abs=3 / np.sqrt(2 * len(noise)))  # three standard errors
    again = model.simulate(records, carry=("WT", "DV", "CL"), seed=2, solver=SciPy()).table()
    assert np.allclose(again["DV"], table["DV"], rtol=1e-6)  # a hundred steps of 1e-8


def test_the_drug_of_this_project_takes_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(DRUG, tmp_path, monkeypatch)
    assert b"<svg" in (tmp_path / "o.svg").read_bytes()


def command(*words: str) -> Any:
    found = CliRunner().invoke(cli, ["simulate", *words])
    assert found.exit_code == 0, found.output
    return found


def test_the_command_gives_the_numbers_of_the_library() -> None:
    words = ("two_compartments", "100 mg every 24h for 3d", "--persons", "5", "--seed", "7", "--cv", "CL=0.3")
    words += ("--cv", "V2=0.2", "--correlate", "CL,V2=0.5", "--occasion", "KA=0.4", "--carry", "CL,KA")
    found = json.loads(command(*words, "--json", "--nca", "C").stdout)
    model = ldn.model("two_compartments").vary(
        {"CL": 0.3, "V2": 0.2}, correlated={("CL", "V2"): 0.5}, occasion={"KA": 0.4}
    )
    run = model.simulate("100 mg every 24h for 3d", persons=5, seed=7, carry=("CL", "KA"))
    for name, column in run.columns().items():
        assert [float(cell) for cell in found["columns"][name]] == column.tolist(), name
    assert found["nca"]["columns"]["CMAX"] == run.nca("C")["CMAX"].tolist()
    assert found["question"]["seed"] == 7


def test_typical_persons_are_all_alike_and_drawn_ones_are_not() -> None:
    words = (
        "two_compartments",
        "100 mg once",
        "--persons",
        "3",
        "--cv",
        "CL=0.3",
        "--times",
        "0:12:12",
        "--json",
    )
    drawn, typical = (
        json.loads(command(*words, *more).stdout)["columns"]["C"][1::2] for more in ((), ("--typical",))
    )
    assert len(set(drawn)) == 3
    assert len(set(typical)) == 1


def test_the_command_draws_and_writes_whole_files(tmp_path: Path) -> None:
    picture, table = tmp_path / "c.png", tmp_path / "c.parquet"
    command(
        "one_compartment",
        "100 mg every 12h for 2d",
        "--persons",
        "30",
        "--plot",
        str(picture),
        "--out",
        str(table),
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert table.read_bytes()[:4] == b"PAR1"


def simulate(model: str = "one_compartment", **options: Any) -> Any:
    return ldn.model(model).simulate(options.pop("events", ldn.ev(100)), **options)


ENDLESS = """
model endless
parameter R [1/h] = 1
state x [1]
state y [1]
d/dt(x) = R
d/dt(y) = 0 * R
when x > 2 : y = 2
when y > 1 : y = 0
when y < 1 : y = 2
"""
CLASH = "model clash\nparameter RATE [1/h] = 1\nstate A [mg]\ndose iv [mg] -> A\nd/dt(A) = -RATE * A\n"
MIXED = "model mixed\nparameter A [mg] = 1\nparameter T [h] = 1\nx [1] = if(A > T, 1, 0)\n"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda: simulate(solver=SciPy(), threads=4), "threads is 4, but SciPy runs on one"),
        (lambda: simulate(solver="LSODE"), "solver is 'LSODE'; give Kernel"),
        (lambda: simulate(rtol=2), "rtol is 2; it lies between 0 and 1"),
        (lambda: ldn.model("one_compartment").set(CL="5 L"), "CL"),
        (lambda: ldn.model("one_compartment").set(CL=-1), "CL"),
        (lambda: simulate(events=ldn.ev("100 umol")), "umol"),
        (lambda: ldn.model("two_compartments").vary({"CL": 0.3, "V2": 0.3}, correlated={("CL", "V2"): 1.2}), "1.2"),
        (lambda: ldn.model("two_compartments").vary({"CLL": 0.3}), '"CLL" is not known'),
        (lambda: ldn.model("two_compartments").vary({"CL": 0.3}, correlated={("CL", "V2"): 0.5}), "no spread"),
        (lambda: ldn.model(MIXED), "compares units that differ"),
        (lambda: ldn.model(ENDLESS).simulate(ldn.ev(evid=2), times=[0, 24]).whole(), "turns without end"),
        (lambda: ldn.model(CLASH).simulate(ldn.events({"ID": [1], "TIME": [0], "AMT": [5], "RATE": [1]})), "RATE"),
        (lambda: ldn.events({"ID": [1, None], "TIME": [0, 1], "AMT": [100, 0]}), "ID"),
        (lambda: simulate(persons={"ID": ["a", None], "CL": [5, 6]}), "row 2 of the table of persons has no ID"),
        (lambda: simulate(persons={"CL": [5, float("nan")]}), "no finite number in row 2"),
        (lambda: simulate(persons=0), "persons is 0"),
        (lambda: simulate(persons=1.5), "persons is 1.5"),
        (lambda: simulate(occasion="doses"), "no parameter varies"),
        (lambda: simulate(carry="WT"), 'column to carry "WT" is not known'),
        (lambda: simulate(outputs="CC"), 'output "CC" is not known'),
        (lambda: simulate(times=[3, 1]), "increas"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(wrong: Callable[[], Any], says: str) -> None:
    with pytest.raises(ldn.OpenLDNError, match=says):
        wrong()
