"""Traffic lights: judgements of bias, studies down and domains across, a sign and a colour to each.

The words are those of RoB 2 (low, some concerns, high), of the older Cochrane tool (unclear) and of ROBINS-I
(moderate, serious, critical, no information, not read). The sign alone is enough to read the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from openldn.figures.figure import COLOURS, Figure
from openldn.figures.svg import (
    FAINT,
    INK,
    PAPER,
    SMALL,
    SOFT,
    TEXT,
    Canvas,
    leading,
    n,
    picture,
    text_width,
    wrap,
)
from openldn.notation import InputError, UnknownName

_BLUE, _VERMILION, _GREEN, _PURPLE, _BLACK, _AMBER, _SKY = COLOURS
_OVERALL = "all"
JUDGEMENTS: Mapping[str, tuple[str, str]] = {
    "low": ("+", _GREEN),
    "some concerns": ("?", _AMBER),
    "unclear": ("?", _AMBER),
    "moderate": ("?", _AMBER),
    "high": ("−", _VERMILION),
    "serious": ("−", _VERMILION),
    "critical": ("×", _PURPLE),
    "no information": ("·", PAPER),
    "not read": ("○", PAPER),
}


@dataclass(frozen=True)
class Judged:
    """One study and its judgements, in the order of the domains, "" for a domain that its tool does not have.

    `overall` is left empty where nobody gave one.
    """

    label: str
    judgements: tuple[str, ...]
    overall: str = ""


def traffic_light(
    id: str,  # noqa: A002 - the field's name
    title: str,
    studies: Sequence[Judged],
    domains: Sequence[str],
    *,
    alt: str = "",
) -> Figure:
    """Studies × domains, with a key of the domains and of the signs.

    Raises InputError where there is no study or domain or a study has too many or too few judgements, and
    UnknownName for a judgement that is not in JUDGEMENTS.
    """
    if not studies or not domains:
        raise InputError("a table of judgements needs at least one study and one domain")
    for study in studies:
        check_judgements(study.label, study.judgements, domains)
        if study.overall:
            check_judgements(study.label, (study.overall,), ("overall",))
    return picture(
        id, title, alt or _words(studies, domains), lambda canvas: _paint(canvas, studies, domains)
    )


def check_judgements(label: str, judgements: Sequence[str], domains: Sequence[str]) -> None:
    """Raise InputError for a wrong number of judgements, UnknownName for a wrong word; "" is no domain."""
    if len(judgements) != len(domains):
        raise InputError(
            f'"{label}" has {len(judgements)} judgements for {len(domains)} domains: give one to each'
        )
    for word in judgements:
        if word and word not in JUDGEMENTS:
            raise UnknownName("judgement", word, JUDGEMENTS)


def mark(canvas: Canvas, x: float, y: float, judgement: str, *, r: float = 8.0) -> None:
    """A disc with its sign, centred at (x, y)."""
    sign, colour = JUDGEMENTS[judgement]
    canvas.circle(x, y, r, fill=colour, stroke=INK, width=0.8, title=judgement)
    arm, pen = 0.55 * r, max(1.4, 0.22 * r)
    if sign in "+−":
        d = f"M{n(x - arm)} {n(y)}h{n(2 * arm)}" + (
            f"M{n(x)} {n(y - arm)}v{n(2 * arm)}" if sign == "+" else ""
        )
        canvas.path(d, stroke=INK, width=pen)
    elif sign == "×":
        arm *= 0.8
        canvas.path(
            f"M{n(x - arm)} {n(y - arm)}l{n(2 * arm)} {n(2 * arm)}m0 {n(-2 * arm)}l{n(-2 * arm)} {n(2 * arm)}",
            stroke=INK, width=pen,
        )  # fmt: skip
    elif sign == "·":
        canvas.circle(x, y, 0.18 * r)
    else:
        size = max(SMALL, 1.55 * r)
        canvas.text(x, y + 0.36 * size, sign, size=size, anchor="middle", bold=True)


def keys_of(domains: Sequence[str], room: float) -> list[str]:
    """What stands over columns `room` wide and before the domains' names: D1, D2, …, or 1, 2, … where those are too wide."""
    named = [_OVERALL if d.casefold() == "overall" else f"D{i}" for i, d in enumerate(domains, 1)]
    fits = all(text_width(key, SMALL, bold=True) <= room for key in named)
    return named if fits else [key.removeprefix("D") for key in named]


