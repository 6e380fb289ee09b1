"""The review in a minute: sentences whose every figure is taken from a study file or computed now."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from openldn.answers.condition import ConditionAnswer
from openldn.answers.statements import LDN, RARE, regimen_answer, statement
from openldn.answers.synthesis import synthesis
from openldn.evidence import Claim, claims_of, study, value_at

FINAL, INNOVA, SMITH = "bruun-2024-final", "rodriguez-freire-2026-innova", "smith-2011-crohn"
CREE, SHARAF, FRECH = "cree-2010-ms", "sharafaddinzadeh-2010-ms", "frech-2011-ssc"
MDD_SMALL, MDD, DREAMS = "mischoulon-2017-mdd", "moloney-2026-mdd", "annmedsurg-2025-fm-ma"
DUTCH, PDN = "paulides-2022-ldn-crohn", "srinivasan-2021-pdn"
RUNS = "provenance.runs"
_ANY, _DREAM = "harm:any adverse event/arm:{}/percent", "harm:vivid dreams/effect/{}"


@dataclass(frozen=True)
class Sentence:
    """`sources` are the registry keys of its figures; `computed` says where computed ones come from."""

    heading: str
    text: str
    sources: tuple[str, ...] = ()
    computed: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "heading": self.heading,
            "text": self.text,
            "sources": list(self.sources),
            "computed": self.computed or None,
        }


def for_clinicians(claims: Sequence[Claim]) -> tuple[Sentence, ...]:
    """What a busy clinician reads in a minute."""
    verdicts = Counter(c.verdict for c in claims)
    return (
        Sentence(
            "What it is",
            "Naltrexone, an opioid antagonist licensed at 50 mg by mouth and as a 380 mg monthly injection, taken at "
            "about 1 to 6 mg: approved by the FDA for no use, so off-label, and usually compounded.",
            ("us-label-naltrexone-50mg", "us-label-vivitrol-380mg", "toljan-2018-review"),
        ),
        Sentence(
            "At the receptor",
            statement("blockade_by_dose").text + " No scan made late after a low dose was found.",
            ("trostheim-2022", "weerts-2008"),
            RUNS,
        ),
        Sentence(
            "Fibromyalgia",
            f"The two largest trials show no clear mean benefit on pain of 0–10: FINAL {_effect(FINAL, 'pain change')} at 12 "
            f"weeks, INNOVA {_effect(INNOVA, 'pain at 3 months')} at 3 months (above zero favours placebo). "
            f"The positive 2013 crossover had {_n('younger-2013-fm', 'n_randomised')} "
            f"people. Together: {synthesis('fibromyalgia/pain').sentence()}",
            (FINAL, INNOVA, "younger-2013-fm"),
        ),
        Sentence(
            "Crohn's disease",
            f"One trial of {_n(SMITH, 'n_randomised')} adults: 70-point response {_arms(SMITH, '70-point response')}; the "
            "percentages are not of all who were randomised, and nobody has repeated it. A larger Dutch trial has "
            "not reported.",
            (SMITH, DUTCH),
        ),
        Sentence(
            "Multiple sclerosis",
            f"Mental quality of life {_n(CREE, 'outcome:SF-36 Mental Component Summary/effect/estimate')} points better "
            f"in one crossover ({_n(CREE, 'n_analysed')} of {_n(CREE, 'n_randomised')} analysed); no difference on most "
            f"scales in the other ({_n(SHARAF, 'n_randomised')} people). No trial shows an effect on the disease.",
            (CREE, SHARAF),
        ),
        Sentence(
            "Everything else",
            f"Depression: two small trials ({_n(MDD_SMALL, 'n_randomised')} and {_n(MDD, 'n_randomised')} people), the "
            f"later one null (p = {_n(MDD, 'outcome:MADRS change/effect/p')}). Systemic sclerosis: "
            f"{_n(FRECH, 'n_analysed')} patients without a control. Hashimoto's and ME/CFS: no trial with results. "
            "Neuropathic pain: against amitriptyline, not placebo. Autism: only doses far above LDN.",
            (MDD_SMALL, MDD, FRECH, PDN),
        ),
        Sentence(
            "Harms",
            f"Any adverse event was as common as on placebo ({_pair(FINAL, _ANY)} in FINAL, {_pair(INNOVA, _ANY)} in "
            f"INNOVA); vivid dreams were more common by one review (risk ratio {_ratio(DREAMS, _DREAM)}), which does not list "
            "its trials; of its two figures of pain we reach one only with a mistake and the other not at all.",
            (FINAL, INNOVA, DREAMS),
        ),
        Sentence(
            "Never with opioids",
            f"{statement('low_dose_withdrawal').text} Opioid medicines, methadone, buprenorphine and tramadol rule it out.",
            ("setnik-2013", "us-label-naltrexone-50mg"),
            RUNS,
        ),
        Sentence(
            "The article",
            f"Of its {len(claims)} checkable statements {verdicts['supported']} are supported, {verdicts['partly']} hold in "
            f"part, {verdicts['contradicted']} are contradicted by their sources, {verdicts['inconsistent']} contradict "
            f"the article itself and {verdicts['unverified']} could not be verified.",
            computed="evidence/claims",
        ),
    )


def in_plain_words() -> tuple[Sentence, ...]:
    """The same for everybody else."""
    blocked = regimen_answer(LDN).answers["mu_occupancy_mean"]
    return (
        Sentence(
            "What is LDN?",
            "A very small dose of a medicine that blocks the body's opioid receptors. Doctors may prescribe it, but the "
            "US medicines agency has approved it at this dose for no illness.",
            ("gouda-2026-review",),
        ),
        Sentence(
            "Does it work?",
            "For most illnesses nobody knows, because the tests that could tell have not been done. In fibromyalgia they "
            "have: in the two largest trials the pain of people on LDN did not clearly differ from that on a dummy pill. In "
            f"Crohn's disease one small trial of {_n(SMITH, 'n_randomised')} adults looked good and was never repeated.",
            (FINAL, INNOVA, SMITH),
        ),
        Sentence(
            "How is it said to work?",
            "Often told is this: the drug blocks opioid receptors for a few hours, the body answers with more endorphins, "
            f"and cells in the brain calm down. Our calculation {_of_the_tale()}, though no "
            "scan has looked late after a low dose: with 4.5 mg a day about "
            f"{blocked.value:.0f} of 100 receptors are blocked on average over day and night, and the amount in the brain is "
            f"{_too_small()}.",
            ("trostheim-2022", "wang-2012"),
            RUNS,
        ),
        Sentence(
            "Is it safe?",
            f"In trials about as many people had side effects on LDN as on a dummy pill ({_pair(FINAL, _ANY)} of people in "
            "one). Vivid dreams seem more common. Few people were followed for long. It must never meet opioid painkillers "
            "or opioid substitutes: it can bring on sudden, severe withdrawal.",
            (FINAL, "setnik-2013"),
        ),
        Sentence(
            "What should I do?",
            "This page cannot tell you. Take its safety questions to somebody who knows your history before starting, "
            "changing or stopping anything.",
        ),
    )


def _of_the_tale() -> str:
    """What the draws say of a blockade that lasts for hours only."""
    short = dict(statement("hours_blocked").numbers)["draws_short"].value
    assert short is not None
    if short <= RARE:
        return "says otherwise"
    return "agrees" if short >= 100 - RARE else "leaves that open"


def _too_small() -> str:
    """How far the highest concentration in the brain is from acting on cells without opioid receptors."""
    folds = []
    for name in ("nox2_margin", "tlr4_margin"):
        numbers = dict(statement(name).numbers)
        needed, peak = numbers["half_inhibition"].value, numbers["unbound_peak"].value
        assert needed is not None
        assert peak is not None
        folds.append(needed / peak)
    if min(folds) <= 1:
        return "enough to act on those cells directly"
    few, many = (f"{float(f'{fold:.1g}'):,.0f}" for fold in sorted(folds))
    return f"about {few} to {many} times too small for half an effect on those cells directly"


def _n(study_id: str, address: str) -> str:
    value = value_at(study(study_id), address)
    return f"{value:g}".replace("-", "−") if isinstance(value, int | float) else str(value)


def _effect(study_id: str, outcome: str) -> str:
    at = f"outcome:{outcome}/effect/"
    return f"{_n(study_id, at + 'estimate')} ({_n(study_id, at + 'low')} to {_n(study_id, at + 'high')})"


def _arms(study_id: str, outcome: str) -> str:
    at = f"outcome:{outcome}/arm:"
    return f"{_n(study_id, at + 'LDN/percent')} % against {_n(study_id, at + 'placebo/percent')} % on placebo"


def _pair(study_id: str, address: str) -> str:
    return f"{_n(study_id, address.format('LDN'))} % against {_n(study_id, address.format('placebo'))} %"


def _ratio(study_id: str, address: str) -> str:
    value, low, high = (_n(study_id, address.format(x)) for x in ("estimate", "low", "high"))
    return f"{value}, {low} to {high}"


def newer_than_the_article(answer: ConditionAnswer) -> tuple[Sentence, ...]:
    """Trials and protocols of a condition that are newer than anything the article rests on there."""
    marks = {m.reference for c in claims_of(answer.condition.key) for m in c.marks}
    cited = {s.study.id for s in answer.studies if s.study.in_article or s.study.source in marks}
    if not cited:
        return ()
    since = max(map(_year, cited))
    found = []
    for item in answer.studies:
        s = item.study
        if s.id in cited or item.kind not in ("trials", "unreported") or _year(s.id) <= since:
            continue
        result = item.headline.sentence() if item.headline else s.status or "no result found"
        told = f"{item.headline.outcome}: {result}" if item.headline else result
        design = s.one_line_design[0].upper() + s.one_line_design[1:]
        found.append(Sentence(s.label, f"{design}. {told[0].upper()}{told[1:]}.", (s.source,)))
    return tuple(found)


def _year(study_id: str) -> int:
    from openldn.notation import source

    return source(study_id).year or 0
