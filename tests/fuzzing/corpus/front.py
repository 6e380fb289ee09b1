"""The same by way of Python."""

from collections.abc import Iterator

from ..case import Case


def front() -> Iterator[Case]:
    """The same by way of Python."""
    for name, code in {
        "a text with a zero": 'ldn.model("one\\0compartment")',
        "a file with a zero": 'ldn.pool("a\\0.csv", "RR")',
        "half a sign": 'ldn.model("model a\\n\\ud800")',
        "events with half a sign": 'ldn.events("\\ud800.csv")',
        "events with a zero": 'ldn.events("a\\0.csv")',
        "a study with a zero": 'ldn.study("a\\0")',
        "a condition with half a sign": 'ldn.evidence("\\ud800")',
        "an empty table": "ldn.pool({}, 'RR')",
        "a table of lists that differ": "ldn.pool({'study': ['a'], 'ai': [1, 2]}, 'RR')",
        "a doses of 1e308": 'ldn.model("one_compartment").simulate(ldn.ev(1e308)).table()',
        "a dose of nan": 'ldn.model("one_compartment").simulate(ldn.ev(float("nan")))',
        "doses without end": 'ldn.model("one_compartment").simulate(ldn.ev(1, ii=1, addl=10**12), times=[0, 1])',
        "doses of no interval": 'ldn.model("one_compartment").simulate(ldn.ev(1, ii=0, addl=10**6), times=[0, 1])',
        "an interval of 1e-300": 'ldn.model("one_compartment").simulate(ldn.ev(1, ii=1e-300, addl=10**6), times=[0, 1])',
        "a clearance of 1e308": 'ldn.model("one_compartment").set(CL=1e308).simulate(ldn.ev(1)).table()',
        "a billion persons": 'ldn.model("one_compartment").simulate(ldn.ev(1), persons=10**9)',
        "a million persons at once": 'ldn.model("one_compartment").simulate(ldn.ev(1), persons=10**6, times=range(1000))',
        "a billion times": 'ldn.model("one_compartment").simulate(ldn.ev(1), times=range(10**9))',
        "20,000 persons of ours": 'ldn.dose("4.5mg", persons=20001)',
        "a table of no kind": "ldn.events([{'ID': 1, 'TIME': [], 'AMT': {}}])",
        "a column of half signs": "ldn.events({'ID': ['\\ud800'], 'TIME': [0], 'AMT': [1], '\\ud800': [1]})",
        "a claim of 100 KB": "ldn.claim('x' * 100_000)",
        "a day that is none": "ldn.claims(since='\\ud800')",
        "a picture nowhere": "ldn.evidence('crohn').plot().save('no/where.svg')",
    }.items():
        yield Case(f"Python: {name}", "python", code=code)
