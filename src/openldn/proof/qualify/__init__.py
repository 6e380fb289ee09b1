"""Installation, operation and performance qualification of the engine: is it fit to be relied on, on this machine?

`finding` is a line of the report; each family of tests is a module that yields findings; `solvers` is how they
call the engine.
"""

from openldn.proof.qualify.finding import Finding
from openldn.proof.qualify.installation import shipped_files
from openldn.proof.qualify.problems import problem_sources
from openldn.proof.qualify.qualification import FAMILIES, Qualification, qualify

__all__ = ["FAMILIES", "Finding", "Qualification", "problem_sources", "qualify", "shipped_files"]
