"""Where everything in a forest plot stands: side by side where there is room, else each study over its own line.

Reference lines are drawn only where the plot is, never through a line of text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from openldn.figures.axis import Axis, across, number, span_of
from openldn.figures.forest_marks import Mark, draw_mark, references
from openldn.figures.svg import INK, SMALL, SOFT, TEXT, Canvas, leading, text_width, wrap
from openldn.figures.traffic import key_lines, keys_of, mark, sign_key

_GAP, _LEAST_PLOT = 10.0, 150.0
_BIAS_STEP, _BIAS_STEP_NARROW = 18.0, 15.0


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Note:
    words: str


Item = Mark | Heading | Note


@dataclass(frozen=True)
class Look:
    """What the whole plot has in common."""

    measure: str
    log: bool
    no_effect: float
    favours: tuple[str, str]
    columns: tuple[str, ...]
    bias_domains: tuple[str, ...]
    digits: int
    confidence: str
    heterogeneity: str
    limits: tuple[float, float] | None

    def text(self, m: Mark) -> str:
        if m.estimate is None:
            return "not estimable"
        shown = number(m.estimate, self.digits)
        return shown if m.low is None or m.high is None else f"{shown} {self.range(m.low, m.high)}"

    def range(self, low: float, high: float) -> str:
        return f"[{number(low, self.digits)}, {number(high, self.digits)}]"

    @property
    def head(self) -> str:
        return f"{self.measure[:1].upper()}{self.measure[1:]} [{self.confidence}]"


@dataclass(frozen=True)
class _Places:
    """Columns by their right edges, except the label, which starts at 0, and the marks, by their left edge."""

    stacked: bool
    label: float
    cells: tuple[float, ...]
    cell_widths: tuple[float, ...]
    plot: tuple[float, float]
    estimate: float
    estimate_width: float
    weight: float
    bias: float
    bias_step: float


def paint_forest(canvas: Canvas, items: Sequence[Item], look: Look) -> float:
    """Draw heads, lines, axis, directions and keys; returns the height."""
    marks = [i for i in items if isinstance(i, Mark)]
    at = _places(canvas, marks, look)
    axis = Axis(*(look.limits or _span(marks, look)), *at.plot, look.log)
    y = _heads(canvas, at, look, weighted=any(m.weight is not None for m in marks))
    behind, zones, centres = len(canvas.parts), [], []
    heaviest = max((m.weight or 0.0 for m in marks if m.kind == "study"), default=0.0) or 1.0
    for item in items:
        if isinstance(item, Mark):
            top, centre, y = _line(canvas, y, item, at, look)
            draw_mark(canvas, axis, centre, item, heaviest)
            zones.append((top, centre + 9 if at.stacked else y))
            centres.append((item, centre))
        elif isinstance(item, Heading):
            y = canvas.lines(0, y + 18, wrap(item.words, canvas.width, TEXT, bold=True), bold=True) - 9
        else:
            y = canvas.lines(0, y + 11, wrap(item.words, canvas.width, SMALL), size=SMALL, fill=SOFT) - 4
    under = Canvas(canvas.name, canvas.width)
    references(under, axis, zones, centres, look.no_effect)
    canvas.parts[behind:behind] = under.parts
    y = across(canvas, axis, y + 4)
    y = _centred(canvas, axis, y, look.measure)
    y = _directions(canvas, axis, y, look)
    if look.heterogeneity:
        y = canvas.lines(0, y + 4, wrap(look.heterogeneity, canvas.width, SMALL), size=SMALL)
    if any(m.bias for m in marks):
        keys = keys_of(look.bias_domains, at.bias_step)
        y = key_lines(canvas, y + 4, look.bias_domains, keys, blanks=any("" in m.bias for m in marks))
        y = sign_key(canvas, y + 6, sorted({j for m in marks for j in m.bias})) - 6
    return y - 4


def _places(canvas: Canvas, marks: Sequence[Mark], look: Look) -> _Places:
    estimates = [look.text(m) for m in marks] + [look.range(*m.prediction) for m in marks if m.prediction]
    estimate = max(text_width(t, SMALL, bold=True) for t in estimates)
    estimate = max(estimate, *(text_width(word, SMALL, bold=True) for word in look.head.split()[:1]))
    weights = [f"{number(m.weight, 1)} %" for m in marks if m.weight is not None]
    weight = max(text_width(w, SMALL, bold=True) for w in [*weights, "weight"]) if weights else 0.0
    step = _BIAS_STEP_NARROW if canvas.narrow else _BIAS_STEP
    bias = step * len(look.bias_domains) if any(m.bias for m in marks) else 0.0
    cells = []
    for i, head in enumerate(look.columns):
        words = [m.columns[i] for m in marks if m.columns] + head.split()
        cells.append(min(90.0, max(text_width(w, SMALL, bold=True) for w in words) + 1))
    taken = sum(w + _GAP for w in (*cells, estimate, weight, bias) if w) + _GAP
    longest = max(text_width(m.label, TEXT, bold=m.kind in ("subgroup", "overall")) for m in marks) + 2
    label = min(longest, max(110.0, canvas.width - taken - 190.0))
    plot = canvas.width - taken - label
    if canvas.narrow or plot < _LEAST_PLOT:
        estimate = min(estimate, 0.45 * canvas.width)
        return _Places(
            True, canvas.width - (bias + _GAP if bias else 0), (), (), (8.0, canvas.width - estimate - _GAP - 6),
            canvas.width, estimate, 0.0, canvas.width - bias, step,
        )  # fmt: skip
    x, rights = label, []
    for cell in cells:
        x += _GAP + cell
        rights.append(x)
    start, end = x + _GAP, x + _GAP + plot - _GAP
    right = end + _GAP + estimate
    heavy = right + (_GAP + weight if weight else 0)
    return _Places(
        False, label, tuple(rights), tuple(cells), (start, end), right, estimate, heavy, heavy + _GAP, step
    )


def _span(marks: Sequence[Mark], look: Look) -> tuple[float, float]:
    core = [look.no_effect, *(m.estimate for m in marks if m.estimate is not None)]
    ends = [v for m in marks for v in (m.low, m.high, *(m.prediction or ())) if v is not None]
    return span_of(core, ends, log=look.log)


def _heads(canvas: Canvas, at: _Places, look: Look, *, weighted: bool) -> float:
    bold = {"size": SMALL, "bold": True}
    if at.stacked:
        lines = wrap(look.head, at.label - 6, SMALL, bold=True)
        y = canvas.lines(0, 12, lines, size=SMALL, bold=True)
        bottom = 12.0
    else:
        columns = [(at.estimate, wrap(look.head, at.estimate_width + 4, SMALL, bold=True))]
        columns += [
            (x, wrap(head, w + 2, SMALL, bold=True))
            for x, w, head in zip(at.cells, at.cell_widths, look.columns, strict=True)
        ]
        columns += [(at.weight, ["weight"])] if weighted else []
        deepest = max(len(lines) for _, lines in columns)
        bottom = 12 + (deepest - 1) * leading(SMALL)
        for x, lines in columns:
            canvas.lines(x, bottom - (len(lines) - 1) * leading(SMALL), lines, anchor="end", **bold)  # type: ignore[arg-type]
        y = bottom + leading(SMALL)
    if at.bias < canvas.width and look.bias_domains:
        for i, key in enumerate(keys_of(look.bias_domains, at.bias_step)):
            canvas.text(
                at.bias + at.bias_step * (i + 0.5), bottom, key, size=SMALL, anchor="middle", bold=True
            )
    y -= 7
    canvas.line(0, y, canvas.width, y, stroke=INK, width=0.8)
    return y + 2


def _line(canvas: Canvas, y: float, m: Mark, at: _Places, look: Look) -> tuple[float, float, float]:
    """Texts and marks of bias of one line; the top of its plot zone, the middle of it, and where it ends."""
    bold = m.kind in ("subgroup", "overall")
    lines = wrap(m.label, at.label, TEXT, bold=bold)
    step = leading(TEXT)
    if at.stacked:
        first = y + 15
        bottom = canvas.lines(0, first, lines, bold=bold)
        parts = [
            f"{head} {cell}"
            for head, cell in zip(look.columns, m.columns or ("",) * len(look.columns), strict=True)
            if cell
        ]
        parts += [f"weight {number(m.weight, 1)} %"] if m.weight is not None else []
        if parts:
            bottom = canvas.lines(
                0, bottom - 1, wrap(" · ".join(parts), canvas.width, SMALL), size=SMALL, fill=SOFT
            )
        _bias(canvas, at, first - 4, m)
        top = bottom - 9
        centre, end = top + 9, top + 22
    else:
        tall = max(
            len(lines) * step + 7,
            21.0,
            *(len(_cell(c, w)) * 13.5 + 7 for c, w in zip(m.columns, at.cell_widths, strict=False)),
        )
        top, centre, end = y, y + tall / 2, y + tall
        canvas.lines(0, centre - (len(lines) - 1) * step / 2 + 4, lines, bold=bold)
        for x, w, words in zip(at.cells, at.cell_widths, m.columns, strict=False):
            cell = _cell(words, w)
            canvas.lines(
                x, centre - (len(cell) - 1) * 13.4 / 2 + 4, cell, size=SMALL, anchor="end", bold=bold
            )
        if m.weight is not None:
            canvas.text(
                at.weight, centre + 4, f"{number(m.weight, 1)} %", size=SMALL, anchor="end", bold=bold
            )
        _bias(canvas, at, centre, m)
    canvas.text(at.estimate, centre + 4, look.text(m), size=SMALL, anchor="end", bold=bold)
    if m.prediction:
        below = max(centre + 18, end + 9 if not at.stacked else 0)
        canvas.text(0, below, "prediction interval", size=SMALL, fill=SOFT)
        canvas.text(at.estimate, below, look.range(*m.prediction), size=SMALL, anchor="end", fill=SOFT)
        end = below + 8
    return top, centre, end


def _cell(words: str, width: float) -> list[str]:
    return wrap(words, width + 1, SMALL)


def _bias(canvas: Canvas, at: _Places, y: float, m: Mark) -> None:
    for i, judgement in enumerate(m.bias):
        if judgement:
            mark(canvas, at.bias + at.bias_step * (i + 0.5), y, judgement, r=6.5)


def _centred(canvas: Canvas, axis: Axis, y: float, words: str) -> float:
    """Lines under the middle of the axis, as wide as the nearer edge of the drawing lets them be."""
    middle = (axis.start + axis.end) / 2
    room = 2 * min(middle, canvas.width - middle)
    return canvas.lines(middle, y, wrap(words, room, SMALL), size=SMALL, anchor="middle")


def _directions(canvas: Canvas, axis: Axis, y: float, look: Look) -> float:
    """What lies below no effect and what above, each on its side of the line."""
    below, above = (f"←\u00a0{look.favours[0]}", f"{look.favours[1]}\u00a0→")
    if not any(look.favours):
        return y
    x, edge = axis.at(look.no_effect), canvas.width
    sides = [(below, x - 5, "end", x - 5), (above, x + 5, "start", edge - x - 5)]
    shown = [s for s, given in zip(sides, look.favours, strict=True) if given]
    if all(room >= min(text_width(words, SMALL), 90.0) for words, _, _, room in shown):
        return max(
            canvas.lines(at, y, wrap(words, room, SMALL), size=SMALL, anchor=anchor)
            for words, at, anchor, room in shown
        )
    wide = [text_width(words, SMALL) for words, *_ in shown]
    if sum(wide) + 16 <= edge:
        for start, (words, *_) in zip((0.0, wide[0] + 16), shown, strict=False):
            canvas.text(start, y, words, size=SMALL)
        return y + leading(SMALL)
    for words, *_ in shown:
        y = canvas.lines(0, y, wrap(words, edge, SMALL), size=SMALL)
    return y
