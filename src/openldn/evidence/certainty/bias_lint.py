"""What a person who reads the judgements of bias would stumble over.

domain          a domain that the tool does not have
missing-domain  a domain of the tool without a judgement
judgement       a word that the tool does not use
overall         an overall judgement that contradicts the tool's algorithm
ground          a judgement without a reason, or resting on nothing that was seen
design          a tool for another design than the study's
"""

from collections.abc import Iterable, Iterator

from openldn.evidence.catalogue import study
from openldn.evidence.certainty.risk_of_bias import Assessment
from openldn.evidence.certainty.tools import NOT_READ, UNKNOWN
from openldn.evidence.lint import Finding
from openldn.notation import suggestion

BIAS_RULES = ("domain", "missing-domain", "judgement", "overall", "ground", "design")


def lint_bias(found: Iterable[Assessment]) -> tuple[Finding, ...]:
    """Every finding, in the order of the assessments."""
    return tuple(f for a in found for f in _findings(a))


def _findings(a: Assessment) -> Iterator[Finding]:
    words = (*a.tool.words, *UNKNOWN)
    clean = True
    for d in a.domains:
        if d.domain not in a.tool.keys:
            yield _say(
                "domain",
                a,
                d.domain,
                f"{a.tool.name} has no such domain; {suggestion(d.domain, a.tool.keys)}",
            )
            continue
        if d.judgement not in words:
            clean = False
            yield _say(
                "judgement",
                a,
                d.domain,
                f'"{d.judgement}" is no word of {a.tool.name}; {suggestion(d.judgement, words)}',
            )
        if not d.reason:
            yield _say("ground", a, d.domain, "a judgement needs a reason")
        elif d.judgement != NOT_READ and not d.fields and not d.pages:
            yield _say(
                "ground",
                a,
                d.domain,
                f'"{d.judgement}" rests on no field and no page; name one, or say "not read"',
            )
    for key in a.tool.keys:
        if a.of(key) is None:
            clean = False
            yield _say("missing-domain", a, key, f'{a.tool.name} asks for it; give a judgement or "not read"')
    if clean and a.overall_given and a.overall_given not in (may := a.tool.allowed(a.judgements)):
        yield _say(
            "overall",
            a,
            "overall",
            f'"{a.overall_given}" contradicts {a.tool.name}, which makes it {" or ".join(may)}',
        )
    wanted = _tool_for(study(a.study).design)
    if a.tool.key not in wanted:
        yield _say("design", a, "tool", f"{a.tool.name} is for {a.tool.used_for}; use {' or '.join(wanted)}")


def _tool_for(design: str) -> tuple[str, ...]:
    if design == "rct-crossover":
        return "rob2-crossover", "cochrane-2011"
    if design.startswith("rct-"):
        return "rob2", "cochrane-2011"
    if design == "controlled":  # randomised or not, nobody can tell: a domain says so in either tool
        return "rob2", "cochrane-2011", "robins-i", "robins-i-v2"
    return "robins-i", "robins-i-v2"


def _say(rule: str, a: Assessment, field: str, message: str) -> Finding:
    return Finding(rule, a.study, field, message)
