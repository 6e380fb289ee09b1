"""What several cases are made of."""

from ..case import Special

ZERO = Special("link", "/dev/zero")
HUGE = Special("sparse", size=10_000_000_000)
PIPE = Special("fifo")
DECAY = """model decay : a drug that is lost
parameter K [1/h] = 0.1
state A [mg]
dose iv -> A
C [mg] = A
d/dt(A) = -K * A
"""
ONCE = "100 mg once"
META = ("study", "ai", "n1i", "ci", "n2i")


def table(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> bytes:
    """A CSV."""
    return "\n".join(",".join(map(str, row)) for row in [names, *rows]).encode()


def trials(n: int) -> list[tuple[object, ...]]:
    """n made-up trials of counts."""
    return [(f"T{i}", 3 + i % 5, 40 + i, 6 + i % 7, 40 + i) for i in range(n)]


def record(title: str, number: int) -> bytes:
    """One made-up citation in PubMed's format."""
    return f"PMID- {99000000 + number}\nDP  - 2031 May\nTI  - {title}\nAU  - Doe AM\nTA  - J Made Up\n\n".encode()
