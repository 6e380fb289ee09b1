"""The front door, `openldn`: its names, what importing it costs, its examples, and what it refuses."""

import doctest
import inspect
import json
import pydoc
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import openldn as ldn
from openldn.answers.claim import claims_table
from openldn.cli.main import cli
from openldn.engine import Correlation, Spread, draw, ev, parse_expression, simulate
from openldn.engine.notebook import written
from openldn.figures import Curve, line_chart
from openldn.figures import draw as draw_figure

NAMES = [
    "DataError", "Events", "InputError", "Model", "ModelTextError", "OpenLDNError", "OutputError", "QuantityError",
    "RegimenError", "Run", "SolveError", "UnknownName", "__version__", "check", "claim", "claims", "dose", "ev", "events",
    "evidence", "model", "pool", "review", "studies", "study",
]  # fmt: skip


def test_the_names_are_the_pinned_ones_and_the_docstring_lists_every_one() -> None:
    assert ldn.__all__ == NAMES
    assert set(NAMES) <= set(dir(ldn))
    for name in NAMES:
        if name != "__version__":
            assert re.search(rf"\b{name}\b", str(ldn.__doc__)), name


def test_every_name_is_typed_for_editors() -> None:
    source = Path(ldn.__file__).read_text(encoding="utf-8")
    typed = source.split("if TYPE_CHECKING:")[1].split("__version__ =")[0]
    for name in NAMES:
        assert name == "__version__" or re.search(rf"\b{name}\b", typed), name


def test_importing_loads_nothing_but_the_door_itself() -> None:
    code = "import sys; before = set(sys.modules); import openldn; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in run.stdout.split() if name.partition(".")[0] not in sys.stdlib_module_names}
    assert loaded == {"openldn"}


def test_asking_for_an_error_loads_no_numbers() -> None:
    code = "import sys, openldn; openldn.OpenLDNError; print('numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="modell"):
        ldn.modell  # noqa: B018


