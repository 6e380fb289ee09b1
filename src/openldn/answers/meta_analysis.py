"""What do these studies say together? A meta-analysis of anybody's CSV file, with its pictures where they are asked for."""

from pathlib import Path
from typing import Any

from openldn.figures import check_plot_name, save_figures
from openldn.meta import Pooled, pool, spread, spread_words
from openldn.meta.multiverse import Multiverse
from openldn.notation import InputError, same_file

__all__ = ["meta", "meta_multiverse", "spread", "spread_words"]


def meta(
    file: Path, measure: str, *, plot: Path | None = None, funnel: Path | None = None, **options: Any
) -> Pooled:
    """Pool the studies of `file` with the options of `openldn.meta.pool`; draw the forest, the funnel, both or neither.

    Pictures end in .svg, .png or .pdf, which is checked before anything is computed. Raises as `pool` does, InputError for
    what cannot be drawn, OutputError for the files.
    """
    for path in filter(None, (plot, funnel)):
        check_plot_name(path, reads=[file])
    if plot is not None and funnel is not None and same_file(plot, funnel):
        raise InputError(f'the forest and the funnel would both go to "{plot}"; name two files')
    found = pool(file, measure, **options)
    asked = ((plot, found.forest), (funnel, found.funnel))
    save_figures({path: drawn() for path, drawn in asked if path is not None})
    return found


def meta_multiverse(
    file: Path, measure: str, *, plot: Path | None = None, by: str | None = None, separator: str = "comma",
    decimal: str = "point",
) -> Multiverse:  # fmt: skip
    """Every way to pool the studies of `file`, and what they say together; draw the specification curve where it is named.

    Raises as `meta` does, and InputError for one study or too many.
    """
    if plot is not None:
        check_plot_name(plot)
    found = pool(file, measure, method="FE", ci="z", separator=separator, decimal=decimal).multiverse(by)
    if plot is not None:
        save_figures({plot: found.plot()})
    return found
