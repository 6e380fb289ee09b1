"""Settings of all tests: the same terminal for everybody, and failing examples as they were found.

A shrunk simulation takes minutes. What the width of the terminal may change is asked in `test_widths.py`.
"""

import os

from hypothesis import Phase, settings

os.environ["COLUMNS"] = "96"
for _name in ("LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE"):
    os.environ.pop(_name, None)

settings.register_profile("openldn", phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None)
settings.load_profile("openldn")
