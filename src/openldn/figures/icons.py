"""The icon array: of 100 (or 1000) people, how many with and without the treatment, benefit beside harm.

One denominator serves every panel. Baseline first: people to whom it happens either way are discs. Those to whom
it happens only because of the treatment are squares (a benefit) or triangles (a harm, or an event that the treatment
should prevent); those spared are crossed out.
Hatched icons lie within the range of the estimate: nobody knows on which side they fall. The numbers are all that
is known; who would gain and who would lose anyway is drawn as if nobody did both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openldn.figures.axis import number
from openldn.figures.figure import COLOURS, Figure
from openldn.figures.svg import FAINT, INK, PAPER, SMALL, TEXT, Canvas, leading, n, picture, text_width, wrap
from openldn.notation import InputError

_BLUE, _VERMILION, _GREEN = COLOURS[:3]
_GREY = "#8a939c"
_COLOUR = {"benefit": _GREEN, "harm": _VERMILION, "prevent": _VERMILION}
_TITLE = {"benefit": "Benefit", "harm": "Harm", "prevent": "Event to prevent"}


@dataclass(frozen=True)
class Panel:
    """One outcome: to how many of the denominator it happens without and with the treatment.

    `kind` is "benefit", "harm" (of the treatment) or "prevent" (an unwanted event that the treatment is given against).
    `low` and `high` limit the number with treatment. `ratio`: risk with over risk without, as the analysis has it; it is
    told only where the rounded counts give the same. `certainty` in GRADE's words.
    """

    name: str
    kind: str
    without: int
    treated: int
    low: int | None = None
    high: int | None = None
    ratio: float | None = None
    certainty: str = ""


def icon_array(
    id: str,  # noqa: A002 - the field's name
    title: str,
    panels: Sequence[Panel],
    *,
    per: int = 100,
    treatment: str = "LDN",
    control: str = "placebo",
    alt: str = "",
) -> Figure:
    """Panels beside each other, or under each other where it is narrow. Raises InputError for counts that cannot be."""
    if per not in (100, 1000):
        raise InputError(f"icons stand for 100 or 1000 people, not {per}")
    if not panels:
        raise InputError("an icon array needs at least one outcome: there is nothing to draw")
    for p in panels:
        _check(p, per)
    told = alt or " ".join(_title(p) + ". " + _caption(p, per, treatment, control) for p in panels)
    return picture(id, title, told, lambda canvas: _paint(canvas, panels, per, treatment, control))


def _check(p: Panel, per: int) -> None:
    if p.kind not in _COLOUR:
        raise InputError(f'"{p.name}" is "{p.kind}"; an outcome is one of {", ".join(_COLOUR)}')
    if (p.low is None) != (p.high is None):
        raise InputError(f'"{p.name}" has one limit of its range: give both or neither')
    named = (("without", p.without), ("treated", p.treated), ("low", p.low), ("high", p.high))
    for what, count in named:
        if count is not None and (count != int(count) or not 0 <= count <= per):
            raise InputError(
                f'"{p.name}": {what} is {count}; a count of icons is a whole number from 0 to {per}'
            )
    if p.low is not None and p.high is not None and not p.low <= p.treated <= p.high:
        raise InputError(f'"{p.name}": {p.treated} lies outside its range, {p.low} to {p.high}')


def _paint(canvas: Canvas, panels: Sequence[Panel], per: int, treatment: str, control: str) -> float:
    beside = 1 if canvas.narrow or len(panels) == 1 else 2
    gap = 28.0
    room = (canvas.width - gap * (beside - 1)) / beside
    y = 0.0
    for start in range(0, len(panels), beside):
        row = panels[start : start + beside]
        heads = [wrap(_title(p), room, TEXT, bold=True) for p in row]
        below = 14 + max(map(len, heads)) * leading(TEXT) - 4
        ends = []
        for i, (p, head) in enumerate(zip(row, heads, strict=True)):
            x = i * (room + gap)
            canvas.lines(x, y + 12, head, bold=True)
            end = _icons(canvas, x, y + below, room, p, per)
            ends.append(canvas.lines(x, end + 14, wrap(_caption(p, per, treatment, control), room, TEXT)))
        y = max(ends) + 6
    return _key(canvas, y + 4, panels, treatment, control)


def _icons(canvas: Canvas, x: float, y: float, room: float, p: Panel, per: int) -> float:
    """A block of icons, filled row by row; one path for each sort, so that a thousand stay light."""
    across = 40 if per == 1000 else (20 if canvas.narrow else 10)
    pitch = min(room / across, 20.0)
    r = round(0.4 * pitch, 1)  # coordinates are rounded so: discs stay round
    sorts: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    for i in range(per):
        place = (x + (i % across + 0.5) * pitch, y + (i // across + 0.5) * pitch)
        sorts.setdefault(_sort(p, i), []).append(place)
    for (sort, unsure), places in sorts.items():
        _draw(canvas, sort, unsure, places, r, p.kind)
    return y + -(-per // across) * pitch


def _sort(p: Panel, i: int) -> tuple[str, bool]:
    """What the i-th icon says by the estimate, and whether the range leaves that open."""
    unsure = p.low is not None and p.high is not None and p.low <= i < p.high
    if i < min(p.without, p.treated):
        return "either", unsure
    if i < p.treated:
        return "more", unsure
    if i < p.without:
        return "fewer", unsure
    return ("maybe", True) if unsure else ("neither", False)


def _draw(
    canvas: Canvas, sort: str, unsure: bool, places: Iterable[tuple[float, float]], r: float, kind: str
) -> None:
    colour = _COLOUR[kind]
    pen = 1.3 if r > 4 else 0.8
    if sort == "neither":
        canvas.path(
            "".join(_disc(x, y, round(0.55 * r, 1)) for x, y in places), fill=PAPER, stroke=FAINT, width=pen
        )
    elif sort == "either":
        fill = canvas.hatch(_BLUE) if unsure else _BLUE
        canvas.path("".join(_disc(x, y, r) for x, y in places), fill=fill, stroke=_BLUE, width=pen)
    elif sort == "fewer":
        fill = canvas.hatch(_GREY) if unsure else PAPER
        canvas.path("".join(_disc(x, y, r) for x, y in places), fill=fill, stroke=INK, width=pen)
        cross = "".join(f"M{n(x - r)} {n(y + r)}l{n(2 * r)} {n(-2 * r)}" for x, y in places)
        canvas.path(cross, stroke=INK, width=pen)
    else:
        outline, hatch = (colour, colour) if sort == "more" else (_GREY, _GREY)
        fill = canvas.hatch(hatch) if unsure else colour
        shape = _square if kind == "benefit" else _triangle
        canvas.path("".join(shape(x, y, r) for x, y in places), fill=fill, stroke=outline, width=pen)


def _disc(x: float, y: float, r: float) -> str:
    return f"M{n(x - r)} {n(y)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0Z"


def _square(x: float, y: float, r: float) -> str:
    s = 0.92 * r
    return f"M{n(x - s)} {n(y - s)}h{n(2 * s)}v{n(2 * s)}h{n(-2 * s)}Z"


def _triangle(x: float, y: float, r: float) -> str:
    return f"M{n(x - r)} {n(y + 0.85 * r)}h{n(2 * r)}l{n(-r)} {n(-1.85 * r)}Z"


def _key(canvas: Canvas, y: float, panels: Sequence[Panel], treatment: str, control: str) -> float:
    used: dict[tuple[str, bool, str], None] = {}
    for p in panels:
        used.update(
            dict.fromkeys((*_sort(p, i), p.kind) for i in range(max(p.without, p.treated, p.high or 0)))
        )
    words = {
        "either": f"happens on {control} and on {treatment}",
        "more": f"only on {treatment}",
        "fewer": f"only on {control}",
    }
    entries: dict[str, tuple[str, bool, str]] = {}
    for sort, _, kind in used:
        if sort in words:
            entries.setdefault(
                f"{_TITLE[kind].lower()}, {words[sort]}" if sort == "more" else words[sort],
                (sort, False, kind),
            )
    hatched = [u for u in used if u[1]]
    inner = [u for u in hatched if u[0] != "maybe"]
    if inner:
        entries["hatched: within the range of the estimate"] = inner[0]
    if len(inner) < len(hatched):
        entries["grey, hatched: beyond the estimate, within its range"] = next(
            u for u in hatched if u[0] == "maybe"
        )
    x = 0.0
    for told, (sort, unsure, kind) in entries.items():
        lines = wrap(told, canvas.width - 20, SMALL)
        wide = 20 + text_width(lines[0], SMALL) + 14
        if x and x + wide - 14 > canvas.width:
            x, y = 0.0, y + 18
        _draw(canvas, sort, unsure, [(x + 7, y - 4)], 6.0, kind)
        y = canvas.lines(x + 20, y, lines, size=SMALL) - leading(SMALL)
        x += wide
    return y + 8


def _title(p: Panel) -> str:
    return f"{_TITLE[p.kind]}: {p.name}"


def _caption(p: Panel, per: int, treatment: str, control: str) -> str:
    by = p.treated - p.without
    text = f"{p.without} of {per} on {control}, {p.treated} of {per} on {treatment}: "
    text += _change(by) if by else "less than one person's difference"
    if by and _ratio_shows(p):
        assert p.ratio is not None
        text += f", {number(p.ratio, 3 if p.ratio < 0.1 else 1)} times as many"
    certainty = f" Certainty: {p.certainty}." if p.certainty else ""
    if p.low is None or p.high is None:
        return f"{text}; range not known.{certainty}"
    low, high = p.low - p.without, p.high - p.without
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        return f"{text} (range {near} to {far} {'more' if low > 0 else 'fewer'}).{certainty}"
    return f"{text} (range {_change(low)} to {_change(high)}).{certainty}"


def _ratio_shows(p: Panel) -> bool:
    """Whether a reader who divides the two counts finds the ratio: rounded small counts can give another."""
    if p.ratio is None or not p.without:
        return False
    shown = number(p.ratio, 1)
    return shown != number(1, 1) and number(p.treated / p.without, 1) == shown


def _change(by: int) -> str:
    return "no difference" if by == 0 else f"{abs(by)} {'more' if by > 0 else 'fewer'}"
