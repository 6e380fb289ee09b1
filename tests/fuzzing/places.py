"""Where valid files stand, from which hostile ones are made."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES, DATA = ROOT / "docs" / "examples", ROOT / "tests" / "data"
