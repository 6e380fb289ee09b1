"""Which measurement would tell two versions of the model apart: where, when and at what dose.

For every version and dose the typical person is simulated through the regimen and two weeks after it; at
each hour the versions are compared in everything that can be measured, as a difference over the error of
one measurement. The largest is the measurement that would settle it best.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openldn.answers import switches
from openldn.answers.answer import Provenance, provenance
from openldn.answers.basis import basis_of
from openldn.answers.request import check_request
from openldn.engine import doses, parse_clock, parse_regimen, simulate
from openldn.notation import convert, sources_fingerprint
from openldn.pharmacology import Measurable, fingerprints, measurables, model

Array = NDArray[np.float64]
AFTER_H = 14 * 24.0
OTHER_DOSES = ("1mg", "3mg", "4.5mg", "6mg", "50mg")
# Hours after the first dose at which a study could look: the first days, then daily.
_LOOKS = (1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 72.0)


@dataclass(frozen=True)
class Difference:
    """One measurement: the versions' predictions `a` and `b`, and their difference over its error."""

    measurable: str
    meaning: str
    unit: str
    dose: str
    hour: float
    after_last_dose_h: float
    versions: tuple[str, str]
    a: float
    b: float
    errors_apart: float


@dataclass(frozen=True)
class Comparison:
    """`best` has the largest difference of each measurable; `table` predictions at common times."""

    question: Mapping[str, Any]
    versions: tuple[str, ...]
    best: tuple[Difference, ...]
    table: tuple[Mapping[str, Any], ...] = field(repr=False)
    provenance: Provenance = field(repr=False)

    def as_json(self) -> dict[str, Any]:
        """One document: the question, the best measurements, and the predictions."""
        return {
            "question": dict(self.question),
            "versions": list(self.versions),
            "best": [{**asdict(d), "versions": list(d.versions)} for d in self.best],
            "predictions": [dict(row) for row in self.table],
            "provenance": self.provenance.as_json(),
        }


def compare(
    amount: str, text: str, *, every: str = "24h", at: str = "22:00", days: int = 28, route: str = "oral"
) -> Comparison:
    """Compare versions such as "kinetics=biophase,plasma" for `amount` and the doses around it.

    Raises InputError or UnknownName for versions that there are not, and what `dose` raises for the rest.
    """
    m = model()
    versions = switches.variants(m, text)
    amounts = tuple(dict.fromkeys((amount, *OTHER_DOSES)))
    runs: dict[tuple[str, str], tuple[Array, float, dict[str, Array]]] = {}
    for dose in amounts:
        regimen = check_request(dose, every, at, days, route, None)
        plan = doses(parse_regimen(regimen), route, days * 24.0)
        times = np.unique(
            np.concatenate([np.array(_LOOKS), np.arange(0.0, plan[-1].time_h + AFTER_H + 1, 1.0)])
        )
        for name, changed in versions:
            values = {**changed, "CLOCK0": parse_clock(at)}
            result = simulate(
                m, plan, times, tuple(x.output for x in measurables()), values, rtol=1e-7, atol=1e-8
            )
            runs[dose, name] = (
                times, plan[-1].time_h,
                {x.name: result.of(x.output)[0] * convert(1.0, m.unit_of(x.output), x.unit) for x in measurables()},
            )  # fmt: skip
    names = tuple(name for name, _ in versions)
    basis = basis_of(m, [x.output for x in measurables()], (route,))
    asked = {"dose": amount, "compare": text, "every": every, "at": at, "days": days, "route": route}
    return Comparison(
        asked, names, tuple(_best(x, runs, amounts, names) for x in measurables()),
        tuple(_rows(runs, amounts, names)),
        provenance(
            "compare", asked, files=(*fingerprints(), sources_fingerprint()), sources=basis.sources,
            provisional=basis.provisional,
            assumed=(*basis.assumed, *(x.name for x in measurables() if x.basis == "assumed")),
        ),
    )  # fmt: skip


def _best(
    x: Measurable,
    runs: Mapping[tuple[str, str], tuple[Array, float, dict[str, Array]]],
    amounts: tuple[str, ...],
    names: tuple[str, ...],
) -> Difference:
    found: list[Difference] = []
    for dose in amounts:
        for one, two in combinations(names, 2):
            times, last, a = runs[dose, one]
            b = runs[dose, two][2]
            error = np.array([x.error((p + q) / 2) for p, q in zip(a[x.name], b[x.name], strict=True)])
            apart = np.abs(a[x.name] - b[x.name]) / error
            i = int(np.argmax(apart))
            found.append(
                Difference(
                    x.name, x.meaning, x.unit, dose, float(times[i]), float(times[i] - last), (one, two),
                    float(a[x.name][i]), float(b[x.name][i]), float(apart[i]),
                )
            )  # fmt: skip
    return max(found, key=lambda d: d.errors_apart)


def _rows(
    runs: Mapping[tuple[str, str], tuple[Array, float, dict[str, Array]]],
    amounts: tuple[str, ...],
    names: tuple[str, ...],
) -> list[dict[str, Any]]:
    rows = []
    for dose in amounts:
        for x in measurables():
            for hour in _LOOKS:
                values = {}
                for name in names:
                    times, _, got = runs[dose, name]
                    values[name] = float(got[x.name][int(np.searchsorted(times, hour))])
                rows.append(
                    {"dose": dose, "measurable": x.name, "unit": x.unit, "hour": hour, "values": values}
                )
    return rows
