"""A model whose whole text is at hand.

model = parse_model(text)
"""

from openldn.engine.model import Model, assemble
from openldn.engine.model_text import parse_block
from openldn.notation import ModelTextError


def parse_model(text: str, *, file: str = "the model") -> Model:
    """The model in `text`, which includes no other; `file` names it in messages.

    Raises ModelTextError, with the line, for anything that does not read or fit together.
    """
    block = parse_block(text, file=file)
    for line in block.of("include"):
        raise ModelTextError(
            f'"include {line.name}" needs files; `assemble` takes a function that gives blocks by name',
            file=file,
            line=line.line,
        )
    return assemble(block.name, {block.name: block}.__getitem__)