def key_lines(
    canvas: Canvas, y: float, domains: Sequence[str], keys: Sequence[str], *, blanks: bool = False
) -> float:
    """The names behind the keys, one after the other, and what a blank is; returns the next baseline."""
    words = "; ".join(
        f"{key}: overall" if key == _OVERALL else f"{key} {name}"
        for key, name in zip(keys, domains, strict=True)
    )
    words += "; blank: the tool for that design does not have it" if blanks else ""
    return canvas.lines(0, y, wrap(words, canvas.width, SMALL), size=SMALL, fill=SOFT)


def sign_key(canvas: Canvas, y: float, used: Sequence[str]) -> float:
    """Each judgement that occurs, beside its mark, in the order of JUDGEMENTS; returns the next baseline."""
    x = 7.0
    for word in (j for j in JUDGEMENTS if j in used):
        wide = 24 + text_width(word, SMALL)
        if x > 7 and x + wide > canvas.width:
            x, y = 7.0, y + 20
        mark(canvas, x, y - 4, word, r=6.5)
        canvas.text(x + 11, y, word, size=SMALL)
        x += wide + 8
    return y + 20


def _paint(canvas: Canvas, studies: Sequence[Judged], domains: Sequence[str]) -> float:
    overall = any(s.overall for s in studies)
    # Slim columns keep room for names; where there are too many, the marks shrink but stay legible.
    step = max(15.0, min(44.0 if not canvas.narrow else 27.0, 0.66 * canvas.width / (len(domains) + overall)))
    keys = keys_of(domains, step)
    columns = [*keys, *([_OVERALL] if overall else [])]
    names = max(text_width(s.label, TEXT) for s in studies) + 4
    left = max(60.0, min(names, canvas.width - step * len(columns)))
    size = SMALL if canvas.narrow else TEXT
    r = min(8.5, step / 2 - 1)
    y = 14.0
    for i, head in enumerate(columns):
        canvas.text(left + step * (i + 0.5), y, head, size=SMALL, anchor="middle", bold=True)
    y += 7
    for study in studies:
        lines = wrap(study.label, left - 6, size)
        tall = max(22.0, len(lines) * leading(size) + 7)
        canvas.line(0, y, left + step * len(columns), y, stroke=FAINT, width=0.7)
        canvas.lines(0, y + (tall - (len(lines) - 1) * leading(size)) / 2 + 4, lines, size=size)
        for i, word in enumerate([*study.judgements, study.overall]):
            if word:
                mark(canvas, left + step * (i + 0.5), y + tall / 2, word, r=r)
        y += tall
    canvas.line(0, y, left + step * len(columns), y, stroke=FAINT, width=0.7)
    y = key_lines(canvas, y + 18, domains, keys)
    used = {j for s in studies for j in (*s.judgements, s.overall)}
    return sign_key(canvas, y + 6, sorted(used)) - 8


def _words(studies: Sequence[Judged], domains: Sequence[str]) -> str:
    told = []
    for s in studies:
        parts = [f"{domain} {word}" for domain, word in zip(domains, s.judgements, strict=True) if word]
        told.append(f"{s.label}: {', '.join(parts)}" + (f"; overall {s.overall}" if s.overall else ""))
    return f"Risk of bias of {len(studies)} {'study' if len(studies) == 1 else 'studies'}. {'. '.join(told)}."
