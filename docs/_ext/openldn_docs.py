"""Directives that render code and data files into pages, so that the pages cannot go stale.

    ldn-help [COMMAND]       the help text of a command, from click
    ldn-run COMMAND …        what the command prints as text, from a run of it
    ldn-json COMMAND …       the shape of what the command prints with --json, from a run of it
    ldn-model                a model: parsed and assembled, or (:refused:) shown with its error
    ldn-regimens             schedules, one a line, with the doses they come to, or (:refused:) the error
    ldn-units                units, one a line with what it is: each must parse
    ldn-block NAME           one block of pharmacology: its diagram, its text and its table of numbers
    ldn-scales               the clinical scales, with their own numbers
    ldn-routes, ldn-switches what can be dosed and turned off
    ldn-checks, ldn-scans, ldn-left-out, ldn-sources, ldn-collection, ldn-elsewhere
    ldn-facts FILE           one file of facts
    ldn-bench PART           what a run of ldn bench found: machine, simulators, ratios, tasks or costs (data/bench.json)
    ldn-article PART         the article by its sentences: about, sentences or verdicts
    ldn-limits               the most that is taken of anything, from the code
    ldn-words LIST           a vocabulary: verdicts, lint, designs, measures, functions, conditions
    ldn-printed              what the block of Python above it prints; a page's blocks are one program
    ldn-picture FILE         a picture that the page's Python saves
    ldn-reference NAME …     names of the front door with their contracts, and what they give
    ldn-room NAME            the names on the doormat of a room

A fault in what a page shows is an error of the build. A page is built again when a file of the package
has changed.
"""

import inspect
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import page_code
import public_names
from block_diagrams import block_diagram
from click.testing import CliRunner
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import benchmarks
import openldn
from openldn import calibration, engine, evidence, notation, pharmacology, proof
from openldn.cli import cli
from openldn.engine.expressions import FUNCTIONS
from openldn.evidence.elsewhere import other_lists
from openldn.evidence.living import REASONS
from openldn.evidence.vocabulary import DESIGN_WORDS, SIGNS

PACKAGE = Path(openldn.__file__).parent
DOCS = Path(__file__).parent.parent
DAYS, WIDTH = 60, 92
Cell = str | Sequence[nodes.Node]
Row = tuple[str, Sequence[Cell]]  # the name of its anchor, or "", and its cells


