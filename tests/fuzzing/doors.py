"""New cases for every door, each from a seed, the door and a number alone: by grammar, and by damaging what is valid.

Most parts of a case are sound, so that it comes further in than the first check.
"""

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random

from .case import Case
from .damage import damaged, word
from .places import ROOT

BLOCKS = ("one_compartment", "two_compartments", "three_compartments", "michaelis_menten")
Made = tuple[tuple[str, ...], Mapping[str, bytes]]


def generate(door: str, seed: int, number: int) -> Case:
    """The case of this number at a door of DOORS."""
    r = Random(f"{seed}/{door}/{number}")
    argv, files = _MAKERS[door](r)
    name = f"{door} {number} of seed {seed}"
    if door == "python":
        return Case(name, door, code=argv[0], files=files)
    # No process can be given a zero, and its words are bytes.
    raw = (part.replace("\0", "").encode("utf-8", "surrogatepass") for part in argv)
    words = tuple(part.decode("utf-8", "surrogateescape") for part in raw)
    if r.random() < 0.3 and "--json" not in words:
        words = (*words, "--json")
    return Case(name, door, words, files=files, stdin=files.get("e.csv", b""))


def one(r: Random, sound: str, odd: str = "", chance: float = 0.08) -> str:
    """One of the words that stand between bars; with this chance one of the odd ones, or a hostile word."""
    if r.random() < chance:
        return r.choice([*filter(None, odd.split("|")), word(r)])
    return r.choice(sound.split("|"))


def amount(r: Random) -> str:
    """A dose."""
    number = one(
        r, f"4.5|1|50|.5|{r.uniform(0, 400):.3g}", "0|-3|1e3|1e308|1e-5|5.|1,5|٣|nan|0x10|1_000|4.5.5"
    )
    return number + one(r, "mg| mg|ug| µg", "g|kg|mL|umol|mg/kg|MG|mg^2|h|mg mg| ")


def duration(r: Random, odd: float = 0.08) -> str:
    """An interval or a length."""
    number = one(r, "24|1|7|2|12", "0|-1|1e308|1e-9|0.5|nan|28", odd)
    return number + one(r, "h|h| d", "weeks| week|min|s|mg|years|months", odd)


def schedule(r: Random) -> str:
    """A schedule in words."""
    parts = []
    count = r.choice((1, 1, 1, 2, 3, 8))
    for i in range(count):
        text = amount(r) + r.choice((" once", f" every {duration(r)}", f" every {duration(r)}"))
        for chance, more in (
            (0.1, f" over {duration(r)}"),
            (0.2, f" at {one(r, '22:00|8:00', '24:00|7|22:60')}"),
            (0.2 if i + 1 == count else 0.95, f" for {duration(r)}"),
            (0.1, f" except doses {one(r, '3|2-3|1, 2', '3, 10-12|0|12-10|1-99999999|3,,4|-|' + '1' * 40)}"),
        ):
            text += more if r.random() < chance else ""
        parts.append(text)
    text = one(r, ", then | then ", ",then|, THEN |;|then").join(parts) + one(
        r, "||, then stop", " then nothing|, then"
    )
    return hurt(r, text, 0.08)


def hurt(r: Random, text: str, chance: float) -> str:
    """`text`, with this chance after an accident."""
    if r.random() >= chance:
        return text
    return damaged(r, text.encode("utf-8", "surrogatepass"), 1).decode("utf-8", "surrogateescape")


def some(r: Random, chance: float, options: Mapping[str, str]) -> tuple[str, ...]:
    """Some of the options."""
    return tuple(part for name, value in options.items() if r.random() < chance for part in (name, value))


def setting(r: Random, names: str) -> str:
    """NAME=VALUE."""
    return (
        one(r, names)
        + one(r, "=", "==| = |")
        + one(r, "1|0.3|2|5", "0|-1|1e308|1e-300|nan|1,5|5 L/h|5 mg||1 h")
    )


