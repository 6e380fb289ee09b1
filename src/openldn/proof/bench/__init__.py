"""The engine against its peers: one model, the same persons, the same error, one run."""

from openldn.proof.bench.comparison import Comparison, Row, compare_simulators

__all__ = ["Comparison", "Row", "compare_simulators"]
