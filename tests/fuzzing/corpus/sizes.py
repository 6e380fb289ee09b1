"""Numbers that overflow; tables, records and models that are made of much."""

from collections.abc import Iterator

from ..case import Case
from ..places import EXAMPLES
from .made import DECAY, META, ONCE, ZERO, record, table, trials


def numbers() -> Iterator[Case]:
    """Numbers that overflow, and requests that are too large."""
    yield Case(
        "20,000 persons",
        "dose",
        ("dose", "4.5mg", "--persons", "20000", "--json"),
        codes=(0, 2),
        seconds=300,
        megabytes=1500,
    )
    yield Case(
        "20,000 persons for a year",
        "dose",
        ("dose", "4.5mg", "--persons", "20000", "--days", "366"),
        codes=(0, 2),
        seconds=900,
        megabytes=1500,
    )
    yield Case("days without end", "dose", ("dose", "4.5mg", "--days", "9" * 40), codes=(2,))
    yield Case(
        "a seed of 40 digits",
        "dose",
        ("dose", "4.5mg", "--days", "2", "--persons", "2", "--seed", "9" * 40),
        codes=(0, 2),
    )
    yield Case(
        "a seed of 5,000 digits", "dose", ("dose", "4.5mg", "--days", "2", "--seed", "9" * 5000), codes=(2,)
    )
    yield Case(
        "a negative seed",
        "simulate",
        ("simulate", "one_compartment", ONCE, "--persons", "2", "--seed", "-5"),
        codes=(2,),
    )
    for text in (
        "1e308 mg",
        "1e308 kg",
        "1e-320 mg",
        "nan mg",
        "inf mg",
        "4.5 mg every 1e308h",
        "4.5 mg every 1e308 weeks",
        "1 mg every 24h for 1e308 d",
        "4.5 mg every 24h over 1e308 weeks",
        "4.5 mg every 1e-300 h",
        "1 mg every 1h for 1e308 weeks, then stop",
        "1,5 mg",
        "4.5 mg^9999999",
        "1 " + "mg*" * 200 + "mg",
    ):
        yield Case(
            f"a dose of {text[:60]}", "dose", ("dose", text, "--days", "2", "--persons", "2"), codes=(0, 2)
        )
        yield Case(
            f"a simulated dose of {text[:60]}",
            "simulate",
            ("simulate", "one_compartment", text),
            codes=(0, 1, 2),
        )
    for prior in (
        "half-normal:1e308",
        "half-cauchy:1e308",
        "half-normal:1e-308",
        "half-normal:nan",
        "half-normal:",
        "uniform:1e308",
        "half-normal:1e400",
    ):
        yield Case(
            f"a prior of {prior}",
            "meta",
            ("meta", str(EXAMPLES / "bcg.csv"), "--measure", "RR", "--bayes", prior, "--difference", "1e308"),
            codes=(0, 2),
        )
    for words in (
        ("--set", "T_E=1e308"),
        ("--set", "T_E="),
        ("--set", "=5"),
        ("--set", "T_E=1,5"),
        ("--set", "T_E=\x1b[31m"),
        ("--set", "T_E=" + "9" * 5000),
    ):
        yield Case(f"set {words[1][:30]!r}", "dose", ("dose", "4.5mg", "--days", "2", *words), codes=(0, 2))
    yield Case(
        "20 million numbers",
        "simulate",
        ("simulate", "one_compartment", "1 mg every 1h for 30d", "--persons", "200000"),
        codes=(2,),
    )
    yield Case(
        "5 million doses",
        "simulate",
        ("simulate", "one_compartment", "1 mg every 1h for 4900000h", "--times", "0,24"),
        seconds=60,
    )
    yield Case("times to 1e308", "simulate", ("simulate", "one_compartment", ONCE, "--times", "0,1e308"))
    yield Case(
        "times of 1e-300",
        "simulate",
        ("simulate", "one_compartment", ONCE, "--times", "0:1:1e-300"),
        codes=(2,),
    )
    yield Case(
        "times of nan", "simulate", ("simulate", "one_compartment", ONCE, "--times", "nan:1:1"), codes=(2,)
    )
    yield Case(
        "days of 1e308 in an export",
        "export",
        ("export", "ldn", "--sbml", "o.xml", "--regimen", "1 mg every 1e-300h", "--days", "366"),
        codes=(2,),
    )


