"""A model: blocks of equations joined, given numbers, and checked before anything runs.

`assemble` follows the includes, refuses undefined and doubly defined names, missing rates, algebraic
loops, units that do not fit and numbers outside their physical range, each with file and line, and
puts the assignments into an order in which they can be computed.

The time after dose, `tad`, is an assignment of every model that uses it: t less a parameter, LAST_DOSE, whose name
nobody can write. Its 0 makes `tad` the time since the start; whoever gives a dose sets it to the hour of the dose.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from openldn.engine.actions import Action, check_action_names, check_action_units, read_actions
from openldn.engine.correlations import Correlation
from openldn.engine.dimensions import check, check_dose
from openldn.engine.expressions import Call, Expression, Number, Symbol, symbols
from openldn.engine.model_text import ACTIONS, BLOCKS, LINES, OBSERVATIONS, Block, Line
from openldn.engine.names import NOISE, Defined, all_known
from openldn.engine.notebook import counted, tables_html, written
from openldn.engine.ordering import in_order
from openldn.engine.parameters import Entry, Spread
from openldn.engine.parameters import Parameter as Parameter  # for those who look for it beside the model
from openldn.engine.parameters import check_range as check_range
from openldn.engine.setting import centre_for, inner_switches, turned
from openldn.engine.varying import correlated as joined
from openldn.engine.varying import spreads_for
from openldn.notation import (
    ModelTextError,
    QuantityError,
    Unit,
    UnknownName,
    parse_unit,
    suggestion,
    unit_over,
)

if TYPE_CHECKING:
    from openldn.engine.run import Run

TIME_UNIT = "h"
LAST_DOSE = "time of last dose"


@dataclass(frozen=True)
class Equation:
    """`name` is the state or quantity; `unit` that of `name` (for a rate: of the state)."""

    name: str
    unit: str
    expression: Expression
    meaning: str
    file: str
    line: int


@dataclass(frozen=True)
class Observation(Equation):
    """What an assay prints: `expression` may hold `noise` and `noise2`; `lloq` is a limit of quantification."""

    lloq: Expression | None = None


@dataclass(frozen=True, repr=False)
class Model:
    """Everything a solver needs; frozen, so that what changes it gives another. Assignments are in computable order.

    >>> import openldn as ldn
    >>> m = ldn.model("two_compartments")
    >>> m.unit_of("C"), m.routes()
    ('mg/L', ('oral', 'iv'))
    """

    name: str
    states: tuple[Equation, ...]
    rates: Mapping[str, Equation] = field(repr=False)
    assignments: tuple[Equation, ...] = field(repr=False)
    parameters: Mapping[str, Parameter] = field(repr=False)
    switches: Mapping[str, Line] = field(repr=False)
    doses: Mapping[str, tuple[Line, ...]] = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    choices: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)
    correlations: tuple[Correlation, ...] = field(repr=False, default=())
    actions: tuple[Action, ...] = field(repr=False, default=())
    observations: Mapping[str, Observation] = field(repr=False, default_factory=dict)

    @cached_property
    def assigned(self) -> Mapping[str, Equation]:
        """The assignments by name."""
        return {a.name: a for a in self.assignments}

    @property
    def uses_tad(self) -> bool:
        """Whether a solver has to set LAST_DOSE to the hour of each dose, as an equation asks for `tad`."""
        return LAST_DOSE in self.parameters

    def unit_of(self, output: str) -> str:
        """The unit of a state, an assigned quantity, a parameter or a switch. Raises UnknownName."""
        for equation in (self.assigned.get(output), *self.states):
            if equation is not None and equation.name == output:
                return equation.unit
        if output in self.parameters:
            return self.parameters[output].unit
        if output in self.switches:
            return ""
        raise UnknownName("output", output, [*self.assigned, *(s.name for s in self.states)])

    def routes(self) -> tuple[str, ...]:
        """The routes that a dose can take, the first of which is that of a dose which names none."""
        return tuple(self.doses)

    def set(self, /, **values: Any) -> "Model":
        """The model with other numbers, and parts turned off and on.

        values: parameters by name, each a number in the model's unit or a text with a unit, which is converted;
            switches, each 0, 1, "on" or "off"; choices, each the name of a version. A parameter that varies between
            persons does so about its new value.
        Raises UnknownName for a name or version that there is not, QuantityError for a unit that does not convert
        and a value that cannot be, InputError for a state that a switch does not have.

        >>> import openldn as ldn
        >>> m = ldn.model("two_compartments").set(CL="200 mL/min", V2=60)
        >>> m.parameters["CL"].value, m.parameters["V2"].value
        (12.0, 60.0)
        >>> ldn.model("ldn").set(rebound=0, kinetics="plasma").name
        'ldn'
        """
        parameters, switches = dict(self.parameters), dict(self.switches)
        for name, given in values.items():
            if name in parameters:
                parameters[name] = parameters[name].moved(centre_for(parameters[name], given))
            elif name in switches or name in self.choices:
                for inner, state in turned(self.switches, self.choices, name, given).items():
                    switches[inner] = replace(switches[inner], expression=Number(state))
            else:
                parts = [n for n in switches if n not in inner_switches(self.choices)]
                raise UnknownName("parameter, switch or choice", name, [*parameters, *parts, *self.choices])
        return replace(self, parameters=parameters, switches=switches)

    def vary(
        self,
        cv: Mapping[str, float | Spread] | None = None,
        *,
        correlated: Mapping[tuple[str, str], float] | None = None,
        occasion: Mapping[str, float | Spread] | None = None,
    ) -> "Model":
        """The model with parameters that differ from person to person, and from one occasion to the next.

        cv: coefficients of variation between persons, lognormal about the parameter's value, above 0 and below 3;
            a `Spread` for another shape, its `sd` in the model's unit.
        correlated: pairs of parameters with the correlation of the normal numbers behind them, −1 to 1.
        occasion: as `cv`, within a person from one occasion to the next.
        What was said before stays; a name or pair that is given again is replaced.
        Raises UnknownName for a parameter that there is not; InputError for one that no equation uses, a spread
        that cannot be, a pair without spreads, and correlations that no population can have.

        >>> import openldn as ldn
        >>> m = ldn.model("two_compartments").vary({"CL": 0.3, "V2": 0.2}, correlated={("CL", "V2"): 0.5})
        >>> m = m.vary(occasion={"KA": 0.4})
        >>> [name for name, p in m.parameters.items() if p.spread or p.occasion]
        ['KA', 'CL', 'V2']
        """
        used, parameters = self._used(), dict(self.parameters)
        for name, spread in spreads_for(parameters, used, {} if cv is None else cv, "cv").items():
            parameters[name] = replace(parameters[name], spread=spread)
        for name, spread in spreads_for(
            parameters, used, {} if occasion is None else occasion, "occasion"
        ).items():
            parameters[name] = replace(parameters[name], occasion=spread)
        blocks = joined(self.correlations, parameters, {} if correlated is None else correlated)
        return replace(self, parameters=parameters, correlations=blocks)

    def _used(self) -> frozenset[str]:
        """Every name that an equation, a dose line or the start of a state has."""
        lines = [line for lines in self.doses.values() for line in lines]
        of_doses = [part for x in lines for part in (x.expression, x.lag, x.rate, x.duration)]
        equations = (*self.states, *self.assignments, *self.rates.values())
        return frozenset(n for e in (*(x.expression for x in equations), *of_doses) if e for n in symbols(e))

    def simulate(
        self,
        events: Any,
        *,
        persons: Any = 1,
        times: Any = None,
        outputs: Any = None,
        seed: int = 0,
        carry: Any = (),
        covariates: str = "nocb",
        typical: bool = False,
        occasion: Any = None,
        rtol: float = 1e-8,
        atol: float | None = None,
        solver: Any = None,
        threads: int | None = None,
    ) -> "Run":
        """Persons with their events, run through the model.

        events: an `Events`, or whatever `ldn.events` reads: words, a CSV, a data frame, records. persons: how many; or a
            data frame (or dictionary of columns) with a row for each, whose columns are ID, parameters, switches and
            whatever else may be carried. Where the events are of several persons, those are the persons.
        times: hours at which everybody is sampled, before anything that happens then; without them the observations of the
            events, a row for each record, or, where there are none, hours up to an interval after the last dose.
        outputs: by default what the model's own file works out, and what it observes. seed: of everything that is drawn.
        carry: columns of the input, parameters and columns of the persons that the table is to hold.
        covariates: what columns that are parameters are between records: "nocb" (NONMEM), "locf" or "linear".
        typical: everybody at the centre, without spread. occasion: when a new one begins where parameters vary between
            them: "doses" (the default), or hours; () for none.
        rtol, atol: what a step may err, relative to a state, and as a share of the most that it has held.
        solver: `Kernel()` or `SciPy()`; threads: of the kernels.
        Raises the errors of `ldn.events`, UnknownName for a name that is none, InputError for what does not fit together.

            >>> import openldn as ldn
            >>> m = ldn.model("two_compartments").vary({"CL": 0.3})
            >>> m.simulate(ldn.ev(100, ii=24, addl=6), persons=10, seed=1).of("C").shape
            (10, 169)
        """
        from openldn.engine.simulation import simulate_persons

        return simulate_persons(
            self, events, persons=persons, times=times, outputs=outputs, seed=seed, carry=carry, covariates=covariates,
            typical=typical, occasion=occasion, rtol=rtol, atol=atol, solver=solver, threads=threads,
        )  # fmt: skip

    def meaning_of(self, output: str) -> str:
        """What the model text says of a state, an assigned quantity or an observation; "" where it says nothing."""
        found = (*self.states, *self.assignments, *self.observations.values())
        return next((e.meaning for e in found if e.name == output), "")

    def __repr__(self) -> str:
        own = sum(name != LAST_DOSE for name in self.parameters)
        routes = f", routes {', '.join(self.doses)}" if self.doses else ""
        return (
            f"<Model {self.name}: {counted(len(self.states), 'state')}, {counted(own, 'parameter')}{routes}>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: parameters, states and equations."""
        numbers = [
            (p.symbol, f"{p.value:.6g}", p.unit, p.spread_words(), p.meaning)
            for p in self.parameters.values()
        ]
        states = [(s.name, written(s.expression), s.unit, s.meaning) for s in self.states]
        equations = [(a.name, written(a.expression), a.unit, a.meaning) for a in self.assignments]
        equations += [
            (f"d/dt({s.name})", written(rate.expression), unit_over(s.unit, TIME_UNIT), rate.meaning)
            for s in self.states
            if (rate := self.rates.get(s.name))
        ]
        meaning = self.blocks[0].meaning if self.blocks else ""
        return tables_html(
            f"{self.name}: {meaning}" if meaning else self.name,
            (
                ("Parameters", ("name", "value", "unit", "spread", "meaning"), numbers),
                ("States", ("name", "start", "unit", "meaning"), states),
                ("Equations", ("name", "is", "unit", "meaning"), equations),
            ),
        )


