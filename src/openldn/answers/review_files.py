"""The review as files: index.html and review.json, both or neither."""

from collections.abc import Callable
from pathlib import Path

from openldn.answers.living_review import Review, review
from openldn.notation import check_folder, json_text, write_whole


def write_review(folder: Path, progress: Callable[[float], None] = lambda share: None) -> Review:
    """Make the review and write index.html and review.json to `folder`, both or neither.

    Raises OutputError when the folder cannot be written; that is tried before anything is computed.
    """
    from openldn.answers.review_page import page

    check_folder(folder)
    made = review(progress)
    document = "".join(json_text(made.as_json()))
    write_whole(
        {folder / "index.html": page(made).encode(), folder / "review.json": document.encode()}, making=folder
    )
    progress(1.0)
    return made
