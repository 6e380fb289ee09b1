"""Outcomes written for other programs: a CSV for metafor, a review file for RevMan 5 and whatever reads its files.

    metafor   study, yi, vi, ni and the raw columns by metafor's names; `call` is the line of R that pools them as we did
    RevMan    the XML of a .rm5 file: one comparison, one outcome a question, with counts (DICH), means (CONT) or, where
              effects are known without either, estimates with standard errors (IV)

The CSV holds every digit. The XML follows files that RevMan 5 saved and is written one element a line, which R's
`meta::read.rm5` needs; RevMan computes its own averages from it (fixed or DerSimonian and Laird's), so ours are not in it.
"""

import csv
import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openldn.meta.measures import LOG_MEASURES, MEASURE_WORDS, MEASURES
from openldn.notation import InputError

if TYPE_CHECKING:
    from openldn.meta.pooled import Pooled

_TESTS = {"z": "z", "t": "t", "hk": "knha", "adhoc": "adhoc"}
_OF_COUNTS = {"MH": "rma.mh", "PETO": "rma.peto", "GLMM": "rma.glmm"}
_DICH, _CONT = ("RR", "OR", "RD"), ("MD", "SMD")
_FULL_NAMES = {"RR": "Risk Ratio", "OR": "Odds Ratio", "RD": "Risk Difference", "HR": "Hazard Ratio",
               "MD": "Mean Difference", "SMD": "Std. Mean Difference"}  # fmt: skip


@dataclass(frozen=True)
class ExportRow:
    """One study: yi and vi on the scale of the analysis, NaN where it has none; raw: its columns by metafor's names."""

    study: str
    yi: float
    vi: float
    ni: float | None = None
    year: int | None = None
    raw: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportOutcome:
    """One question: how it was pooled (method, ci) and its studies. groups: the names of the two groups."""

    key: str
    title: str
    measure: str
    method: str
    ci: str
    rows: tuple[ExportRow, ...]
    groups: tuple[str, str] = ("Experimental", "Control")
    favours: tuple[str, str] = ("", "")

    def call(self, subset: bool = False) -> str:
        """The line of R that pools these rows of `dat` as they were pooled here."""
        only = f', subset=question=="{self.key}"' if subset else ""
        if self.method in _OF_COUNTS:
            measure = "" if self.method == "PETO" else f', measure="{self.measure}"'
            model = ', model="CM.EL"' if self.method == "GLMM" else ""
            return f"{_OF_COUNTS[self.method]}(ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=dat{only}, slab=study{measure}{model})"
        return f'rma(yi, vi, data=dat{only}, slab=study, method="{self.method}", test="{_TESTS[self.ci]}")'


def outcome_of(found: "Pooled", title: str = "") -> ExportOutcome:
    """The studies of a pooled table, as they took part."""
    a, source = found.analysis, found.source
    rows = []
    for i, (name, at) in enumerate(zip(a.names, a.kept, strict=True)):
        raw = {c: float(x[at]) for c, x in source.columns.items() if c not in ("yi", "vi", "sei")}
        rows.append(ExportRow(name, float(a.effects.yi[i]), float(a.effects.vi[i]), _persons(raw), None, raw))
    words = MEASURE_WORDS[found.measure]
    return ExportOutcome("", title or words, found.measure, found.method, found.ci, tuple(rows))