def assemble(
    main: str,
    blocks: Callable[[str], Block],
    entries: Mapping[str, Entry] | None = None,
    correlations: Iterable[Correlation] = (),
) -> Model:
    """The model that starts at block `main`; `blocks` fetches a block by name, `entries` has the numbers,
    `correlations` those of the spreads; the ones that name no parameter of the model are left out.

    Raises ModelTextError (file, line) for anything that does not fit together.
    """
    parts = _follow(main, blocks)
    lines = [line for block in parts for line in block.lines]
    _refuse_doubles(lines)
    of = {
        kind: [line for line in lines if line.kind == kind] for kind in _DEFINING | {"dose", "rate", "choice"}
    }
    for most, many in (
        (ACTIONS, [x for x in lines if x.kind in ("at", "when")]),
        (OBSERVATIONS, of["observe"]),
    ):
        if len(many) > most:
            raise ModelTextError(
                f"has {len(many):,}; the limit is {most}", file=many[0].file, line=many[most].line
            )
    doses = _doses(of["dose"])
    actions = read_actions((line for line in lines if line.kind in ("at", "when")), doses)
    observations = {line.name: _observation(line) for line in of["observe"]}
    states = tuple(_equation(line, Number(0.0)) for line in of["state"])
    rates = {line.name: _equation(line) for line in of["rate"]}
    switches = {line.name: line for line in of["switch"]}
    parameters = {line.name: _parameter(line, entries or {}) for line in of["parameter"]}
    assignments = [_equation(line) for line in of["assignment"]]
    said = [e.expression for e in (*assignments, *rates.values(), *observations.values())]
    said += [e for action in actions for e in (action.when, action.expression)]
    if any("tad" in symbols(e) for e in said):
        assignments.append(_TAD)
        parameters[LAST_DOSE] = Parameter(LAST_DOSE, 0.0, TIME_UNIT, "hour of the last dose, or of the start")
    model = Model(
        parts[0].name,
        states,
        rates,
        in_order(assignments),
        parameters,
        switches,
        doses,
        parts,
        {line.name: line.options for line in of["choice"]},
        tuple(c for c in correlations if set(c.of) & set(parameters)),
        actions,
        observations,
    )
    _check_names(model)
    _check_units(model)
    return model


