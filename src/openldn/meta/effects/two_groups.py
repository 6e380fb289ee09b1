"""Effects of two independent groups, one row a study, vectorised over studies.

Counts: a of n₁ and c of n₂ with the event; b = n₁ − a, d = n₂ − c.

    RR   log (a/n₁)/(c/n₂)      1/a − 1/n₁ + 1/c − 1/n₂
    OR   log ad/bc              1/a + 1/b + 1/c + 1/d
    RD   a/n₁ − c/n₂            ab/n₁³ + cd/n₂³

In a study with a zero cell, and in no other, 0.5 is added to all four cells, so each group grows by one. A study
without events in either group, or with nothing but events, is treated the same way and named in `double_zero`: it
says nothing of a ratio, its effect becomes small and its variance large. Never done for Mantel-Haenszel, Peto or
the exact model, which read the counts themselves.

Means: m, s (SD), n of both groups; N = n₁ + n₂, ν = N − 2.

    MD   m₁ − m₂                s₁²/n₁ + s₂²/n₂
    SMD  g = J (m₁ − m₂)/s_p    1/n₁ + 1/n₂ + g²/(2N)       J = Γ(ν/2) / (√(ν/2) Γ((ν − 1)/2)), exact
    ROM  log m₁/m₂              s₁²/(n₁m₁²) + s₂²/(n₂m₂²)

s_p is the pooled SD. Sources: Hedges (1981) for J, Hedges & Olkin (1985) for the variance of g, Hedges, Gurevitch &
Curtis (1999) for ROM. The variances are metafor's defaults.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openldn.meta.linear import LARGEST, Array
from openldn.notation import InputError, Limit

Mask = NDArray[np.bool_]
LARGEST_GROUP = Limit(1_000_000_000, "persons", "of a group in a study")


@dataclass(frozen=True)
class Effects:
    """`yi` and `vi` (studies,) on the scale of the analysis: log for RR, OR and ROM.

    corrected: the studies (indices) to which 0.5 was added; double_zero: those of them without an event, or
    without a person free of it, in either group.
    """

    yi: Array = field(repr=False)
    vi: Array = field(repr=False)
    corrected: tuple[int, ...] = ()
    double_zero: tuple[int, ...] = ()


@dataclass(frozen=True)
class Counts:
    """Two-by-two tables that make sense: arrays (studies,) of whole numbers, 0 ≤ events ≤ persons, no empty group."""

    a: Array = field(repr=False)
    n1: Array = field(repr=False)
    c: Array = field(repr=False)
    n2: Array = field(repr=False)

    @property
    def b(self) -> Array:
        """Persons of the first group without the event."""
        return self.n1 - self.a

    @property
    def d(self) -> Array:
        """Persons of the second group without the event."""
        return self.n2 - self.c

    @property
    def double_zero(self) -> Mask:
        """Studies in which nobody, or everybody, had the event: booleans (studies,)."""
        return np.asarray((self.a + self.c == 0) | (self.b + self.d == 0))


def counts(ai: ArrayLike, n1i: ArrayLike, ci: ArrayLike, n2i: ArrayLike, names: Sequence[str] = ()) -> Counts:
    """Checked tables. Raises InputError that names the study, the column and the value."""
    columns = checked_columns(names, ai=ai, n1i=n1i, ci=ci, n2i=n2i)
    for name, x in columns.items():
        refuse_persons(name, x, names)
    a, n1, c, n2 = columns.values()
    for events, size, name in ((a, n1, "ai"), (c, n2, "ci")):
        of = "n1i" if name == "ai" else "n2i"
        refuse_where(size == 0, of, size, names, "is a group with nobody in it; leave the study out")
        refuse_where(events > size, name, events, names, f"is more than the persons of its group ({of})")
    return Counts(a, n1, c, n2)


def binary(measure: str, table: Counts, *, correction: float = 0.5) -> Effects:
    """RR, OR or RD of each study; `correction` is added to all cells of studies with a zero cell only."""
    a, b, c, d = table.a, table.b, table.c, table.d
    empty = np.minimum(np.minimum(a, b), np.minimum(c, d)) == 0
    a, b, c, d = (x + correction * empty for x in (a, b, c, d))
    n1, n2 = a + b, c + d
    if measure == "RR":
        yi, vi = np.log((a / n1) / (c / n2)), 1 / a - 1 / n1 + 1 / c - 1 / n2
    elif measure == "OR":
        yi, vi = np.log((a / b) / (c / d)), 1 / a + 1 / b + 1 / c + 1 / d
    else:
        yi, vi = a / n1 - c / n2, a * b / n1**3 + c * d / n2**3
    return Effects(yi, vi, _where(empty), _where(table.double_zero))


def continuous(
    measure: str,
    m1i: ArrayLike,
    sd1i: ArrayLike,
    n1i: ArrayLike,
    m2i: ArrayLike,
    sd2i: ArrayLike,
    n2i: ArrayLike,
    names: Sequence[str] = (),
) -> Effects:
    """MD, SMD or ROM of each study from means, SDs and sizes. Raises InputError for what cannot be."""
    m1, s1, n1, m2, s2, n2 = checked_columns(
        names, m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i
    ).values()
    for name, n, s in (("n1i", n1, s1), ("n2i", n2, s2)):
        refuse_where(n != np.floor(n), name, n, names, "is not a whole number; give the persons analysed")
        refuse_where(n < 2, name, n, names, "is too few for an SD; a group needs two persons or more")
        refuse_where(
            n > LARGEST_GROUP, name, n, names, f"is above {LARGEST_GROUP:,}; give numbers of persons"
        )
        sd = "sd1i" if name == "n1i" else "sd2i"
        refuse_where(s < 0, sd, s, names, "is negative; an SD is above 0")
        why = "says that nobody differs from anybody, and weighs as if that were known; check the source"
        refuse_where(s == 0, sd, s, names, why)
    if measure == "ROM":
        unlike = (np.sign(m1) != np.sign(m2)) | (m1 == 0)
        refuse_where(
            unlike, "m1i", m1, names, "and m2i do not have the same sign, so they have no log ratio; use MD"
        )
    with np.errstate(all="ignore"):  # what overflows is found by its effect, with the study's name
        if measure == "MD":
            return Effects(m1 - m2, s1**2 / n1 + s2**2 / n2)
        if measure == "ROM":
            return Effects(np.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2))
        nu = n1 + n2 - 2
        pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / nu)
        g = exact_j(nu) * (m1 - m2) / pooled
        return Effects(g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2)))


def exact_j(nu: ArrayLike) -> Array:
    """Hedges' correction for ν degrees of freedom, by gamma functions and not the usual 1 − 3/(4ν − 1)."""
    from scipy.special import gammaln

    m = np.asarray(nu, float)
    return np.asarray(np.exp(gammaln(m / 2) - 0.5 * np.log(m / 2) - gammaln((m - 1) / 2)))


