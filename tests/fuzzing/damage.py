"""Valid files, damaged: bytes lost, doubled, swapped or put in, and numbers that become other ones."""

import re
from random import Random

WORDS = (
    "",
    " ",
    "\0",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\u2028",
    "\r",
    "\n",
    "\t",
    '"',
    "'",
    ",",
    ";",
    "=",
    "#",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "\\u0000",
    "\\ud800",
    "[[",
    "]]",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "1e-320",
    "1e400",
    "-1",
    "0",
    "9" * 30,
    "0x" + "f" * 40,
    "1,5",
    "=1+1",
    "@x",
    "[/red]",
    "../",
    "/dev/zero",
    "NA",
    ".",
    "true",
    "null",
    "é",
    "µ",
    "−",
    "²",
    "∞",
    "'''",
    '"""',
    "1979-05-27",
    "23:59:60",
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_LARGEST = 200_000  # bytes of what is made


def damaged(r: Random, raw: bytes, times: int | None = None) -> bytes:
    """`raw` after one to six accidents."""
    for _ in range(r.choice((1, 1, 1, 2, 3, 6)) if times is None else times):
        raw = r.choice(_ACCIDENTS)(r, raw)[:_LARGEST]
    return raw


def word(r: Random) -> str:
    """A word that somebody might be hurt by."""
    text = r.choice(WORDS)
    return text * r.choice((1, 1, 1, 2, 50)) if r.random() < 0.3 else text


def _place(r: Random, raw: bytes) -> tuple[int, int]:
    start = r.randint(0, len(raw))
    return start, min(len(raw), start + r.choice((1, 1, 2, 5, 20, 200)))


def _lose(r: Random, raw: bytes) -> bytes:
    start, end = _place(r, raw)
    return raw[:start] + raw[end:]


def _double(r: Random, raw: bytes) -> bytes:
    start, end = _place(r, raw)
    return raw[:start] + raw[start:end] * r.choice((2, 2, 3, 100, 3000)) + raw[end:]


def _put_in(r: Random, raw: bytes) -> bytes:
    start = r.randint(0, len(raw))
    return raw[:start] + word(r).encode("utf-8", "surrogatepass") + raw[start:]


def _flip(r: Random, raw: bytes) -> bytes:
    if not raw:
        return raw
    at = r.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << r.randrange(8))]) + raw[at + 1 :]


def _cut(r: Random, raw: bytes) -> bytes:
    return raw[: r.randint(0, len(raw))]


def _swap_lines(r: Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    a, b = r.randrange(len(lines)), r.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return b"\n".join(lines)


def _double_line(r: Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    at = r.randrange(len(lines))
    return b"\n".join([*lines[:at], *[lines[at]] * r.choice((2, 3, 400)), *lines[at + 1 :]])


def _lose_line(r: Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    del lines[r.randrange(len(lines))]
    return b"\n".join(lines)


def _other_number(r: Random, raw: bytes) -> bytes:
    found = list(_NUMBER.finditer(raw))
    if not found:
        return raw
    one = r.choice(found)
    new = r.choice(
        (
            b"0",
            b"-1",
            b"1e308",
            b"-1e308",
            b"1e-308",
            b"nan",
            b"inf",
            b"",
            b"1e400",
            b"99999999999999999999",
            b"1.5",
            b"1,5",
            b"0.0",
            b"2",
            b"1e9",
        )
    )
    return raw[: one.start()] + new + raw[one.end() :]


def _swap_words(r: Random, raw: bytes) -> bytes:
    words = re.split(rb"(\W+)", raw)
    if len(words) < 3:
        return raw
    a, b = (2 * r.randrange((len(words) + 1) // 2) for _ in range(2))
    words[a], words[b] = words[b], words[a]
    return b"".join(words)


_ACCIDENTS = (
    _lose,
    _double,
    _put_in,
    _flip,
    _cut,
    _swap_lines,
    _double_line,
    _lose_line,
    _other_number,
    _other_number,
    _swap_words,
)
