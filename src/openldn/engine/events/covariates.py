"""Parameters that change from record to record, and what they are in between.

    nocb    next observation carried backward: up to a record they already are what it says (NONMEM)
    locf    last observation carried forward: they stay what the last record said (rxode2)
    linear  a straight line from one given value to the next; after the last it stays

A straight line is exact, not a staircase: the parameter becomes an assignment of the model,

    WT = WT_from + WT_slope * (t - WT_since)

and each record sets its three numbers. Switches go by steps, as with locf.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from openldn.engine.events.records import Record
from openldn.engine.expressions import Call, Expression, Symbol
from openldn.engine.model import TIME_UNIT, Equation, Model, Parameter

METHODS = ("nocb", "locf", "linear")
Values = Mapping[str, float]


def changes(records: Sequence[Record], method: str, sloping: Sequence[str]) -> list[tuple[Values, Values]]:
    """For each record what is set just before it happens and just after it, by name.

    records: filled, so that all give the same names. sloping: those that go by straight lines.
    """
    stepping = [name for name in (records[0].values if records else {}) if name not in sloping]
    own: list[dict[str, float]] = []
    afterwards: list[Values] = []
    for i, record in enumerate(records):
        own.append({name: record.values[name] for name in stepping})
        following = records[min(i + 1, len(records) - 1)].values
        afterwards.append({name: following[name] for name in stepping} if method == "nocb" else {})
    for name in sloping:
        for values, line in zip(own, _lines(records, name), strict=True):
            values.update(line)
    return list(zip(own, afterwards, strict=True))


def _lines(records: Sequence[Record], name: str) -> list[dict[str, float]]:
    """The straight line that holds from each record on."""
    found: list[dict[str, float]] = []
    for record in reversed(records):
        value, slope = record.values[name], 0.0
        if found:
            later, then = found[-1][f"{name}_from"], found[-1][f"{name}_since"]
            if then > record.time_h:
                slope = (later - value) / (then - record.time_h)
        found.append({f"{name}_from": value, f"{name}_slope": slope, f"{name}_since": record.time_h})
    return found[::-1]


def with_slopes(model: Model, names: Sequence[str]) -> Model:
    """The model with each of `names`, parameters, replaced by a straight line in time."""
    parameters, lines = dict(model.parameters), []
    for name in names:
        old = parameters.pop(name)
        rate = f"{old.unit or '1'}/{TIME_UNIT}"
        parts = (
            (f"{name}_from", old.value, old.unit),
            (f"{name}_slope", 0.0, rate),
            (f"{name}_since", 0.0, TIME_UNIT),
        )
        parameters.update({symbol: Parameter(symbol, value, unit, "") for symbol, value, unit in parts})
        passed = Call("-", (Symbol("t"), Symbol(f"{name}_since")))
        line = Call("+", (Symbol(f"{name}_from"), Call("*", (Symbol(f"{name}_slope"), passed))))
        lines.append(Equation(name, old.unit, line, old.meaning, "", 0))
    states = tuple(replace(s, expression=_starting(s.expression, names)) for s in model.states)
    return replace(model, parameters=parameters, states=states, assignments=(*lines, *model.assignments))


def _starting(expression: Expression, names: Sequence[str]) -> Expression:
    """An initial value with the lines' starts in place of the lines."""
    if isinstance(expression, Symbol) and expression.name in names:
        return Symbol(f"{expression.name}_from")
    if isinstance(expression, Call):
        return replace(expression, arguments=tuple(_starting(a, names) for a in expression.arguments))
    return expression
