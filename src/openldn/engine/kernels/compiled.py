"""A function in machine code: from disk if it was compiled here before, else compiled and kept.

The function is called by the key of what it computes, in the object file too. So an object of another computation, however it
came to stand under this key, has no such function, and is made anew instead of being called.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from openldn.engine.kernels.cache import cached, key_of
from openldn.engine.kernels.machine import Loaded, compile_object, host

_ELF = b"\x7fELF\x02\x01"  # of 64 bits, the lowest first
_OTHERS = (
    b"\x7fELF\x02\x02",
    b"\xcf\xfa\xed\xfe",
    b"\x64\x86",
    b"\x64\xaa",
)  # the highest first; macOS, Windows
_HEADER, _SECTION, _SYMBOL = (
    struct.Struct("<16xHHIQQQIHHHHHH"),
    struct.Struct("<IIQQQQIIQQ"),
    struct.Struct("<IBBHQQ"),
)
_RELOCATABLE, _NO_BITS, _SYMBOLS, _EXECUTABLE, _FUNCTION = 1, 8, 2, 4, 2


@dataclass(frozen=True)
class Compiled:
    """Where the function starts, and the memory that it lives in: as long as this is held, it may be called."""

    address: int
    memory: Loaded


def compiled(name: str, parts: tuple[str, ...], text: Callable[[], str]) -> Compiled:
    """The function `name` of the IR module `text`, which `parts` determine, on this machine."""
    machine = host()
    key = key_of(name, *parts, machine.triple, machine.cpu, machine.features)
    symbol = f"{name}_{key}"

    def take(code: bytes) -> Compiled | None:
        if not defines(code, symbol):  # at what is no object LLVM would end the process
            return None
        memory = Loaded(code)
        address = memory.address(symbol)
        return Compiled(address, memory) if address else None

    return cached(key, lambda: compile_object(text(), {name: symbol}), take)


def defines(code: bytes, symbol: str) -> bool:
    """Whether `code` is a whole object file with a function of that name."""
    if code.startswith(_ELF):
        return _elf_defines(code, symbol.encode())
    return code.startswith(_OTHERS) and symbol.encode() in code


def _elf_defines(code: bytes, symbol: bytes) -> bool:
    try:
        kind, _, _, _, _, table, _, _, _, _, size, count, _ = _HEADER.unpack_from(code)
        if kind != _RELOCATABLE or size != _SECTION.size:
            return False
        sections = [_SECTION.unpack_from(code, table + i * size) for i in range(count)]
        for _, what, _, _, start, length, link, *_ in sections:
            if what != _NO_BITS and start + length > len(code):
                return False
            if what == _SYMBOLS and link >= count:
                return False
        for _, what, _, _, start, length, link, *_ in sections:
            for at in range(start, start + length if what == _SYMBOLS else start, _SYMBOL.size):
                called, info, _, where, value, extent = _SYMBOL.unpack_from(code, at)
                names, end = sections[link][4], sections[link][4] + sections[link][5]
                if code[names + called : min(end, names + called + len(symbol) + 1)] == symbol + b"\0":
                    return (
                        info & 15 == _FUNCTION
                        and 0 < where < count
                        and bool(sections[where][2] & _EXECUTABLE)
                        and value + extent <= sections[where][5]
                    )
    except (struct.error, OverflowError):  # it ends before what it points to
        return False
    return False