_TAD = Equation(
    "tad",
    TIME_UNIT,
    Call("-", (Symbol("t"), Symbol(LAST_DOSE))),
    "time since the last dose, or the start",
    "",
    0,
)
_DEFINING = {"parameter", "switch", "state", "assignment", "observe"}


def _follow(main: str, blocks: Callable[[str], Block]) -> tuple[Block, ...]:
    """The blocks in the order in which they are first included, each before what it includes itself."""
    found: dict[str, Block] = {}
    taken, lines = set[int](), 0
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name in found or id(block := blocks(name)) in taken:  # perhaps the same text by another name
            continue
        found[name] = block
        taken.add(id(block))
        lines += len(block.lines)
        for most, count in ((BLOCKS, len(found)), (LINES, lines)):
            if count > most:
                raise ModelTextError(f"goes beyond the limit of the model, {most}", file=block.file)
        waiting += [line.name for line in reversed(block.of("include"))]
    return tuple(found.values())


def _refuse_doubles(lines: list[Line]) -> None:
    seen: dict[tuple[str, str], Line] = {}
    for line in lines:
        space = "rate" if line.kind == "rate" else "name"
        if line.kind not in _DEFINING and line.kind != "rate":
            continue
        first = seen.setdefault((space, line.name), line)
        if first is not line:
            raise ModelTextError(
                f'"{line.name}" is defined twice, first in {first.file}, line {first.line}',
                file=line.file,
                line=line.line,
            )


