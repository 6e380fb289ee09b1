"""ldn meta: what studies say together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from openldn.cli.console import common, echo, emit_json, paragraph, table
from openldn.cli.exporting import check_export, show_export
from openldn.notation import number, p_words

_SHOWN = 100
_WITH_MULTIVERSE = ("plot", "by", "separator", "decimal")


@click.command("meta")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--measure", required=True, help="RR, OR, RD (counts); MD, SMD, ROM (means); GEN (yi, vi); "
              "MC, SMCC, SMCR, SMCRH, SMCRP, ROMC (pairs, means); MPRD, MPRR, MPOR, MPORC, MPPETO (pairs, yes or no); "
              "PR, PLO, PAS, PFT (one group).")  # fmt: skip
@click.option("--method", default="REML", show_default=True,
              help="DL, REML, PM, ML, SJ, EB, HE, HS, FE; from counts also MH, PETO, GLMM.")  # fmt: skip
@click.option("--ci", help="z, t, hk or adhoc.  [default: hk; z for MH, PETO and GLMM]")
@click.option("--prediction", default="hk", show_default=True, help="Prediction interval: hk or cochrane.")
@click.option(
    "--double-zero", default="keep", show_default=True, help="Studies without events: keep or drop."
)
@click.option("--separator", default="comma", show_default=True, help="comma, semicolon or tab.")
@click.option("--decimal", default="point", show_default=True, help="point or comma.")
@click.option(
    "--bayes",
    metavar="PRIOR",
    help="Also a posterior: half-normal:S, half-cauchy:S, uniform, turner, rhodes.",
)
@click.option(
    "--difference", type=float, metavar="X", help="With --bayes: the smallest difference that matters."
)
@click.option("--leave-one-out", is_flag=True, help="Also without each study in turn.")
@click.option("--cumulative", is_flag=True, help="Also study by study, in the order of the file.")
@click.option(
    "--by",
    metavar="COLUMN",
    help="Also each group of studies that this column names, and whether they differ.",
)
@click.option(
    "--moderator", "moderators", metavar="COLUMN", multiple=True,
    help="Also a meta-regression on this column, numbers or words; may be given again.",
)  # fmt: skip
@click.option(
    "--multiverse",
    is_flag=True,
    help="Instead: every way to pool, and which choice turns the answer; takes --by, --plot and how to read the file.",
)
@click.option("--checks", is_flag=True, help="Also influence, Egger's test and a selection model.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the forest, or the curve of a multiverse, to FILE.svg, .png or .pdf.",
)
@click.option(
    "--funnel",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the funnel to FILE.svg, .png or .pdf.",
)
@click.option(
    "--export",
    metavar="PROGRAM",
    help="Also write the studies for metafor or revman; name the file with --out.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file of --export.")
@common
@click.pass_context
def command(
    ctx: click.Context, /, file: Path, measure: str, as_json: bool, multiverse: bool,
    export: str | None, out: Path | None, **options: Any,
) -> None:  # fmt: skip
    """Pool the studies of FILE, a CSV with a header, one line a study and a column `study`.

    \b
    ldn meta trials.csv --measure RR
    ldn meta trials.csv --measure OR --method PETO
    ldn meta pain.csv --measure MD --bayes half-normal:1 --difference -1
    ldn meta bcg.csv --measure RR --by zone --moderator latitude
    ldn meta crossovers.csv --measure MC
    ldn meta cohorts.csv --measure PLO
    ldn meta trials.csv --measure RR --multiverse --plot curve.svg

    The columns of each measure are those of metafor and stand on the page on synthesis: ai, n1i, ci, n2i for counts,
    m1i, sd1i, n1i, m2i, sd2i, n2i for means, m1i, sd1i, m2i, sd2i, ni, ri for pairs, ai, bi, ci, di for pairs of answers,
    xi, ni for one group.
    """
    from openldn.answers import export_meta, meta, meta_multiverse

    if multiverse:
        _refuse(ctx, "--multiverse", _WITH_MULTIVERSE)
        every = meta_multiverse(file, measure, **{name: options[name] for name in _WITH_MULTIVERSE})
        if as_json:
            emit_json(every.as_json())
            return
        echo(f"{every.title}\n")
        for sentence in every.sentences:
            echo(paragraph(sentence))
        return
    target = check_export(export, out)
    answer = meta(file, measure, **options)
    written = export_meta(answer, *target) if target else None
    if as_json:
        emit_json({**answer.as_json(), **({"export": written.as_json()} if written else {})})
        return
    _show(answer.title, answer.sentences, answer.as_json())
    if written:
        show_export(written)


def _refuse(ctx: click.Context, option: str, fits: Sequence[str]) -> None:
    """Refuse what was asked for beside `option` and does not go with it."""
    always = ("file", "measure", "as_json", option.removeprefix("--"))
    for parameter in ctx.command.params:
        name = parameter.name or ""
        asked = ctx.get_parameter_source(name) not in (None, ParameterSource.DEFAULT)
        if asked and name not in (*always, *fits):
            raise click.UsageError(
                f"{parameter.opts[0]} does not go with {option}, which takes every method and interval; leave one of them out."
            )


def _show(title: str, sentences: Sequence[str], d: dict[str, Any]) -> None:
    echo(f"{title}\n")
    rows = [("study", "effect", "95 % interval", "weight", "")]
    for s in d["studies"][:_SHOWN]:
        weight = "" if s["weight"] is None else f"{s['weight']:.1f} %"
        shown = s["display"]
        told = (
            (_number(shown["estimate"]), _interval(shown)) if s["yi"] is not None else ("", "not estimable")
        )
        rows.append((s["study"], *told, weight, ""))
    rows.append(("together", _number(d["display"]["estimate"]), _interval(d["display"]), "", ""))
    for line in table(rows, right=(1, 2, 3)):
        echo(line)
    if len(d["studies"]) > _SHOWN:
        echo(f"({len(d['studies']) - _SHOWN:,} more studies are in the sum; --json lists all)")
    echo()
    for sentence in sentences:
        echo(paragraph(sentence))
    if "bayes" in d:
        echo()
        _show_bayes(d["bayes"], d["measure"])
    for name, heading in (("leave_one_out", "Without this study"), ("cumulative", "Up to this study")):
        if name in d:
            echo(f"\n{heading}")
            steps = [
                (s["study"], _number(s["display"]["estimate"]), _interval(s["display"]), "") for s in d[name]
            ]
            for line in table(steps, right=(1, 2), indent=2):
                echo(line)
    if "subgroups" in d:
        _show_groups(d["subgroups"], d["measure"], d["scale"])
    if "regression" in d:
        _show_regression(d["regression"], d["measure"], d["scale"])
    if "influence" in d:
        echo()
        _show_checks(d)
    said = [*d["warnings"], *d["notes"]]
    if said:
        echo()
    for warning in said:
        echo(paragraph(f"Note: {warning.replace(' (adhoc_ci)', '')}"))


def _show_bayes(b: dict[str, Any], measure: str) -> None:
    from openldn.answers import spread_words

    shown, (low, high) = b["display"], b["tau"]["central"]
    text = (
        f"Bayesian, τ by {b['prior']}: median {_number(shown['median'])}, 95 % between {_and(shown['central'])}; the true "
        f"effect of a new study in a like setting between {_and(shown['new_study_central'])}; median of "
        f"{spread_words(measure, b['tau']['median'], low, high, kind='credible')}"
    )
    if b["p_below_no_effect"] is not None:
        text += f". P(below no effect) {b['p_below_no_effect']:.3f}"
    if b["difference"] is not None:
        text += f", P(beyond the difference that matters) {b['p_beyond_difference']:.3f}"
    echo(paragraph(text + "."))


def _show_groups(g: dict[str, Any], measure: str, scale: str) -> None:
    from openldn.answers import spread

    echo(f"\nBy {g['by']}")
    rows: list[tuple[str, ...]] = [("", "studies", "effect", "95 % interval", "τ, factor" if scale == "log" else "τ",
                                   "ad hoc interval", "")]  # fmt: skip
    rows += [
        (
            x["group"],
            str(x["k"]),
            _number(x["display"]["estimate"]),
            _interval(x["display"]),
            "" if x["tau2"] is None else _number(spread(measure, x["tau2"] ** 0.5)),
            _interval(x["display"], "adhoc_ci") if x["adhoc_beside"] else "",
            "",
        )
        for x in g["groups"]
    ]
    shown = rows if any(x["adhoc_beside"] for x in g["groups"]) else [(*row[:5], "") for row in rows]
    for line in table(shown, right=(1, 2, 3, 4, 5), indent=2):
        echo(line)
    echo(
        paragraph(
            f"Between groups: Q = {_number(g['q_between'])} on {g['df']} df, p {p_words(g['p'])} ({g['test']})."
        )
    )


def _show_regression(r: dict[str, Any], measure: str, scale: str) -> None:
    from openldn.answers import spread_words

    ratios = scale == "log"
    step = "for each unit or group" if r["references"] else "for each unit"
    heading = f"ratio {step}" if ratios else f"change {step}{f', {scale} scale' if scale else ''}"
    echo("\nMeta-regression")
    rows = [("", heading, "95 % interval", "p", "")]
    for x in r["terms"]:
        rows.append(
            (
                x["term"],
                _number(x["display"]["estimate"]),
                _interval(x["display"]),
                p_words(x["p"]).removeprefix("= "),
                "",
            )
        )
    for line in table(rows, right=(1, 2, 3), indent=2):
        echo(line)
    for name, level in r["references"].items():
        echo(paragraph(f'Every group of {name} is compared with "{level}", the first in the file.'))
    law = f"F({r['qm_df']}, {r['qm_df2']})" if r["qm_df2"] else f"χ² on {r['qm_df']} df"
    text = f"All terms together: {law} = {_number(r['qm'])}, p {p_words(r['qm_p'])} ({r['test']})."
    if r["method"] not in ("FE", "MH", "PETO"):
        explained = (
            "" if r["r2"] is None else f"; they explain {r['r2']:.0f} % of the variance between studies"
        )
        text += f" Left between studies: {spread_words(measure, r['tau2'] ** 0.5)}{explained}."
    echo(paragraph(text))


def _show_checks(d: dict[str, Any]) -> None:
    i, e, s = d["influence"], d["egger"], d["selection"]
    pulling = ", ".join(i.get("conspicuous", [])) or "none stands out"
    told = i.get("not_possible") or f"studies that pull on the average: {pulling}"
    echo(paragraph(f"Influence: {told}."))
    told = (
        f"{e['not_possible']}."
        if "not_possible" in e
        else f"slope {_number(e['slope'])} on the standard error, p {p_words(e['p'])}. {e['note']}"
    )
    echo(paragraph(f"Small studies (Egger): {told}"))
    told = s.get("not_possible") or (
        f"if results with one-sided p above {s['steps'][0]:g} were seen {s['weights'][1]:.2g} times as often, the average is "
        f"{_number(s['display']['estimate'])} instead of {_number(s['display']['unadjusted'])}; p {p_words(s['p'])}"
    )
    echo(paragraph(f"Selection model: {told}."))


def _number(x: float | None) -> str:
    return "?" if x is None else number(x)


def _interval(d: dict[str, Any], name: str = "ci") -> str:
    return _two((d[f"{name}_low"], d[f"{name}_high"]))


def _and(pair: Any) -> str:
    return f"{_number(pair[0])} and {_number(pair[1])}"


def _two(pair: Any) -> str:
    return f"{_number(pair[0])} to {_number(pair[1])}"
