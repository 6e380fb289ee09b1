"""What a run of a model gives: persons x times x outputs, with units."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openldn.notation import UnknownName

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """`values` has shape (persons, times, outputs); `units` those of the outputs; `times` are hours."""

    times: Array = field(repr=False)
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    values: Array = field(repr=False)

    def of(self, output: str) -> Array:
        """One output, shape (persons, times). Raises UnknownName."""
        if output not in self.outputs:
            raise UnknownName("output", output, self.outputs)
        return self.values[:, :, self.outputs.index(output)]
