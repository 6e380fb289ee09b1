"""Text from elsewhere, made fit to be printed: nothing in it moves a cursor, turns the direction of reading or hides.

`printable` is for what is printed whole, such as a message; `shown` for a value that a message or a cell repeats; `csv_cell`
for a text in a table that a spreadsheet may open; `json_text` for a document, which keeps every sign as it was.
"""

import codecs
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

_UNSAFE = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (bidirectional and zero-width marks too), lone surrogates, line ends
# Letters and marks that show nothing, and the ends of each plane, which no text may hold.
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_SUSPECT = re.compile(
    r"[^\x20-\x7e\xa1-\xac\xae-\u034e\u0350-\u05ff]"
)  # a look is needed; quick over plain text
_FORMULA = re.compile(
    r"\s*[=+@\-\uff1d\uff0b\uff20\uff0d]"
)  # full-width signs too: some spreadsheets fold them
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
# What our own sentences hold and a narrow encoding may lack; other letters lose their accents, or become escapes.
_PLAIN = {
    "−": "-", "–": "-", "—": "-", "≥": ">=", "≤": "<=", "≈": "~", "≠": "!=", "±": "+-", "×": "x", "÷": "/", "·": "*",
    "→": "->", "←": "<-", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "…": "...", "√": "sqrt ", "∞": "inf",
    "²": "2", "³": "3", "µ": "u", "μ": "u", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "Delta",
    "κ": "kappa", "σ": "sigma", "τ": "tau", "χ": "chi", "ω": "omega", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae",
    "ł": "l", "Ł": "L", "\u00a0": " ", "\u202f": " ", "\u2011": "-",
}  # fmt: skip


def printable(text: str, *, lines: bool = False) -> str:
    r"""`text` with each sign that would not show itself written as its escape. lines: ends of lines and tabs may stay.

    >>> printable("a\x1b[31mb\u202e")
    'a\\x1b[31mb\\u202e'
    """

    def escaped(found: re.Match[str]) -> str:
        sign = found[0]
        if lines and sign in "\n\t":
            return sign
        if unicodedata.category(sign) not in _UNSAFE and not _HIDDEN.match(sign):
            return sign
        return sign.encode("unicode_escape").decode("ascii")

    return _SUSPECT.sub(escaped, text)


def shown(value: object, limit: int = 60) -> str:
    """`value` as one printable line of at most `limit` signs, the rest as "…".

    >>> shown("x" * 100, limit=5)
    'xxxx…'
    """
    try:
        told = str(value)
    except ValueError:  # a whole number of thousands of digits
        told = f"a {type(value).__name__}, too long to be written"
    text = printable(told[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def printable_part(value: object) -> object:
    """A part of a page: a text is made printable, all else, our own markup too, stays as it is."""
    return printable(value, lines=True) if type(value) is str else value


def csv_cell(text: str) -> str:
    """A text as a cell of CSV: printable, quoted where it has to be, and nothing that a spreadsheet takes for a formula.

    >>> csv_cell("=1+1"), csv_cell("-1+cmd"), csv_cell("-1")
    ("'=1+1", "'-1+cmd", '-1')
    """
    text = printable(text)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text


def json_text(document: Any, *, ascii_only: bool = False) -> Iterator[str]:
    """Pieces of one JSON document, exact: only half signs, which no encoding holds, are written as their escapes.

    Numbers that are not finite have become null before; ValueError for one that has not.
    """
    encoder = json.JSONEncoder(ensure_ascii=ascii_only, allow_nan=False, indent=1)
    for piece in encoder.iterencode(document):
        yield _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", piece)


def plainer(error: UnicodeError) -> tuple[str, int]:
    """What an encoding that lacks a sign prints in its place: the handler "openldn.plainer" of `codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plainer, error.object[error.start : error.end])), error.end


def _plainer(sign: str) -> str:
    if sign in _PLAIN:
        return _PLAIN[sign]
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return letters or sign.encode("unicode_escape").decode("ascii")


codecs.register_error("openldn.plainer", plainer)