class Rendered(SphinxDirective):
    """A directive whose page depends on the package; an error of ours becomes one of the build."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        for path in PACKAGE.rglob("*"):
            if path.suffix in (".py", ".toml", ".model"):
                self.env.note_dependency(str(path))
        try:
            return list(self.render())
        except notation.OpenLDNError as error:
            raise self.error(f"{self.name}: {error}") from error

    def render(self) -> Iterable[nodes.Node]:
        raise NotImplementedError

    def anchor(self, node: nodes.Element, name: str) -> None:
        """Make `name` a label that every page can refer to."""
        node["ids"].append(nodes.make_id(name))
        self.env.domains.standard_domain.note_hyperlink_target(name, self.env.docname, nodes.make_id(name))

    def refer(self, kind: str, key: str) -> nodes.Node:
        """A reference to the fact, source or check with this key; the build checks that it is there."""
        return addnodes.pending_xref(
            "", nodes.inline("", key), refdomain="std", reftype="ref", refexplicit=True, refwarn=True,
            reftarget=f"{kind}-{key}".lower(), refdoc=self.env.docname,
        )  # fmt: skip

    def references(self, kind: str, keys: Iterable[str]) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for key in keys:
            found += [*([nodes.Text(", ")] if found else []), self.refer(kind, key)]
        return found

    def table(self, head: Sequence[str], widths: Sequence[int], rows: Iterable[Row]) -> nodes.Node:
        group = nodes.tgroup(cols=len(head))
        group += [nodes.colspec(colwidth=width) for width in widths]
        group += nodes.thead("", _row(head))
        body = nodes.tbody()
        for name, cells in rows:
            row = _row(cells)
            if name:
                self.anchor(row, name)
            body += row
        group += body
        return nodes.container("", nodes.table("", group), classes=["wide"])

    def cells(self, p: engine.Parameter) -> Sequence[Cell]:
        entry = p.entry
        assert entry is not None
        printed = entry.as_printed if entry.unit != p.unit and entry.as_printed else ""
        basis = f"{entry.basis}; {entry.reading}" if entry.reading else entry.basis
        spread = p.spread
        varies = ""
        if spread:
            size = f"CV {100 * spread.cv:g} %" if spread.cv is not None else f"SD {spread.sd:g} {entry.unit}"
            varies = f" Between persons: {size}; {spread.why}"
        unsure, doubt = "not stated", ""
        if entry.unsure:
            unsure, doubt = f"{entry.unsure.low:g} to {entry.unsure.high:g}", f" Unsure: {entry.unsure.why}."
        facts = list(dict.fromkeys(key for key in (entry.fact, *entry.rests_on) if key))
        links = [*self.references("fact", facts), *([nodes.Text(": ")] if facts else [])]
        return (
            _code(p.symbol), p.meaning, f"{p.value:g}" + (f" ({printed})" if printed else ""), unsure, p.unit,
            basis,
            [*links, *self.references("source", entry.sources)] if entry.sources else "none",
            f"{entry.why}{'.' if (varies or doubt) and entry.why else ''}{doubt}{varies}".strip(),
        )  # fmt: skip


class Help(Rendered):
    optional_arguments, final_argument_whitespace = 1, True

    def render(self) -> Iterator[nodes.Node]:
        yield _literal(self._printed(*" ".join(self.arguments).split(), "--help").rstrip())

    def _printed(self, *words: str) -> str:
        """What `ldn` with these words prints on stdout; it may write files, which are thrown away."""
        runner = CliRunner()
        words = tuple(str(DOCS / w) if w.startswith("examples/") else w for w in words)
        with runner.isolated_filesystem():
            result = runner.invoke(cli, words, prog_name="ldn", terminal_width=WIDTH)
        if result.exit_code not in (0, 1) or not result.stdout:
            raise self.error(
                f"ldn {' '.join(words)}: {result.exception} {result.output}"
            ) from result.exception
        return result.stdout


class Json(Help):
    optional_arguments = 0
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        document = self._printed(*self.arguments[0].split(), "--json")
        yield _literal("\n".join(_shape(json.loads(document))))


class Run(Json):
    def render(self) -> Iterator[nodes.Node]:
        yield _literal(f"$ ldn {self.arguments[0]}\n\n" + self._printed(*self.arguments[0].split()).rstrip())


class ModelText(Rendered):
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"refused": directives.flag}

    def render(self) -> Iterator[nodes.Node]:
        text = "\n".join(self.content)
        yield _literal(text)
        try:
            block = engine.parse_block(text, file="your.model")
            engine.assemble(block.name, {block.name: block}.__getitem__)
        except notation.ModelTextError as error:
            if "refused" not in self.options:
                raise
            yield nodes.paragraph("", "", nodes.Text("is refused: "), *_code(str(error)))
            return
        if "refused" in self.options:
            raise self.error("this model should have been refused")


class Regimens(Rendered):
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"refused": directives.flag}

    def render(self) -> Iterator[nodes.Node]:
        refused = "refused" in self.options
        what = "the message" if refused else f"what it comes to within {DAYS} days"
        rows = [("", (_code(line), self._said(line, refused))) for line in self.content if line.strip()]
        yield self.table(("in words", what), (40, 60), rows)

    def _said(self, text: str, refused: bool) -> str:
        try:
            plan = engine.schedule(engine.parse_regimen(text), "oral", DAYS * 24.0).spelled_out()
        except notation.InputError as error:
            if not refused:
                raise
            return str(error)
        if refused:
            raise self.error(f'"{text}" should have been refused')
        runs = [f"{len(list(run))} × {mg:g} mg" for mg, run in groupby(plan.amount.tolist())]
        over = f", each over {plan.duration[0]:g} h" if plan.duration[0] else ""
        return f"{', '.join(runs)}{over}; the last at hour {plan.time[-1]:g}"


class Units(Rendered):
    has_content = True

    def render(self) -> Iterator[nodes.Node]:
        rows: list[Row] = []
        for line in self.content:
            units, _, what = line.partition(":")
            names = units.split()
            for name in names:
                notation.parse_unit(name)
            rows.append(("", (_code(*names), what.strip())))
        yield self.table(("unit", "of what"), (50, 50), rows)


class Block(Rendered):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        block = pharmacology.block(self.arguments[0])
        picture = block_diagram(block)
        if picture:
            yield nodes.raw("", f'<figure class="diagram">{picture.wide}</figure>', format="html")
        yield _literal((PACKAGE / block.file).read_text(encoding="utf-8").rstrip())
        own = pharmacology.model().parameters
        rows = [("", self.cells(own[line.name])) for line in block.of("parameter") if line.name in own]
        if block.name == "symptom":  # its other numbers stand with each scale
            shared = pharmacology.scales()[0].model().parameters
            rows = [
                ("", self.cells(shared[line.name]))
                for line in block.of("parameter")
                if line.name in pharmacology.entries()
            ]
        if rows:
            yield self.table(NUMBERS, NUMBER_WIDTHS, rows)


class Scales(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        for scale in pharmacology.scales():
            parameters = scale.model().parameters
            important = scale.important
            said = "no change that matters was found"
            if important is not None:
                size = (
                    f"{important.value:g} points"
                    if important.value is not None
                    else f"{100 * (important.share or 0):g} %"
                )
                said = f"a change of {size} matters: {important.why} ({', '.join(important.rests_on)})"
            yield nodes.paragraph(
                "", f"{scale.condition}, {scale.name}: best {scale.best:g}, worst {scale.worst:g}; {said}."
            )
            rows = [
                ("", self.cells(parameters[name])) for name in scale.entries if name not in ("BEST", "WORST")
            ]
            yield self.table(NUMBERS, NUMBER_WIDTHS, rows)


NUMBERS = ("symbol", "meaning", "value", "unsure", "unit", "basis", "source", "why")
NUMBER_WIDTHS = (10, 18, 9, 9, 8, 10, 13, 28)


class Routes(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        m = pharmacology.model()
        meaning = {state.name: state.meaning for state in m.states}
        rows = []
        for route, lines in m.doses.items():
            targets = ", ".join(f"{line.name} ({meaning[line.name]})" for line in lines)
            rows.append(("", (_code(route), targets)))
        yield self.table(("route", "the dose goes into"), (20, 80), rows)


class Switches(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        lines = {
            line.name: line
            for block in pharmacology.model().blocks
            for line in (*block.of("switch"), *block.of("choice"))
        }
        rows = [
            (
                "",
                (
                    _code(d.name),
                    d.value,
                    lines[d.name].meaning,
                    d.why,
                    self.references("fact", d.facts),
                    lines[d.name].file,
                ),
            )
            for d in pharmacology.defaults().values()
        ]
        head = ("switch", "default", "what it is", "why it stands so", "facts", "file")
        yield self.table(head, (12, 10, 22, 28, 14, 14), rows)


class Checks(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        roles = Counter(check.role for check in proof.checks())
        said = ", ".join(f"{n} {role}" for role, n in roles.items())
        yield nodes.paragraph("", f"{len(proof.checks())} checks: {said}.")
        rows = [(f"check-{check.id}".lower(), self._cells(check)) for check in proof.checks()]
        head = ("check", "what", "role", "target", "facts and sources", "if it fails", "misfit")
        yield self.table(head, (6, 20, 12, 10, 17, 15, 20), rows)

    def _cells(self, c: proof.Check) -> Sequence[Cell]:
        low, high = (None if bound is None else f"{bound:g}" for bound in (c.low, c.high))
        band = f"at most {high}" if low is None else f"at least {low}" if high is None else f"{low} to {high}"
        cited = [*self.references("fact", c.facts), nodes.Text(": "), *self.references("source", c.sources)]
        role = f"{c.role}: sets {', '.join(c.tuned)}" if c.tuned else c.role
        unit = "" if c.unit == "1" else f" {c.unit}"
        return c.id, c.description, role, band + unit, cited, c.failing_means, c.misfit


class Scans(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        rows: list[Row] = []
        for s in pharmacology.pet_scans():
            dose = f"{s.dose_mg:g} mg {'a day' if s.regimen == 'daily' else 'once'}"
            spread = f" (SD {s.sd:g})" if s.sd else f" (SEM {s.sem:g})" if s.sem else ""
            shown = f"{s.percent:g}{spread}"
            source = [self.refer("source", s.source)]
            rows.append(("", (s.study, dose, f"{s.time_h:g}", shown, s.relative_to, source, s.reading)))
        head = ("study", "dose", "h after dose", "% occupied", "relative to", "source", "reading")
        yield self.table(head, (16, 16, 12, 16, 12, 16, 12), rows)


class LeftOutTable(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        p = pharmacology.model().parameters
        t_e, kin, errors = p["T_E"].value, p["KIN"].value, calibration.in_sample()
        rows: list[Row] = [("", ("none", f"{t_e:g}", f"{kin:g}", f"{errors:.1f} (in sample)", ""))]
        for left in calibration.leave_one_study_out():
            each = ", ".join(f"{e:+.1f}".replace("-", "−") for e in left.errors)
            cells = (left.study, f"{left.half_life_h:g}", f"{left.filling:.3g}", f"{left.rmse:.1f}", each)
            rows.append(("", cells))
        rows.append(("", ("each in turn", "", "", f"{calibration.left_out_rmse():.1f}", "")))
        head = ("study left out", "T_E, h", "KIN, L/ug/h", "its error, points (RMS)", "scan by scan")
        yield self.table(head, (20, 12, 14, 22, 32), rows)


class Facts(Rendered):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        file = f"pharmacology/facts/{self.arguments[0]}.toml"
        facts = [fact for fact in pharmacology.facts().values() if fact.file == file]
        if not facts:
            raise self.error(f"there are no facts in {file}")
        rows = [(f"fact-{fact.id}".lower(), self._cells(fact)) for fact in facts]
        head = ("id", "quantity", "value", "as printed", "in whom, dose", "source", "reading", "note")
        yield self.table(head, (8, 20, 10, 12, 14, 14, 8, 14), rows)

    def _cells(self, f: notation.Fact) -> Sequence[Cell]:
        unit = "" if f.unit == "1" else f" {f.unit}"
        value = ", ".join(f"{v:g}" for v in f.values) + unit if f.values else "in words"
        value += f" (SD {f.sd:g})" if f.sd is not None else ""
        species = "" if f.species == "human" else f.species
        number = f"n = {f.n}{' in the study' if f.n_of == 'study' else ''}" if f.n else ""
        whom = ", ".join(filter(None, (f.who, species, number, f.dose)))
        source: list[nodes.Node] = [self.refer("source", f.source)]
        if f.place:
            source.append(nodes.Text(f", {f.place}"))
        return f.id, f.quantity, value, f.as_printed, whom, source, f.reading, f.note


class Sources(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        found = nodes.definition_list(classes=["sources"])
        for key, source in notation.sources().items():
            term = nodes.term("", "", *_code(key))
            self.anchor(term, f"source-{key}".lower())
            text = nodes.paragraph("", source.reference())
            if source.link():
                text += [nodes.Text(" "), _link("link", source.link())]
            about = nodes.definition("", text)
            if source.seen_at:
                links: list[nodes.Node] = []
                for url in source.seen_at:
                    links += [nodes.Text(", " if links else "Read at "), _link(url, url)]
                about += nodes.paragraph("", "", *links)
            if source.note:
                about += nodes.paragraph("", source.note)
            found += nodes.definition_list_item("", term, about)
        yield found


class Collection(Rendered):
    """What there is, counted."""

    def render(self) -> Iterator[nodes.Node]:
        share = evidence.share_second_read()
        entries, facts = pharmacology.entries().values(), pharmacology.facts().values()
        counts = {
            "evidence date": evidence.evidence_date(),
            "studies": len(evidence.studies()),
            "numbers in them": share.total,
            "of these read by a second reader": f"{share.second_read} ({100 * share.fraction:.0f} %)",
            "of these agreed at once": share.agreed,
            "claims": len(evidence.claims()),
            "corrections": len(evidence.corrections()),
            "sources": len(notation.sources()),
            "measured quantities (facts)": f"{len(facts)}: {_tally(f.reading for f in facts)}",
            "parameters of the model": f"{len(entries)}: {_tally(e.basis for e in entries)}",
            "checks": len(proof.checks()),
        }
        rows: list[Row] = [("", (name, str(value))) for name, value in counts.items()]
        yield self.table(("what", "how many"), (50, 50), rows)


class Article(Rendered):
    """What each sentence of the article claims, and both judgements of each claim."""

    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        parts = {"about": self._about, "sentences": self._sentences, "verdicts": self._verdicts}
        if self.arguments[0] not in parts:
            raise self.error(f'there is no part "{self.arguments[0]}"; use {", ".join(parts)}')
        yield from parts[self.arguments[0]]()

    def _about(self) -> Iterator[nodes.Node]:
        found = evidence.article()
        numbered = f"Sentences 1 to {found.seen_to} are numbered as they stand on a page ("
        yield nodes.paragraph(
            "", "", nodes.Text(numbered), self.refer("source", found.source), nodes.Text("). " + found.unseen)
        )
        last = len(found.sentences)
        yield nodes.paragraph(
            "",
            f"From {found.seen_to + 1} to {last} a number is a place in the order of the claims, one to a claim, not a count.",
        )

    def _sentences(self) -> Iterator[nodes.Node]:
        rows: list[Row] = []
        for s in evidence.article().sentences:
            number = f"{s.number}{', heading' if s.heading else ''}{'' if s.seen else ', place'}"
            text = (
                " ".join(f"{c.id} ({c.verdict}): {c.claim}" for c in s.claims)
                or f"Nothing to check: {s.silent}."
            )
            rows.append((f"sentence-{s.number}", (number, text)))
        yield self.table(("sentence", "claims, with verdicts"), (15, 85), rows)

    def _verdicts(self) -> Iterator[nodes.Node]:
        found, once = evidence.second_verdicts(), evidence.judged_once()
        blind, same = sum(v.blind for v in found), sum(v.agrees for v in found)
        yield nodes.paragraph(
            "", f"{len(found)} claims were judged twice, {blind} of them blind; {same} verdicts agreed at once and "
            f"{len(found) - same} were settled. Judged once so far: {', '.join(once) or 'none'}.",
        )  # fmt: skip
        rows: list[Row] = [("", (v.claim, v.first, v.second, v.stands, v.why)) for v in found if not v.agrees]
        yield self.table(("claim", "first", "second", "stands", "why"), (8, 14, 14, 14, 50), rows)


_ARGUMENTS = {1: "one argument", 2: "two arguments", 3: "a condition and two branches"}


class Elsewhere(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        for found in other_lists():
            size = f" ({found.holds})" if found.holds else ""
            yield nodes.paragraph("", f"{found.name}{size}. {found.seen} Seen on {found.date}.")
            yield self.table(
                ("There", "Here"),
                (40, 60),
                [
                    ("", (e.label, f"{evidence.study(e.ours).label} ({e.ours})" if e.ours else e.why))
                    for e in found.entries
                ],
            )


class Words(Rendered):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        lists: Mapping[str, Mapping[str, str]] = {
            "verdicts": evidence.VERDICTS,
            "lint": {**evidence.RULES, **evidence.DESIGN_RULES, **evidence.FACT_RULES},
            "designs": DESIGN_WORDS,
            "measures": evidence.MEASURES,
            "reasons": REASONS,
            "signs": SIGNS,
            "functions": {f: _ARGUMENTS[n] for f, n in FUNCTIONS.items()},
            "conditions": {c.key: c.name for c in evidence.conditions()},
        }
        if self.arguments[0] not in lists:
            raise self.error(f'there is no list "{self.arguments[0]}"')
        rows: list[Row] = [("", (_code(word), what)) for word, what in lists[self.arguments[0]].items()]
        yield self.table(("word", "meaning"), (30, 70), rows)


class Bench(Rendered):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        self.env.note_dependency(str(benchmarks.STORED))
        part, found = self.arguments[0], benchmarks.read_comparison()
        if part == "machine":
            m = found.machine
            yield nodes.paragraph(
                "", f"Measured on {m.date}: {m.processor}, {m.cores} cores, Python {m.python}."
            )
        elif part == "simulators":
            yield self.table(
                ("simulator", "patients per CPU second", "largest error", "rtol", "atol"), (40, 20, 16, 12, 12),
                [("", self._speed(row)) for row in found.simulators],
            )  # fmt: skip
        elif part == "ratios":
            yield nodes.paragraph("", " ".join(self._ratios(found)))
        elif part == "tasks":
            head = ("task", "simulator", "CPU seconds", "largest error", "of them")
            yield self.table(head, (30, 20, 12, 12, 26), [("", row) for row in self._tasks(found)])
        elif part == "costs":
            s = found.scaling
            assert s is not None
            named = [*(("common", c) for c in (*s.population, *s.horizon)), *(("chain", c) for c in s.states)]
            cells = [
                (
                    name,
                    str(c.states),
                    f"{c.patients:,}",
                    str(c.days),
                    f"{1000 * c.cpu_seconds_per_patient:.3f}",
                )
                for name, c in named
            ]
            head = ("model", "states", "patients", "days", "ms of processor time a patient")
            yield self.table(head, (20, 14, 18, 14, 34), [("", row) for row in cells])
        else:
            raise self.error(f'there is no part "{part}": machine, simulators, ratios, tasks or costs')

    def _speed(self, row: benchmarks.Row) -> Sequence[Cell]:
        name = f"{row.name} {row.version}".strip()
        if row.patients_per_cpu_second is None:
            return name, "absent", "", "", row.absent or ""
        pace = f"{row.patients_per_cpu_second:,.0f}"
        shown = f"{name}: {row.way}" if row.way else name
        return shown, pace, f"{row.max_relative_error:.1e}", f"{row.rtol:g}", f"{row.atol:g}"

    def _ratios(self, found: benchmarks.Comparison) -> Iterator[str]:
        if found.ratio_to_best_peer is not None:
            yield f"That is {found.ratio_to_best_peer:.1f} times {found.best_peer}, the best other that ran."
        for name, ratio in (
            ("DOP853", found.ratio_to_numbalsoda_dop853),
            ("LSODA", found.ratio_to_numbalsoda_lsoda),
        ):
            if ratio is not None:
                yield f"It is {ratio:.1f} times numbalsoda's {name}."
        if found.roofline is not None:
            r = found.roofline
            yield (
                f"A step of the kernel needs {r.operations_per_step:,} operations for a patient, the work "
                f"{r.steps_per_patient:,.0f} steps: {r.achieved_gflops:.1f} GFLOP/s, {r.share:.0%} of the "
                f"{r.measured_peak_gflops:.1f} that a core does in multiply-adds of {r.lanes} lanes."
            )

    def _tasks(self, found: benchmarks.Comparison) -> Iterator[Sequence[Cell]]:
        for task in found.tasks:
            name = f"{task.persons:,} persons: {task.description}"
            for row in task.simulators:
                who = f"{row.name} {row.version}".strip()
                if row.cpu_seconds is None:
                    yield name, who, "absent", "", row.absent or ""
                    continue
                error = "" if row.max_relative_error is None else f"{row.max_relative_error:.1e}"
                split = ", ".join(f"{part} {seconds:.2g}" for part, seconds in row.split.items())
                yield name, who, f"{row.cpu_seconds:.3g}", error, split
            if task.stated is not None:
                s = task.stated
                told = f"stated: {s.machine}, where our engine of that day took {s.ours_beside:g}"
                yield name, s.simulator, f"{s.cpu_seconds:g}", "", told


class Printed(Rendered):
    def ran(self) -> page_code.Ran:
        """The page's Python, run; what it raises is an error of the build."""
        try:
            return page_code.ran(Path(self.env.doc2path(self.env.docname)))
        except Exception as error:
            raise self.error(f"the Python of this page: {type(error).__name__}: {error}") from error

    def render(self) -> Iterator[nodes.Node]:
        text = self.ran().before(self.lineno)
        if not text:
            raise self.error("the block of Python above prints nothing")
        yield _literal(text)


