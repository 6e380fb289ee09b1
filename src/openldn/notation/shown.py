"""Text from elsewhere, made fit to be printed: nothing in it moves a cursor, turns the direction of reading or hides.

`printable` is for what is printed whole, such as a message; `shown` for a value that a message or a cell repeats.
"""

import re
import unicodedata

_UNSAFE = {
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
}  # control, format (bidirectional and zero-width marks too), lone surrogates, line ends
_SUSPECT = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u05ff]")  # what needs a look; quick over plain text


def printable(text: str, *, lines: bool = False) -> str:
    r"""`text` with each sign that would not show itself written as its escape. lines: ends of lines and tabs may stay.

    >>> printable("a\x1b[31mb\u202e")
    'a\\x1b[31mb\\u202e'
    """

    def escaped(found: re.Match[str]) -> str:
        sign = found[0]
        if (lines and sign in "\n\t") or unicodedata.category(sign) not in _UNSAFE:
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