def metafor_csv(outcomes: Sequence[ExportOutcome]) -> str:
    """All rows of all outcomes; a column `question` where there are several. NA where a study has no such number."""
    several = len(outcomes) > 1 or bool(outcomes and outcomes[0].key)
    raw = list(dict.fromkeys(c for o in outcomes for r in o.rows for c in r.raw if c not in ("ni",)))
    dated = any(r.year is not None for o in outcomes for r in o.rows)
    head = [
        *(("question", "measure") if several else ()),
        "study",
        *(("year",) if dated else ()),
        "yi",
        "vi",
        "ni",
        *raw,
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    for o in outcomes:
        for r in o.rows:
            numbers = (r.yi, r.vi if math.isfinite(r.yi) else math.nan, r.ni, *(r.raw.get(c) for c in raw))
            writer.writerow([
                *((o.key, o.measure) if several else ()), r.study, *((r.year or "NA",) if dated else ()), *map(_cell, numbers),
            ])  # fmt: skip
    return out.getvalue()


def revman_xml(title: str, comparison: str, outcomes: Sequence[ExportOutcome]) -> bytes:
    """A review with one comparison, for RevMan 5. Raises InputError for a measure that RevMan does not have."""
    root = ET.Element("COCHRANE_REVIEW", {
        "DESCRIPTION": "", "DOI": "", "GROUP_ID": "", "ID": "", "REVIEW_NO": "", "REVMAN_SUB_VERSION": "5.4",
        "REVMAN_VERSION": "5", "STAGE": "R", "STATUS": "A", "TYPE": "INTERVENTION", "VERSION_NO": "0.0",
    })  # fmt: skip
    cover = ET.SubElement(root, "COVER_SHEET")
    ET.SubElement(cover, "TITLE").text = title
    ids = _study_ids(outcomes)
    studies = ET.SubElement(ET.SubElement(root, "STUDIES_AND_REFERENCES"), "STUDIES")
    included = ET.SubElement(studies, "INCLUDED_STUDIES")
    years = {r.study: r.year for o in outcomes for r in o.rows}
    for name, key in ids.items():
        year = years[name]
        s = ET.SubElement(included, "STUDY", {
            "DATA_SOURCE": "PUB", "ID": key, "NAME": name, "YEAR": "" if year is None else str(year)})  # fmt: skip
        ET.SubElement(s, "IDENTIFIERS")
    for other in ("EXCLUDED_STUDIES", "AWAITING_STUDIES", "ONGOING_STUDIES"):
        ET.SubElement(studies, other)
    data = ET.SubElement(root, "ANALYSES_AND_DATA", {"CALCULATED_DATA": "NO"})
    of = ET.SubElement(data, "COMPARISON", {"ID": "CMP-001", "NO": "1"})
    ET.SubElement(of, "NAME").text = comparison
    for number, o in enumerate(outcomes, 1):
        _outcome(of, number, o, ids)
    ET.indent(root, space="")
    head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
    return f"{head}\n{ET.tostring(root, encoding='unicode')}\n".encode()


def _outcome(of: ET.Element, number: int, o: ExportOutcome, ids: Mapping[str, str]) -> None:
    if o.measure in MEASURES and MEASURES[o.measure].one_arm:
        raise InputError(
            f"RevMan compares two groups and has no {MEASURE_WORDS[o.measure]} of one ({o.measure}); export it for metafor"
        )
    kind = _kind(o)
    attributes = {
        "CI_STUDY": "95", "CI_TOTAL": "95", "ESTIMABLE": "YES", "ID": f"CMP-001.{number:02d}",
        "METHOD": o.method if o.method in ("MH", "PETO") and kind == "DICH" else "IV", "NO": str(number),
        "RANDOM": "NO" if o.method in ("FE", "MH", "PETO") else "YES", "SCALE": "100.0", "SORT_BY": "STUDY",
        "STUDIES": str(len(o.rows)), "SUBGROUPS": "NO", "SUBGROUP_TEST": "YES", "SWAP_EVENTS": "NO", "TOTALS": "YES",
    }  # fmt: skip
    if kind != "IV":
        attributes["EFFECT_MEASURE"] = "PETO_OR" if o.method == "PETO" else o.measure
    element = ET.SubElement(of, f"{kind}_OUTCOME", attributes)
    ET.SubElement(element, "NAME").text = o.title
    for i, group in enumerate(o.groups, 1):
        ET.SubElement(element, f"GROUP_LABEL_{i}").text = group
    for i, (group, graph) in enumerate(zip(o.groups, o.favours, strict=True), 1):
        ET.SubElement(element, f"GRAPH_LABEL_{i}").text = graph or f"Favours {group}"
    if kind == "IV":
        ET.SubElement(element, "EFFECT_MEASURE").text = _FULL_NAMES.get(o.measure) or MEASURE_WORDS[o.measure]
        element.set("LOG_DATA", "YES" if o.measure in LOG_MEASURES else "NO")
    for order, r in enumerate(o.rows, 1):
        if kind != "IV" or (math.isfinite(r.yi) and math.isfinite(r.vi)):
            ET.SubElement(
                element, f"{kind}_DATA", {"ORDER": str(order), "STUDY_ID": ids[r.study], **_data(kind, o, r)}
            )


def _kind(o: ExportOutcome) -> str:
    for kind, measures, columns in (
        ("DICH", _DICH, ("ai", "n1i", "ci", "n2i")), ("CONT", _CONT, ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")),
    ):  # fmt: skip
        if o.measure in measures and all(set(columns) <= set(r.raw) for r in o.rows):
            return kind
    return "IV"


def _data(kind: str, o: ExportOutcome, r: ExportRow) -> dict[str, str]:
    raw = {name: _cell(value) for name, value in r.raw.items()}
    if kind == "DICH":
        return {"EVENTS_1": raw["ai"], "TOTAL_1": raw["n1i"], "EVENTS_2": raw["ci"], "TOTAL_2": raw["n2i"]}
    if kind == "CONT":
        return {"MEAN_1": raw["m1i"], "SD_1": raw["sd1i"], "TOTAL_1": raw["n1i"],
                "MEAN_2": raw["m2i"], "SD_2": raw["sd2i"], "TOTAL_2": raw["n2i"]}  # fmt: skip
    shown = math.exp(r.yi) if o.measure in LOG_MEASURES else r.yi
    return {"ESTIMATE": _cell(r.yi), "EFFECT_SIZE": _cell(shown), "SE": _cell(math.sqrt(r.vi)),
            "TOTAL_1": raw.get("n1i", "0"), "TOTAL_2": raw.get("n2i", "0")}  # fmt: skip


def _study_ids(outcomes: Sequence[ExportOutcome]) -> dict[str, str]:
    """RevMan writes what is no letter or digit of a name as `_x002d_`, so that the id is one of XML."""
    names = dict.fromkeys(r.study for o in outcomes for r in o.rows)
    return {name: "STD-" + re.sub(r"[^A-Za-z0-9]", lambda m: f"_x{ord(m[0]):04x}_", name) for name in names}


def _persons(raw: Mapping[str, float]) -> float | None:
    if "ni" in raw:
        return raw["ni"]
    if "n1i" in raw:
        return raw["n1i"] + raw["n2i"]
    return raw["ai"] + raw["bi"] + raw["ci"] + raw["di"] if "di" in raw else None


def _cell(x: float | None) -> str:
    if x is None or not math.isfinite(x):
        return "NA"
    return str(int(x)) if float(x).is_integer() and abs(x) < 2**53 else repr(float(x))
