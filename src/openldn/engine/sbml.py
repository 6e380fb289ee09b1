"""A model as SBML Level 3 Version 2, for every tool that reads it.

    Path("ldn.xml").write_text(to_sbml(pharmacology.model()), encoding="utf-8")
    to_sbml(model, schedule(parse_regimen("4.5 mg every 24h"), "oral", until="7d"))

Everything is a parameter of SBML: our parameters and switches are constant, unless a line `at` or `when` changes
them, states have rate rules, what is assigned has assignment rules, and a start other than 0 is an initial
assignment. No compartments are invented. Time is in hours. A dose is an event that adds to its states, at the time
that a dose has here and after its delay; an infusion runs as a rate `infusion_ROUTE` between two events. Lines `at`
and `when` are events too. Where an equation uses `tad`, events set `last_dose` at the hours of doses, whatever their
delay. Names are the meanings of the model text, and a parameter that rests on sources says which: as `isDescribedBy`
terms, and with what the table printed, its basis and its fact in an annotation of our own.

Lines `observe` are left out: SBML knows no residual error. At the very time of a dose a value here is the one before
it; tools of SBML may report the one after. libSBML checks the document before it leaves. Needs the extra `sbml`.
"""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from openldn.engine.actions import Action
from openldn.engine.events.dosing import dose_lines, lines_for
from openldn.engine.events.table import Events, in_unit, nothing
from openldn.engine.expressions import Expression, Number, Symbol
from openldn.engine.model import LAST_DOSE, TIME_UNIT, Equation, Model, Parameter
from openldn.engine.model_text import DOSE_UNIT, Line
from openldn.engine.sbml_parts import Units, call, library, mathml, number
from openldn.notation import DataError, InputError, UnknownName, convert, source, unit_over

NAMESPACE = "urn:openldn:model:1"


def to_sbml(model: Model, events: Events | None = None, values: Mapping[str, float] | None = None) -> str:
    """The document as text.

    values: parameters and switches that differ from the model's own.
    Raises UnknownName for a value of no parameter or switch, InputError without libSBML, DataError for a dose that the
    model has no line for, or if libSBML finds a fault in what was written.
    """
    libsbml = library()
    given = nothing() if events is None else events.spelled_out()
    if given.persons != 1 or not np.all(given.gives) or np.any(given.steady) or np.any(given.rate):
        raise InputError("SBML holds the doses of one person, with DUR for infusions and without SS or RATE")
    for lines in dose_lines(model, given).values():
        if any(line.slopes and line.slopes.lag != Number(0.0) for line in lines):
            route = lines[0].route
            raise InputError(f'doses of "{route}" have a delay with a derivative, which SBML cannot say')
    for name in values or {}:
        if name not in model.parameters and name not in model.switches:
            raise UnknownName("parameter or switch", name, [*model.parameters, *model.switches])
    document = libsbml.SBMLDocument(3, 2)
    _Writer(document.createModel(), model, values or {}).write(given)
    _check(document)
    text: str = libsbml.writeSBMLToString(document)
    return text


def _check(document: Any) -> None:
    libsbml = library()
    document.checkConsistency()
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise DataError(
                f"libSBML finds a fault: {' '.join(error.getMessage().split())}", line=error.getLine()
            )