class Picture(Printed):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        drawn = self.ran().pictures
        name = self.arguments[0]
        if name not in drawn:
            raise self.error(f'the Python of this page saves no "{name}"')
        svg = drawn[name][drawn[name].index("<svg") :]
        yield nodes.raw("", f'<figure class="diagram">{svg}</figure>', format="html")


class Reference(Rendered):
    required_arguments = 1
    final_argument_whitespace = True

    def render(self) -> Iterator[nodes.Node]:
        for name in self.arguments[0].split():
            for found in public_names.front(name):
                section = nodes.section(names=[found.name])
                self.anchor(section, found.name)
                section += nodes.title("", "", nodes.literal("", found.name))
                if found.arguments:
                    section += _literal(f"{found.name}{found.arguments}")
                section += _contract(found.doc)
                for part in found.inside:
                    if part.name == "fields":
                        section += nodes.paragraph(
                            "", "", nodes.Text("Fields: "), *_marked(part.doc), nodes.Text(".")
                        )
                    else:
                        section += nodes.definition_list("", _defined(part))
                yield section


class Limits(Rendered):
    def render(self) -> Iterator[nodes.Node]:
        rows: list[Row] = [
            ("", (f"{limit:,}", limit.unit, limit.of, room)) for room, _, limit in notation.limits()
        ]
        yield self.table(("most", "what", "of what", "room"), (18, 30, 40, 12), rows)


