"""Text and numbers out of a stranger's file: made harmless, bounded, and never guessed at.

Text becomes one line without control signs (a terminal would obey them) and without signs that reverse
the direction of reading. A number is one only if it is written plainly: "1,234" may be a thousand or
little more than one, "<0.5" and "NA" are none, and all three stay unread.
"""

import re
import unicodedata

from openldn.notation import Limit

TEXT_LIMIT = Limit(2_000, "characters", "that are kept of an imported text")
NAME_LIMIT = Limit(160, "characters", "that are kept of an imported name")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_UNSAFE = {"Cc", "Cs", "Co", "Cn"}
_TURNS = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)))


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """`text` as one line of harmless signs, cut at `limit` with an ellipsis."""
    line = " ".join(text[: 4 * limit].split())
    if not (line.isascii() and line.isprintable()):
        # Signs that are not assigned, lone surrogates and marks of direction go with the control signs.
        kept = (c for c in line if unicodedata.category(c) not in _UNSAFE and c not in _TURNS)
        line = " ".join("".join(kept).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def name(text: str, limit: int = NAME_LIMIT) -> str:
    """`text` as the name of an arm, an outcome or a harm: as `clean`, and without "/", which parts addresses."""
    return clean(text, limit).replace("/", "-")


def number(text: str) -> int | float | None:
    """The number that `text` is, as written (13 stays whole, 4.0 does not); None when it is not plainly one."""
    plain = text.strip().replace("−", "-")
    if not _NUMBER.fullmatch(plain):
        return None
    return int(plain) if plain.lstrip("+-").isdecimal() else float(plain)


def count(text: str) -> int | None:
    """The whole number that `text` is; None when it is none. It may be negative: the lint says so."""
    found = number(text)
    return int(found) if found is not None and found == int(found) else None


def unique(wanted: str, taken: set[str]) -> str:
    """`wanted`, or with " (2)", " (3)" … when that is taken; the answer is added to `taken`."""
    wanted = wanted or "not named"
    found, n = wanted, 1
    while found in taken:
        n += 1
        found = f"{wanted} ({n})"
    taken.add(found)
    return found
