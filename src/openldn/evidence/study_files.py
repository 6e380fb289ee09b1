"""One study file read into a Study. Every fault in it is a DataError with file, line and field."""

from collections import Counter
from pathlib import Path
from typing import Any

from openldn.evidence import study as s
from openldn.evidence import vocabulary as words
from openldn.evidence.prose import prose
from openldn.notation import Record, TomlFile, read_toml


def read_study(path: Path) -> s.Study:
    """The study in the file at `path`; its name without the suffix is the study's id.

    Raises DataError for a field that is missing, mistyped, unknown or not in its list, for two outcomes
    or arms of one name, and for "/" in a name, which would make it unaddressable.
    """
    return study_of(read_toml(path), path.stem)


def study_of(file: TomlFile, name: str) -> s.Study:
    """The study called `name` that stands in `file`; errors as for `read_study`."""
    r = file.root()
    found = s.Study(
        id=name,
        source=r.text("source"),
        label=r.text("label"),
        condition=r.text("condition"),
        group=r.text("group", ""),
        design=r.one_of("design", words.DESIGNS),
        design_detail=prose(r, "design_detail", ""),
        blinding=r.one_of("blinding", words.BLINDINGS),
        population=prose(r, "population", ""),
        comparator=r.one_of("comparator", words.COMPARATORS),
        comparator_detail=prose(r, "comparator_detail", ""),
        dose_mg=r.numbers("dose_mg", ()),
        dose_text=r.text("dose_text", ""),
        low_dose=r.flag("low_dose"),
        schedule=prose(r, "schedule", ""),
        duration_weeks=r.number("duration_weeks", None),
        n_planned=r.integer("n_planned", None),
        n_enrolled=r.integer("n_enrolled", None),
        n_randomised=r.integer("n_randomised", None),
        n_completed=r.integer("n_completed", None),
        n_analysed=r.integer("n_analysed", None),
        cohort=r.text("cohort", ""),
        status=r.text("status", ""),
        in_article=r.flag("in_article"),
        funding=prose(r, "funding", ""),
        concerns=prose(r, "concerns", ""),
        usable=r.one_of("usable", words.USABLE),
        usable_note=prose(r, "usable_note", ""),
        notes=prose(r, "notes", ""),
        reading=_reading(r),
        reading_note=prose(r, "reading_note", ""),
        not_seen=r.texts("not_seen", ()),
        flow=_arms(r, "flow"),
        outcomes=tuple(_outcome(t) for t in r.tables("outcomes")),
        harms=tuple(_harm(t) for t in r.tables("harms")),
        recollections=tuple(_recollection(t) for t in r.tables("recollections")),
        known_faults=tuple(_known_fault(t) for t in r.tables("known_faults")),
        fingerprint=file.fingerprint,
    )
    r.done()
    if found.source != found.id:
        raise r.error(f'"{found.source}" is not the name of the file', "source")
    _addressable(r, "outcomes", [o.name for o in found.outcomes])
    _addressable(r, "harms", [h.term for h in found.harms])
    _addressable(r, "flow", [a.arm for a in found.flow])
    for outcome in found.outcomes:
        if outcome.nested_in and outcome.nested_in not in {o.name for o in found.outcomes}:
            message = f'"{outcome.name}" is nested in "{outcome.nested_in}", which is not there'
            raise r.error(message, "outcomes")
    return found


def _reading(r: Record) -> Any:
    return r.one_of("reading", ("provisional",))


def _outcome(r: Record) -> s.Outcome:
    found = s.Outcome(
        name=r.text("name"),
        scale=r.text("scale", ""),
        better=r.one_of("better", words.BETTER),
        weeks=r.number("weeks", None),
        primary=r.flag("primary", False),
        headline=r.flag("headline", False),
        nested_in=r.text("nested_in", ""),
        note=prose(r, "note", ""),
        reading_note=prose(r, "reading_note", ""),
        arms=_arms(r, "arms"),
        effect=_effect(r.table("effect", None)),
    )
    r.done()
    _addressable(r, "arms", [a.arm for a in found.arms])
    return found