def studies() -> Iterator[Case]:
    """Tables for meta-analysis."""
    rows = trials(600)
    levels = table((*META, "zone"), [(*row, f"z{i // 2 if i < 200 else i}") for i, row in enumerate(rows)])
    words = ("meta", "s.csv", "--measure", "RR")
    yield Case(
        "a moderator of 500 levels",
        "meta",
        (*words, "--moderator", "zone"),
        files={"s.csv": levels},
        seconds=60,
    )
    yield Case("500 groups", "meta", (*words, "--by", "zone"), files={"s.csv": levels}, seconds=120)
    wide = b"study,ai,n1i,ci,n2i" + b"".join(b",c%d" % i for i in range(100_000))
    yield Case(
        "100,000 columns", "meta", words, files={"s.csv": wide + b"\nA,1,10,2,10" + b",1" * 100_000 + b"\n"}
    )
    yield Case(
        "100,000 columns of one name",
        "meta",
        words,
        files={"s.csv": b"study,ai,n1i,ci,n2i" + b",x" * 100_000 + b"\nA,1,10,2,10\n"},
    )
    yield Case(
        "100,000 columns of records",
        "simulate",
        ("simulate", "one_compartment", "e.csv"),
        files={"e.csv": b"ID,TIME,AMT" + b",x" * 100_000 + b"\n1,0,5\n"},
        codes=(2,),
    )
    many = [f"m{i}" for i in range(60)]
    wide_rows = [(*row, *(((i + 1) * (j + 3)) % 17 for j in range(60))) for i, row in enumerate(trials(100))]
    yield Case(
        "60 moderators",
        "meta",
        (*words, *(w for m in many for w in ("--moderator", m))),
        files={"s.csv": table((*META, *many), wide_rows)},
        seconds=60,
    )
    yield Case(
        "20,000 studies", "meta", (*words, "--json"), files={"s.csv": table(META, trials(20_000))}, seconds=60
    )
    yield Case(
        "5,000 studies without each",
        "meta",
        (*words, "--leave-one-out", "--checks"),
        files={"s.csv": table(META, trials(5000))},
        seconds=120,
    )
    yield Case(
        "5,000 studies one by one",
        "meta",
        (*words, "--cumulative"),
        files={"s.csv": table(META, trials(5000))},
        seconds=120,
    )
    yield Case(
        "5,000 studies drawn",
        "meta",
        (*words, "--plot", "o.svg"),
        files={"s.csv": table(META, trials(5000))},
        seconds=120,
    )
    yield Case(
        "an exact model of large counts",
        "meta",
        ("meta", "s.csv", "--measure", "OR", "--method", "GLMM"),
        files={"s.csv": table(META, [(f"T{i}", 400_000, 900_000, 300_000 + i, 900_000) for i in range(8)])},
        seconds=120,
    )
    for name, cell in {
        "1e308": "1e308",
        "-0": "-0",
        "nan": "nan",
        "5,000 digits": "9" * 5000,
        "nothing": "",
        "a formula": "=1+1",
    }.items():
        yield Case(
            f"counts of {name}",
            "meta",
            words,
            files={"s.csv": table(META, [("A", cell, 10, 2, 10), ("B", 1, 10, 2, 10)])},
        )
    for name, study in {
        "control signs": "A\x1b[31m\x07",
        "a turn of direction": "A\u202eB",
        "a zero": "A\0B",
        "100,000 letters": "A" * 100_000,
        "markup": "[/red][bold]A",
        "a formula": "=cmd|' /C calc'!A0",
        "half a sign": "A\udc80",
    }.items():
        raw = b"\n".join(
            [
                b"study,ai,n1i,ci,n2i",
                study.encode("utf-8", "surrogateescape") + b",1,10,2,10",
                b"B,3,10,2,10",
                b"C,2,10,3,10",
            ]
        )
        for more in ((), ("--json",), ("--plot", "o.svg")):
            yield Case(
                f"a study called with {name} {' '.join(more)}".strip(),
                "meta",
                (*words, *more),
                files={"s.csv": raw},
            )


def records() -> Iterator[Case]:
    """Records to import."""
    same = b"".join(record("Low-dose naltrexone in fibromyalgia: a randomised trial", i) for i in range(5000))
    yield Case(
        "5,000 records of one title",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": same},
        seconds=60,
        megabytes=1000,
    )
    other = b"".join(record(f"Low-dose naltrexone in fibromyalgia, trial {i}", i) for i in range(5000))
    yield Case(
        "5,000 records",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": other},
        seconds=90,
        megabytes=1000,
    )
    yield Case(
        "6,000 records",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": other + same[: len(same) // 5]},
        codes=(2,),
    )
    yield Case(
        "an author of 1 MB",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": b"PMID- 1\nTI  - A\nAU  - " + b"x" * 1_000_000 + b"\n"},
    )
    yield Case(
        "100,000 authors",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={
            "r.nbib": b"PMID- 1\nTI  - Naltrexone in fibromyalgia, randomized\nDP  - 2031\n"
            + b"AU  - Doe A\n" * 100_000
        },
    )
    yield Case(
        "a title of 5 MB",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": b"PMID- 1\nTI  - " + b"fibromyalgia " * 400_000 + b"\nDP  - 2031\nAU  - Doe A\n"},
    )
    yield Case(
        "a title of 20,000 folded lines",
        "evidence",
        ("evidence", "import", "r.nbib"),
        files={"r.nbib": b"PMID- 1\nTI  - a\n" + b"      fibromyalgia\n" * 20_000 + b"AU  - Doe A\n"},
    )


