"""Data in, SVG out. Knows shapes of data, not where they come from."""

from openldn.figures.band import band
from openldn.figures.check_plot import check_plot
from openldn.figures.cumulative import Step, cumulative
from openldn.figures.decades import Trace, decades
from openldn.figures.diagram import diagram
from openldn.figures.figure import Figure, check_plot_name, draw, file_of, save_figure, save_figures
from openldn.figures.forest import ForestRow, Pooled, Subgroup, forest
from openldn.figures.funnel import FunnelPoint, funnel
from openldn.figures.icons import Panel, icon_array
from openldn.figures.intervals import Row, interval_chart
from openldn.figures.lines import Curve, line_chart
from openldn.figures.predictive import PredictiveCheck, predictive_check
from openldn.figures.prisma import FlowColumn, FlowStep, flow_figure
from openldn.figures.spaghetti import spaghetti
from openldn.figures.specification import specification_curve
from openldn.figures.specification_marks import Published
from openldn.figures.speeds import CostCurve, Speed, speeds
from openldn.figures.traffic import JUDGEMENTS, Judged, traffic_light

__all__ = [
    "JUDGEMENTS",
    "CostCurve",
    "Curve",
    "Figure",
    "FlowColumn",
    "FlowStep",
    "ForestRow",
    "FunnelPoint",
    "Judged",
    "Panel",
    "Pooled",
    "PredictiveCheck",
    "Published",
    "Row",
    "Speed",
    "Step",
    "Subgroup",
    "Trace",
    "band",
    "check_plot",
    "check_plot_name",
    "cumulative",
    "decades",
    "diagram",
    "draw",
    "file_of",
    "flow_figure",
    "forest",
    "funnel",
    "icon_array",
    "interval_chart",
    "line_chart",
    "predictive_check",
    "save_figure",
    "save_figures",
    "spaghetti",
    "specification_curve",
    "speeds",
    "traffic_light",
]