class _Writer:
    def __init__(self, target: Any, model: Model, values: Mapping[str, float]) -> None:
        self.target, self.model, self.values = target, model, values
        self.units = Units(target)
        self.taken = {*model.parameters, *model.switches}
        self.taken |= {equation.name for equation in (*model.states, *model.assignments)}
        self.last_dose = self.free("last_dose")

    def write(self, doses: Events) -> None:
        model = self.model
        self.target.setId(model.name)
        self.target.setName(model.blocks[0].meaning if model.blocks else model.name)
        self.target.setTimeUnits(self.units.id_of(TIME_UNIT))
        moved = {action.target for action in model.actions}
        for parameter in model.parameters.values():
            if parameter.symbol == LAST_DOSE:
                self.parameter(self.last_dose, 0.0, TIME_UNIT, parameter.meaning, constant=False)
                continue
            value = self.values.get(parameter.symbol, parameter.value)
            self.annotate(
                self.parameter(
                    parameter.symbol,
                    value,
                    parameter.unit,
                    parameter.meaning,
                    constant=parameter.symbol not in moved,
                ),
                parameter,
            )
        for name, line in model.switches.items():
            assert isinstance(line.expression, Number)
            self.parameter(name, self.values.get(name, line.expression.value), "", line.meaning)
        for state in model.states:
            self.state(state)
        for assignment in model.assignments:
            self.parameter(assignment.name, None, assignment.unit, assignment.meaning, constant=False)
            math = mathml(assignment.expression, self.units, {LAST_DOSE: self.last_dose})
            self.rule(self.target.createAssignmentRule(), assignment.name, math)
        rates = {name: mathml(rate.expression, self.units) for name, rate in model.rates.items()}
        self.dose(doses, rates)
        for i, action in enumerate(model.actions):
            self.act(action, i)
        for time in doses.dose_times().tolist() if model.uses_tad else ():
            hour = number(time, self.units.id_of(TIME_UNIT))
            self.assign(self.event(self.free("tad"), time, None), self.last_dose, hour)
        for name, rate in rates.items():
            self.rule(self.target.createRateRule(), name, rate)

    def parameter(
        self, name: str, value: float | None, unit: str, meaning: str, *, constant: bool = True
    ) -> Any:
        made = self.target.createParameter()
        made.setId(name)
        made.setMetaId(f"meta_{name}")
        made.setName(meaning or name)
        made.setUnits(self.units.id_of(unit))
        made.setConstant(constant)
        if value is not None:
            made.setValue(value)
        return made

    def state(self, state: Equation) -> None:
        start = state.expression.value if isinstance(state.expression, Number) else None
        made = self.parameter(state.name, start, state.unit, state.meaning, constant=False)
        if start is None:
            initial = self.target.createInitialAssignment()
            initial.setSymbol(state.name)
            initial.setMath(mathml(state.expression, self.units))
        for route, lines in self.model.doses.items():
            for line in lines:
                if line.name == state.name:
                    share = library().formulaToL3String(mathml(line.expression or Number(1.0), self.units))
                    self.own(made, "dose", {"route": route, "share": share})

    def rule(self, rule: Any, name: str, math: Any) -> None:
        rule.setVariable(name)
        rule.setMath(math)

    def annotate(self, made: Any, parameter: Parameter) -> None:
        entry = parameter.entry
        if entry is None:
            return
        printed = {
            "as_printed": entry.as_printed, "basis": entry.basis, "reading": entry.reading, "fact": entry.fact,
            "why": entry.why, "sources": " ".join(entry.sources),
        }  # fmt: skip
        self.own(made, "entry", printed)
        for key in entry.sources:
            if address := _address(key):
                made.addCVTerm(_described_by(address))

    def own(self, made: Any, tag: str, words: Mapping[str, str]) -> None:
        text = " ".join(f"{name}={quoteattr(word)}" for name, word in words.items() if word)
        made.appendAnnotation(f"<openldn:{tag} xmlns:openldn={quoteattr(NAMESPACE)} {text}/>")

    def dose(self, doses: Events, rates: dict[str, Any]) -> None:
        """Events for `doses`; `rates` gain what infusions bring."""
        given: dict[float, dict[tuple[Line, bool], float]] = {}  # whether at once or, per hour, from now on
        for i in range(doses.records):
            time, duration = float(doses.time[i]), float(doses.duration[i])
            amount = in_unit(float(doses.amount[i]), doses.units[doses.unit[i]])
            for line in lines_for(self.model, doses.places[doses.into[i]]):
                if duration:
                    _gather(given, time, (line, False), amount / duration)
                    _gather(given, time + duration, (line, False), -amount / duration)
                else:
                    _gather(given, time, (line, True), amount)
        flows: dict[Line, str] = {}
        for here in given.values():
            for line, at_once in here:
                if not at_once and line not in flows:
                    flows[line] = self.flow(line, rates)
        number_of = 0
        for time in sorted(given):
            lags: dict[Expression | None, dict[str, list[Any]]] = {}
            for (line, at_once), amount in given[time].items():
                if at_once:
                    name, part = line.name, self.share(line, number(amount, self.units.id_of(DOSE_UNIT)))
                else:
                    name, part = flows[line], number(amount, self.units.id_of(f"{DOSE_UNIT}/{TIME_UNIT}"))
                lags.setdefault(line.lag, {}).setdefault(name, []).append(part)
            for lag, arriving in lags.items():
                number_of += 1
                event = self.event(self.free(f"dose_{number_of}"), time, lag)
                for name, parts in arriving.items():
                    self.assign(event, name, call("+", _name(name), *parts))

    def act(self, action: Action, number_of: int) -> None:
        """An event for a line `at` or `when`; of several at one time the first goes first."""
        libsbml, when = library(), mathml(action.when, self.units)
        if action.kind == "at":
            when = call(">=", mathml(Symbol("t"), self.units), when)
        event = self.triggered(
            self.free(f"{action.kind}_{number_of + 1}"), when, at_start=action.kind == "at"
        )
        order = libsbml.ASTNode(libsbml.AST_INTEGER)
        order.setValue(-number_of)
        event.createPriority().setMath(order)
        if action.target:
            self.assign(event, action.target, mathml(action.expression, self.units))
        given: dict[str, list[Any]] = {}
        for line in self.model.doses.get(action.route, ()):
            unit = self.model.unit_of(line.name)
            factor = number(convert(1.0, action.unit, unit), self.units.id_of(unit_over(unit, action.unit)))
            share = call(
                "*", mathml(action.expression, self.units), mathml(line.expression or Number(1.0), self.units)
            )
            given.setdefault(line.name, []).append(call("*", share, factor))
        for name, parts in given.items():
            self.assign(event, name, call("+", _name(name), *parts))

    def flow(self, line: Line, rates: dict[str, Any]) -> str:
        """The name of the rate of infusion by a dose line, which is added to the rate of its state."""
        lines = self.model.doses[line.route]
        name = self.free(
            f"infusion_{line.route}" if len(lines) == 1 else f"infusion_{line.route}_{line.name}"
        )
        self.parameter(
            name, 0.0, f"{DOSE_UNIT}/{TIME_UNIT}", f"rate of infusion, {line.route}", constant=False
        )
        rates[line.name] = call("+", rates[line.name], self.share(line, _name(name)))
        return name

    def share(self, line: Line, mass: Any) -> Any:
        """What a dose line's state gets of a mass, or of a mass per time, in its own unit."""
        if line.expression is not None and line.expression != Number(1.0):
            mass = call("*", mass, mathml(line.expression, self.units))
        unit = self.model.unit_of(line.name)
        factor = convert(1.0, DOSE_UNIT, unit)
        return (
            mass
            if factor == 1
            else call("*", mass, number(factor, self.units.id_of(unit_over(unit, DOSE_UNIT))))
        )

    def assign(self, event: Any, name: str, math: Any) -> None:
        assignment = event.createEventAssignment()
        assignment.setVariable(name)
        assignment.setMath(math)

    def event(self, name: str, time: float, lag: Expression | None) -> Any:
        now = mathml(Symbol("t"), self.units)
        event = self.triggered(
            name, call(">=", now, number(time, self.units.id_of(TIME_UNIT))), at_start=True
        )
        if lag is not None:
            event.createDelay().setMath(mathml(lag, self.units))
        return event

    def triggered(self, name: str, condition: Any, *, at_start: bool) -> Any:
        """An event as the condition becomes true; `at_start`: also where it is from the start, as a dose at 0."""
        event = self.target.createEvent()
        event.setId(name)
        # A dose adds to what is there when it arrives, be it another dose.
        event.setUseValuesFromTriggerTime(False)
        trigger = event.createTrigger()
        trigger.setInitialValue(not at_start)
        trigger.setPersistent(True)
        trigger.setMath(condition)
        return event

    def free(self, name: str) -> str:
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def _gather(
    events: dict[float, dict[tuple[Line, bool], float]], time: float, way: tuple[Line, bool], amount: float
) -> None:
    here = events.setdefault(time, {})
    here[way] = here.get(way, 0.0) + amount


def _name(name: str) -> Any:
    libsbml = library()
    node = libsbml.ASTNode(libsbml.AST_NAME)
    node.setName(name)
    return node


def _address(key: str) -> str:
    found = source(key)
    if found.doi:
        return f"https://identifiers.org/doi:{found.doi}"
    return f"https://identifiers.org/pubmed:{found.pmid}" if found.pmid else found.link()


def _described_by(address: str) -> Any:
    libsbml = library()
    term = libsbml.CVTerm(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(libsbml.BQB_IS_DESCRIBED_BY)
    term.addResource(address)
    return term
