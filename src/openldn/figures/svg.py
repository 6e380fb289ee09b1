"""Plain SVG by hand: elements as strings, everything escaped, text measured before it is placed.

Widths come from a table of the advance widths of a Helvetica-like sans serif in thousandths of the type size,
bold taken as 7 % wider; letters that are not in the table count as their base letter, as a wide sign where
Unicode says so, or as an average one. A reader's own font may differ, so a few percent are added as room.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from openldn.figures.figure import NARROW, WIDE, Figure
from openldn.notation import InputError, printable

INK, SOFT, FAINT, PAPER = "#1c2024", "#545c66", "#c4c9ce", "#ffffff"
# The last two are what the converter to PNG brings along: a list that ended before them would lose the text.
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
TEXT, SMALL = 12.0, 11.0
_ROOM = 1.03
_BOLD = 1.07
_WIDTHS = {
    222: "ijl’‘", 191: "'", 260: "|", 278: " \u00a0\u202f!,./:;I[\\]ft·", 333: "()-`r“”²³", 355: '"', 389: "*", 400: "°",
    469: "^", 500: "Jckvsxyz", 556: "#$?L_abdeghnopqu0123456789–", 584: "+<=>~−±×÷≤≥≈", 611: "FTZ",
    667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1000: "—…→←↑↓", 1015: "@",
}  # fmt: skip
_WIDTH_OF = {letter: width / 1000 for width, letters in _WIDTHS.items() for letter in letters}
_AVERAGE = 0.6
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")
# What must not be torn apart at the end of a line: a number and its sign, both sides of an equals sign.
_GLUED = re.compile(r"(?<=\d) (?=%)|(?<=%) (?=CI)| (?=[=<>≤≥] [\d−])|(?<= [=<>≤≥]) (?=[\d−])")


def text_width(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """How wide `text` will stand, in pixels, with a little room for another font."""
    return sum(_letter_width(letter) for letter in text) * size * _ROOM * (_BOLD if bold else 1.0)


def wrap(text: str, width: float, size: float = TEXT, *, bold: bool = False) -> list[str]:
    """Lines of `text` no wider than `width`; a word that is too long for a line is broken."""
    lines: list[str] = []
    line = ""
    for word in _GLUED.sub("\u00a0", clean(text)).split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _broken(word, width, size, bold)
        lines += whole
    return [*lines, line] if line else lines or [""]


def clean(text: str) -> str:
    """`text` on one line and printable; XML cannot hold what is not."""
    return printable(_SPACES.sub(" ", text).strip())


def picture(id: str, title: str, alt: str, paint: Callable[["Canvas"], float]) -> Figure:  # noqa: A002
    """The figure that `paint(canvas)` draws at both widths; it returns the height it used.

    Raises InputError for an id that could not stand in a page, and for a figure without title or alternative.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]*", id):
        raise InputError(
            f'a figure cannot have the id "{id}": letters, digits, "-", "_" and "." after a letter'
        )
    for what, words in (("title", title), ("text alternative", alt)):
        if not words.strip():
            raise InputError(f'figure "{id}" has no {what}: say in words what it shows')
    drawn = []
    for width, suffix in ((WIDE, "w"), (NARROW, "n")):
        canvas = Canvas(f"{id}-{suffix}", width)
        drawn.append(canvas.svg(paint(canvas), clean(alt)))
    return Figure(id, title, alt, *drawn)


