"""A route: one way from the figures of a study file to one effect."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from openldn.evidence.effects.comparison import Comparison, wanted_sign
from openldn.meta.effects.record import Conversion, EffectSize, Point, unique

Build = Callable[[float], EffectSize]


@dataclass(frozen=True)
class Route:
    """`name` is unique for its study, outcome and measure and stays the same for other correlations.

    uses_correlation: the effect depends on a correlation that nobody printed. `build` takes it.
    """

    study: str
    outcome: str
    measure: str
    name: str
    uses_correlation: bool
    build: Build = field(repr=False, compare=False)

    def effect(self, correlation: float = 0.5) -> EffectSize:
        """The effect. Raises InputError for a correlation that the figures do not allow."""
        return self.build(correlation)


def route(c: Comparison, measure: str, name: str, build: Build, *, correlated: bool = False) -> Route:
    return Route(c.study.id, c.outcome, measure, name, correlated, build)


def fixed(
    c: Comparison,
    measure: str,
    name: str,
    point: Point,
    *,
    steps: tuple[Conversion, ...] = (),
    assumptions: tuple[str, ...] = (),
    fields: tuple[str, ...] = (),
    n: int | None = None,
    events: tuple[int, int, int, int] | None = None,
) -> Route:
    """A route that no correlation enters."""
    found = replace(effect_size(c, measure, name, point, steps, assumptions, fields, n), events=events)
    return route(c, measure, name, lambda _: found)


def effect_size(
    c: Comparison,
    measure: str,
    name: str,
    point: Point,
    steps: tuple[Conversion, ...] = (),
    assumptions: tuple[str, ...] = (),
    fields: tuple[str, ...] = (),
    n: int | None = None,
) -> EffectSize:
    """The effect with the assumptions and addresses of its steps added to its own."""
    paths = (*fields, *(f for s in steps for f in s.fields), c.persons_field)
    said = (*assumptions, *(s.assumption for s in steps), c.persons_assumption if n is None else "")
    return EffectSize(
        study=c.study.id, outcome=c.outcome, measure=measure, yi=point.yi, vi=point.vi,
        n=c.persons if n is None else n, conversions=steps, assumptions=unique(said),
        fields=unique(paths), unit=c.scale or "points" if measure == "MD" else "", route=name,
    )  # fmt: skip


def signed(c: Comparison, estimate: float) -> Iterator[tuple[float, str, str]]:
    """`estimate` as LDN minus comparator: value, what to add to the route's name, assumption.

    One reading where the file says enough, two where the sign is anybody's guess.
    """
    printed = c.effect.sign if c.effect else "printed"
    if printed == "unsigned":
        sign = wanted_sign(c)
        why = "printed without a sign; it is given that of the printed verdict"
        if not sign:
            sign, why = _sign(centres(c)), "printed without a sign; it is given that of the arms' means"
        if sign:
            yield abs(estimate) * sign, "", why
        else:
            yield -abs(estimate), ", taken as negative", "printed without a sign; taken as negative"
            yield abs(estimate), ", taken as positive", "printed without a sign; taken as positive"
    elif printed == "reversed":
        yield -estimate, "", "printed as comparator minus LDN"
    elif printed == "unknown":
        yield estimate, "", "sign convention not stated; taken as LDN minus comparator"
        yield -estimate, ", sign reversed", "sign convention not stated; taken as comparator minus LDN"
    else:
        contradicts = _sign(estimate) * wanted_sign(c) < 0
        yield estimate, "", "the sign contradicts the printed verdict" if contradicts else ""


def centres(c: Comparison) -> float:
    """The difference of the arms' means (or mean changes) as printed, 0 when they show none."""
    if not c.groups:
        return 0.0
    a, b = (g.arm for g in c.groups)
    for name in ("change", "change_percent", "mean"):
        x, y = getattr(a, name), getattr(b, name)
        if x is not None and y is not None:
            return float(x - y)
    return 0.0


def splits(c: Comparison) -> Iterator[tuple[int, int, str, str, tuple[str, ...]]]:
    """The people of two parallel arms: n₁, n₂, addition to the name, assumption, addresses.

    Where only the total is known it is halved; an odd one gives two readings.
    """
    if c.groups and c.ns:
        said = "; ".join(unique(g.n_assumption for g in c.groups))
        yield *c.ns, "", said, tuple(g.n_field for g in c.groups)
    elif c.groups and c.persons and c.persons >= 4:
        less, more = c.persons // 2, c.persons - c.persons // 2
        for n1, n2 in dict.fromkeys(((more, less), (less, more))):
            said = f"only the total of {c.persons} was seen; split {n1} on LDN and {n2} on the comparator"
            yield n1, n2, f", {n1} and {n2} people", said, (c.persons_field,)


def _sign(x: float) -> int:
    return (x > 0) - (x < 0)
