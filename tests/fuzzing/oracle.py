"""What is wrong with an outcome, whatever the case: the promises of every command."""

import json
import re
import unicodedata
from collections.abc import Iterator

from .case import Case, Outcome

_LONGEST = 4200  # bytes of signs in a message: its own limit, and the name of the program
_DRAWN = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]|\r")  # what a bar of progress moves a terminal's cursor with
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


def faults(case: Case, outcome: Outcome) -> list[str]:
    """Each promise that was not kept, in words; [] for an outcome that is as it should be."""
    return list(_faults(case, outcome))


def _faults(case: Case, found: Outcome) -> Iterator[str]:
    if found.word in ("out of time", "out of memory", "hung"):
        yield f"{found.word} after {found.seconds:.0f} s of a processor, with {found.megabytes:,.0f} MB"
        return
    if found.code < 0:
        yield f"died of signal {-found.code}"
        return
    told = found.stderr.decode("utf-8", "replace")
    if case.terminal:
        told = _DRAWN.sub("", told)
    if "Traceback" in told:
        yield f"a traceback: {told.strip().splitlines()[-1][:200]}"
    elif "something broke inside" in told:
        yield told.strip()[:200]
    if found.code not in case.codes:
        yield f"exit {found.code}: {told.strip()[:200]}"
    if found.seconds > case.seconds:
        yield f"took {found.seconds:.0f} s"
    if found.megabytes > case.megabytes:
        yield f"took {found.megabytes:,.0f} MB"
    if case.says and case.says not in told:
        yield f'stderr does not say "{case.says}": {told.strip()[:200]}'
    if re.search(r"\b\w+Warning: |Exception ignored", told):
        yield f"stderr has a warning: {told.strip()[:200]}"
    if sign := _hidden(told):
        yield f"stderr holds {sign}"
    if found.code == 2:
        yield from _refused(case, found, told)
    yield from _printed(case, found)
    if left := [name for name in found.changed if name.rpartition("/")[2].startswith(".")]:
        yield f"left behind: {', '.join(left)[:200]}"


def _refused(case: Case, found: Outcome, told: str) -> Iterator[str]:
    if found.stdout:
        yield f"exit 2, but stdout holds {found.stdout[:60]!r}"
    if found.changed:
        yield f"exit 2, but files changed: {', '.join(found.changed)[:200]}"
    messages = re.findall(r"^ldn: ", told, re.MULTILINE)
    if len(messages) != 1 and "sys.stderr = None" not in case.before:
        yield f"exit 2, but {len(messages)} messages on stderr: {told.strip()[:200]}"
    if len(told) > _LONGEST:
        yield f"a message of {len(told):,} signs"


def _printed(case: Case, found: Outcome) -> Iterator[str]:
    try:
        text = found.stdout.decode(case.encoding)
    except UnicodeDecodeError as error:
        yield f"stdout is not {case.encoding}: {error}"
        return
    helped = {"-h", "--help", "--version"} & set(case.argv)
    if "--json" in case.argv and not helped:
        if not text:
            return
        try:
            json.loads(text, parse_constant=_no_number)
        except ValueError as error:
            yield f"stdout is no JSON document: {error}"
    elif not helped and (sign := _hidden(text)):
        yield f"stdout holds {sign}"


def _hidden(text: str) -> str:
    """The first sign that does not show itself, but for the ends of lines."""
    for sign in text.replace("\r\n", "\n"):
        if sign not in "\n\t" and unicodedata.category(sign) in _HIDDEN:
            return f"U+{ord(sign):04X}"
    return ""


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