class RoomNames(Rendered):
    required_arguments = 1

    def render(self) -> Iterator[nodes.Node]:
        room = self.arguments[0]
        yield nodes.paragraph("", "", *_marked(public_names.doormat(room)))
        rows: list[Row] = [
            (
                f"{room}.{name.name}",
                (_code(name.name + name.arguments), [nodes.paragraph("", "", *_marked(name.first))]),
            )
            for name in public_names.room(room)
        ]
        yield self.table((f"openldn.{room}", "what it is"), (45, 55), rows)


def _defined(name: public_names.Name) -> nodes.Node:
    head = nodes.term("", "", nodes.literal("", f"{name.name}{name.arguments}"))
    return nodes.definition_list_item("", head, nodes.definition("", *_contract(name.doc)))


def _contract(doc: str) -> list[nodes.Node]:
    """A docstring as it stands: paragraphs, a line for each argument, and what is indented or an example as code."""
    found: list[nodes.Node] = []
    for part in doc.split("\n\n"):
        lines = part.strip("\n").splitlines()
        if not lines:
            continue
        if lines[0].startswith((" ", ">>>")):
            text = "\n".join(lines)
            found.append(
                nodes.doctest_block(text, inspect.cleandoc(text)) if ">>>" in text else _literal(text)
            )
            continue
        items = list[str]()
        for line in lines:
            if items and not re.match(r"[a-z_]+(, [a-z_]+)*: |Raises ", line):
                items[-1] += f" {line.strip()}"
            else:
                items.append(line.strip())
        found += [nodes.paragraph("", "", *_marked(item)) for item in items]
    return found


