"""A figure: static SVG at two widths with a text alternative, and files of it.

Charts are described to altair and drawn by vl-convert, which needs no browser and no network. What a user may alter
is the `chart` of a figure, an object of altair; a figure that was drawn by hand has none.

    figure.save("curve.pdf")                  the wide drawing; .svg, .png or .pdf
    figure.chart.properties(width=900)        the same chart, as altair's users know it
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openldn.notation import OutputError, check_file, printable, write_whole
from openldn.notation.extras import needed

WIDE, NARROW = 640, 300
# Okabe and Ito's colours, told apart by the colour-blind; dashes say the same without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
DASHES = ((1, 0), (7, 3), (2, 2), (8, 3, 2, 3), (12, 3), (4, 4), (1, 3))
_CONFIG: dict[str, Any] = {
    "font": "Arial, Helvetica, Liberation Sans, sans-serif",
    "background": None,
    "axis": {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "gridColor": "#e4e4e4"},
    "legend": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "symbolSize": 260,
        "symbolStrokeWidth": 2.4,
        "columnPadding": 26,
    },
    "view": {"stroke": None},
}


@dataclass(frozen=True)
class Figure:
    """`alt` says in words what the figure shows; `wide` and `narrow` are complete SVG elements.

    chart: the altair chart that the wide one was drawn from, None where it was drawn by hand.
    """

    id: str
    title: str
    alt: str
    wide: str = field(repr=False)
    narrow: str = field(repr=False)
    chart: Any = field(repr=False, compare=False, default=None)

    def save(self, path: Path | str, *, narrow: bool = False) -> None:
        """Write one width to .svg, .png or .pdf on white, whole or not at all. Raises OutputError."""
        save_figure(self, path, narrow=narrow)

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        return _alone(self, narrow=False)


def draw(id: str, title: str, alt: str, chart: Callable[[int], Any]) -> Figure:  # noqa: A002 - the field's name
    """The figure whose altair chart `chart(width)` makes."""
    wide, narrow = chart(WIDE), chart(NARROW)
    return Figure(id, title, alt, _svg(wide, f"{id}-w", alt), _svg(narrow, f"{id}-n", alt), wide)


def check_plot_name(path: Path, *, reads: Iterable[Path] = ()) -> None:
    """Raise OutputError unless `path` ends in .svg, .png or .pdf, stands in a folder that can be written to, and is none
    of the files that the run reads."""
    if path.suffix.lower() not in (".svg", ".png", ".pdf"):
        raise OutputError(f'cannot draw to "{path}": name a file that ends in .svg, .png or .pdf')
    check_file(path, reads=reads)


def save_figure(figure: Figure, path: Path | str, *, narrow: bool = False) -> None:
    """Write one width of a figure to .svg, .png or .pdf on white, whole or not at all. Raises OutputError."""
    save_figures({Path(path): figure}, narrow=narrow)


def save_figures(figures: Mapping[Path, Figure], *, narrow: bool = False) -> None:
    """The same for several: all of them or none. Raises OutputError."""
    for path in figures:
        check_plot_name(path)
    write_whole({path: file_of(figure, path, narrow=narrow) for path, figure in figures.items()})


def file_of(figure: Figure, path: Path, *, narrow: bool = False) -> bytes:
    """A figure as the file that the ending of `path` says."""
    svg = _alone(figure, narrow=narrow)
    kind = path.suffix.lower()
    if kind == ".svg":
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{svg}\n'.encode()
    vl_convert = needed("vl_convert", "full")
    drawn: bytes = vl_convert.svg_to_pdf(svg) if kind == ".pdf" else vl_convert.svg_to_png(svg, scale=2)
    return drawn


def _alone(figure: Figure, *, narrow: bool) -> str:
    """A drawing for a file of its own: with a size, a title and a ground that do not come from a page."""
    svg = figure.narrow if narrow else figure.wide
    found = re.match(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', svg)
    if not found:
        raise OutputError(
            f'figure "{figure.id}" is not a drawing: it does not begin with an svg element and a viewBox'
        )
    x, y, width, height = (float(v) for v in found[1].split())
    head = found[0][:-1] + f' width="{width:g}" height="{height:g}">'
    ground = f'<path d="M{x:g} {y:g}h{width:g}v{height:g}h{-width:g}Z" fill="#fff"/>'
    return f"{head}<title>{html.escape(printable(figure.title))}</title>{ground}{svg[found.end() :]}"


def _printable(value: Any) -> Any:
    """A description with every text in it printable: XML holds no control signs."""
    if isinstance(value, str):
        return printable(value, lines=True)
    if isinstance(value, dict):
        return {key: _printable(x) for key, x in value.items()}
    return [_printable(x) for x in value] if isinstance(value, list) else value


def _svg(chart: Any, id: str, alt: str) -> str:  # noqa: A002
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg({**_printable(chart.to_dict()), "config": _CONFIG})
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", svg, flags=re.DOTALL).strip()
    # Several drawings share a page: what they name inside must not meet.
    svg = re.sub(r'\b(id=")', rf"\g<1>{id}-", svg)
    svg = svg.replace("url(#", f"url(#{id}-")
    svg = re.sub(r'\s(?:aria-[a-z]+|role)="[^"]*"', "", svg)
    label = html.escape(printable(alt), quote=True)

    def head(found: re.Match[str]) -> str:
        # Widths of labels were measured in one font and are shown in another: leave room on the left.
        width, height = float(found[1]), float(found[2])
        room = round(0.05 * width)
        box = f"{-room} 0 {width + room:g} {height:g}"
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" aria-label="{label}">'

    return re.sub(r"<svg[^>]*?width=\"([\d.]+)\"[^>]*?height=\"([\d.]+)\"[^>]*>", head, svg, count=1)