@pytest.mark.parametrize(
    "first", ["import openldn.evidence", "import openldn; openldn.evidence", "import openldn"]
)
def test_evidence_is_a_question_and_stays_a_room_whoever_is_imported_first(first: str) -> None:
    code = f"""{first}
import openldn
from openldn import evidence
from openldn.evidence import studies
import openldn.evidence as room
assert openldn.evidence is evidence is room
assert evidence.studies is studies
print(openldn.evidence("crohn").condition.key)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "crohn"
    assert list(inspect.signature(ldn.evidence).parameters) == ["condition"]


def docstrings(name: str) -> Iterator[tuple[str, str]]:
    """The docstring of a name, and those of the methods of a class that have examples."""
    found = getattr(ldn, name)
    yield name, found.__doc__ or ""
    for key, method in vars(found).items() if inspect.isclass(found) else ():
        if inspect.isfunction(method) and ">>>" in (method.__doc__ or ""):
            yield f"{name}.{key}", str(method.__doc__)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "__version__"])
def test_every_name_has_an_example_that_runs(name: str) -> None:
    runner = doctest.DocTestRunner(verbose=False)
    examples = 0
    for title, text in docstrings(name):
        test = doctest.DocTestParser().get_doctest(text, {}, title, None, 0)
        examples += len(test.examples)
        report: list[str] = []
        runner.run(test, out=report.append)
        assert not report, "".join(report)
    assert examples


@pytest.mark.parametrize("name", ["set", "vary"])
def test_the_methods_that_change_a_model_have_examples(name: str) -> None:
    assert f"Model.{name}" in dict(docstrings("Model"))


def test_help_of_a_question_that_is_a_room_is_that_of_the_question() -> None:
    assert "Raises UnknownName with the nearest condition" in pydoc.render_doc(ldn.evidence)


# A model from a name, a file or a text

DECAY = """
model decay : a drug that is lost
parameter K [1/h] : loss
parameter V [L] = 50 from 0 : volume
state A [mg]
dose iv -> A
C [mg/L] = A / V
d/dt(A) = -K * A
"""


def test_a_text_a_file_and_its_table_give_the_same_model(tmp_path: Path) -> None:
    (tmp_path / "decay.model").write_text(DECAY)
    (tmp_path / "decay.toml").write_text(
        '[K]\nas_printed = "0.1 1/h"\nbasis = "assumed"\nwhy = "for a test"\n'
    )
    (tmp_path / "bare.model").write_text(DECAY)
    models = [
        ldn.model(tmp_path / "decay.model"),
        ldn.model(str(tmp_path / "decay.model")),
        ldn.model(DECAY, {"K": 0.1}),
        ldn.model(DECAY, table=tmp_path / "decay.toml"),
        ldn.model(tmp_path / "bare.model", table={"K": "0.1 1/h"}),
    ]
    assert {m.parameters["K"].value for m in models} == {0.1}
    assert {m.name for m in models} == {"decay"}


def test_a_table_that_was_changed_is_read_again(tmp_path: Path) -> None:
    table = tmp_path / "decay.toml"
    entry = '[K]\nas_printed = "{} 1/h"\nbasis = "assumed"\nwhy = "for a test"\n'
    found = []
    for value in ("0.1", "0.2"):
        table.write_text(entry.format(value))
        found.append(ldn.model(DECAY, table=table).parameters["K"].value)
    assert found == [0.1, 0.2]


def test_a_text_may_include_our_blocks_and_gets_our_numbers_with_them() -> None:
    m = ldn.model("model mine : with ours\ninclude disposition\nTWICE [L/h] = 2 * CL_N\n")
    assert m.parameters["CL_N"].value == ldn.model("ldn").parameters["CL_N"].value
    assert "TWICE" in m.assigned


def test_correlations_of_a_users_table_are_those_of_the_persons(tmp_path: Path) -> None:
    (tmp_path / "mine.model").write_text(DECAY.replace("decay", "mine").replace("= 50 from 0", ""))
    entry = '[{}]\nas_printed = "{}"\nbasis = "assumed"\nwhy = "test"\nspread = {{ cv = 0.3, basis = "assumed" }}\n'
    (tmp_path / "mine.toml").write_text(
        entry.format("K", "0.1 1/h") + entry.format("V", "50 L")
        + '[correlation.both]\nof = ["K", "V"]\npairs = [["K", "V", 0.8]]\nbasis = "assumed"\nwhy = "test"\n'
    )  # fmt: skip
    drawn = draw(ldn.model(tmp_path / "mine.model"), 20_000, 1)
    # four standard errors of a correlation at 20,000: (1 − r²)/√n
    assert np.corrcoef(np.log(drawn["K"]), np.log(drawn["V"]))[0, 1] == pytest.approx(0.8, abs=0.0102)


def test_a_table_gives_a_model_of_the_library_numbers_with_sources(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text('[CL]\nas_printed = "200 mL/min"\nbasis = "assumed"\nwhy = "for a test"\n')
    m = ldn.model("one_compartment", table=table)
    assert m.parameters["CL"].value == pytest.approx(12.0)  # 200 mL/min × 60 min/h
    assert m.parameters["V"].value == ldn.model("one_compartment").parameters["V"].value


BAD_MODELS: list[tuple[Any, Any, type[Exception], str]] = [
    ("two_compartment", None, ldn.UnknownName, 'did you mean "two_compartments"'),
    ("nothing.model", None, ldn.DataError, "cannot be read"),
    (Path("nothing"), None, ldn.DataError, "cannot be read"),
    (7, None, ldn.InputError, "not int"),
    (DECAY, None, ldn.ModelTextError, r'parameter "K" has no value.*\(the model, line 3\)'),
    (DECAY, {"KK": 1}, ldn.UnknownName, 'did you mean "K"'),
    (
        DECAY,
        {"K": 1, "V": 2},
        ldn.InputError,
        '"V" has its value in the model, line 4; change it with Model.set',
    ),
    (DECAY, {"K": "1 L"}, ldn.QuantityError, "measure different things"),
    (DECAY, {"K": float("nan")}, ldn.QuantityError, "one finite number"),
    (DECAY, "no_table.toml", ldn.DataError, "no_table.toml"),
    ("state A [mg]\nd/dt(A) = 0\n", None, ldn.ModelTextError, 'exactly one line "model NAME'),
    ("model a\ninclude dispositon\n", None, ldn.ModelTextError, 'did you mean "disposition"'),
    (
        "model a\nstate A [mg]\nd/dt(A) = -B\n",
        None,
        ldn.ModelTextError,
        r'"B" is not defined.*the model, line 3',
    ),
    ("fibromyalgia/pain_nrs", {"K": 1}, ldn.InputError, "a table of its own"),
    ("one_compartment", {"CL": 1}, ldn.InputError, "change it with Model.set"),
]


@pytest.mark.parametrize(("source", "table", "error", "says"), BAD_MODELS)
def test_a_model_that_cannot_be_is_refused(
    source: Any, table: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        ldn.model(source, table)


def test_a_name_in_a_table_that_the_model_does_not_have_is_refused_with_its_line(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text('[KK]\nas_printed = "0.1 1/h"\nbasis = "assumed"\nwhy = "for a test"\n')
    with pytest.raises(ldn.DataError, match=r'"KK" is no parameter of the model; did you mean "K".*line 1'):
        ldn.model(DECAY, table)


# Other numbers and parts


def two() -> ldn.Model:
    return ldn.model("two_compartments")


def test_numbers_are_in_the_models_unit_and_texts_are_converted() -> None:
    m = two().set(CL="200 mL/min", V2=60, KA="2")
    assert m.parameters["CL"].value == pytest.approx(12.0)  # 200 mL/min × 60 min/h
    assert (m.parameters["V2"].value, m.parameters["KA"].value) == (60.0, 2.0)
    assert two().parameters["V2"].value == 50.0


def test_switches_and_choices_are_set_by_name() -> None:
    m = ldn.model("ldn")
    for off in (0, False, "off", "0", np.False_):
        assert m.set(rebound=off).switches["rebound"].expression == parse_expression("0")
    for on in (1, True, "on", "1"):
        assert m.set(rebound=on).switches["rebound"].expression == parse_expression("1")
    plasma = m.set(kinetics="plasma").switches
    states = {o: plasma[f"kinetics_{o}"].expression for o in m.choices["kinetics"]}
    assert states == {o: parse_expression(str(int(o == "plasma"))) for o in states}


def test_a_model_that_was_set_runs_as_one_that_is_told_at_the_run() -> None:
    m, times = ldn.model("ldn"), np.linspace(0, 96, 25)
    given = ev("4.5 mg", cmt="oral", ii=24, addl=1)
    told = {"T_E": 30.0, "rebound": 0.0, "kinetics_biophase": 0.0, "kinetics_plasma": 1.0}
    a = simulate(m.set(T_E="30 h", rebound=0, kinetics="plasma"), given, times, ("occ_mu_brain", "POMC"))
    b = simulate(m, given, times, ("occ_mu_brain", "POMC"), told)
    assert np.array_equal(a.values, b.values)
    assert not np.array_equal(b.values, simulate(m, given, times, ("occ_mu_brain", "POMC")).values)


def test_persons_lie_about_a_number_that_was_set() -> None:
    m = two().vary({"CL": 0.3})
    before, after = draw(m, 500, 1)["CL"], draw(m.set(CL=20), 500, 1)["CL"]
    np.testing.assert_allclose(
        after, 2 * before, rtol=1e-9
    )  # the range is cut at a place in the normal, not at a value


def test_a_number_that_was_set_is_no_longer_that_of_its_source() -> None:
    m = ldn.model("ldn")
    entry = m.parameters["T_E"].entry
    moved = m.set(T_E="30 h").parameters["T_E"].entry
    assert entry is not None
    assert entry.sources
    assert moved is not None
    assert (moved.as_printed, moved.sources, moved.fact, moved.unsure) == ("30 h", (), "", None)


def test_a_normal_spread_stays_as_wide_in_its_own_unit_when_the_centre_is_set(tmp_path: Path) -> None:
    table = tmp_path / "mine.toml"
    table.write_text('[K]\nas_printed = "24 1/d"\nbasis = "assumed"\nwhy = "test"\n'
                     'spread = { sd = 2.4, basis = "assumed" }\n')  # fmt: skip
    m = ldn.model(DECAY, table).set(K=2.0)
    drawn = draw(m, 20_000, 1)["K"]
    # 2.4 1/d is 0.1 1/h; four standard errors of a mean and of an SD at 20,000
    assert np.mean(drawn) == pytest.approx(2.0, abs=0.003)
    assert np.std(drawn) == pytest.approx(0.1, rel=0.02)


BAD_VALUES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"CLL": 5}, ldn.UnknownName, 'did you mean "CL"'),
    ({"CL": "5 kg"}, ldn.QuantityError, "it is in L/h"),
    ({"CL": "five"}, ldn.QuantityError, "CL"),
    ({"CL": -1}, ldn.QuantityError, "possible is 0 or more"),
    ({"CL": float("inf")}, ldn.QuantityError, "one finite number"),
    ({"CL": [1, 2]}, ldn.QuantityError, "one finite number"),
    ({"CL": None}, ldn.QuantityError, "one finite number"),
    ({"CL": True}, ldn.QuantityError, "one finite number"),
    ({"C": 5}, ldn.UnknownName, "parameter, switch or choice"),
]


@pytest.mark.parametrize(("values", "error", "says"), BAD_VALUES)
def test_a_value_that_cannot_be_is_refused(values: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        two().set(**values)


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"rebound": 2}, ldn.InputError, "it is on or off"),
        ({"rebound": None}, ldn.InputError, "it is on or off"),
        ({"kinetics": 1}, ldn.InputError, "neither on nor off.*as in kinetics="),
        ({"kinetics": "plasmatic"}, ldn.UnknownName, 'did you mean "plasma"'),
        ({"kinetics_plasma": 1}, ldn.UnknownName, "switch"),
    ],
)
def test_a_state_that_cannot_be_is_refused(values: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        ldn.model("ldn").set(**values)


def test_a_number_about_which_nobody_can_lie_is_refused() -> None:
    with pytest.raises(ldn.QuantityError, match="lognormal is above 0"):
        two().vary({"CL": 0.3}).set(CL=0)
    shares = two().set(F1=0.5)
    with pytest.raises(ldn.InputError, match="has a range and lies within it"):
        shares.vary({"F1": Spread(logit_sd=0.5)})


# How persons differ


def test_spreads_and_correlations_said_are_those_of_the_persons() -> None:
    drawn = draw(two().vary({"CL": 0.3, "V2": 0.2}, correlated={("CL", "V2"): 0.5}), 20_000, 3)
    logs = {name: np.log(values) for name, values in drawn.items()}
    # σ² = ln(1 + CV²); four standard errors of an SD, 1/√(2n), and of a correlation, (1 − r²)/√n, at 20,000
    for name, cv in (("CL", 0.3), ("V2", 0.2)):
        assert np.std(logs[name]) == pytest.approx(np.sqrt(np.log(1 + cv**2)), rel=0.02)
    assert np.corrcoef(logs["CL"], logs["V2"])[0, 1] == pytest.approx(0.5, abs=0.0213)


def test_a_table_and_a_call_that_say_the_same_give_the_same_persons(tmp_path: Path) -> None:
    text = DECAY.replace("V [L] = 50 from 0", "V [L] = 50 from 0 cv 0.3").replace(
        "K [1/h]", "K [1/h] = 0.1 cv 0.2"
    )
    said = draw(ldn.model(DECAY, {"K": 0.1}).vary({"K": 0.2, "V": 0.3}), 50, 9)
    for name, values in draw(ldn.model(text), 50, 9).items():
        assert np.array_equal(values, said[name])


def test_what_is_said_twice_adds_up_and_changes_nobody_who_was_there() -> None:
    once = two().vary({"CL": 0.3, "V2": 0.3}, correlated={("CL", "V2"): 0.5})
    more = once.vary({"KA": 0.4}, correlated={("KA", "CL"): 0.2})
    drawn, again = draw(once, 300, 5), draw(more, 300, 5)
    assert all(np.array_equal(drawn[name], again[name]) for name in ("CL", "V2"))
    assert more.correlations[0].of == ("CL", "V2", "KA")
    np.testing.assert_allclose(
        more.correlations[0].matrix(), [[1, 0.5, 0.2], [0.5, 1, 0], [0.2, 0, 1]], atol=1e-15
    )  # a product of triangles, to rounding


def test_a_name_or_pair_given_again_is_replaced() -> None:
    m = two().vary({"CL": 0.3, "V2": 0.3}, correlated={("CL", "V2"): 0.5}, occasion={"KA": 0.2})
    m = m.vary({"CL": Spread(sd=1.0)}, correlated={("V2", "CL"): -0.1}, occasion={"KA": 0.1})
    cl, ka = m.parameters["CL"].spread, m.parameters["KA"].occasion
    assert cl is not None
    assert ka is not None
    assert (cl.sd, cl.cv, ka.cv) == (1.0, None, 0.1)
    assert len(m.correlations) == 1
    assert m.correlations[0].matrix()[0, 1] == pytest.approx(-0.1)


def test_pairs_that_meet_are_one_block() -> None:
    cvs = dict.fromkeys(("CL", "V2", "Q", "V3"), 0.3)
    m = two().vary(cvs, correlated={("CL", "V2"): 0.5, ("Q", "V3"): 0.4})
    assert [block.of for block in m.correlations] == [("CL", "V2"), ("Q", "V3")]
    joined = m.vary(correlated={("V3", "CL"): 0.1}).correlations
    assert [block.of for block in joined] == [("CL", "V2", "Q", "V3")]
    assert joined[0].matrix()[[0, 2, 0], [1, 3, 3]] == pytest.approx([0.5, 0.4, 0.1])


IDLE = DECAY.replace("state A", "parameter LOST [1] = 1 : in no equation\nstate A").replace(
    "K [1/h]", "K [1/h] = 0.1"
)
BAD_SPREADS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"cv": {"KK": 0.3}}, ldn.UnknownName, 'did you mean "K"'),
    ({"cv": {"C": 0.3}}, ldn.UnknownName, "parameter"),
    ({"cv": {"LOST": 0.3}}, ldn.InputError, "would do nothing"),
    ({"occasion": {"LOST": 0.3}}, ldn.InputError, "would do nothing"),
    ({"cv": {"K": -0.1}}, ldn.InputError, "between 0 and 3"),
    ({"cv": {"K": 0}}, ldn.InputError, "between 0 and 3"),
    ({"cv": {"K": 3}}, ldn.InputError, "between 0 and 3"),
    ({"cv": {"K": float("nan")}}, ldn.InputError, "coefficient of variation such as 0.3"),
    ({"cv": {"K": "30 %"}}, ldn.InputError, "coefficient of variation such as 0.3"),
    ({"cv": {"K": None}}, ldn.InputError, "coefficient of variation such as 0.3"),
    ({"cv": 0.3}, ldn.InputError, "write it like"),
    ({"cv": {"K": Spread()}}, ldn.InputError, "one of"),
    ({"cv": {"K": Spread(sd=-1.0)}}, ldn.InputError, "above zero"),
    ({"cv": {"K": Spread(logit_sd=0.3)}}, ldn.InputError, "on the logit"),
    ({"correlated": {("K", "V"): 0.3}}, ldn.InputError, '"K" has no spread to correlate'),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": {("K", "VV"): 0.3}}, ldn.UnknownName, 'did you mean "V"'),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": {("K", "V"): 1}}, ldn.InputError, "between -1 and 1"),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": {("K", "K"): 0.5}}, ldn.InputError, "between -1 and 1"),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": {("K", "V"): "x"}}, ldn.InputError, "write it like"),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": {"K": 0.5}}, ldn.InputError, "does not read"),
    (
        {"cv": {"K": 0.3, "V": 0.3}, "correlated": {("K", "V"): 0.5, ("V", "K"): 0.4}},
        ldn.InputError,
        "given twice",
    ),
    ({"cv": {"K": 0.3, "V": 0.3}, "correlated": 0.5}, ldn.InputError, "write it like"),
]


@pytest.mark.parametrize(("said", "error", "says"), BAD_SPREADS)
def test_a_spread_that_cannot_be_is_refused(said: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        ldn.model(IDLE).vary(**said)


def test_what_is_at_zero_cannot_be_lognormal() -> None:
    with pytest.raises(ldn.InputError, match='"ALAG1" is 0; what is lognormal is above 0'):
        two().vary({"ALAG1": 0.3})


def test_correlations_that_no_population_can_have_are_refused_with_the_way_out() -> None:
    m = two().vary({"CL": 0.3, "V2": 0.3, "Q": 0.3}, correlated={("CL", "V2"): 0.9, ("CL", "Q"): 0.4})
    # r₁₂ r₁₃ ± √((1 − r₁₂²)(1 − r₁₃²)) is 0.36 ± 0.3995
    with pytest.raises(ldn.InputError, match=r"that of V2 and Q, -0\.9, may lie between -0\.0395 and 0\.759"):
        m.vary(correlated={("V2", "Q"): -0.9})


def test_a_parameter_in_two_blocks_is_refused() -> None:
    from dataclasses import replace

    half = Correlation("a", ("CL", "V2"), ((1.0,), (0.6, 0.8)))
    m = replace(two().vary({"CL": 0.3, "V2": 0.3}), correlations=(half, replace(half, name="b")))
    with pytest.raises(ldn.DataError, match='in the blocks "a" and "b"'):
        m.vary({"CL": 0.2})


# What a notebook shows


@pytest.mark.parametrize(
    "text",
    [
        "a + b - c", "a - (b - c)", "a - b + c", "-a * b", "-(a * b)", "a / (b * c)", "a / b / c", "a^b^c", "(a^b)^c",
        "a^-b", "(-a)^b", "-a^b", "2 * pi * exp(-a / 0.001)", "min(a + 1, max(b, 2))", "a - -b", "1e-06 * a",
    ],
)  # fmt: skip
def test_an_equation_is_shown_as_one_that_reads_the_same(text: str) -> None:
    tree = parse_expression(text)
    assert parse_expression(written(tree)) == tree


def test_every_equation_of_ours_is_shown_as_one_that_reads_the_same() -> None:
    m = ldn.model("ldn")
    for equation in (*m.assignments, *m.rates.values()):
        assert parse_expression(written(equation.expression)) == equation.expression


def test_a_model_in_a_notebook_shows_equations_parameters_and_states_escaped() -> None:
    text = DECAY.replace("K [1/h] : loss", "K [1/h] = 0.1 cv 0.3 : loss <b>& more</b>")
    shown = ldn.model(text)._repr_html_()
    for words in (
        "-K * A",
        "A / V",
        "mg/L",
        "0.1",
        "cv 0.3",
        "d/dt(A)",
        "loss &lt;b&gt;&amp; more&lt;/b&gt;",
    ):
        assert words in shown, words
    assert "<b>" not in shown


# What the commands answer


def document(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        (lambda: ldn.dose("4.5mg", days=3, persons=0), ("dose", "4.5mg", "--days", "3", "--persons", "0")),
        (
            lambda: ldn.dose("1.5 mg every 24h for 2d, then 3 mg", days=4, persons=2),
            ("dose", "1.5 mg every 24h for 2d, then 3 mg", "--days", "4", "--persons", "2"),
        ),
        (lambda: ldn.claim("H01"), ("claims", "H01")),
        (lambda: ldn.claims(), ("claims",)),
        (lambda: ldn.evidence("crohn"), ("evidence", "crohn")),
        (lambda: ldn.check("1", "2"), ("check", "1", "2")),
    ],
)
def test_an_answer_has_the_document_of_the_command(
    ask: Callable[[], Any], arguments: tuple[str, ...]
) -> None:
    assert json.loads(json.dumps(ask().as_json())) == document(*arguments)


def test_the_studies_of_a_condition_are_those_of_its_evidence() -> None:
    listed, shown = ldn.studies("crohn"), ldn.evidence("crohn")
    assert {s.study.id for s in listed} == {s.study.id for s in shown.studies}
    assert len(listed.table()) == len(listed)
    assert json.dumps(listed.as_json(), allow_nan=False)
    assert ldn.study("smith-2011-crohn").as_json() in shown.as_json()["studies"]


def test_the_arms_of_a_study_stand_in_its_table_as_printed() -> None:
    answer = ldn.study("smith-2011-crohn")
    arms = [arm for x in (*answer.study.outcomes, *answer.study.harms) for arm in x.arms]
    table = answer.table()
    assert len(table) == len(arms)
    assert [None if np.isnan(x) else x for x in table["events"].astype(float)] == [arm.events for arm in arms]


def test_tables_are_tidy() -> None:
    answer = ldn.dose("4.5mg", days=2, persons=2)
    assert len(answer.table()) == len(answer.answers)
    courses = answer.courses()
    assert len(courses) == len(answer.series) * len(answer.times_h)
    own = courses[courses.output == "mu_occupancy_brain"]
    assert np.array_equal(own["median"], answer.series["mu_occupancy_brain"].median)
    assert len(ldn.check("1", "2").table()) == 2
    claims = ldn.claims()
    assert claims.table()["verdict"].tolist() == list(claims.verdicts.values())
    assert claims_table(claims.claims).equals(claims.table())
    evidence = ldn.evidence("fibromyalgia")
    pooled = evidence.table().set_index("question")
    for s in evidence.syntheses:
        assert pooled.loc[s.question.id, "estimate"] == s.average.value


def test_an_answer_in_a_notebook_shows_its_first_rows() -> None:
    shown = ldn.claims()._repr_html_()
    assert shown is not None
    assert shown.count("<tr") == 11  # a head and ten rows
    assert f"{len(ldn.claims().claims):,} rows" in shown
    assert ldn.claim("H01")._repr_html_()


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: ldn.claim("H99"), "claim"),
        (lambda: ldn.study("smith-2011-chron"), 'did you mean "smith-2011-crohn"'),
        (lambda: ldn.studies("fibromyalgy"), 'did you mean "fibromyalgia"'),
        (lambda: ldn.evidence("fibromyalgy"), 'did you mean "fibromyalgia"'),
        (lambda: ldn.check("1000"), "1000"),
        (lambda: ldn.evidence("fibromyalgia").plot("pains"), 'did you mean "pain"'),
    ],
)
def test_a_name_that_there_is_not_gets_the_nearest(ask: Callable[[], Any], says: str) -> None:
    with pytest.raises(ldn.UnknownName, match=says):
        ask()


def test_more_persons_than_an_answer_takes_are_refused_before_anything_is_computed() -> None:
    with pytest.raises(ldn.InputError, match="ask for 1 to 20,000"):
        ldn.dose("4.5mg", persons=20_001)


# Pictures


def picture() -> Any:
    curve = Curve("a & b", np.arange(5.0), np.arange(5.0) ** 2)
    return draw_figure(
        "squares", "Squares", "they grow", lambda w: line_chart([curve], w, x_title="x", y_title="y")
    )


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("PDF", b"%PDF")]
)
def test_a_picture_is_saved_as_its_ending_says(tmp_path: Path, ending: str, start: bytes) -> None:
    for name, made in (("chart", picture()), ("drawing", ldn.evidence("fibromyalgia").plot())):
        path = tmp_path / f"{name}.{ending}"
        made.save(path)
        assert path.read_bytes().startswith(start)
        assert len(path.read_bytes()) > 1000
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"chart.{ending}", f"drawing.{ending}"]


def test_a_picture_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    for name in ("a.gif", "a", "no folder/a.svg"):
        with pytest.raises(ldn.OutputError):
            picture().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_picture_shows_itself_and_hands_out_what_its_user_knows() -> None:
    import altair

    made = picture()
    assert made._repr_svg_().startswith("<svg")
    assert "<title>Squares</title>" in made._repr_svg_()
    assert isinstance(made.chart, altair.LayerChart)
    assert made.chart.properties(width=900).to_dict()["width"] == 900


def test_the_picture_of_a_dose_has_a_curve_for_every_regimen() -> None:
    one, two = (ldn.dose(amount, days=2, persons=0) for amount in ("1mg", "50mg"))
    drawn = json.dumps(one.plot(two).chart.to_dict())
    assert one.question["regimen"] in drawn
    assert two.question["regimen"] in drawn
    assert two.question["regimen"] in one.plot(two).alt


def test_where_nothing_is_pooled_there_is_nothing_to_draw() -> None:
    empty = [
        c for c in ("hailey-hailey", "crohn", "long covid", "depression") if not ldn.evidence(c).syntheses
    ]
    for condition in empty:
        with pytest.raises(ldn.InputError, match="nothing to draw"):
            ldn.evidence(condition).plot()
    assert empty
