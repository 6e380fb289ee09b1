"""Code for W persons at once: LLVM vectors `<W x double>`, and the few operations that we need on them.

`Lanes` wraps an IR builder. Its arithmetic may contract a product and a sum into one fused operation;
it never reorders. Loops and branches are context managers, so that generated code reads as it runs.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir

F64, I64, I32, BIT = ir.DoubleType(), ir.IntType(64), ir.IntType(32), ir.IntType(1)
PTR = ir.PointerType()
_FUSE = ("contract",)


class Lanes:
    """Emits code into `builder` for vectors of `width` doubles."""

    def __init__(self, builder: Any, width: int) -> None:
        self.b, self.width = builder, width
        self.vector, self.integers = ir.VectorType(F64, width), ir.VectorType(I64, width)
        self.mask = ir.VectorType(BIT, width)
        self.shared: dict[Any, Any] = {}

    def num(self, value: float) -> Any:
        return ir.Constant(self.vector, [float(value)] * self.width)

    def bits(self, value: int) -> Any:
        value = value - 2**64 if value >= 2**63 else value
        return ir.Constant(self.integers, [value] * self.width)

    def splat(self, scalar: Any) -> Any:
        one = self.b.insert_element(ir.Constant(self.vector, ir.Undefined), scalar, I32(0))
        zeros = ir.Constant(ir.VectorType(I32, self.width), [0] * self.width)
        return self.b.shuffle_vector(one, ir.Constant(self.vector, ir.Undefined), zeros)

    def add(self, a: Any, b: Any) -> Any:
        return self.b.fadd(a, b, flags=_FUSE)

    def sub(self, a: Any, b: Any) -> Any:
        return self.b.fsub(a, b, flags=_FUSE)

    def mul(self, a: Any, b: Any) -> Any:
        return self.b.fmul(a, b, flags=_FUSE)

    def div(self, a: Any, b: Any) -> Any:
        return self.b.fdiv(a, b)

    def neg(self, a: Any) -> Any:
        return self.b.fneg(a)

    # What must not be fused, because its rounding error is what follows from it.
    def plus(self, a: Any, b: Any) -> Any:
        return self.b.fadd(a, b)

    def minus(self, a: Any, b: Any) -> Any:
        return self.b.fsub(a, b)

    def times(self, a: Any, b: Any) -> Any:
        return self.b.fmul(a, b)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        return self.call("fma", a, b, c)

    def call(self, name: str, *args: Any) -> Any:
        """An LLVM intrinsic on vectors of doubles."""
        full = f"llvm.{name}.v{self.width}f64"
        function = self.b.module.globals.get(full)
        if function is None:
            kind = ir.FunctionType(self.vector, [self.vector] * len(args))
            function = ir.Function(self.b.module, kind, full)
        return self.b.call(function, args)

    def sum(self, terms: Sequence[Any]) -> Any:
        total = terms[0]
        for term in terms[1:]:
            total = self.add(total, term)
        return total

    def compare(self, sign: str, a: Any, b: Any) -> Any:
        """A mask; false wherever a or b is not a number, but for "!=", which is then true."""
        return self.b.fcmp_unordered(sign, a, b) if sign == "!=" else self.b.fcmp_ordered(sign, a, b)

    def select(self, mask: Any, yes: Any, no: Any) -> Any:
        return self.b.select(mask, yes, no)

    def above(self, a: Any, floor: float) -> Any:
        """The larger of a and a number; not a number where a is not."""
        return self.select(self.compare(">", self.num(floor), a), self.num(floor), a)

    def below(self, a: Any, ceiling: float) -> Any:
        return self.select(self.compare("<", self.num(ceiling), a), self.num(ceiling), a)

    def abs(self, a: Any) -> Any:
        return self.call("fabs", a)

    def as_bits(self, a: Any) -> Any:
        return self.b.bitcast(a, self.integers)

    def as_double(self, a: Any) -> Any:
        return self.b.bitcast(a, self.vector)

    def polynomial(self, x: Any, coefficients: Sequence[float]) -> Any:
        """Σ cᵢ xⁱ by halves, which keeps the chain of dependent operations short."""
        terms = [self.num(c) for c in coefficients]
        power = x
        while len(terms) > 1:
            paired = [self.fma(terms[i + 1], power, terms[i]) for i in range(0, len(terms) - 1, 2)]
            terms = paired + ([terms[-1]] if len(terms) % 2 else [])
            if len(terms) > 1:
                power = self.times(power, power)
        return terms[0]

    def any(self, mask: Any) -> Any:
        """Whether the mask holds anywhere, and its bits as a whole number."""
        whole = self.b.bitcast(mask, ir.IntType(self.width))
        return self.b.icmp_unsigned("!=", whole, ir.Constant(whole.type, 0)), whole

    # Memory: arrays of vectors, reached by the number of the vector.
    def at(self, base: Any, index: Any) -> Any:
        return self.b.gep(base, [_index(index)], source_etype=self.vector)

    def load(self, base: Any, index: Any = 0) -> Any:
        return self.b.load(self.at(base, index), typ=self.vector)

    def store(self, value: Any, base: Any, index: Any = 0) -> None:
        self.b.store(value, self.at(base, index))

    @contextmanager
    def loop(self, count: Any, start: Any = 0) -> Iterator[Any]:
        """Runs its body for start … count - 1, at least once unless both are known and there is none."""
        before = self.b.block
        body, after = self.b.append_basic_block("loop"), self.b.append_basic_block("after")
        never = isinstance(count, int) and isinstance(start, int) and count <= start
        self.b.branch(after if never else body)
        self.b.position_at_end(body)
        i = self.b.phi(I64)
        if not never:
            i.add_incoming(_index(start), before)
        yield i
        following = self.b.add(i, I64(1))
        i.add_incoming(following, self.b.block)
        self.b.cbranch(self.b.icmp_signed("<", following, _index(count)), body, after)
        self.b.position_at_end(after)


def _index(value: Any) -> Any:
    return I64(value) if isinstance(value, int) else value
