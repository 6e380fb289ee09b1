"""Text that is long, empty, or that a terminal or a spreadsheet would take for its own."""

from collections.abc import Iterator

from ..case import Case
from ..places import EXAMPLES
from .made import DECAY, ONCE


def long() -> Iterator[Case]:
    """Much that is read again and again."""
    head = DECAY.replace("dose iv -> A\n", "")
    for word, line in {
        "lag a rate a duration": "dose iv -> A " + "lag a rate a duration " * 225,
        "blanks": "dose iv -> A" + " " * 4900 + "$",
        "lag": "dose iv -> A * " + "lag " * 1200,
        "from to cv": "parameter X [1] = " + "1 from 0 to 1 cv " * 280,
        "lloq": "observe Y [mg] = " + "A lloq " * 690,
        "units": "parameter X [" + "mg*" * 1600 + "mg] = 1",
        "colons": "C2 [mg] = A " + ": x " * 1200,
    }.items():
        yield Case(
            f"a line of {word}",
            "simulate",
            ("simulate", "m.model", ONCE),
            files={"m.model": f"{head}{line[:4987]}\n".encode()},
        )
    for name, text in {
        "32,000 blanks": "4.5 mg every" + " " * 32_000 + "x",
        "blanks before each word": "4.5 mg"
        + " " * 8000
        + "every"
        + " " * 8000
        + "24h"
        + " " * 8000
        + "for"
        + " " * 8000
        + "x!",
        "every again and again": "4.5 mg " + "every 24h " * 3000 + "!",
        "over and at": "1 mg " + "over 1h at 22:00 for 1d except doses 1 " * 500,
        "3,000 phases": ", then ".join(["1 mg every 24h for 1d"] * 3000),
        "doses that are left out": "1 mg every 24h for 7d except doses " + ", ".join(["1-9"] * 9000),
        "doses left out to the end": "1 mg every 1h for 1d except doses 1-5000000",
        "a number of 50,000 digits": "9" * 50_000 + " mg",
    }.items():
        yield Case(f"a schedule with {name}", "dose", ("dose", text, "--days", "2", "--persons", "1"))
        if name in ("32,000 blanks", "doses left out to the end", "3,000 phases"):
            yield Case(f"the same in a simulation: {name}", "simulate", ("simulate", "one_compartment", text))
    yield Case(
        "an interval of 32,000 blanks", "dose", ("dose", "4.5mg", "--every", "24" + " " * 32_000 + "h!")
    )
    yield Case(
        "times of 200,000 commas", "simulate", ("simulate", "one_compartment", ONCE, "--times", "," * 100_000)
    )


def words() -> Iterator[Case]:
    """Words that are empty, or that a terminal or a spreadsheet would take for its own."""
    for words in (
        ("dose", ""),
        ("dose", "4.5mg", "--versus", ""),
        ("dose", " "),
        ("dose", "then stop"),
        ("dose", "4.5mg", "--set", ""),
        ("dose", "4.5mg", "--for", ""),
        ("dose", "4.5mg", "--compare", ""),
        ("dose", "4.5mg", "--every", ""),
        ("dose", "4.5mg", "--at", ""),
        ("dose", "4.5mg", "--plot", ""),
        ("dose", "4.5mg", "--with", ""),
        ("simulate", "", ONCE),
        ("simulate", "one_compartment", ""),
        ("simulate", "one_compartment", "-"),
        ("meta", "", "--measure", "RR"),
        ("evidence", ""),
        ("evidence", "import", ""),
        ("evidence", "prisma", ""),
        ("claims", ""),
        ("claims", "--since", ""),
        ("check", ""),
        ("export", "", "--sbml", "o.xml"),
        ("export", "ldn", "--sbml", ""),
        ("",),
        ("dose",),
        ("--json",),
    ):
        yield Case(f"empty: {' '.join(words)!r}", words[0] or "ldn", words, codes=(0, 2))
    hostile = {
        "control signs": "\x1b]0;owned\x07\x1b[2J",
        "a turn of direction": "\u202e4.5\u2066",
        "zero width": "4.5\u200b\u2060mg",
        "half a sign": "\udc80",
        "lines": "a\nldn: b\rc\x85d\u2028e",
        "50,000 letters": "x" * 50_000,
        "markup": "[/red][bold]4.5mg[/bold]",
        "a formula": "=1+1",
        "combining": "a" + "\u0301" * 500,
    }
    for name, word in hostile.items():
        for argv in (
            ("dose", word),
            ("dose", "4.5mg", "--every", word),
            ("dose", "4.5mg", "--route", word),
            ("dose", "4.5mg", "--set", f"{word}=1"),
            ("dose", "4.5mg", "--for", word),
            ("dose", "4.5mg", "--compare", word),
            ("simulate", word, ONCE),
            ("simulate", "one_compartment", word),
            ("simulate", "one_compartment", ONCE, "--output", word),
            ("simulate", "one_compartment", ONCE, "--times", word),
            ("meta", word, "--measure", "RR"),
            ("meta", str(EXAMPLES / "bcg.csv"), "--measure", word),
            ("evidence", word),
            ("evidence", "import", word),
            ("evidence", "prisma", word),
            ("claims", word),
            ("claims", "--since", word),
            ("check", word),
            ("export", word, "--sbml", "o.xml"),
            (word,),
            ("dose", f"--{word}"),
        ):
            place = " ".join("…" if part == word else part for part in argv if len(part) < 30 or part == word)
            yield Case(f"{name} in ldn {place}", argv[0] if argv[0] != word else "ldn", argv, codes=(2,))
        yield Case(f"{name} in a dose, at a terminal", "dose", ("dose", word), codes=(2,), terminal=True)
    yield Case(
        "markup in a dose that is run, at a terminal",
        "dose",
        ("dose", "4.5 mg [/red] every 24h", "--days", "2"),
        codes=(2,),
        terminal=True,
    )
    yield Case(
        "markup in versions, at a terminal",
        "dose",
        ("dose", "4.5mg", "--compare", "[/red]=a,b"),
        codes=(2,),
        terminal=True,
    )
    for name, who in {
        "a formula": "=1+1",
        "a formula behind a blank": " =1+1",
        "an at sign": "@SUM(1)",
        "a plus": "+1+cmd",
        "an escape": "a\x1b[31m",
        "a turn": "a\u202eb",
    }.items():
        rows = f"ID,TIME,AMT\n{who},0,100\n{who},1,0\n".encode()
        yield Case(
            f"a person called by {name}",
            "simulate",
            ("simulate", "one_compartment", "e.csv"),
            files={"e.csv": rows},
            codes=(0, 2),
        )
    for encoding in ("ascii", "latin-1", "cp1252", "utf-16"):
        yield Case(f"a terminal of {encoding}: claims", "claims", ("claims",), encoding=encoding, codes=(0,))
        yield Case(
            f"a terminal of {encoding}: dose",
            "dose",
            ("dose", "4.5mg", "--days", "2", "--persons", "2", "--json"),
            encoding=encoding,
            codes=(0,),
        )
        yield Case(
            f"a terminal of {encoding}: evidence",
            "evidence",
            ("evidence", "crohn"),
            encoding=encoding,
            codes=(0,),
        )
