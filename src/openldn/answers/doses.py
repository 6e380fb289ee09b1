"""What a regimen does in the body: plasma, receptor occupancy, washout.

    answer = dose("4.5mg", every="24h", at="22:00", days=28, persons=200, seed=1)
    answer.answers["mu_occupancy_mean"]       an Estimate, percent, last day
    answer.series["mu_occupancy_brain"].median     over answer.times_h

The value is the typical person's, whose parameters all sit at their centre; low and high are the 5th
and 95th percentile of simulated persons. They show how people differ where a source says so; they do
not show how unsure the model is.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers import switches
from openldn.answers.answer import POPULATION_NOTE, provenance
from openldn.answers.basis import basis_of
from openldn.answers.dose_answer import DoseAnswer, Series
from openldn.answers.effects import condition_key, effects
from openldn.answers.exposure import readings
from openldn.answers.following import SHOWN, check_size, follow
from openldn.answers.mechanisms import signals, signals_on
from openldn.answers.own_numbers import own_numbers
from openldn.answers.request import check_request, schedule_in
from openldn.answers.running import RTOL
from openldn.engine import parse_clock, parse_regimen, schedule, with_integrals
from openldn.notation import RegimenError, sources_fingerprint, text_given, texts_given, whole_given
from openldn.pharmacology import fingerprints, model
from openldn.population import check_persons

Array = NDArray[np.float64]

DEFAULT_PERSONS, DEFAULT_SEED = 50, 20261123
_NAMES = {
    "C_N": "naltrexone_plasma",
    "C_6": "naltrexol_plasma",
    "occ_mu_brain": "mu_occupancy_brain",
    "occ_mu_periphery": "mu_occupancy_periphery",
    "R_mu": "antagonist_over_ki_brain",
    "POMC": "endorphin_production",
    "tone_mu": "net_opioid_tone",
    "engaged_TLR4": "tlr4_engagement",
}
_UNITS = {"ug/L": "ng/mL"}


def dose(
    amount: str,
    *,
    every: str = "24h",
    at: str = "22:00",
    days: int = 28,
    route: str = "oral",
    persons: int = DEFAULT_PERSONS,
    seed: int = DEFAULT_SEED,
    without: Sequence[str] = (),
    using: Sequence[str] = (),
    setting: Sequence[str] = (),
    condition: str | None = None,
    regimen: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> DoseAnswer:
    """What a regimen does in the body: plasma, receptors and washout, of a typical person and of many.

    amount: such as "4.5mg", given `every` interval by `route` for `days`; or a whole schedule in words, such as
        "1.5 mg every 24h for 7d, then 3 mg".
    setting: parameters with a value of the user's own, "T_E=30"; it holds for every person. With a condition also
    numbers of its scales, "E_TONE=0.4" or "cdai.CHANGE=60".
    condition: a condition whose clinical scales are followed too, and unwanted effects.
    regimen: a schedule in words that replaces amount and interval (see engine.regimen), where `amount` is none.
    persons: how many simulated persons give low and high; 0 for the typical person alone.
    without, using: switches to turn off and on; `using` also takes a choice, "kinetics=plasma".
    progress: called with the share of the run that is done.
    Raises QuantityError, RegimenError, UnknownName or InputError for a request that makes no sense.

    >>> import openldn as ldn
    >>> answer = ldn.dose("4.5 mg every 24h", days=7, persons=0)
    >>> answer.answers["mu_occupancy_mean"].unit
    '%'
    >>> answer.table().columns.tolist()
    ['name', 'value', 'low', 'high', 'unit', 'kind']
    """
    regimen = schedule_in(text_given(amount, "dose", "4.5mg")) if regimen is None else regimen
    persons, seed = whole_given(persons, "persons"), whole_given(seed, "seed")
    for name, texts, like in (
        ("without", without, '"ogf"'), ("using", using, '"kinetics=plasma"'), ("setting", setting, '"T_E=30"'),
    ):  # fmt: skip
        texts_given(texts, name, like)
    if condition is not None:
        text_given(condition, "condition", "fibromyalgia")
    asked = {
        "dose": amount, "every": every, "at": at, "days": days, "route": route, "persons": persons,
        "seed": seed, "without": list(without), "using": list(using), "setting": list(setting),
        "condition": condition, "regimen": regimen,
    }  # fmt: skip
    text = check_request(amount, every, at, days, route, regimen)
    if persons != 0:
        check_persons(persons, seed)
        check_size(persons, days)
    plan = schedule(parse_regimen(text), route, days * 24.0)
    if not plan.records:
        raise RegimenError(f'regimen "{text}" gives no dose within {days} days')
    base = model()
    m = with_integrals(base, ("C_N",))
    switched = switches.settings(base, without, using)
    key = condition_key(condition) if condition else None
    own = own_numbers(base, setting, key)
    numbers = {"CLOCK0": parse_clock(at), **own.body}
    found = effects(key, text, route, {**switched, **numbers}, own.scales) if key else None
    seen = follow(m, plan, days, {**switched, **numbers}, persons, seed, progress)
    parts = found.parts if found else ()
    shows = tuple(output for _, output in signals_on(base, switched))
    basis = basis_of(base, (*SHOWN, *shows), (route,), switches.off(base, switched))
    return DoseAnswer(
        question={**asked, "regimen": text},
        switches=switches.shown(base, switched),
        changed=(*switches.changes(base, switched), *own.changes),
        answers=readings(seen.read, persons),
        times_h=seen.times_h,
        series={
            _NAMES[name]: Series(_UNITS.get(unit, unit), *seen.series[name]) for name, unit in SHOWN.items()
        },
        mechanisms=signals(base, plan, seen.horizon_h, switched, numbers),
        effects=found,
        warnings=(POPULATION_NOTE, *_too_narrow(seen.read["naltrexone_cmax"][0], persons)),
        provenance=provenance(
            "dose", asked, seed=seed if persons else None, files=(*fingerprints(), sources_fingerprint()),
            sources=(*basis.sources, *(key for part in parts for key in part.sources)), provisional=basis.provisional,
            assumed=(*basis.assumed, *(name for part in parts for name in part.assumed)),
        ),
    )  # fmt: skip


def again(record: Mapping[str, Any]) -> DoseAnswer:
    """The same answer from its own record (`provenance.question`, as read back from JSON)."""
    question = dict(record["question"])
    return dose(question.pop("dose"), **question)


def _too_narrow(peaks: Array, persons: int) -> tuple[str, ...]:
    """What a reader must know of bands that hold no difference between people; peaks in plasma have shape (1 + persons,)."""
    if persons == 1:
        return ("One simulated person makes no band; ask for more with persons.",)
    own = peaks[1:]
    # the same parameters give the same peak up to what the steps of a run may err together
    if not persons or np.ptp(own) > 100 * RTOL * own.max():
        return ()
    return (
        "No source says how naltrexone in plasma differs between people in this case, so the bands leave that out and are "
        "too narrow.",
    )