def checked_columns(names: Sequence[str], **columns: ArrayLike) -> dict[str, Array]:
    """The columns as arrays (studies,). Raises InputError for lists of unlike length and numbers beyond computing."""
    arrays = {name: np.atleast_1d(np.asarray(x, float)) for name, x in columns.items()}
    sizes = {len(x) for x in arrays.values()}
    if len(sizes) != 1 or 0 in sizes:
        raise InputError(
            f"{', '.join(arrays)} must be lists of the same studies, at least one; got {sorted(sizes)}"
        )
    for name, x in arrays.items():
        refuse_where(
            ~np.isfinite(x), name, x, names, "is not a finite number; leave the study out or fill it in"
        )
        refuse_where(
            np.abs(x) > LARGEST, name, x, names, "is beyond what can be computed with; choose another unit"
        )
    return arrays


def refuse_persons(name: str, x: Array, names: Sequence[str]) -> None:
    """Raise InputError unless a column holds whole numbers of persons."""
    why = "is not a whole number; give the persons counted, not a percentage"
    refuse_where(x != np.floor(x), name, x, names, why)
    refuse_where(x < 0, name, x, names, "is negative; a count is 0 or more")
    refuse_where(x > LARGEST_GROUP, name, x, names, f"is above {LARGEST_GROUP:,}; give numbers of persons")


def refuse_where(bad: Mask, column: str, x: Array, names: Sequence[str], why: str) -> None:
    """Raise InputError with the study, the column, its value and `why` at the first study that is `bad`."""
    for i in map(int, np.flatnonzero(bad)):
        study = f'study "{names[i]}"' if len(names) > i else f"study {i + 1}"
        raise InputError(f"{study}: {column} = {x[i]:g} {why}")


def _where(mask: Mask) -> tuple[int, ...]:
    return tuple(int(i) for i in np.flatnonzero(mask))
