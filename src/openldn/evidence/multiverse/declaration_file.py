"""`multiverse.toml`, read and checked: a factor, an option, a study or an outcome that is not there is refused."""

import math

from openldn.evidence.catalogue import study
from openldn.evidence.multiverse.declaration import (
    KINDS,
    Declared,
    Factor,
    Option,
    PublishedAnswer,
    Rule,
    Trial,
    known_measure,
    known_study,
)
from openldn.evidence.questions import question_by_id
from openldn.evidence.vocabulary import DESIGNS
from openldn.meta import INTERVALS
from openldn.meta.multiverse import ESTIMATOR_OF, ESTIMATORS, MOST_COMBINATIONS, Indefensible
from openldn.notation import Record, sources, suggestion

_VALUES = {"estimator": ESTIMATORS, "interval": INTERVALS}


def read(question_id: str, r: Record) -> Declared:
    """One declaration. Raises DataError with file, line and field; UnknownName for a question that is not there."""
    question = question_by_id(question_id)
    trials = tuple(_trial(x) for x in r.tables("trials"))
    if len(trials) < 2:
        raise r.error("a multiverse needs two trials or more", "trials")
    factors = tuple(_factor(x, {t.study for t in trials}) for x in r.tables("factors"))
    kinds = [f.kind for f in factors]
    if kinds[-2:] != ["estimator", "interval"] or kinds.count("estimator") + kinds.count("interval") != 2:
        raise r.error("the last two factors are the estimator and the interval, each once", "factors")
    for needed in ("measure", "trials", "correlation"):
        if kinds.count(needed) != 1:
            raise r.error(
                f'one factor of the kind "{needed}" is needed, there are {kinds.count(needed)}', "factors"
            )
    unsourced = {t.study for t in trials} - {f.study for f in factors if f.kind == "source"}
    if unsourced:
        raise r.error(f"no factor says the source of {', '.join(sorted(unsourced))}", "factors")
    names = {f.name: [o.name for o in f.options] for f in factors}
    sd = r.table("sd_of", None)
    found = Declared(
        question, trials, factors, tuple(_indefensible(x, names) for x in r.tables("indefensible")),
        tuple(_answer(x, question.better) for x in r.tables("answers")),
        (known_study(sd, "study", sd.text("study")), sd.text("outcome")) if sd else None, r.text("note", ""), True,
    )  # fmt: skip
    if sd:
        sd.done()
    size = math.prod(sum(not o.search_only for o in f.options) for f in factors)
    if size > MOST_COMBINATIONS:
        raise r.error(
            f"{size:,} combinations; the limit is {MOST_COMBINATIONS}: leave out an option", "factors"
        )
    r.done()
    return found


def _trial(r: Record) -> Trial:
    key = known_study(r, "study", r.text("study"))
    inner = r.table("outcomes")
    outcomes = {known_measure(inner, m, m): str(o) for m, o in inner.rest().items()}
    known = [o.name for o in study(key).outcomes]
    for outcome in outcomes.values():
        if outcome not in known:
            raise inner.error(f'{key} has no outcome "{outcome}"; {suggestion(outcome, known)}')
    found = Trial(key, outcomes, r.number("factor", 1.0))
    r.done()
    return found


def _factor(r: Record, trials: set[str]) -> Factor:
    name, kind = r.text("name"), r.one_of("kind", KINDS)
    owner = r.text("study", "")
    if (kind in ("outcome", "source")) != bool(owner) or (owner and owner not in trials):
        raise r.error(
            f'"study" is "{owner}"; outcome and source need a trial of this question, others none', "study"
        )
    options = tuple(_option(x, kind, owner) for x in r.tables("options"))
    if not any(not o.search_only for o in options):
        raise r.error("a factor needs an option", "options")
    r.done()
    return Factor(name, kind, options, owner)


