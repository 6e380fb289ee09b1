"""Data in, SVG out. Knows shapes of data, not where they come from."""

from openldn.figures.figure import Figure, check_plot_name, draw, save
from openldn.figures.intervals import Row, interval_chart
from openldn.figures.lines import Curve, line_chart
from openldn.figures.prisma import FlowColumn, FlowStep, flow_figure

__all__ = [
    "Curve",
    "Figure",
    "FlowColumn",
    "FlowStep",
    "Row",
    "check_plot_name",
    "draw",
    "flow_figure",
    "interval_chart",
    "line_chart",
    "save",
]
