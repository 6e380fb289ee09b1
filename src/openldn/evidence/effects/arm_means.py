"""Routes from the means of both arms: levels, changes or percent changes, with whatever spread is printed.

Parallel arms give MD and SMD as they stand. The periods of a crossover give them with an imputed
correlation, or with the correlation that a printed p or interval of the difference implies. From
levels with their baselines a change is computed with an imputed correlation; its SMD is divided by the
SD at the end, as that of the levels is.

A ± whose kind is not stated has three readings, and each is a route. A spread that our file derived is
used only where no printed one stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from openldn.evidence.effects.comparison import Comparison, Group
from openldn.evidence.effects.printed import difference_with_se
from openldn.evidence.effects.route import Route, effect_size, fixed, route, splits
from openldn.evidence.study import Arm
from openldn.meta.effects import recover
from openldn.meta.effects.change import change_from_ends, correlation_from_difference
from openldn.meta.effects.independent import TwoMeans, contrast_of_means
from openldn.meta.effects.paired import PairedMeans, paired_effect
from openldn.meta.effects.record import Conversion, EffectSize, Point, unique
from openldn.meta.effects.student import hedges_j
from openldn.notation import InputError

_KINDS = (("change", "changes"), ("change_percent", "percent changes"), ("mean", "levels"))
_READINGS = {"sd": "± as SD", "se": "± as SE", "ci-half-width": "± as half-width of a 95 % CI"}


@dataclass(frozen=True)
class Summary:
    """Mean and SD of one group of n people; `label` says where the SD comes from."""

    kind: str
    label: str
    mean: float
    sd: float
    n: int
    steps: tuple[Conversion, ...]
    assumptions: tuple[str, ...]
    fields: tuple[str, ...]


def routes_from_means(c: Comparison, *, misread: bool = False) -> Iterator[Route]:
    """Every route of this module; `misread` adds readings of a ± that contradict its stated kind."""
    if not c.groups:
        return
    if c.paired:
        n = c.persons
        if n and n >= 3:
            for a, b in _pairs(c, n, n, misread):
                yield from _paired(c, a, b)
        return
    for n1, n2, suffix, said, fields in splits(c):
        for a, b in _pairs(c, n1, n2, misread):
            a = replace(a, assumptions=(said, *a.assumptions), fields=(*fields, *a.fields))
            yield from _parallel(c, a, b, suffix)


def pooled_sd(c: Comparison) -> tuple[float, tuple[Summary, Summary]] | None:
    """The SD of both arms together by the first spread that both print, and where it comes from."""
    for n1, n2, *_ in () if c.paired else splits(c):
        for a, b in _pairs(c, n1, n2, False):
            return TwoMeans(a.mean, a.sd, a.n, b.mean, b.sd, b.n).sd_pooled, (a, b)
    return None


def _parallel(c: Comparison, a: Summary, b: Summary, suffix: str) -> Iterator[Route]:
    steps, said, fields = (*a.steps, *b.steps), (*a.assumptions, *b.assumptions), (*a.fields, *b.fields)
    name = f"{a.kind}, {a.label}{suffix}"
    data = TwoMeans(a.mean, a.sd, a.n, b.mean, b.sd, b.n)
    for measure in ("MD", "SMD"):
        unit = ("standardised by the SD of the change, not of the score",) if a.kind != "levels" else ()
        extra = unit if measure == "SMD" else ()
        yield fixed(c, measure, name, contrast_of_means(measure, data), steps=steps,
                    assumptions=(*said, *extra), fields=fields)  # fmt: skip
    if a.kind == "levels" and c.groups and all(g.arm.baseline_mean is not None for g in c.groups):
        yield from _changes(c, a, b, suffix)


def _changes(c: Comparison, a: Summary, b: Summary, suffix: str) -> Iterator[Route]:
    """Change from baseline in either arm, from the values at its ends."""
    assert c.groups is not None
    ends = [_baseline(g, s) for g, s in zip(c.groups, (a, b), strict=True)]
    if ends[0] is None or ends[1] is None:
        return
    (mean_a, sd_a, _), (mean_b, sd_b, spread) = ends[0], ends[1]
    name = f"changes from baseline and end, {a.label}{suffix}"
    addresses = tuple(f"{g.address}/{x}" for g in c.groups for x in ("baseline_mean", spread))
    both = TwoMeans(a.mean, a.sd, a.n, b.mean, b.sd, b.n)

    def build(measure: str, r: float) -> EffectSize:
        change_a, spread_a = change_from_ends(mean_a, a.mean, sd_a, a.sd, r)
        change_b, spread_b = change_from_ends(mean_b, b.mean, sd_b, b.sd, r)
        new = (change_a.of("LDN"), spread_a.of("LDN"), change_b.of("comparator"), spread_b.of("comparator"))
        point = contrast_of_means(
            "MD", TwoMeans(change_a.result, spread_a.result, a.n, change_b.result, spread_b.result, b.n)
        )
        extra: tuple[str, ...] = ()
        if measure == "SMD":
            df = a.n + b.n - 2
            j, s = hedges_j(df), both.sd_pooled
            y = j * point.yi / s
            point = Point(y, j**2 * point.vi / s**2 + y**2 / (2 * df))
            extra = ("the change is standardised by the SD at the end",)
        return effect_size(
            c, measure, name, point, (*a.steps, *b.steps, *new),
            (*a.assumptions, *b.assumptions, *extra), (*a.fields, *b.fields, *addresses),
        )  # fmt: skip

    yield route(c, "MD", name, lambda r: build("MD", r), correlated=True)
    yield route(c, "SMD", name, lambda r: build("SMD", r), correlated=True)


def _paired(c: Comparison, a: Summary, b: Summary) -> Iterator[Route]:
    name = f"{a.kind} by period, {a.label}"
    steps, said, fields = (*a.steps, *b.steps), (*a.assumptions, *b.assumptions), (*a.fields, *b.fields)

    def build(measure: str, r: float) -> EffectSize:
        data = PairedMeans(a.mean, b.mean, a.sd, b.sd, a.n, r)
        point = paired_effect({"MD": "MC", "SMD": "SMCRP"}[measure], data)
        return effect_size(c, measure, name, point, steps, (*said, f"r = {r:g} imputed"), fields)

    for value, se in difference_with_se(c):
        try:
            r = correlation_from_difference(a.sd, b.sd, se.result, a.n)
        except InputError:
            continue
        point = paired_effect("SMCRP", PairedMeans(value, 0.0, a.sd, b.sd, a.n, r.result))
        yield fixed(c, "SMD", f"{name}, correlation from the printed difference", point,
                    steps=(*steps, se, r), assumptions=said, fields=fields)  # fmt: skip
    yield route(c, "MD", name, lambda r: build("MD", r), correlated=True)
    yield route(c, "SMD", name, lambda r: build("SMD", r), correlated=True)


def _pairs(c: Comparison, n1: int, n2: int, misread: bool) -> Iterator[tuple[Summary, Summary]]:
    """Summaries of both groups that are of one kind and have their SD from one place."""
    assert c.groups is not None
    others = {(s.kind, s.label): s for s in _summaries(c.groups[1], n2, misread)}
    for s in _summaries(c.groups[0], n1, misread):
        if (s.kind, s.label) in others:
            yield s, others[s.kind, s.label]


def _summaries(g: Group, n: int, misread: bool) -> Iterator[Summary]:
    if n < 2:
        return
    for attribute, kind in _KINDS:
        mean = getattr(g.arm, attribute)
        if mean is None:
            continue
        for label, step, names, said in _spreads(g.arm, n, misread):
            paths = tuple(f"{g.address}/{x}" for x in names)
            whole = step.of(g.arm.arm, *paths)
            keep = () if step.rule == "as printed" else (whole,)
            yield Summary(
                kind, label, mean, step.result, n, keep, unique((said, g.n_assumption)),
                (f"{g.address}/{attribute}", *paths, g.n_field),
            )  # fmt: skip
        return  # a spread belongs to the first centre that is printed


def _spreads(arm: Arm, n: int, misread: bool) -> Iterator[tuple[str, Conversion, tuple[str, ...], str]]:
    """Where an SD can come from: label, step, names of the fields, assumption."""
    derived = set(arm.derived)
    found = False
    if arm.sd is not None and "sd" not in derived:
        found = True
        yield "printed SD", _as_printed(arm.sd), ("sd",), ""
    if arm.se is not None and "se" not in derived:
        found = True
        yield "SD from SE", recover.sd_from_se(arm.se, n), ("se",), ""
    if arm.ci_low is not None and arm.ci_high is not None and "ci_low" not in derived:
        found = True
        yield "SD from CI", recover.sd_from_ci(arm.ci_low, arm.ci_high, n), ("ci_low", "ci_high"), ""
    if arm.error is not None:
        found = True
        yield from _plus_minus(arm.error, arm.error_kind, n, misread)
    if arm.sd is not None and not found:
        yield "SD derived in the file", _as_printed(arm.sd), ("sd",), "the SD is derived in the study's file"


def _plus_minus(
    error: float, kind: str, n: int, misread: bool
) -> Iterator[tuple[str, Conversion, tuple[str, ...], str]]:
    stated = kind in _READINGS
    for reading, label in _READINGS.items():
        if stated and reading != kind and not misread:
            continue
        step = {
            "sd": lambda: _as_printed(error),
            "se": lambda: recover.sd_from_se(error, n),
            "ci-half-width": lambda: recover.sd_from_half_width(error, n),
        }[reading]()
        said = "" if reading == kind else f"the kind of the ± is not stated; read as {label[5:]}"
        if stated and reading != kind:
            said = (
                f"a misreading: the ± is stated to be {_READINGS[kind][5:]}, here it is read as {label[5:]}"
            )
        yield label, step, ("error",), said


def _baseline(g: Group, s: Summary) -> tuple[float, float, str] | None:
    """Mean and SD at baseline, the SD read as that of the end is, and the name of its field."""
    arm = g.arm
    if arm.baseline_mean is None:
        return None
    if arm.baseline_sd is not None:
        return arm.baseline_mean, arm.baseline_sd, "baseline_sd"
    if arm.baseline_error is None or s.label not in _READINGS.values():
        return None
    kind = next(k for k, label in _READINGS.items() if label == s.label)
    step = next(_plus_minus(arm.baseline_error, kind, s.n, False))[1]
    return arm.baseline_mean, step.result, "baseline_error"


def _as_printed(sd: float) -> Conversion:
    if sd <= 0:
        raise InputError(f"SD {sd:g}; it must exceed 0")
    return Conversion("SD", f"SD {sd:g}", "as printed", "", sd)
