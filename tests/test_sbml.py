"""SBML: valid by libSBML, whole in what it says, and solved by libRoadRunner to what our solver gives."""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openldn import pharmacology
from openldn.answers import export_sbml
from openldn.answers.model_files import named_model
from openldn.cli import main
from openldn.engine import Events, Model, assemble, ev, events, parse_block, simulate
from openldn.engine.events import nothing
from openldn.engine.sbml import to_sbml
from openldn.engine.sbml_parts import _factors
from openldn.engine.sensitivities import with_sensitivities
from openldn.notation import DataError, InputError, OutputError, UnknownName, parse_unit, sources
from openldn.notation.units import _SYMBOLS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # classes made by SWIG lack __module__, which Python deprecates
    libsbml = pytest.importorskip("libsbml")
    roadrunner = pytest.importorskip("roadrunner")

EVERYTHING = """
model everything : every word of the language in one model
switch on = 1 : turned on
parameter KA [1/h] = 1.1 : absorption
parameter K [1/h] = 0.2
parameter V [L] = 40
parameter F [1] = 0.6
parameter A0 [ug] = 70 : what is there at the start
parameter TOP [ug/L] = 2.5
parameter N [1] = 1.4
parameter DAY [h] = 24
parameter PER [cm^2] = 3
share [1] = F * 0.9
state gut [mg]
state A [ug] = A0 * 2 + 10 * A0
state felt [1] = 1
dose oral -> gut * share
dose iv -> A
C [ug/L] = A / V : concentration
wave [1] = cos(2 * pi * t / DAY) + sin(t / DAY) ^ 2 - -0.5
above [1] = max(0, min(C, 4 * TOP) - TOP) / TOP
bent [1] = exp(-above) * log(1 + above) + sqrt(above) + tanh(above) + abs(1 - above)
area [cm] = sqrt(PER)
decided [1] = if(t > DAY / 2 and not C <= TOP or t < DAY / 8, 1 + above, if(C >= 2 * TOP or C == 0, -above, 0 * on))
differs [1] = if(on != 1, 3, 4) + (PER / 2 cm^2)^0.75 + C / 0.1 ug/L + max(0 ug/L, 3 ug/L) / TOP
parameter UG [ug/mg] = 1000
d/dt(gut) = -KA * gut
d/dt(A) = KA * gut * UG - K * A * (1 + 0.5 * on * wave)
d/dt(felt) = K * (bent ^ N - felt) * 2 ^ -1
"""


def build(text: str) -> Model:
    block = parse_block(text, file="test.model")
    return assemble(block.name, {block.name: block}.__getitem__)


def findings(text: str) -> list[tuple[int, int]]:
    """Severity and number of everything that libSBML says of a document."""
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    errors = [document.getError(i) for i in range(document.getNumErrors())]
    return [(e.getSeverity(), e.getErrorId()) for e in errors]


def by_roadrunner(text: str, times: Any, outputs: Sequence[str]) -> Any:
    """The outputs at the times, shape (times, outputs), by a solver that shares nothing with ours."""
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = 1e-10
    runner.integrator.absolute_tolerance = 1e-12
    found = np.array(runner.simulate(times=[0.0, *times], selections=["time", *outputs]))
    assert np.allclose(found[1:, 0], times)
    return found[1:, 1:]


def agree(model: Model, given: Events, times: Any, outputs: Sequence[str], **values: float) -> None:
    theirs = by_roadrunner(to_sbml(model, given, values), times, outputs)
    ours = simulate(model, given, times, outputs, values, rtol=1e-10).values[0]
    # Both solve to 1e-10 a step; a multistep method adds such errors up over some thousand steps.
    assert np.max(np.abs(ours - theirs) / np.max(np.abs(ours), axis=0)) < 1e-7


# Times keep off the doses, at which tools may report the value after and ours is the one before.
def test_every_word_of_the_language_means_the_same_in_sbml() -> None:
    plan = ev(
        ["1 mg", "0.5 mg", "2 mg", "1 mg", "1 mg"],
        cmt=["oral", "iv", "oral", "oral", "iv"],
        time=[0, 0, 5, 7, 24],
        dur=[0, 0, 4, 3, 0],
    )
    times = np.arange(0.5, 40, 1)
    agree(
        build(EVERYTHING),
        plan,
        times,
        ("gut", "A", "C", "felt", "wave", "above", "bent", "area", "decided", "differs"),
    )
    agree(build(EVERYTHING), plan, times, ("A", "felt"), on=0.0, KA=0.4, A0=0.0)


