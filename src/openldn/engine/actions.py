"""What happens in a model at an hour of its own, or each time that a condition becomes true.

    at T_CHANGE : A = 0                       the hour is an expression of parameters and switches
    when C > LIMIT : RATE = RATE / 2          a parameter, from then on
    when R < 0.5 and t > 24 h : dose iv 5 mg  an amount at once, in the unit of the route

A condition that holds at the start has not become true. What happens at one time happens in the order of the
lines, each with what those before it left. A parameter that is changed keeps its new value until it is changed
again; what a state started from is not asked again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from openldn.engine.dimensions import check, check_condition
from openldn.engine.expressions import Expression, symbols
from openldn.engine.model_text import Line
from openldn.engine.names import Defined, all_known
from openldn.notation import ModelTextError, Unit, parse_unit, suggestion


@dataclass(frozen=True)
class Action:
    """One line `at` or `when`.

    kind: "at" an hour, or "when" a condition becomes true; `when` is the expression of that hour or condition.
    target: the state or parameter that becomes `expression`, in its own unit; "" for a dose.
    route: that of a dose, which is `expression` in `unit`; "" where a target is set.
    """

    kind: Literal["at", "when"]
    when: Expression
    target: str
    expression: Expression
    route: str
    unit: str
    meaning: str
    file: str
    line: int

    def changes(self, doses: Mapping[str, Sequence[Line]]) -> tuple[str, ...]:
        """The states, or the parameter, that it may change in a model with these dose lines."""
        return tuple(line.name for line in doses[self.route]) if self.route else (self.target,)


def read_actions(lines: Iterable[Line], doses: Mapping[str, Sequence[Line]]) -> tuple[Action, ...]:
    """The actions of these lines. Raises ModelTextError for a route that is not there, or that takes its time."""
    found = []
    for line in lines:
        assert line.condition is not None
        assert line.expression is not None
        if line.route and line.route not in doses:
            raise ModelTextError(
                f'route "{line.route}" is not defined; {suggestion(line.route, doses)}',
                file=line.file,
                line=line.line,
            )
        if any(
            part is not None for of in doses.get(line.route, ()) for part in (of.lag, of.rate, of.duration)
        ):
            raise ModelTextError(
                f'a dose by "{line.route}" has a lag, rate or duration, and what an action gives is there at once; '
                "declare a route without one",
                file=line.file,
                line=line.line,
            )
        found.append(
            Action(
                "at" if line.kind == "at" else "when",
                line.condition,
                line.name,
                line.expression,
                line.route,
                doses[line.route][0].unit if line.route else "",
                line.meaning,
                line.file,
                line.line,
            )
        )
    return tuple(found)


def check_action_names(
    actions: Sequence[Action],
    states: Iterable[str],
    parameters: Iterable[str],
    fixed: set[str],
    known: Defined,
    formulas: Mapping[str, Expression],
) -> None:
    """Raise ModelTextError unless the actions set what can be set, and by names that there are.

    fixed: what hangs on parameters and switches alone; formulas: the expressions of what is assigned.
    """
    settable = {*states, *parameters}
    moving = {*states, "t", *(action.target for action in actions)}
    for action in actions:
        file, line = action.file, action.line
        if action.target in formulas:
            raise ModelTextError(
                f'"{action.target}" is assigned, so it cannot be set; set a state or parameter behind it',
                file=file,
                line=line,
            )
        if action.target and action.target not in settable:
            raise ModelTextError(
                f'"{action.target}" is no state and no parameter, so it cannot be set; '
                f"{suggestion(action.target, settable)}",
                file=file,
                line=line,
            )
        all_known(action.expression, known, file=file, line=line)
        all_known(action.when, known.only(fixed) if action.kind == "at" else known, file=file, line=line)
        if action.kind == "when" and not _behind(action.when, formulas) & moving:
            raise ModelTextError(
                "a condition that hangs on parameters and switches alone never becomes true; compare a state or t",
                file=file,
                line=line,
            )


def check_action_units(actions: Iterable[Action], units: Mapping[str, Unit]) -> None:
    """Raise ModelTextError where the hour, the condition or what is set has the wrong unit."""
    for action in actions:
        if action.kind == "at":
            check(action.when, units, units["t"], what="at", file=action.file, line=action.line)
        else:
            check_condition(action.when, units, file=action.file, line=action.line)
        wanted = parse_unit(action.unit) if action.route else units[action.target]
        what = f"dose {action.route}" if action.route else action.target
        check(action.expression, units, wanted, what=what, file=action.file, line=action.line)


def _behind(expression: Expression, formulas: Mapping[str, Expression]) -> set[str]:
    found: set[str] = set()
    open_names = list(symbols(expression))
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names += symbols(formulas[name]) if name in formulas else ()
    return found
