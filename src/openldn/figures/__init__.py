"""Data in, SVG out. Knows shapes of data, not where they come from."""

from openldn.figures.cumulative import Step, cumulative
from openldn.figures.decades import Trace, decades
from openldn.figures.diagram import diagram
from openldn.figures.figure import Figure, check_plot_name, draw, save, save_figure
from openldn.figures.forest import ForestRow, Pooled, Subgroup, forest
from openldn.figures.funnel import FunnelPoint, funnel
from openldn.figures.icons import Panel, icon_array
from openldn.figures.intervals import Row, interval_chart
from openldn.figures.lines import Curve, line_chart
from openldn.figures.prisma import FlowColumn, FlowStep, flow_figure
from openldn.figures.specification import Published, specification_curve
from openldn.figures.traffic import JUDGEMENTS, Judged, traffic_light

__all__ = [
    "JUDGEMENTS",
    "Curve",
    "Figure",
    "FlowColumn",
    "FlowStep",
    "ForestRow",
    "FunnelPoint",
    "Judged",
    "Panel",
    "Pooled",
    "Published",
    "Row",
    "Step",
    "Subgroup",
    "Trace",
    "check_plot_name",
    "cumulative",
    "decades",
    "diagram",
    "draw",
    "flow_figure",
    "forest",
    "funnel",
    "icon_array",
    "interval_chart",
    "line_chart",
    "save",
    "save_figure",
    "specification_curve",
    "traffic_light",
]
