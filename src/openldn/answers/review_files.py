"""The review as files: index.html and review.json, both or neither."""

import json
from collections.abc import Callable
from pathlib import Path

from openldn.answers.review import Review, review
from openldn.notation import OutputError, write_whole


def write_review(folder: Path, progress: Callable[[float], None] = lambda share: None) -> Review:
    """Make the review and write index.html and review.json to `folder`, both or neither.

    Raises OutputError when the folder cannot be written; that is tried before anything is computed.
    """
    from openldn.answers.review_page import page

    _try(folder)
    made = review(progress)
    document = json.dumps(made.as_json(), ensure_ascii=False, allow_nan=False, indent=1)
    write_whole({folder / "index.html": page(made).encode(), folder / "review.json": document.encode()})
    progress(1.0)
    return made


def _try(folder: Path) -> None:
    """Find out at once whether the folder can be written, and leave no trace of it."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f'cannot write to "{folder}": it is a file; name a folder with --out')
    probe = folder / ".openldn-probe"
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    write_whole({probe: b""})
    probe.unlink()
    for path in made:
        path.rmdir()
