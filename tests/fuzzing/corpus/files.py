"""Files that are none, have no end, or are deep; places that are gone or full."""

import json
from collections.abc import Iterator

from ..case import Case, Special
from ..places import DATA, EXAMPLES
from .made import DECAY, HUGE, ONCE, PIPE, ZERO


def files() -> Iterator[Case]:
    """Files that are none, or have no end."""
    doors: dict[str, tuple[str, tuple[str, ...]]] = {
        "a model": ("m.model", ("simulate", "m.model", ONCE)),
        "a model to export": ("m.model", ("export", "m.model", "--sbml", "o.xml")),
        "the table of a model": ("m.toml", ("simulate", "m.model", ONCE)),
        "records": ("e.csv", ("simulate", "one_compartment", "e.csv")),
        "a table of studies": ("s.csv", ("meta", "s.csv", "--measure", "RR")),
        "a flow in TOML": ("f.toml", ("evidence", "prisma", "f.toml")),
        "a flow in JSON": ("f.json", ("evidence", "prisma", "f.json")),
        "a flow in CSV": ("f.csv", ("evidence", "prisma", "f.csv")),
        "citations": ("r.nbib", ("evidence", "import", "r.nbib")),
        "trials": ("r.json", ("evidence", "import", "r.json")),
    }
    for what, (file, argv) in doors.items():
        beside = {"m.model": DECAY.replace("K [1/h] = 0.1", "K [1/h]").encode()} if file == "m.toml" else {}
        for kind, special in {
            "/dev/zero": ZERO,
            "a pipe": PIPE,
            "10 GB": HUGE,
            "a folder": Special("folder"),
        }.items():
            yield Case(
                f"{kind} as {what}",
                argv[0],
                argv,
                files={**beside, file: special},
                codes=(2,),
                megabytes=1000,
            )
    yield Case("a name of 300 letters", "simulate", ("simulate", "x" * 300 + ".model", ONCE), codes=(2,))
    yield Case(
        "a picture's name of 300 letters",
        "dose",
        ("dose", "1mg", "--days", "2", "--plot", "x" * 300 + ".svg"),
        codes=(2,),
    )
    yield Case(
        "a path of 5,000 letters", "evidence", ("evidence", "import", "a/" * 2500 + "r.nbib"), codes=(2,)
    )
    yield Case(
        "records named with 300 letters",
        "simulate",
        ("simulate", "one_compartment", "y" * 300 + ".csv"),
        codes=(2,),
    )
    yield Case("a folder's name of 300 letters", "review", ("review", "--out", "z" * 300), codes=(2,))
    yield Case("half a sign in a name", "meta", ("meta", "a\udc80.csv", "--measure", "RR"), codes=(2,))
    yield Case("half a sign in a model's name", "simulate", ("simulate", "a\udc80", ONCE), codes=(2,))


