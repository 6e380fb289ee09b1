"""The report: one page of self-contained HTML that asks nothing of any other host and prints well."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from openldn.figures import Figure as Drawing
from openldn.figures import Trace, decades
from openldn.notation import source
from openldn.notation.shown import printable_part
from openldn.proof.qualify import agreement, convergence, nonmem
from openldn.proof.qualify.finding import Finding
from openldn.proof.qualify.installation import shipped_files
from openldn.proof.qualify.qualification import FAMILIES, Qualification

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def page(made: Qualification, *, day: str, version: str) -> str:
    """The HTML of a qualification that was made on `day` with that version."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("openldn.proof.qualify"), autoescape=True, undefined=StrictUndefined, finalize=printable_part,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("qualification.html").render(
        made=made,
        day=day,
        version=version,
        families=[(name, title, made.of(name)) for name, (title, _, _) in FAMILIES.items()],
        counts=Counter(f.passed for f in made.operation),
        notes=_notes,
        shown=_shown,
        references=_references(made.operation),
        sourced={f.family for f in made.operation if f.source},
        origins={nonmem.FAMILY: nonmem.ORIGIN},
        share=_share,
        files=shipped_files(),
        figures={name: figure for name in FAMILIES if (figure := _figure(name, made.of(name)))},
        sign={True: "✓ pass", False: "✕ FAIL", None: "noted"},
    )


def _notes(findings: Iterable[Finding]) -> dict[str, str]:
    """A letter for each reason, in the order in which they come."""
    reasons = dict.fromkeys(f.why for f in findings if f.why)
    return {why: _LETTERS[i % len(_LETTERS)] for i, why in enumerate(reasons)}


def _references(findings: Iterable[Finding]) -> dict[str, tuple[int, str]]:
    """A number and the reference for each source, in the order in which they come."""
    keys = dict.fromkeys(f.source for f in findings if f.source)
    return {key: (i, source(key).reference()) for i, key in enumerate(keys, 1)}


def _shown(value: Any) -> str:
    """`1.2e−9`, `0.994`, `0.0021, 0.0039`, or the words as they are."""
    if isinstance(value, tuple):
        return ", ".join(f"{v:.6g}" for v in value).replace("-", "−")
    if isinstance(value, float):
        text = f"{value:.2g}" if abs(value) < 1e-3 else f"{value:.6g}"
        return text.replace("e-0", "e-").replace("-", "−")
    return str(value)


def _share(findings: Iterable[Finding]) -> str:
    """The largest error of a family as a share of what it may be."""
    shares = [f.error / f.tolerance for f in findings if f.error is not None and f.tolerance]
    return f"{100 * max(shares):.2g} %" if shares else ""


def _figure(family: str, findings: tuple[Finding, ...]) -> Drawing | None:
    if not any(f.series for f in findings):
        return None
    if family == convergence.FAMILY:
        traces = [Trace(f.description.split(":")[0], f.series) for f in findings if f.series]
        told = "; ".join(
            f"{t.label} {_shown(min(y for _, y in t.points))} at {_shown(convergence.TOLERANCES[-1])}"
            for t in traces
        )
        return decades(
            "convergence", "The largest error at each tolerance",
            f"The largest relative error falls with the tolerance from 1e−3 to 1e−10: {told}.",
            traces, across="tolerance", up="largest relative error",
        )  # fmt: skip
    if family == agreement.FAMILY:
        traces = [
            Trace("all" if f.id == "AG-persons" else f.id.removeprefix("AG-"), [(x, q) for q, x in f.series])
            for f in findings
            if f.series
        ]
        whole = findings[0]
        return decades(
            "agreement", "Share of persons whose largest difference is at most so much",
            f"Of {whole.description} the largest difference is {_shown(whole.series[-1][1])} and the median "
            f"{_shown(dict(whole.series)[0.5])}; {_shown(agreement.CLOSE)} is allowed.",
            traces, across="difference relative to the largest value of the person's curve", up="share of persons",
            up_in_powers=False, limit=(agreement.CLOSE, "allowed"),
        )  # fmt: skip
    return None
