"""Routes from counts or percents of persons in both arms to RR, OR and RD.

The periods of a crossover need the correlation φ of the two answers. A percent gives a count only when
one fits. Where a paper prints percents without their denominators, each table that prints as they do is
a route of its own, as is that table over all who were randomised, with the missing as without the event.
"""

from collections.abc import Iterator

from openldn.evidence.effects.comparison import Comparison, Group, p_of
from openldn.evidence.effects.route import Route, effect_size, fixed, route
from openldn.meta.effects.counts import TwoByTwo, count_from_percent, tables_that_fit
from openldn.meta.effects.independent import COUNT_MEASURES, contrast_of_counts, needs_half
from openldn.meta.effects.paired_counts import paired_count_effect, table_from_totals
from openldn.meta.effects.record import RECONSTRUCTED, Conversion, EffectSize
from openldn.notation import DataError, InputError

_MOST_TABLES = 12
_HALF = "½ was added to all four cells"


def routes_from_counts(c: Comparison) -> Iterator[Route]:
    """Every route of this module."""
    if not c.groups:
        return
    a, b = c.groups
    first, second = _count(a), _count(b)
    if first and second and a.n and b.n:
        steps, fields = (*first[1], *second[1]), (*first[2], *second[2])
        said = (a.n_assumption, b.n_assumption)
        if c.paired:
            yield from _paired(c, first[0], second[0], min(a.n, b.n), steps, said, fields)
            return
        table = TwoByTwo(first[0], a.n, second[0], b.n)
        yield from _independent(c, "counts", table, steps, said, fields, table.n_1 + table.n_2)
    elif not c.paired and a.arm.percent is not None and b.arm.percent is not None:
        yield from _without_denominators(c, a, b)


def _independent(
    c: Comparison, name: str, table: TwoByTwo, steps: tuple[Conversion, ...], said: tuple[str, ...],
    fields: tuple[str, ...], n: int,
) -> Iterator[Route]:  # fmt: skip
    for measure in COUNT_MEASURES:
        try:
            point = contrast_of_counts(measure, table)
        except InputError:
            continue
        half = _HALF if needs_half(table) else ""
        events = (table.events_1, table.n_1, table.events_2, table.n_2)
        yield fixed(
            c, measure, name, point, steps=steps, assumptions=(*said, half), fields=fields, n=n, events=events
        )


def _paired(
    c: Comparison, first: int, second: int, n: int, steps: tuple[Conversion, ...],
    said: tuple[str, ...], fields: tuple[str, ...],
) -> Iterator[Route]:  # fmt: skip
    for measure in COUNT_MEASURES:

        def build(r: float, measure: str = measure) -> EffectSize:
            table = table_from_totals(first, second, n, r)
            zero = measure != "RD" and (0 in (first, second) or n in (first, second))
            point = paired_count_effect(measure, table, add=0.5 if zero else 0.0)
            assumed = (*said, f"φ = {r:g} imputed", _HALF if zero else "")
            return effect_size(c, measure, "counts by period", point, steps, assumed, fields, n)

        yield route(c, measure, "counts by period", build, correlated=True)


def _without_denominators(c: Comparison, a: Group, b: Group) -> Iterator[Route]:
    """Tables that print as the paper does, with at least half of either arm in them."""
    assert a.arm.percent is not None
    assert b.arm.percent is not None
    if not a.n or not b.n:
        return
    test = p_of(c.effect) if c.effect else None
    p = test[0] if test and not test[1] else None
    most, least = (a.n, b.n), ((a.n + 1) // 2, (b.n + 1) // 2)
    tables = tables_that_fit(a.arm.percent, b.arm.percent, largest=most, smallest=least, p=p)
    shown = "the percents" + (f" and Fisher's p = {p:g}" if p is not None else "")
    fields: tuple[str, ...] = (f"{a.address}/percent", f"{b.address}/percent", a.n_field, b.n_field)
    if p is not None:
        fields = (*fields, f"{c.effect_field}/p")
        if not tables:
            tables = tables_that_fit(a.arm.percent, b.arm.percent, largest=most, smallest=least)
            shown = f"the percents, but Fisher's p is not {p:g}"
    if len(tables) > _MOST_TABLES:
        return
    how = f"{len(tables)} tables fit" if len(tables) > 1 else "the only table that fits"
    for t in tables:
        said = f"denominators are not printed; {t.words()} prints {shown} ({how}, of at most {a.n} and {b.n})"
        yield from _independent(c, f"{RECONSTRUCTED}{t.words()}", t, (), (said,), fields, t.n_1 + t.n_2)
    for t in tables:
        if (t.n_1, t.n_2) != (a.n, b.n):
            worst = TwoByTwo(t.events_1, a.n, t.events_2, b.n)
            said = f"{t.words()} prints {shown}; whoever is missing from the {a.n} and {b.n} had no event"
            name = f"{RECONSTRUCTED}{worst.words()}, missing as no event"
            yield from _independent(c, name, worst, (), (said,), fields, a.n + b.n)


def _count(g: Group) -> tuple[int, tuple[Conversion, ...], tuple[str, ...]] | None:
    if g.arm.events is not None:
        return g.arm.events, (), (f"{g.address}/events", g.n_field)
    if g.arm.percent is None or not g.n:
        return None
    try:
        step = count_from_percent(g.arm.percent, g.n)
    except (DataError, InputError):
        return None
    whole = step.of(g.arm.arm, f"{g.address}/percent", g.n_field)
    return round(step.result), (whole,), whole.fields
