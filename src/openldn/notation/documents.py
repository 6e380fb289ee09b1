"""TOML and JSON from strangers: looked over in linear time before a parser gets them.

The parsers of the standard library recurse as deep as a text nests, remember every beginning of a dotted key, and stumble
over long whole numbers: a few kilobytes can take all memory. So signs and brackets are counted first, and what is
beyond a limit is refused with its line. Where a text breaks off inside a string, the parser says so.
"""

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from openldn.notation.errors import DataError
from openldn.notation.limits import Limit

DEPTH = Limit(32, "brackets", "inside one another in TOML")
PARTS = Limit(16, "parts", "of a dotted key in TOML")
WORD = Limit(1000, "characters", "of a key or a number in TOML")
DIGITS = Limit(19, "digits", "of a whole number in TOML or JSON")
JSON_DEPTH = Limit(100, "brackets", "inside one another in JSON")

# Possessive, so that nothing is searched twice. What is dull is passed over at once: short words, strings and comments.
_TOML = re.compile(
    r"""(?P<dull>(?:[ \t\r\n=,]++|\#[^\n]*+|[A-Za-z0-9_+\-:]{1,19}+(?![A-Za-z0-9_+\-:.])
            |(?:"[^"\\\n]{1,900}+"|'[^'\n]{1,900}+')(?![ \t]*+\.))++)
    |(?P<text>"{3}(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}|'{3}(?:[^']++|'{1,2}(?!'))*+'{3,5}
        |"(?:[^"\\\n]++|\\[^\n])*+"|'[^'\n]*+')
    |(?P<word>[A-Za-z0-9_+\-.:]++)
    |(?P<open>[\[{])|(?P<close>[\]}])
    |(?P<quote>["'])
    |.""",
    re.VERBOSE | re.DOTALL,
)
_JSON = re.compile(
    r'(?P<text>"(?:[^"\\]++|\\.)*+")|(?P<open>[\[{])|(?P<close>[\]}])|(?P<word>[0-9]{20,}+)|(?P<quote>")',
    re.DOTALL,
)
_WHOLE = re.compile(r"[+-]?(?:0[xob])?([0-9A-Fa-f_]+)")
_ZERO = re.compile(r"\\u0000|\\U00000000")
_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """The tables of a text in TOML. Raises DataError, with the line, for what is none and for what is beyond a limit."""
    _look_over_toml(text, file)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise DataError(f"is not valid TOML: {str(error).split(' (at')[0]}", file=file, line=line) from None
    except ValueError as error:  # such as a date that no calendar has
        raise DataError(f"is not valid TOML: {error}", file=file) from None


def parse_json(text: str, file: str, **options: Any) -> Any:
    """What a text in JSON says; options: of `json.loads`.

    Raises DataError, with the line, for what is beyond a limit, and else what `json.loads` raises.
    """
    _look_over_json(text, file)
    return json.loads(text, **options)


def _look_over_toml(text: str, file: str) -> None:
    depth = parts = 0

    def fault(message: str, at: int) -> DataError:
        return DataError(message, file=file, line=text.count("\n", 0, at) + 1)

    for found in _TOML.finditer(text):
        kind = found.lastgroup
        if kind == "dull":
            if "\n" in (said := found[0]) or "=" in said or "," in said:
                parts = 0
            continue
        three = kind == "text" and len(found[0]) == 2 and text.startswith(found[0][0], found.end())
        if kind == "quote" or three:
            return  # a string without an end
        if kind == "text" and found[0][0] == '"' and _ZERO.search(found[0].replace("\\\\", "")):
            raise fault("holds a zero byte in a text; take it out", found.start())
        if kind == "text" and "\n" not in found[0] and len(found[0]) > WORD and _is_key(text, found.end()):
            raise fault(f"has a key of {len(found[0]):,} characters; the limit is {WORD}", found.start())
        if kind == "word":
            _check_word(found, fault)
            parts += found[0].count(".")
            if parts >= PARTS:
                raise fault(f"has a key of more than {PARTS:d} parts; the limit is {PARTS}", found.start())
        elif kind != "text":
            parts = 0
        if kind == "open":
            depth += 1
            if depth > DEPTH:
                raise fault(f"is nested deeper than {DEPTH:d} brackets; the limit is {DEPTH}", found.start())
        depth -= kind == "close"


def _is_key(text: str, end: int) -> bool:
    return text[end : end + 50].lstrip()[:1] in ("=", ".", "]")


def _check_word(found: re.Match[str], fault: Callable[[str, int], DataError]) -> None:
    word = found[0]
    if len(word) > DIGITS and (whole := _WHOLE.fullmatch(word)) and word.lstrip("+-")[:1].isdigit():
        digits = len(whole[1].replace("_", ""))
        if digits > DIGITS and (word.lstrip("+-").replace("_", "").isdecimal() or word[:1] == "0"):
            raise fault(
                f"has a whole number of {digits:,} digits; the limit is {DIGITS}: write it with a point or an exponent",
                found.start(),
            )
    if len(word) > WORD:
        raise fault(f"has a word of {len(word):,} characters; the limit is {WORD}", found.start())


def _look_over_json(text: str, file: str) -> None:
    depth = 0

    def fault(message: str, at: int) -> DataError:
        return DataError(message, file=file, line=text.count("\n", 0, at) + 1)

    for found in _JSON.finditer(text):
        kind = found.lastgroup
        if kind == "text":
            if "\\" in found[0] and _ESCAPE.search(found[0]):
                _check_signs(found, fault)
        elif kind == "quote":
            return  # a string without an end
        elif kind == "word":
            if text[found.start() - 1 : found.start()] != "." and text[found.end() : found.end() + 1] not in (
                ".",
                "e",
                "E",
            ):
                raise fault(
                    f"has a whole number of {len(found[0]):,} digits; the limit is {DIGITS}", found.start()
                )
        elif kind == "open":
            depth += 1
            if depth > JSON_DEPTH:
                raise fault(
                    f"is nested deeper than {JSON_DEPTH:d} brackets; the limit is {JSON_DEPTH}", found.start()
                )
        else:
            depth -= 1


def _check_signs(found: re.Match[str], fault: Callable[[str, int], DataError]) -> None:
    """Refuse a zero byte and half a sign, which no file can hold."""
    try:
        said = json.loads(found[0], strict=False)
        said.encode()
    except UnicodeEncodeError:
        raise fault("holds half a sign (a lone surrogate) in a text; take it out", found.start()) from None
    except ValueError:
        return  # the parser says what is wrong with it
    if "\0" in said:
        raise fault("holds a zero byte in a text; take it out", found.start())
