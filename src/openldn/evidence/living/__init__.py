"""What makes the review a living one: its protocol, its searches, what was screened, the flow, and the way in for what is new."""

from openldn.evidence.living.flow import flow_of, flow_text
from openldn.evidence.living.protocol import Deviation, Protocol, protocol
from openldn.evidence.living.screening import (
    DECISIONS,
    REASONS,
    Run,
    Screened,
    Screening,
    read_screening,
    screening,
)
from openldn.evidence.living.searches import Search, searches
from openldn.evidence.living.updating import Seen, Update, update, write_update

__all__ = [
    "DECISIONS",
    "REASONS",
    "Deviation",
    "Protocol",
    "Run",
    "Screened",
    "Screening",
    "Search",
    "Seen",
    "Update",
    "flow_of",
    "flow_text",
    "protocol",
    "read_screening",
    "screening",
    "searches",
    "update",
    "write_update",
]