def toml() -> Iterator[Case]:
    """TOML and JSON that is deep, or has numbers and keys without end."""
    model = {"m.model": DECAY.replace("K [1/h] = 0.1", "K [1/h]").encode()}
    texts = {
        "a dotted key of 80 KB": "a" + ".a" * 40_000 + " = 1\n",
        "dotted keys of 80 KB": "".join(f"{'a.' * 200}b{i} = 1\n" for i in range(200)),
        "a dotted heading of 80 KB": "[" + "a." * 40_000 + "a]\nb = 1\n",
        "lists 40,000 deep": "a = " + "[" * 40_000 + "]" * 40_000,
        "lists 900 deep": "a = " + "[" * 900 + "]" * 900,
        "tables 900 deep": "a = " + "{a=" * 900 + "1" + "}" * 900,
        "a number of 5,000 digits": "K = " + "9" * 5000,
        "a number of 90,000 hex digits": "K = 0x" + "f" * 90_000,
        "a float of 1e400": "K = 1e400",
        "a zero sign": 'K = "\\u0000"',
        "a raw zero": 'K = "\0"',
        "a day that is none": "K = 2026-99-99",
        "half a sign": 'K = "\\ud800"',
        "20,000 tables": "".join(f"[t{i}]\nv = 1\n" for i in range(20_000)),
        "a key of 100 KB": "a" * 100_000 + " = 1",
        "not UTF-8": b"K = \xff\xfe",
    }
    for name, text in texts.items():
        raw = text if isinstance(text, bytes) else text.encode()
        yield Case(
            f"a model's table: {name}",
            "simulate",
            ("simulate", "m.model", ONCE),
            files={**model, "m.toml": raw},
            codes=(2,),
            megabytes=1000,
        )
        yield Case(
            f"a flow: {name}",
            "evidence",
            ("evidence", "prisma", "f.toml"),
            files={"f.toml": raw},
            codes=(2,),
            megabytes=1000,
        )
    documents = {
        "lists 100,000 deep": "[" * 100_000 + "]" * 100_000,
        "tables 20,000 deep": '{"a":' * 20_000 + "1" + "}" * 20_000,
        "a number of 5,000 digits": '{"identified": {"databases": ' + "9" * 5000 + "}}",
        "1e400": '{"identified": {"databases": 1e400}}',
        "NaN": '{"identified": {"databases": NaN}}',
        "half a sign": '{"title": "\\ud800", "protocolSection": {"identificationModule": {"nctId": "\\ud800"}}}',
        "a zero sign": '{"title": "\\u0000", "protocolSection": {"identificationModule": {"nctId": "\\u0000"}}}',
        "nothing": "",
        "only blanks": " " * 100_000,
    }
    for name, text in documents.items():
        for door, file in (("prisma", "f.json"), ("import", "r.json")):
            yield Case(
                f"{door}, JSON: {name}",
                "evidence",
                ("evidence", door, file),
                files={file: text.encode()},
                codes=(0, 2) if name in ("half a sign", "a zero sign") and door == "import" else (2,),
                megabytes=1000,
            )
    trial = json.loads((DATA / "ctgov-two-arms.json").read_text(encoding="utf-8"))
    for name, title in {
        "half a sign": "a \ud800 trial",
        "a zero sign": "a \0 trial",
        "a turn of direction": "a \u202e trial",
    }.items():
        trial["protocolSection"]["identificationModule"]["briefTitle"] = title
        trial["protocolSection"]["identificationModule"]["officialTitle"] = title
        yield Case(
            f"a trial called with {name}",
            "evidence",
            ("evidence", "import", "r.json", "--json"),
            files={"r.json": json.dumps(trial).encode()},
            codes=(0, 2),
        )