def _option(r: Record, kind: str, owner: str) -> Option:
    value, rule, correlation = "", Rule(), 0.5
    routes: dict[str, str] = {}
    estimate_of: dict[str, str] = {}
    if kind in _VALUES:
        value = r.one_of("value", _VALUES[kind])
    elif kind == "measure":
        value = known_measure(r, "value", r.text("value"))
    elif kind == "outcome":
        value = r.text("value")
        known = [o.name for o in study(owner).outcomes]
        if value not in known:
            raise r.error(f'{owner} has no outcome "{value}"; {suggestion(value, known)}', "value")
    elif kind == "correlation":
        correlation = r.number("value")
    elif kind == "trials":
        rule = _rule(r)
    else:
        inner = r.table("routes")
        routes = {known_measure(inner, m, m): str(x) for m, x in inner.rest().items()}
        estimate_of = _estimate_of(r, owner)
    found = Option(
        r.text("name", value), r.text("why"), r.flag("defensible", True), value,
        r.text("of", ESTIMATOR_OF[value] if kind == "estimator" else ""), r.flag("search_only", False), routes,
        r.flag("as_parallel", False), estimate_of, correlation, rule,
    )  # fmt: skip
    r.done()
    return found


def _estimate_of(r: Record, owner: str) -> dict[str, str]:
    if (inner := r.table("estimate_of", None)) is None:
        return {}
    found = {name: str(x) for name, x in inner.rest().items()}
    effects = {o.name: o.effect for o in study(owner).outcomes}
    for name in (*found, *found.values()):
        if name not in effects:
            raise inner.error(f'{owner} has no outcome "{name}"; {suggestion(name, effects)}')
        if (e := effects[name]) is None or e.measure != "difference" or e.estimate is None:
            raise inner.error(f'{owner} has no difference in "{name}" that could stand in place of another')
    return found


def _rule(r: Record) -> Rule:
    designs = r.texts("designs", ())
    for d in designs:
        if d not in DESIGNS:
            raise r.error(f'"{d}" is not a design; {suggestion(d, DESIGNS)}', "designs")
    return Rule(
        designs, r.integer("up_to_year", None), r.number("at_least_weeks", 0.0),
        tuple(known_study(r, "only", x) for x in r.texts("only", ())),
        tuple(known_study(r, "without", x) for x in r.texts("without", ())),
    )  # fmt: skip


def _indefensible(r: Record, names: dict[str, list[str]]) -> Indefensible:
    inner = r.table("when")
    when: dict[str, tuple[str, ...]] = {}
    for factor in list(names):
        if factor in inner:
            when[factor] = inner.texts(factor)
            for option in when[factor]:
                if option not in names[factor]:
                    raise inner.error(f'no option "{option}"; {suggestion(option, names[factor])}', factor)
    inner.done()
    found = Indefensible(when, r.text("why"))
    r.done()
    return found


def _answer(r: Record, better: str) -> PublishedAnswer:
    figures = r.table("figures", None)
    key = "" if figures else known_study(r, "study", r.text("study"))
    if figures:
        measure, numbers = (
            known_measure(figures, "measure", figures.text("measure")),
            [figures.number(x, None) for x in ("estimate", "low", "high", "i2")],
        )
        figures.done()
    else:
        name = r.text("outcome")
        found = next((o for o in study(key).outcomes if o.name == name), None)
        if found is None or found.effect is None or found.better != better:
            raise r.error(f'{key} has no effect on "{name}" of the same direction', "outcome")
        e = found.effect
        measure, numbers = known_measure(r, "study", e.measure), [e.estimate, e.low, e.high, e.i2]
    if numbers[0] is None:
        raise r.error("a published answer needs an estimate")
    done = PublishedAnswer(
        r.text("label"), key, measure, numbers[0], numbers[1], numbers[2], numbers[3], r.integer("decimals", 2),
        r.integer("trials", None), r.integer("up_to_year", None), r.texts("methods", ()), r.texts("intervals", ()),
        tuple(known_study(r, "only", x) for x in r.texts("only", ())),
        tuple(known_study(r, "likely", x) for x in r.texts("likely", ())), r.text("unread", ""), r.text("known"),
        r.text("why_not", ""), r.texts("sources"),
    )  # fmt: skip
    for source in done.sources:
        if source not in sources():
            raise r.error(f'source "{source}" is not known; {suggestion(source, sources())}', "sources")
    r.done()
    return done