def _equation(line: Line, default: Expression | None = None) -> Equation:
    expression = line.expression if line.expression is not None else default
    assert expression is not None
    return Equation(line.name, line.unit, expression, line.meaning, line.file, line.line)


def _observation(line: Line) -> Observation:
    assert line.expression is not None
    return Observation(line.name, line.unit, line.expression, line.meaning, line.file, line.line, line.lloq)


def _parameter(line: Line, entries: Mapping[str, Entry]) -> Parameter:
    entry = entries.get(line.name)
    if entry is None:
        if line.expression is None:
            raise ModelTextError(
                f'parameter "{line.name}" has no value: give it after "=" or in a table beside the model'
                + (f"; in the table, {suggestion(line.name, entries)}" if entries else ""),
                file=line.file,
                line=line.line,
            )
        assert isinstance(line.expression, Number)
        why = f"said in {line.file}, line {line.line}"
        spread = None if line.cv is None else Spread(cv=line.cv, basis="assumed", why=why)
        return Parameter(
            line.name, line.expression.value, line.unit, line.meaning, line.low, line.high, spread
        )
    try:
        value = entry.in_unit(line.unit)
    except QuantityError as error:
        raise ModelTextError(
            f"parameter {line.name}: {error} ({line.file}, line {line.line} wants {line.unit or '1'})",
            file=entry.file,
            line=entry.line,
            field=line.name,
        ) from None
    parameter = Parameter(
        line.name, value, line.unit, line.meaning, entry.low, entry.high, entry.spread, entry, entry.occasion
    )
    check_range(parameter, value, f"{entry.file}, line {entry.line}")
    return parameter


