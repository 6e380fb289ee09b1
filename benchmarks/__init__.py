"""The engine against its peers: one model, the same persons, the same error, one run; and the daily bread beside it.

It stands outside the package `openldn` and is no part of what is installed: `ldn bench` runs it in a checkout.
"""

from benchmarks.comparison import Comparison, Row, compare_simulators
from benchmarks.machine import Machine
from benchmarks.picture import bench_figure, check_plot_name, plot_bench
from benchmarks.roofline import Roofline
from benchmarks.scaling import Cost, Scaling
from benchmarks.stored import PICTURE, STORED, read_comparison
from benchmarks.timing import Task, Took

__all__ = [
    "PICTURE",
    "STORED",
    "Comparison",
    "Cost",
    "Machine",
    "Roofline",
    "Row",
    "Scaling",
    "Task",
    "Took",
    "bench_figure",
    "check_plot_name",
    "compare_simulators",
    "plot_bench",
    "read_comparison",
]