def _harm(r: Record) -> s.Harm:
    found = s.Harm(
        term=r.text("term"),
        note=prose(r, "note", ""),
        arms=_arms(r, "arms"),
        effect=_effect(r.table("effect", None)),
    )
    r.done()
    _addressable(r, "arms", [a.arm for a in found.arms])
    return found


def _arms(r: Record, name: str) -> tuple[s.Arm, ...]:
    return tuple(_arm(t) for t in r.tables(name))


def _arm(r: Record) -> s.Arm:
    found = s.Arm(
        arm=r.text("arm"),
        role=r.one_of("role", words.ROLES),
        n=r.integer("n", None),
        events=r.integer("events", None),
        occurrences=r.integer("occurrences", None),
        percent=r.number("percent", None),
        mean=r.number("mean", None),
        sd=r.number("sd", None),
        se=r.number("se", None),
        error=r.number("error", None),
        error_kind=r.one_of("error_kind", words.ERROR_KINDS, ""),
        change=r.number("change", None),
        change_percent=r.number("change_percent", None),
        baseline_mean=r.number("baseline_mean", None),
        baseline_sd=r.number("baseline_sd", None),
        baseline_error=r.number("baseline_error", None),
        baseline_values=r.numbers("baseline_values", ()),
        ci_low=r.number("ci_low", None),
        ci_high=r.number("ci_high", None),
        p_within=r.number("p_within", None),
        p_within_text=r.text("p_within_text", ""),
        values=r.numbers("values", ()),
        categories=_counts(r, "categories"),
        counts=_counts(r, "counts"),
        note=prose(r, "note", ""),
        derived=r.texts("derived", ()),
    )
    r.done()
    for name in found.derived:
        if getattr(found, name, None) is None:
            raise r.error(f'"{name}" is called derived but is not given', "derived")
    return found


def _counts(r: Record, name: str) -> tuple[tuple[str, int], ...]:
    table = r.table(name, None)
    if table is None:
        return ()
    rest = table.rest()
    for key, value in rest.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise r.error(f'"{key}" is {value!r}; it must be a count', name)
    return tuple(rest.items())


def _effect(r: Record | None) -> s.Effect | None:
    if r is None:
        return None
    found = s.Effect(
        measure=r.one_of("measure", tuple(words.MEASURES)),
        estimate=r.number("estimate", None),
        sign=r.one_of("sign", tuple(words.SIGNS), ""),
        low=r.number("low", None),
        high=r.number("high", None),
        se=r.number("se", None),
        p=r.number("p", None),
        p_text=r.text("p_text", ""),
        i2=r.number("i2", None),
        iqr=r.number("iqr", None),
        cohen_d=r.number("cohen_d", None),
        effect_size=r.number("effect_size", None),
        words=prose(r, "words", ""),
        estimand=prose(r, "estimand", ""),
        favours=r.one_of("favours", words.FAVOURS, ""),
        derived=r.texts("derived", ()),
    )
    r.done()
    signed = found.measure in words.SIGNED and found.estimate is not None
    if signed and not found.sign:
        raise r.error(
            '"sign" is missing: the estimate is "printed" as LDN minus the comparator (for a ratio, over it), "reversed", '
            '"unsigned" or "unknown"', "sign"
        )  # fmt: skip
    if found.sign and not signed:
        why = (
            f'a measure "{found.measure}" has no sign'
            if found.measure not in words.SIGNED
            else "there is no estimate"
        )
        raise r.error(f'"sign" is "{found.sign}", but {why}; take it out', "sign")
    if found.sign == "unsigned" and found.measure in words.RATIOS:
        raise r.error(
            '"sign" is "unsigned", but a ratio is above or below 1; say "printed", "reversed" or "unknown"',
            "sign",
        )
    return found


def _recollection(r: Record) -> s.Recollection:
    found = s.Recollection(r.text("field"), prose(r, "recollection"))
    r.done()
    return found


def _known_fault(r: Record) -> s.KnownFault:
    found = s.KnownFault(r.text("rule"), r.text("field"), prose(r, "reason"))
    r.done()
    return found


def _addressable(r: Record, field: str, names: list[str]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise r.error(f'"{name}" stands {times} times; each needs its own name', field)
        if "/" in name:
            raise r.error(f'"{name}" holds "/", which separates the parts of an address', field)