def test_delayed_doses_arrive_as_late_in_another_tool() -> None:
    text = EVERYTHING.replace("dose iv -> A", "parameter LATE [h] = 1.75\ndose iv -> A lag LATE * (1 + on)")
    plan = ev(
        ["1 mg", "0.5 mg", "2 mg", "1 mg", "1 mg"],
        cmt=["oral", "iv", "iv", "iv", "iv"],
        time=[0, 0, 5, 7, 24],
        dur=[0, 0, 4, 3, 0],
    )
    times = np.arange(0.25, 40, 1)  # no delay ends there
    for on in (0.0, 1.0):
        agree(build(text), plan, times, ("gut", "A", "C", "felt"), on=on)


def test_doses_that_arrive_together_are_both_there_in_another_tool() -> None:
    text = EVERYTHING.replace(
        "dose iv -> A",
        "dose iv -> A\ndose slow -> A lag 4 * DAY / 8\ndose two -> A lag DAY / 4\ndose two -> A",
    )
    plan = ev(["1 mg", "1 mg", "5 mg", "2 mg"], cmt=["slow", "two", "iv", "two"], time=[0, 6, 12, 12])
    agree(build(text), plan, np.arange(0.25, 30, 1), ("A", "C"))


def test_naltrexone_is_solved_to_the_same_by_another_tool() -> None:
    model, times = pharmacology.model(), np.arange(1, 32, 2.5)
    outputs = (
        "C_N",
        "C_6",
        "occ_mu_brain",
        "occ_mu_periphery",
        "BE",
        "tone_mu",
        "B_mu",
        "growth",
        "CRP",
        "ae_any",
    )
    plan = events("4.5 mg every 24h for 2d then stop", route="oral")
    agree(model, plan, times, outputs)
    agree(model, plan, times, outputs, kinetics_biophase=0.0, kinetics_slow_koff=1.0, cirrhosis=1.0, tlr4=1.0)
    routes = ev(
        ["380 mg", "4.5 mg", "1 mg"], cmt=["im_depot", "nasal", "iv"], time=[0, 10, 20], dur=[0, 0, 2]
    )
    agree(model, routes, times, outputs)


def test_a_scale_is_solved_to_the_same_by_another_tool() -> None:
    model = pharmacology.scale("fibromyalgia", "pain_nrs").model()
    plan = events("4.5 mg every 24h", route="oral", until=30)
    agree(
        model,
        plan,
        np.arange(1, 30, 3.3),
        ("score", "by_drug"),
        E_TONE=0.2,
        E_ENDORPHIN=-0.3,
        E_MICROGLIA=0.1,
    )


def test_sensitivities_travel_too() -> None:
    model = with_sensitivities(pharmacology.model("receptors"), ("KIN", "F_ORAL", "T_E"), ("occ_mu_brain",))
    names = tuple(f"d_occ_mu_brain_by_{p}" for p in ("KIN", "F_ORAL", "T_E"))
    agree(model, ev("4.5 mg", cmt="oral"), np.arange(1, 60, 3.7), names)


def test_libsbml_finds_no_error_and_no_warning_but_that_a_zero_has_no_unit() -> None:
    models = [pharmacology.model(), build(EVERYTHING), *(s.model() for s in pharmacology.scales()[::9])]
    for model in models:
        routes = [route for route in model.doses for _ in range(2)]
        plan = ev("1 mg", cmt=routes, dur=[0, 2] * len(model.doses)) if routes else nothing()
        found = findings(to_sbml(model, plan))
        assert {number for _, number in found} <= {99505}
        assert max([severity for severity, _ in found], default=0) < libsbml.LIBSBML_SEV_ERROR


