"""Priors for τ, the SD between studies, when studies are too few to say.

    uniform            flat on τ ≥ 0, improper: needs three studies or more
    half-normal:S      the upper half of N(0, S²)
    half-cauchy:S      the upper half of a Cauchy with scale S
    turner[:OUTCOME:COMPARISON]   log-normal, from binary Cochrane meta-analyses; for log odds ratios (Turner 2015)
    rhodes[:OUTCOME:COMPARISON]   log-t with 5 df, from 6,492 continuous ones; for SMDs (Rhodes 2015)

S is on the scale of the analysis. Without an outcome the empirical priors take the general setting. Their numbers
and what is known of them stand in `priors.toml`.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from openldn.meta.linear import Array
from openldn.notation import Fingerprint, InputError, TomlFile, UnknownName, read_toml, shown

_FILE = Path(__file__).with_name("priors.toml")
FAMILIES = ("uniform", "half-normal", "half-cauchy", "turner", "rhodes")
EMPIRICAL = ("turner", "rhodes")
_T5 = math.log(8 / (3 * math.sqrt(5) * math.pi))  # the density of t with 5 df at 0


@dataclass(frozen=True)
class Prior:
    """A prior for τ. `scale` of half-normal and half-cauchy; `location` and `scale` of log τ for the empirical ones.

    tail: τ^−tail is how the density falls for large τ (0 for the uniform, infinity when faster than any power).
    """

    name: str
    family: str
    scale: float = 1.0
    location: float = 0.0
    source: str = ""

    @property
    def tail(self) -> float:
        return {"uniform": 0.0, "half-cauchy": 2.0, "log-t5": 1.0}.get(self.family, math.inf)

    @property
    def centre(self) -> float:
        """A typical log τ; 0 for the uniform, which has none."""
        return self.location if self.source else math.log(self.scale)

    def log_density(self, tau: Array) -> Array:
        """log p(τ) for τ > 0; of the uniform, 0."""
        s = self.scale
        if self.family == "uniform":
            return np.zeros_like(tau)
        if self.family == "half-normal":
            return math.log(math.sqrt(2 / math.pi) / s) - (tau / s) ** 2 / 2
        if self.family == "half-cauchy":
            return math.log(2 / (math.pi * s)) - np.log1p((tau / s) ** 2)
        log_tau = np.log(tau)
        z = (log_tau - self.location) / s
        if self.family == "log-normal":
            return np.asarray(-(z**2) / 2 - math.log(s * math.sqrt(2 * math.pi)) - log_tau)
        return np.asarray(_T5 - 3 * np.log1p(z**2 / 5) - math.log(s) - log_tau)


SCALES = (1e-6, 1e6)  # of a prior on τ; beyond, no two studies of anything could differ so little or so much


def prior(text: str, measure: str = "GEN") -> Prior:
    """The prior that `text` names. Raises UnknownName or InputError; an empirical one must fit the measure."""
    name, *parts = text.strip().lower().split(":")
    if name not in FAMILIES:
        raise UnknownName("prior", name, FAMILIES)
    if name in EMPIRICAL:
        return _empirical(name, parts, measure)
    if name == "uniform":
        if parts:
            raise InputError(f'prior "{text}": the uniform takes no number; write "uniform"')
        return Prior("uniform", "uniform")
    try:
        scale = float(parts[0]) if len(parts) == 1 else math.nan
    except ValueError:
        scale = math.nan
    if not (SCALES[0] <= scale <= SCALES[1]):
        raise InputError(
            f'prior "{shown(text)}" needs one scale from {SCALES[0]:g} to {SCALES[1]:g}, such as "{name}:0.5"'
        )
    return Prior(f"{name}:{scale:g}", name, scale)


@lru_cache(maxsize=1)
def _tables() -> TomlFile:
    return read_toml(_FILE)


def priors_fingerprint() -> Fingerprint:
    """The Fingerprint of the file of empirical priors."""
    return _tables().fingerprint


def settings(name: str) -> dict[str, tuple[str, ...]]:
    """The outcomes of each comparison that `turner` or `rhodes` knows."""
    return {c: tuple(rows) for c, rows in _tables().data[name].items() if isinstance(rows, dict)}


def _empirical(name: str, parts: list[str], measure: str) -> Prior:
    table = _tables().data[name]
    wanted = str(table["measure"])
    if measure != wanted:
        raise InputError(
            f"the {name} priors are for {wanted}, not for {measure}; use half-normal:S with a scale of yours"
        )
    if not parts:
        pair, label = table["general"], name
    else:
        if len(parts) != 2:
            raise InputError(
                f'write the setting as "{name}:OUTCOME:COMPARISON", or "{name}" alone for the general one'
            )
        outcome, comparison = parts
        known = settings(name)
        if comparison not in known:
            raise UnknownName("comparison", comparison, known)
        if outcome not in known[comparison]:
            raise UnknownName("outcome", outcome, known[comparison])
        pair, label = table[comparison][outcome], f"{name}:{outcome}:{comparison}"
    location, scale = (float(x) / 2 for x in pair)  # from log τ² to log τ
    return Prior(label, str(table["family"]), scale, location, str(table["source"]))
