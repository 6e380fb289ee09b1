"""Running text in a data file: wrapped there so that it can be reviewed, one line of words here."""

from openldn.notation import Record


def prose(record: Record, name: str, default: str | None = None) -> str:
    """The text of field `name` with line breaks and runs of spaces made single spaces.

    A missing field gives `default`, or raises DataError when there is none.
    """
    text = record.text(name) if default is None else record.text(name, default)
    return " ".join(text.split())