@dataclass
class Canvas:
    """A drawing `width` wide; `name` starts every id in it, so that two drawings on a page never meet."""

    name: str
    width: float
    parts: list[str] = field(default_factory=list)
    defs: dict[str, str] = field(default_factory=dict)

    @property
    def narrow(self) -> bool:
        return self.width < 400

    def text(
        self, x: float, y: float, words: str, *, size: float = TEXT, anchor: str = "start", bold: bool = False,
        fill: str = INK, halo: bool = False,
    ) -> None:  # fmt: skip
        """One line whose baseline is at `y`; `anchor` is start, middle or end; a halo keeps lines off it."""
        attributes = {"x": x, "y": y, "font-size": size}
        extra = "" if anchor == "start" else f' text-anchor="{anchor}"'
        extra += ' font-weight="bold"' if bold else ""
        extra += f' fill="{fill}"' if fill != INK else ""
        extra += (
            f' stroke="{PAPER}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' if halo else ""
        )
        self.parts.append(f"<text{_attributes(attributes)}{extra}>{html.escape(clean(words))}</text>")

    def lines(
        self, x: float, y: float, lines: Sequence[str], *, size: float = TEXT, anchor: str = "start",
        bold: bool = False, fill: str = INK, halo: bool = False,
    ) -> float:  # fmt: skip
        """Lines under each other, the first with its baseline at `y`; the baseline that a next one would have."""
        for words in lines:
            self.text(x, y, words, size=size, anchor=anchor, bold=bold, fill=fill, halo=halo)
            y += leading(size)
        return y

    def line(
        self,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        *,
        stroke: str = INK,
        width: float = 1.0,
        dash: str = "",
    ) -> None:
        self.path(f"M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}", stroke=stroke, width=width, dash=dash)

    def path(
        self,
        d: str,
        *,
        fill: str = "none",
        stroke: str = "none",
        width: float = 1.0,
        dash: str = "",
        opacity: float = 1.0,
        title: str = "",
    ) -> None:
        """A path; `title` is what a pointer resting on it is told."""
        pen = f' stroke="{stroke}" stroke-width="{n(width)}"' if stroke != "none" else ""
        pen += f' stroke-dasharray="{dash}"' if dash else ""
        pen += f' opacity="{opacity:g}"' if opacity != 1 else ""
        self.parts.append(
            f'<path d="{d}" fill="{fill}"{pen}/>' if not title
            else f'<path d="{d}" fill="{fill}"{pen}><title>{html.escape(clean(title))}</title></path>'
        )  # fmt: skip

    def polygon(
        self, points: Sequence[tuple[float, float]], *, fill: str = INK, stroke: str = "none", width: float = 1.0,
        title: str = "",
    ) -> None:  # fmt: skip
        d = "L".join(f"{n(x)} {n(y)}" for x, y in points)
        self.path(f"M{d}Z", fill=fill, stroke=stroke, width=width, title=title)

    def rect(
        self, x: float, y: float, width: float, height: float, *, fill: str = INK, stroke: str = "none",
        line: float = 1.0, dash: str = "", title: str = "",
    ) -> None:  # fmt: skip
        d = f"M{n(x)} {n(y)}h{n(width)}v{n(height)}h{n(-width)}Z"
        self.path(d, fill=fill, stroke=stroke, width=line, dash=dash, title=title)

    def circle(
        self,
        x: float,
        y: float,
        r: float,
        *,
        fill: str = INK,
        stroke: str = "none",
        width: float = 1.0,
        title: str = "",
    ) -> None:
        d = f"M{n(x - r)} {n(y)}a{n(r)} {n(r)} 0 1 0 {n(2 * r)} 0a{n(r)} {n(r)} 0 1 0 {n(-2 * r)} 0Z"
        self.path(d, fill=fill, stroke=stroke, width=width, title=title)

    @contextmanager
    def clipped(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """What is drawn within is cut off at this rectangle."""
        key = f"{self.name}-clip-{len(self.defs)}"
        self.defs[key] = (
            f'<clipPath id="{key}"><path d="M{n(x)} {n(y)}h{n(width)}v{n(height)}h{n(-width)}Z"/></clipPath>'
        )
        self.parts.append(f'<g clip-path="url(#{key})">')
        yield
        self.parts.append("</g>")

    def hatch(self, colour: str, *, ground: str = PAPER) -> str:
        """A fill of slanting lines in `colour`, which says something without colour too."""
        key = f"{self.name}-hatch-{colour[1:]}-{ground[1:]}"
        self.defs[key] = (
            f'<pattern id="{key}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<path d="M0 0h4v4h-4Z" fill="{ground}"/><path d="M0 0h1.6v4h-1.6Z" fill="{colour}"/></pattern>'
        )
        return f"url(#{key})"

    def svg(self, height: float, alt: str) -> str:
        defs = f"<defs>{''.join(self.defs.values())}</defs>" if self.defs else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {n(self.width)} {n(height)}" role="img" '
            f'aria-label="{html.escape(alt)}" font-family="{FONT}" fill="{INK}">{defs}{"".join(self.parts)}</svg>'
        )


def leading(size: float) -> float:
    """From one baseline to the next."""
    return round(1.22 * size, 1)


def n(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _attributes(values: dict[str, float]) -> str:
    return "".join(f' {name}="{n(value)}"' for name, value in values.items())


def _broken(word: str, width: float, size: float, bold: bool) -> list[str]:
    pieces, piece = [], ""
    for letter in word:
        if piece and text_width(piece + letter, size, bold=bold) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


@lru_cache(4096)
def _letter_width(letter: str) -> float:
    if letter in _WIDTH_OF:
        return _WIDTH_OF[letter]
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    base = unicodedata.normalize("NFD", letter)[0]
    return _WIDTH_OF.get(base, _AVERAGE)