def expression(r: Random, names: Sequence[str], depth: int = 0) -> str:
    """An expression of the language of models; its units may not agree."""
    kind = r.random()
    if depth > 3 or kind < 0.35:
        return (
            r.choice((*names, *names))
            if r.random() < 0.6
            else one(r, "1|0|2.5|t|tad|pi|1 mg|3 1/h", "1e308|1e-308|noise|x|1,5")
        )
    a, b, c = (expression(r, names, depth + 1) for _ in range(3))
    if kind < 0.8:
        return f"{a} {one(r, '+|-|*|*|/|/|^', '**|%|<|and')} {b}"
    if kind < 0.9:
        return f"({a})"
    function = one(r, "exp|log|sqrt|max|min|abs|if|log10|tanh", "floor|eval")
    if function == "if":
        return f"if({a} {one(r, '<|>|<=', '==|and')} {b}, {c}, {a})"
    return f"{function}({a}{', ' + b if function in ('max', 'min') else ''})"


def model(r: Random) -> bytes:
    """A model: one of ours that was damaged, or one by grammar."""
    if r.random() < 0.5:
        return damaged(
            r, _read(f"src/openldn/engine/library/{r.choice(BLOCKS)}.model"), r.choice((0, 1, 1, 2))
        )
    unit, names = one(r, "mg|ug|mol|mg/L", "1|kg^40|Pmol|mg/0"), ("A", "B", "C")

    def amounts(sound: str) -> str:
        return sound if r.random() < 0.8 else expression(r, (*names, "K"))

    lines = [
        "model m",
        f"parameter K [1/h] = {one(r, '0.1|1|0.1 from 0 to 1|0.1 cv 0.3', '1e308|-1|0,1|0.1 from 1 to 0|1 cv 9')}",
        f"state A [{unit}]",
        f"state B [{unit}]" + one(r, "|| = 0", " = 1e308| = K| = A"),
        one(
            r,
            "dose iv -> A",
            "dose iv [mol] -> A|dose iv -> C|dose oral -> B|dose iv -> A lag 1 h rate 3 mg/h duration 2 h",
        ),
        f"d/dt(A) = -K * {amounts('A')}",
        f"d/dt(B) = K * {amounts('A')}",
        f"C [{unit}] = {amounts(one(r, 'A|A + B|A / 2|A * A / A|A / (A - A)|1 / 0 * A'))} : what it is {one(r, '')}",
    ]
    more = (
        f"when A > {one(r, '1|0.5', '1e308|K')} {unit} : {one(r, f'B = 0 {unit}|dose iv 1|K = K / 2|K = K * 2', 'B = 0|A = 1')}",
        f"at {one(r, '1 h|1.5 h', '1|-1 h|1e308 h|K')} : B = {amounts('A')}",
        f"observe DV [{unit}] = C * (1 + 0.1 * noise)",
        one(r, "switch s = 1", "include ldn|include m|include one_compartment"),
    )
    lines += r.sample(more, r.choice((0, 0, 1, 2)))
    if r.random() < 0.2:
        r.shuffle(lines)
    return hurt(r, "\n".join(lines), 0.1).encode("utf-8", "surrogateescape")


