"""The engine against its peers: one model, the same persons, the same error, one run."""

from openldn.proof.bench.comparison import Comparison, Row, compare_simulators
from openldn.proof.bench.machine import Machine
from openldn.proof.bench.picture import bench_figure, check_plot_name, plot_bench
from openldn.proof.bench.scaling import Cost, Scaling
from openldn.proof.bench.stored import read_comparison

__all__ = [
    "Comparison",
    "Cost",
    "Machine",
    "Row",
    "Scaling",
    "bench_figure",
    "check_plot_name",
    "compare_simulators",
    "plot_bench",
    "read_comparison",
]