def models() -> Iterator[Case]:
    """Models that cannot be solved, or are made of much."""

    def run(name: str, text: str, *more: str, **options: object) -> Case:
        return Case(
            name,
            "simulate",
            ("simulate", "m.model", ONCE, "--times", "0,1,2", *more),
            files={"m.model": text.encode()},
            **options,
        )  # type: ignore[arg-type]

    for expression in (
        "1 / 0 * A",
        "A / (A - A)",
        "log(-1) * A",
        "exp(1e308) * A",
        "1e308 * 1e308 * A",
        "A * 0^(-1)",
        "(0 - 1)^0.5 * A",
        "0 / 0 * A",
        "1e400 * A",
    ):
        yield run(f"an output of {expression}", DECAY.replace("C [mg] = A", f"C [mg] = {expression}"))
        yield run(
            f"an output of {expression}, as JSON",
            DECAY.replace("C [mg] = A", f"C [mg] = {expression}"),
            "--json",
        )
    yield run("1 / 0 in a rate", DECAY.replace("-K * A", "-K * A / 0"), "--json")
    for unit in (
        "mg^9999999",
        "1e308*kg",
        "mg" + "*kg" * 100,
        "mg^-99999",
        "mg/0",
        "kg^150",
        "mg^1e3",
        "Gkg",
        "mg^(1/3)",
    ):
        yield run(f"a unit of {unit[:30]}", DECAY + f"parameter X [{unit}] = 1\nY [{unit}] = X\n")
        yield run(f"a number in {unit[:30]}", DECAY + f"Y [mg] = A + 1 {unit}\n")
    yield run("a decimal comma", DECAY.replace("= 0.1", "= 0,1"), codes=(0, 2))
    yield run("a decimal comma in an equation", DECAY.replace("-K * A", "-0,1 * A"), codes=(2,))
    yield run("a number of 5,000 digits", DECAY.replace("= 0.1", "= " + "1" * 4000), codes=(2,))
    yield run("a raw zero", DECAY.replace("0.1", "0\0.1"), codes=(2,))
    yield run(
        "an escape", DECAY.replace("lost", "lost\x1b[31m").replace("K [1/h]", "K\x1b [1/h]"), codes=(2,)
    )
    yield run("a turn of direction", DECAY.replace("-K", "-\u202eK"), codes=(2,))
    yield run("powers of powers", DECAY.replace("-K * A", "-K * A" + "^1" * 140))
    yield run("brackets 100 deep", DECAY.replace("-K * A", "(" * 100 + "-K * A" + ")" * 100), codes=(2,))
    yield run(
        "400 states",
        DECAY + "".join(f"state S{i} [mg]\nd/dt(S{i}) = -K * S{i}\n" for i in range(400)),
        seconds=60,
    )
    yield run(
        "700 assignments in a row",
        DECAY + "X0 [mg] = A\n" + "".join(f"X{i} [mg] = X{i - 1} * 1.0001\n" for i in range(1, 700)),
        seconds=60,
    )
    yield run(
        "3,000 assignments in a row",
        DECAY + "X0 [mg] = A\n" + "".join(f"X{i} [mg] = X{i - 1} * 1.0001\n" for i in range(1, 3000)),
        seconds=60,
    )
    yield run(
        "assignments that double",
        DECAY + "X0 [mg] = A\n" + "".join(f"X{i} [mg] = X{i - 1} + X{i - 1}\n" for i in range(1, 200)),
        seconds=60,
    )
    yield run(
        "5,000 parameters", DECAY + "".join(f"parameter P{i} [1] = 1\n" for i in range(5000)), seconds=60
    )
    yield run("500 routes", DECAY + "".join(f"dose r{i} -> A\n" for i in range(500)))
    yield run(
        "1,000 turns",
        DECAY + "".join(f"when A > {i / 20} mg : K = K * 1.001\n" for i in range(1000)),
        seconds=60,
    )
    yield run("a chain of switches", DECAY + "".join(f"switch s{i} = 1\n" for i in range(2000)))
    yield run("a choice of 1,000", DECAY + "choice c = " + " | ".join(f"o{i}" for i in range(800)) + "\n")
    chain = {f"m{i}.model": f"model m{i}\ninclude m{i + 1}\n".encode() for i in range(3000)}
    yield Case(
        "3,000 chained includes",
        "simulate",
        ("simulate", "m0.model", ONCE),
        files={**chain, "m3000.model": DECAY.replace("decay", "m3000").encode()},
        codes=(0, 2),
    )
    wide = "model m\n" + "".join(f"include m{i}\n" for i in range(1, 3000))
    yield Case(
        "3,000 includes",
        "simulate",
        ("simulate", "m.model", ONCE),
        files={"m.model": wide.encode(), **{f"m{i}.model": f"model m{i}\n".encode() for i in range(1, 3000)}},
        codes=(0, 1, 2),
    )
    yield Case(
        "an include of itself",
        "simulate",
        ("simulate", "m.model", ONCE),
        files={"m.model": b"model m\ninclude m\n"},
        codes=(2,),
    )
    yield Case(
        "an include of /dev/zero",
        "simulate",
        ("simulate", "m.model", ONCE),
        files={"m.model": b"model m\ninclude z\n", "z.model": ZERO},
        codes=(2,),
        megabytes=1000,
    )