def events(r: Random) -> bytes:
    """A table of events: damaged, or by grammar."""
    if r.random() < 0.5:
        return damaged(
            r, _read(f"docs/examples/{r.choice(('events.csv', 'trial.csv'))}"), r.choice((0, 1, 1, 2))
        )
    kinds = {
        "AMT": ("1|100|.", "1e308|-1"), "EVID": ("0|1|2|3|4", "5|8"), "CMT": ("1|2|oral", "0|-1|iv"),
        "RATE": ("0|10", "-1|-2|1e-300"), "II": ("12|24", "0|1e-9|1e308"),
        "ADDL": ("0|3", "-1|1e9|99999999999"), "SS": ("0|0|1", "2|3"), "DV": (".|1", "nan"), "WT": ("70", "0"),
        "CL": ("5|.", "0|-1|1e308"), "C": ("|.", "c"), "DUR": ("1|2", "0"),
    }  # fmt: skip
    names = ["AMT", *r.sample(sorted(kinds), r.randint(1, 5))]
    rows, hour = [",".join(("ID", "TIME", *names))], 0.0
    for i in range(r.choice((1, 2, 5, 20))):
        hour = (
            0.0
            if i % 5 == 0
            else hour + r.choice((1, 2.5, 12) if r.random() < 0.95 else (0, -1, 1e-12, 1e300))
        )
        rows.append(
            ",".join(
                (str(i // 5), f"{hour:g}", *(one(r, *kinds[name], 0.03).replace(",", "") for name in names))
            )
        )
    return "\n".join(rows).encode("utf-8", "surrogatepass")


def _dose(r: Random) -> Made:
    names = "T_E|KA|CL|E_MU|G_POMC|KI_N_MU|RATIO_KAPPA"
    words = ("dose", schedule(r), "--days", one(r, "1|2|3|7", "0|-1|367|1e3", 0.02))
    if r.random() < 0.05:
        versions = one(r, "kinetics=biophase,plasma|rebound=on,off", "rebound=on|kinetics=|kinetics=x,y", 0.2)
        return (*words, "--compare", versions), {}
    words += ("--persons", one(r, "1|2|5", "0|-1|99999999|1.5", 0.02))
    return words + some(r, 0.08, {
        "--every": duration(r), "--at": one(r, "22:00", "25:00"), "--route": one(r, "oral|iv|nasal|im_depot"),
        "--versus": amount(r), "--seed": one(r, "1|7", "-1|" + "9" * 30),
        "--without": one(r, "block|rebound|metabolite"),
        "--with": one(r, "ogf|kinetics=plasma|tlr4", "kinetics=x"), "--set": setting(r, names),
        "--for": one(r, "crohn|fibromyalgia|ms"), "--plot": one(r, "o.svg|o.png|o.pdf", "o|no/o.svg"),
    }), {}  # fmt: skip


def _simulate(r: Random) -> Made:
    files = {"e.csv": events(r)}
    given = r.choice(("e.csv", "e.csv", schedule(r), "100 mg once", "-"))
    named = r.choice((*BLOCKS, "m.model", "m.model", "m.model"))
    if named == "m.model":
        files["m.model"] = model(r)
        if r.random() < 0.2:
            files["m.toml"] = damaged(
                r, b'[K]\nas_printed = "0.1 1/h"\nbasis = "assumed"\nwhy = "made up"\nrange = [0, 1]\n'
            )
    words = ("simulate", named, given, *(("--typical",) if r.random() < 0.1 else ()))
    return words + some(r, 0.08, {
        "--times": one(r, "0:24:1|0,1,2|0:2:0.1", "1:0:1|0:1e308:1|nan|0:1:0"),
        "--persons": one(r, "1|3|20", "9999999999|0|-1"), "--seed": one(r, "0|5", "-5|" + "9" * 25),
        "--cv": setting(r, "CL|KA|V|K"), "--correlate": one(r, "CL,V=0.5", "CL,V=2|CL=1|CL,CL=0.5"),
        "--occasion": setting(r, "KA|CL"), "--carry": one(r, "WT|DV|CL,KA", "DV,,"),
        "--covariates": one(r, "nocb|locf|linear"), "--output": one(r, "C|A|gut"),
        "--set": setting(r, "CL|V|K|KA"), "--nca": one(r, "C|A"), "--drop": one(r, "DV|WT"),
        "--out": one(r, "o.csv|o.parquet", "o.txt|e.csv|no/o.csv"), "--plot": one(r, "o.svg|o.png"),
        "--solver": one(r, "auto|explicit|implicit|LSODA|DOP853"),
        "--rtol": one(r, "1e-8|1e-3", "0|1|nan|1e-300"), "--atol": one(r, "1e-8|1e-3", "0|-1|1e308|nan"),
        "--route": one(r, "oral|iv"),
    }), files  # fmt: skip


def _meta(r: Random) -> Made:
    file, measure = one(
        r, "bcg RR|bcg OR|bcg RD|crossovers MC|crossovers SMCC|cohorts PLO|cohorts PFT", chance=0
    ).split()
    raw = damaged(r, _read(f"docs/examples/{file}.csv"), r.choice((0, 0, 1, 1, 2, 4)))
    words = ("meta", "s.csv", "--measure", one(r, measure, "MD|SMD|ROM|GEN|SMCR|ROMC|MPRD|MPOR|PR|PAS|XX"))
    if r.random() < 0.1:
        raw = raw.replace(b",", b";").replace(b".", b",")
        words += ("--separator", "semicolon", "--decimal", "comma")
    words += tuple(flag for flag in ("--leave-one-out", "--cumulative", "--checks") if r.random() < 0.2)
    return words + some(r, 0.12, {
        "--method": one(r, "DL|REML|PM|ML|SJ|EB|HE|HS|FE|MH|PETO|GLMM"), "--ci": one(r, "z|t|hk|adhoc"),
        "--prediction": one(r, "hk|cochrane"), "--double-zero": one(r, "keep|drop"),
        "--bayes": one(r, "half-normal:1|half-cauchy:0.5|uniform|turner", "half-normal:-1|half-normal:1e-300|half-normal:1e300"),
        "--difference": one(r, "-1|0.5", "nan|1e308"),
        "--by": one(r, "zone|study|latitude"), "--moderator": one(r, "latitude|zone|study"),
        "--plot": one(r, "o.svg|o.png"), "--funnel": one(r, "p.svg", "o.svg"),
    }), {"s.csv": raw}  # fmt: skip


def _evidence(r: Random) -> Made:
    condition = hurt(r, one(r, "fibromyalgia|crohn|ms|Crohn's|pain"), 0.2)
    return (
        "evidence",
        condition,
        *some(r, 0.1, {"--question": one(r, "pain"), "--plot": one(r, "o.svg")}),
    ), {}


def _import(r: Random) -> Made:
    file = r.choice(("ctgov-two-arms.json", "pubmed.nbib", "ovid.ris"))
    name = f"r.{one(r, file.rpartition('.')[2], 'txt|json|ris|nbib').replace('/', '').replace(chr(0), '')}"
    raw = damaged(r, _read(f"tests/data/{file}"))
    options = {
        "--format": one(r, "ctgov|nbib|ris"),
        "--condition": one(r, "fibromyalgia"),
        "--out": one(r, "out", "a/b|r.json|."),
    }
    return ("evidence", "import", name, *some(r, 0.15, options)), {name: raw}


def _prisma(r: Random) -> Made:
    flow = _read(r.choice(("docs/examples/flow.toml", "tests/data/prisma.toml")))
    raw, name = flow, "f.toml"
    if r.random() < 0.3:
        raw, name = json.dumps(tomllib.loads(flow.decode())).encode(), "f.json"
    elif r.random() < 0.1:
        raw, name = b"field,value\nidentified.databases,120\nscreened.records,100\n", "f.csv"
    return ("evidence", "prisma", name, *some(r, 0.3, {"--plot": one(r, "o.svg|o.png", name)})), {
        name: damaged(r, raw)
    }


def _claims(r: Random) -> Made:
    which = (hurt(r, one(r, "H01|h01|E03", "X99|H0"), 0.3),) if r.random() < 0.6 else ()
    return (
        "claims",
        *which,
        *some(r, 0.3, {"--since": one(r, "2026-11-24", "2026-13-01|0000-00-00|9999-12-31|today")}),
    ), {}


def _check(r: Random) -> Made:
    ids = tuple(one(r, "1|2|48", "0|-1|999|1.0|٣", 0.3) for _ in range(r.choice((1, 1, 2))))
    return ("check", *ids, *(("--meanings",) if r.random() < 0.2 else ())), {}


def _export(r: Random) -> Made:
    named = one(r, "|".join((*BLOCKS, "ldn|receptors|fibromyalgia/pain_nrs|m.model|m.model|m.model")))
    files = {"m.model": model(r)} if named == "m.model" else {}
    words = ("export", named, "--sbml", one(r, "o.xml", "m.model||no/o.xml"))
    options = {
        "--regimen": schedule(r),
        "--days": one(r, "1|2", "0|367"),
        "--route": one(r, "oral|iv"),
        "--set": setting(r, "T_E|K|CL"),
    }
    return words + some(r, 0.15, {**options, "--without": one(r, "block"), "--with": one(r, "ogf")}), files


def _far(r: Random) -> Made:
    """Review, qualify and bench take minutes: only what they must refuse at once."""
    command = r.choice(("review", "qualify", "bench"))
    place = r.choice(("no/such/folder", "f", "f/x", "/dev/null", "/proc/x", "x" * 300, word(r)))
    return (command, "--plot" if command == "bench" else "--out", place, "--nothing"), {"f": b"mine"}


def _other(r: Random) -> Made:
    """Words in any order."""
    known = "--help|-h|--version|--json|--|-|dose|help|4.5mg|meta|evidence|--plot|-3mg|simulate|export|claims"
    return tuple(one(r, known, chance=0.3) for _ in range(r.randint(1, 4))), {}


def _python(r: Random) -> Made:
    name = repr(hurt(r, one(r, "one_compartment|4.5 mg every 24h|fibromyalgia|e.csv"), 0.4))
    number = one(r, "1|0.5|2|1|0.5|2|0|-1|1e308|float('nan')|float('inf')|10**30|True|'1'|None", chance=0)
    studies = (
        f"{{'study': ['a', {name}], 'ai': [1, {number}], 'n1i': [10, 20], 'ci': [2, 3], 'n2i': [10, 20]}}"
    )
    own, compartment = f"ldn.model({model(r).decode('utf-8', 'replace')!r})", "ldn.model('one_compartment')"
    asked = r.choice((
        f"ldn.dose({schedule(r)!r}, persons=2, days=2).as_json()",
        f"{own}.simulate({schedule(r)!r}, times=[0, 1, 2]).table()",
        f"{own}.simulate(ldn.ev(1, ii=1, addl=2), times=[0, 1, 2]).table()",
        f"{own}.set(K={number})",
        f"{own}.vary({{'K': {number}}}).simulate(ldn.ev(1), times=[0, 1], persons=3).summary()",
        f"{compartment}.set(CL={number}).simulate(ldn.ev(1), times=[0, 1]).table()",
        f"{compartment}.simulate(ldn.ev({number}, ii=12, addl=3), times=[0, 1, 2]).table()",
        f"{compartment}.simulate(ldn.ev(1, ii={number}, addl={number}), times=[0, 1, 2]).table()",
        f"{compartment}.simulate(ldn.ev(1), times=[0, 5, {number}], persons=2).nca('C')",
        f"{compartment}.simulate(ldn.ev(1), times=[0, 5], persons={number}).table()",
        f"{compartment}.simulate(ldn.events('e.csv')).table()",
        f"ldn.model({name})", f"ldn.events({name}, until={duration(r)!r})", f"ldn.events({name}, until={number})",
        f"ldn.events({{'ID': [1, {number}], 'TIME': [0, 1], 'AMT': [{number}, 0], {name}: [1, 2]}})",
        f"ldn.pool({studies}, 'RR').as_json()", f"ldn.pool({studies}, {name})",
        f"ldn.claim({name})", f"ldn.claims(since={name})", f"ldn.study({name})", f"ldn.studies({name})",
        f"ldn.evidence({name})", f"ldn.check({name})",
    ))  # fmt: skip
    return (asked,), {"e.csv": events(r)}


@cache
def _read(path: str) -> bytes:
    return (ROOT / path).read_bytes()


_MAKERS: Mapping[str, Callable[[Random], Made]] = {
    "dose": _dose,
    "simulate": _simulate,
    "meta": _meta,
    "evidence": _evidence,
    "import": _import,
    "prisma": _prisma,
    "claims": _claims,
    "check": _check,
    "export": _export,
    "far": _far,
    "other": _other,
    "python": _python,
}
DOORS = tuple(_MAKERS)