def places() -> Iterator[Case]:
    """Places that are gone or full, and clocks that go back."""
    quick = ("dose", "4.5mg", "--days", "2", "--persons", "2")
    events = (EXAMPLES / "events.csv").read_bytes()
    for words in (
        quick,
        (*quick, "--json"),
        ("claims",),
        ("evidence", "crohn"),
        ("--help",),
        ("simulate", "one_compartment", ONCE),
    ):
        yield Case(
            f"a full disk behind ldn {' '.join(words)}",
            words[0].strip("-"),
            words,
            stdout="/dev/full",
            codes=(2,),
            says="cannot write",
        )
    for name in ("stdout", "stderr"):
        for words in (quick, (*quick, "--json"), ("claimz",)):
            code = 0 if words[0] == "dose" else 2
            closed = f"import sys\nsys.{name} = None\n"
            yield Case(f"{name} closed: ldn {' '.join(words)}", words[0], words, before=closed, codes=(code,))
    yield Case(
        "a full disk under a picture", "dose", (*quick, "--plot", "o.svg"), file_bytes=2000, codes=(2,)
    )
    yield Case(
        "a full disk under a table",
        "simulate",
        ("simulate", "one_compartment", "1 mg every 1h for 20d", "--out", "o.csv"),
        file_bytes=2000,
        codes=(2,),
    )
    yield Case(
        "a full disk under drafts",
        "evidence",
        ("evidence", "import", "r.nbib", "--out", "out"),
        files={"r.nbib": (DATA / "pubmed.nbib").read_bytes()},
        file_bytes=300,
        codes=(2,),
    )
    yield Case(
        "a full disk under a model in SBML",
        "export",
        ("export", "ldn", "--sbml", "o.xml"),
        file_bytes=2000,
        codes=(2,),
    )
    for name, env in {
        "no home": {"HOME": None, "OPENLDN_CACHE": None, "XDG_CACHE_HOME": None},
        "a home that is gone": {"HOME": "/nowhere/at/all", "OPENLDN_CACHE": None, "XDG_CACHE_HOME": None},
        "a home that is a file": {"HOME": "/dev/null", "OPENLDN_CACHE": None, "XDG_CACHE_HOME": None},
        "a cache that is a file": {"OPENLDN_CACHE": "/dev/null"},
        "a cache below a file": {"OPENLDN_CACHE": "/dev/null/x"},
        "a cache that is no name": {"OPENLDN_CACHE": "x" * 300},
        "a cache called nothing": {"OPENLDN_CACHE": ""},
        "columns of nonsense": {"COLUMNS": "\x1b"},
        "no columns": {"COLUMNS": "0"},
        "fewer columns than none": {"COLUMNS": "-5"},
        "columns without end": {"COLUMNS": "9" * 4000},
        "a locale of nonsense": {"LC_ALL": "xx_YY.ZZ", "LANG": "\x1b"},
        "a terminal of nonsense": {"TERM": "\x1b[31m"},
        "no path": {"PATH": None},
    }.items():
        yield Case(name, "dose", quick, env=env, codes=(0, 2) if name == "a cache that is no name" else (0,))
    back = "import itertools, time\nticks = itertools.count()\ntime.time = lambda: 1e9 - 3600 * next(ticks)\n"
    back += "time.time_ns = lambda: int(1e9 * time.time())\n"
    back += "time.monotonic = time.perf_counter = lambda: 1e6 - 10 * next(ticks)\n"
    yield Case("a clock that goes back", "dose", quick, before=back, codes=(0,))
    yield Case("a clock that goes back, at a terminal", "dose", quick, before=back, codes=(0,), terminal=True)
    yield Case(
        "a clock before 1970",
        "dose",
        quick,
        before="import time\ntime.time = lambda: -5e9\ntime.time_ns = lambda: int(-5e18)\n",
        codes=(0,),
    )
    yield Case(
        "a table over its own records",
        "simulate",
        ("simulate", "one_compartment", "e.csv", "--out", "e.csv"),
        files={"e.csv": events},
        codes=(2,),
    )
    yield Case(
        "a table over its own records by a link",
        "simulate",
        ("simulate", "one_compartment", "e.csv", "--out", "l.csv"),
        files={"e.csv": events, "l.csv": Special("link", "e.csv")},
        codes=(2,),
    )
    yield Case(
        "two pictures of one name",
        "meta",
        ("meta", str(EXAMPLES / "bcg.csv"), "--measure", "RR", "--plot", "o.svg", "--funnel", "o.svg"),
        codes=(2,),
    )
    yield Case("a page onto a file", "review", ("review", "--out", "f"), files={"f": b"mine"}, codes=(2,))
    yield Case(
        "a report onto a file",
        "qualify",
        ("qualify", "--quick", "--out", "f"),
        files={"f": b"mine"},
        codes=(2,),
    )
    yield Case("a page into a folder of no folder", "review", ("review", "--out", "a/b/c"), codes=(2,))
    yield Case("a picture of no kind", "dose", (*quick, "--plot", "o.exe"), codes=(2,))
    yield Case("a bench drawn nowhere", "bench", ("bench", "--quick", "--plot", "no/o.svg"), codes=(2,))