def test_the_document_says_what_the_tables_say() -> None:
    model = pharmacology.model()
    document = libsbml.readSBMLFromString(to_sbml(model))
    inside = document.getModel()
    assert (document.getLevel(), document.getVersion(), inside.getId()) == (3, 2, "ldn")
    named = [*model.parameters, *model.switches, *(e.name for e in (*model.states, *model.assignments))]
    assert {inside.getParameter(i).getId() for i in range(inside.getNumParameters())} == set(named)
    assert inside.getNumRules() == len(model.states) + len(model.assignments)
    for name, parameter in model.parameters.items():
        found = inside.getParameter(name)
        assert found.getValue() == pytest.approx(parameter.value, rel=1e-14)  # fifteen digits are written
        assert found.getName() == parameter.meaning
        assert found.getConstant()
        entry = parameter.entry
        assert entry is not None
        if entry.sources:
            addresses = [
                found.getCVTerm(i).getResourceURI(j)
                for i in range(found.getNumCVTerms())
                for j in range(found.getCVTerm(i).getNumResources())
            ]
            for key in entry.sources:
                source = sources()[key]
                if source.doi:
                    assert f"https://identifiers.org/doi:{source.doi}" in addresses
            assert f'sources="{" ".join(entry.sources)}"' in found.getAnnotationString()


@pytest.mark.parametrize("symbol", [s for s in _SYMBOLS if s != "1"])
def test_a_unit_keeps_its_size_and_kind(symbol: str) -> None:
    size = {"GRAM": "g", "METRE": "m", "SECOND": "s", "MOLE": "mol", "LITRE": "L", "DIMENSIONLESS": "1"}
    size["ITEM"] = "IU" if symbol.endswith("IU") else "point"
    for text in (symbol, f"1/{symbol}", f"{symbol}^2/h"):
        factor, dimensions = 1.0, parse_unit("1")
        for kind, exponent, multiplier in _factors(text):
            factor *= multiplier**exponent
            dimensions *= parse_unit(size[kind]) ** exponent
        wanted = parse_unit(text)
        assert dimensions.dimensions == wanted.dimensions
        assert factor * float(dimensions.factor) == pytest.approx(float(wanted.factor), rel=1e-12)


def test_time_after_dose_starts_again_at_each_dose_in_another_tool() -> None:
    model = build(
        "model m\nparameter LATE [h] = 0.5\nparameter last_dose [1] = 1\nstate x [h^2]\nstate A [ug]\n"
        "dose iv -> A lag LATE\nd/dt(x) = tad * last_dose\nd/dt(A) = 0\n"
    )
    text = to_sbml(model, ev(1, cmt="iv", time=[2, 5, 5], dur=[0, 0, 2]))
    found = by_roadrunner(text, [1.0, 3.0, 6.0], ("x", "tad"))
    # The integral of the time since 0, 2 and 5: 1/2; 2 + 1/2; 2 + 9/2 + 1/2.
    assert np.allclose(found, [[0.5, 1], [2.5, 1], [7, 1]], rtol=1e-7)


def test_lines_at_and_when_are_events_of_another_tool() -> None:
    model = build(
        "model m\nparameter K [1/h] = 0.1\nparameter BIG [mg] = 2\nparameter STOP [h] = 20\nparameter F [1] = 0.5\n"
        "parameter given [1] = 0\nstate A [ug] = 4000 ug\nstate B [mg] = 1 mg\ndose iv -> A * F\ndose iv -> B\n"
        "d/dt(A) = -K * A\nd/dt(B) = 0 * K * B\nat STOP / 2 : B = 7 mg\nat 0 h : B = B + 1 mg\n"
        "when A < 2000 ug : dose iv BIG : rescue\nwhen A < 2000 ug : given = given + 1\nwhen A < 5000 ug : B = 100 mg\n"
        "when t > STOP : K = 2 * K\n"
    )
    t = np.array([0.5, 6, 8, 11, 13, 15, 19, 21])
    found = by_roadrunner(to_sbml(model), t, ("A", "B", "given", "K"))
    # 4,000 e^(-t / 10) falls to 2,000 every 10 ln 1.5 h once a half of 2 mg has made it 3,000; B gets all of them.
    first, again = 10 * np.log(2), 10 * np.log(1.5)
    rescues = [first, first + again, first + 2 * again, first + 3 * again]
    count = np.array([sum(r < h for r in rescues) for h in t])
    last = np.array([0 if n == 0 else rescues[n - 1] for n in count])
    slow = np.where(count == 0, 4000, 3000) * np.exp(-0.1 * (np.minimum(t, 20) - last))
    assert np.allclose(
        found[:, 0], slow * np.exp(-0.2 * np.maximum(t - 20, 0)), rtol=1e-6
    )  # its events have no error bound
    before = np.array([sum(10 < r < h for r in rescues) for h in t])
    assert np.allclose(found[:, 1], np.where(t < 10, 2 + 2 * count, 7 + 2 * before), rtol=1e-12)
    assert found[:, 2].tolist() == count.tolist()
    assert found[:, 3].tolist() == [0.1] * 7 + [0.2]


