"""What a run of plans gives: each person's samples, and why somebody has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Ran:
    """`values` has shape (persons, samples, outputs), NaN where a person has no further sample or none could be had.

    reasons: for each person who could not be solved, or who has an output that is not finite, why.
    steps: of the solver, for each person; shape (persons,).
    """

    outputs: tuple[str, ...]
    values: Array = field(repr=False)
    reasons: Mapping[int, str]
    steps: Whole = field(repr=False)