def _marked(text: str) -> list[nodes.Node]:
    """Words, with what stands between backquotes as code."""
    pieces = text.split("`")
    return [
        nodes.literal("", piece) if i % 2 else nodes.Text(piece) for i, piece in enumerate(pieces) if piece
    ]


def _row(cells: Sequence[Cell]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        inside = [nodes.Text(cell)] if isinstance(cell, str) else cell
        row += nodes.entry("", nodes.paragraph("", "", *inside))
    return row


def _code(*words: str) -> list[nodes.Node]:
    found: list[nodes.Node] = []
    for word in words:
        found += [*([nodes.Text(" ")] if found else []), nodes.literal(word, word)]
    return found


def _literal(text: str) -> nodes.Node:
    return nodes.literal_block(text, text, language="text")


def _link(text: str, url: str) -> nodes.Node:
    return nodes.reference("", text, refuri=url, internal=False)


def _tally(words: Iterable[str]) -> str:
    return ", ".join(f"{n} {word}" for word, n in Counter(words).most_common())


def _shape(value: Any, indent: str = "", name: str = "", *, many: int = 14) -> Iterator[str]:
    """The document's fields and kinds, one a line: of a list one item, of a long table one row."""
    head = f"{indent}{name}: " if name else indent
    if isinstance(value, dict):
        items = list(value.items())
        alike = len(items) > many and len({type(item) for _, item in items}) == 1
        yield f"{head}{{" + ("" if items else "}")
        for key, item in items[:1] if alike else items:
            yield from _shape(item, indent + "  ", json.dumps(key, ensure_ascii=False))
        if alike:
            yield f"{indent}  … {len(items)} in all"
        if items:
            yield f"{indent}}}"
    elif isinstance(value, list):
        inner = list(_shape(_fullest(value), indent + "  ")) if value else []
        if len(inner) <= 1:
            yield f"{head}[{', '.join(x.strip() for x in inner)}{', …' if len(value) > 1 else ''}]"
        else:
            yield from (f"{head}[", *inner, f"{indent}]")
    else:
        kinds = {bool: "true or false", int: "number", float: "number", str: "text"}
        yield head + kinds.get(type(value), "null")


def _fullest(items: Sequence[Any]) -> Any:
    """One item with every field that any of `items` has; a value where some item has one."""
    there = [item for item in items if item not in (None, [], {})] or list(items)
    if all(isinstance(item, dict) for item in there):
        keys = dict.fromkeys(key for item in there for key in item)
        return {key: _fullest([item[key] for item in there if key in item]) for key in keys}
    if all(isinstance(item, list) for item in there):
        return [part for item in there for part in item]
    return there[0]


DIRECTIVES: Mapping[str, type[Rendered]] = {
    "ldn-help": Help,
    "ldn-json": Json,
    "ldn-run": Run,
    "ldn-model": ModelText,
    "ldn-regimens": Regimens,
    "ldn-units": Units,
    "ldn-block": Block,
    "ldn-scales": Scales,
    "ldn-routes": Routes,
    "ldn-switches": Switches,
    "ldn-checks": Checks,
    "ldn-scans": Scans,
    "ldn-left-out": LeftOutTable,
    "ldn-facts": Facts,
    "ldn-bench": Bench,
    "ldn-sources": Sources,
    "ldn-collection": Collection,
    "ldn-article": Article,
    "ldn-elsewhere": Elsewhere,
    "ldn-limits": Limits,
    "ldn-words": Words,
    "ldn-printed": Printed,
    "ldn-picture": Picture,
    "ldn-reference": Reference,
    "ldn-room": RoomNames,
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    for name, directive in DIRECTIVES.items():
        app.add_directive(name, directive)
    return {"version": openldn.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
