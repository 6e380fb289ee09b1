"""Events, as NONMEM has them: who gets what when, the one input of every run.

They come from a program (`ev`), a schedule in words, a table or records (`events`), are compiled to a plan
(`compiling`), with steady state solved beforehand (`steady`), and run (`engine.running`).
"""

from openldn.engine.events.compiling import METHODS, Compiled, compiled
from openldn.engine.events.table import Events, ev, nothing, stacked

__all__ = ["METHODS", "Compiled", "Events", "compiled", "ev", "nothing", "stacked"]
