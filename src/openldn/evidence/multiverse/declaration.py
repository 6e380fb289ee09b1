"""The choices of a question as data: factors, their options, why each could be taken, what was published.

`multiverse.toml` declares them. A question of two or more trials that is not declared there gets the default ones:
each route from its trials' figures, the correlation, the estimator, the interval, and each trial left out in turn.
An option that is not defensible (a published mistake, a sensitivity analysis) is computed and told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from openldn.evidence.catalogue import study
from openldn.evidence.effects import possible_routes
from openldn.evidence.questions import MEASURES, Question, question_by_id
from openldn.evidence.study import Study
from openldn.meta import multiverse
from openldn.meta.effects import CORRELATIONS
from openldn.meta.multiverse import Indefensible
from openldn.notation import Fingerprint, InputError, Record, read_toml, sources

_FILE = Path(__file__).with_name("multiverse.toml")
KINDS = ("measure", "trials", "outcome", "source", "correlation", "estimator", "interval")
_SUSPECT = ("may not belong together", "contradicts")


@dataclass(frozen=True)
class Rule:
    """Which trials: those of these designs, up to this year, at least this long, one of `only`, none of `without`."""

    designs: tuple[str, ...] = ()
    up_to_year: int | None = None
    at_least_weeks: float = 0.0
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def holds(self, s: Study) -> bool:
        year = sources()[s.source].year
        return (
            (not self.designs or s.design in self.designs)
            and (self.up_to_year is None or (year is not None and year <= self.up_to_year))
            and (not self.at_least_weeks or (s.duration_weeks or 0) >= self.at_least_weeks)
            and (not self.only or s.id in self.only)
            and s.id not in self.without
        )


@dataclass(frozen=True)
class Option(multiverse.Option):
    """One way to decide a factor. Which of the fields matters depends on the factor's kind.

    value: measure, outcome, estimator or interval. routes: by measure; "" leaves the trial out of that measure, a
    measure that is not there makes a combination that cannot be computed. as_parallel: the periods of a crossover
    taken for two groups. estimate_of: the outcome whose difference is taken, with the spread of the outcome that it
    stands for. search_only: not part of the multiverse, tried only when a published answer is looked for.
    """

    search_only: bool = False
    routes: Mapping[str, str] = field(default_factory=dict, hash=False)
    as_parallel: bool = False
    estimate_of: Mapping[str, str] = field(default_factory=dict, hash=False)
    correlation: float = 0.5
    rule: Rule = Rule()


@dataclass(frozen=True)
class Factor:
    """A decision; `study` is the trial that an outcome or a source belongs to."""

    name: str
    kind: str
    options: tuple[Option, ...]
    study: str = ""


@dataclass(frozen=True)
class Trial:
    """A trial with its outcome by measure; `factor` brings a raw difference to the unit of the question."""

    study: str
    outcomes: Mapping[str, str] = field(hash=False)
    factor: float = 1.0


@dataclass(frozen=True)
class PublishedAnswer:
    """A pooled answer and what is known of how it was made; the figures come from the file of its study.

    estimate, low, high and i2 as printed, None where not seen. trials: how many it included; a pool may hold fewer.
    up_to_year: none that came later.
    likely: the trials that we take it to have pooled; unread: one more whose figures we have not seen.
    """

    label: str
    study: str
    measure: str
    estimate: float
    low: float | None
    high: float | None
    i2: float | None
    decimals: int
    trials: int | None
    up_to_year: int | None
    methods: tuple[str, ...]
    intervals: tuple[str, ...]
    only: tuple[str, ...]
    likely: tuple[str, ...]
    unread: str
    known: str
    why_not: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Declared:
    """Everything that `run_multiverse` needs. The estimator and the interval are the last two factors.

    sd_of: study and outcome whose SD brings a standardised difference to the unit of the question, None for no need.
    """

    question: Question
    trials: tuple[Trial, ...]
    factors: tuple[Factor, ...]
    indefensible: tuple[Indefensible, ...] = ()
    answers: tuple[PublishedAnswer, ...] = ()
    sd_of: tuple[str, str] | None = None
    note: str = ""
    own: bool = False

    @property
    def benefit(self) -> int:
        """1 where a positive effect is better for people, −1 where a negative one is."""
        return 1 if self.question.better == "higher" else -1


def declared(question_id: str) -> Declared:
    """The choices of the question `condition/key`, its own or the default ones.

    Raises UnknownName for a question that is not there, InputError for one with a single trial, DataError for a file
    that is damaged.
    """
    found = question_by_id(question_id)
    if (own := declarations().get(found.id)) is not None:
        return own
    return default(found)


@lru_cache(maxsize=1)
def declarations() -> dict[str, Declared]:
    """Every declaration of the file by the id of its question. Raises DataError with file, line and field."""
    return read_declarations(_FILE)


def read_declarations(path: Path) -> dict[str, Declared]:
    """The declarations of a file of this form."""
    from openldn.evidence.multiverse.declaration_file import read

    found: dict[str, Declared] = {}
    for condition, record in read_toml(path).tables():
        for key, inner in record.inner_tables():
            found[f"{condition}/{key}"] = read(f"{condition}/{key}", inner)
        record.done()
    return found


def multiverse_fingerprint() -> Fingerprint:
    return read_toml(_FILE).fingerprint


def default(question: Question) -> Declared:
    """The default choices of a question. Raises InputError for one with fewer than two trials."""
    if len(question.members) < 2:
        raise InputError(
            f"{question.id} has one trial; a multiverse needs two or more (ldn evidence {question.condition} shows it)"
        )
    m = question.measure
    rules = [Option("all trials", "every trial of the question")]
    rules += [
        Option(f"without {study(x.study).label}", "shows whether one trial carries the answer", defensible=False,
               of="without one trial", rule=Rule(without=(x.study,)))
        for x in question.members
    ]  # fmt: skip
    factors = [Factor("trials", "trials", tuple(rules))]
    for x in question.members:
        routes = possible_routes(study(x.study), x.outcome, m)
        if not routes:
            x.effect(m, question.unit)  # says why there is none
        options = []
        for r in routes:
            doubt = [a for a in r.effect().assumptions if any(s in a for s in _SUSPECT)]
            why = doubt[0] if doubt else "the study's figures allow it"
            options.append(Option(r.name, why, defensible=not doubt, routes={m: r.name}))
        factors.append(Factor(f"source, {study(x.study).label}", "source", tuple(options), x.study))
    trials = tuple(Trial(x.study, {m: x.outcome}, x.factor) for x in question.members)
    return Declared(question, trials, (
        *factors, correlations(), Factor("estimator", "estimator", _plain(multiverse.estimators())),
        Factor("kind of interval", "interval", _plain(multiverse.intervals())),
    ), (multiverse.common_effect_is_normal("estimator", "kind of interval"),))  # fmt: skip


def correlations() -> Factor:
    """The correlation of one person's two measurements, imputed where it was not printed."""
    return Factor("correlation", "correlation", tuple(
        Option(f"{r:g}", "imputed; hardly a paper prints it", correlation=r) for r in CORRELATIONS))  # fmt: skip


def _plain(options: tuple[multiverse.Option, ...]) -> tuple[Option, ...]:
    return tuple(Option(o.name, o.why, o.defensible, o.value, o.of) for o in options)


def known_study(r: Record, name: str, key: str) -> str:
    """The id `key`, which a field `name` holds. Raises DataError when no study has it."""
    from openldn.evidence.catalogue import studies
    from openldn.notation import suggestion

    ids = [s.id for s in studies()]
    if key not in ids:
        raise r.error(f'study "{key}" is not known; {suggestion(key, ids)}', name)
    return key


def known_measure(r: Record, name: str, measure: str) -> str:
    """The measure that a field `name` holds. Raises DataError for another word."""
    if measure not in MEASURES:
        raise r.error(f'"{measure}" is not one of {", ".join(MEASURES)}', name)
    return measure