def test_names_that_a_document_needs_never_clash_with_the_models() -> None:
    text = EVERYTHING.replace("share", "dose_1").replace("felt", "infusion_oral")
    agree(
        build(text),
        ev(["2 mg", "1 mg"], cmt="oral", time=[1, 2], dur=[4, 0]),
        np.arange(0.5, 9),
        ("A", "infusion_oral"),
    )


def test_requests_that_make_no_sense_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match='route "nose" is not known'):
        to_sbml(build(EVERYTHING), ev("1 mg", cmt="nose"))
    with pytest.raises(UnknownName, match="parameter or switch"):
        to_sbml(build(EVERYTHING), values={"KB": 1.0})
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match=r'pip install "openldn\[sbml\]"'):
        to_sbml(build(EVERYTHING))


# ---- the door


def test_a_model_file_is_exported_with_what_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.model").write_text(
        "model mine : ours with another brain\ninclude disposition\ninclude brain\n", encoding="utf-8"
    )
    (tmp_path / "brain.model").write_text(
        "model brain\nparameter KE [1/h] : loss\nstate B [ug/L]\nd/dt(B) = KE * (C_N - B)\n", encoding="utf-8"
    )
    (tmp_path / "brain.toml").write_text(
        '[KE]\nas_printed = "0.1 1/h"\nbasis = "assumed"\nwhy = "a test"\n', encoding="utf-8"
    )
    out = tmp_path / "mine.xml"
    answer = export_sbml(str(tmp_path / "mine.model"), out, regimen="4.5 mg every 24h", days=2)
    assert (answer.doses, answer.provenance.assumed.count("KE")) == (2, 1)
    assert {"mine.model", "brain.model", "brain.toml", "pharmacology/disposition.model"} <= {
        f.file for f in answer.provenance.files
    }
    model = named_model(str(tmp_path / "mine.model")).model
    times = np.array([3.0, 20.0, 47.0])
    theirs = by_roadrunner(out.read_text(encoding="utf-8"), times, ("B", "C_N"))
    ours = simulate(model, ev("4.5 mg", cmt="oral", ii=24, addl=1), times, ("B", "C_N")).values[0]
    assert np.allclose(ours, theirs, rtol=1e-6)


def test_a_users_parameter_is_never_filled_from_ours(tmp_path: Path) -> None:
    path = tmp_path / "mine.model"
    for include, name in (("", "KA"), ("include absorption\n", "CL_N")):
        text = f"model mine\n{include}parameter {name} [1/h]\nstate A [ug]\nd/dt(A) = -{name} * A\n"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=f'parameter "{name}" has no value'):
            named_model(str(path))


def test_every_name_of_ours_is_a_model() -> None:
    for name in ("ldn", "receptors", "expectation", "crohn/cdai"):
        assert named_model(name).model.parameters
    for wrong in ("ldnn", "fibromyalgia/pain", "symptom", "", "x" * 5000):
        with pytest.raises(UnknownName):
            named_model(wrong)
    with pytest.raises(InputError, match="signs that stand in no text"):
        named_model("a\0b")
    with pytest.raises(DataError, match="cannot be read"):
        named_model("nothing.model")


def test_an_export_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        export_sbml("ldn", tmp_path / "a.xml", regimen="1 mg once", route="sublingual")
    with pytest.raises(InputError):
        export_sbml("ldn", tmp_path / "a.xml", days=0)
    with pytest.raises(OutputError):
        export_sbml("disposition", tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["export", "absorption", "--sbml", str(tmp_path / "a.xml"), "--json"])
    assert left.value.code == 0
    assert json.loads(capsys.readouterr().out)["states"] == 7
    assert not findings((tmp_path / "a.xml").read_text(encoding="utf-8"))
    with pytest.raises(SystemExit) as left:
        main(["export", "ldm", "--sbml", str(tmp_path / "b.xml")])
    assert left.value.code == 2
    assert 'did you mean "ldn"' in capsys.readouterr().err