def _doses(lines: list[Line]) -> dict[str, tuple[Line, ...]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.route, []).append(line)
    return {route: tuple(of) for route, of in found.items()}


def _check_names(model: Model) -> None:
    states = {s.name for s in model.states}
    static = {*model.parameters, *model.switches}
    known = Defined(
        frozenset((*states, *static, *model.assigned, "t")), observations=frozenset(model.observations)
    )
    for equation in (*model.assignments, *model.rates.values()):
        all_known(equation.expression, known, file=equation.file, line=equation.line)
    at_start = known.only(static)
    for equation in model.states:
        all_known(equation.expression, at_start, file=equation.file, line=equation.line)
        if equation.name not in model.rates:
            raise ModelTextError(
                f'state "{equation.name}" has no rate; write d/dt({equation.name}) = …',
                file=equation.file,
                line=equation.line,
            )
    for rate in model.rates.values():
        if rate.name not in states:
            raise ModelTextError(
                f'd/dt({rate.name}): "{rate.name}" is not a state; {suggestion(rate.name, states)}',
                file=rate.file,
                line=rate.line,
            )
    fixed = static | {a.name for a in static_assignments(model)}
    early = known.only(fixed)
    for line in (line for lines in model.doses.values() for line in lines):
        if line.name not in states:
            raise ModelTextError(
                f'a dose cannot go into "{line.name}"; {suggestion(line.name, states)}',
                file=line.file,
                line=line.line,
            )
        for part in (line.expression, line.lag, line.rate, line.duration):
            all_known(part or Number(1.0), early, file=line.file, line=line.line)
    noisy = known.only((*known.names, *NOISE))
    for seen in model.observations.values():
        all_known(seen.expression, noisy, file=seen.file, line=seen.line)
        all_known(seen.lloq or Number(1.0), early, file=seen.file, line=seen.line)
    formulas = {a.name: a.expression for a in model.assignments}
    check_action_names(model.actions, states, model.parameters, fixed, known, formulas)


def static_assignments(model: Model) -> tuple[Equation, ...]:
    """The assignments that depend on parameters and switches alone, in computable order."""
    fixed = {*model.parameters, *model.switches}
    found: list[Equation] = []
    for assignment in model.assignments:
        if fixed.issuperset(symbols(assignment.expression)):
            fixed.add(assignment.name)
            found.append(assignment)
    return tuple(found)


def _check_units(model: Model) -> None:
    units: dict[str, Unit] = {"t": parse_unit(TIME_UNIT)}
    for parameter in model.parameters.values():
        units[parameter.symbol] = parse_unit(parameter.unit)
    units.update({name: parse_unit("") for name in model.switches})
    for equation in (*model.states, *model.assignments):
        units[equation.name] = parse_unit(equation.unit)
    for equation in (*model.states, *model.assignments):
        wanted = units[equation.name]
        check(equation.expression, units, wanted, what=equation.name, file=equation.file, line=equation.line)
    for rate in model.rates.values():
        wanted = units[rate.name] / units["t"]
        check(rate.expression, units, wanted, what=f"d/dt({rate.name})", file=rate.file, line=rate.line)
    for line in (line for lines in model.doses.values() for line in lines):
        check_dose(line, model.doses[line.route][0], units)
    units |= dict.fromkeys(NOISE, parse_unit(""))
    for seen in model.observations.values():
        for part in (seen.expression, seen.lloq or Number(0.0)):
            check(part, units, parse_unit(seen.unit), what=seen.name, file=seen.file, line=seen.line)
    check_action_units(model.actions, units)
