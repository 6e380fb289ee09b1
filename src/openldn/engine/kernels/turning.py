"""Steps that end where equations turn, in lanes: each lane by itself finds the first place where a side leaves its zone.

Within a step every lane holds its zones (`turns`). A step that is otherwise accepted is not, where a side has another sign
at its end, or at one of a few stages between. It is tried again with other lengths, between the longest that is known
not to reach the turn and the shortest that is known to, by the rule of Illinois (M. Dowell & P. Jarratt, BIT 11, 1971), and
by halves where that is slow:

    next = low + (high - low) s(low) / (s(low) - s(high)),     the first among the sides that turn.

What counts is the step itself, not a polynomial through it. It is kept where it ends beyond the turn by no more than
1e-12 of it, or than the clock tells; by 1e-6 of it where rates only have a corner, whose error is of second order.
Then `look` (`acting`) gives the lane its new zones.

A step over a corner may have too large an error for it. Then the next is to end just before the turn, as far as that step
tells, and is kept as it is; where that is nothing any more, the next goes over.
"""

import math
from collections.abc import Sequence
from typing import Any

from openldn.engine.kernels.equations import Equations, emit_function
from openldn.engine.kernels.lanes import Lanes
from openldn.engine.kernels.layout import Workspace
from openldn.engine.kernels.program import Program
from openldn.engine.turns import NOISE

_JUMP, _CORNER = 1e-12, 1e-6  # of the step: how far beyond a turn it may end
_CLOCK = 4e-15  # of the hour: less than what is told apart
_SLOW = 3.0  # tries on one side, after which the middle is tried
_TELLING = 100.0  # the error over what is tolerated, up to which a step tells where something turns
_BEFORE = 0.999  # of the way to a turn


class Turning:
    """The functions of a program with turns, and the code around a step that they ask for.

    sides(t, y, out, parameters, fixed, flow, bound)    of the watched turns, and their sizes
    hours, holds, values (the same)                     hours of the known turns, conditions of lines `when`, values of acts
    """

    def __init__(
        self, module: Any, program: Program, width: int, equations: Equations, place: Workspace
    ) -> None:
        self.program, self.place = program, place
        conditions = [act.condition for act in program.whens if act.condition is not None]
        roots: dict[str, Sequence[int]] = {
            "sides": program.sides, "hours": program.hours, "holds": conditions, "values": program.values,
        }  # fmt: skip
        made = {
            name: emit_function(module, name, program, nodes, range(len(nodes)), equations.slots, width)
            for name, nodes in roots.items()
        }
        self.sides, self.hours, self.holds, self.values = made.values()

    def begin(self, v: Lanes, w: Any, step: Any, whole: Any, left: Any) -> tuple[Any, Any]:
        """The step that is tried, and whether it goes to the stop."""
        place = self.place
        v.store(v.num(math.inf), w, place.passed)
        seek = v.load(w, place.seek)
        seeking = v.compare(">", seek, v.num(0.0))
        there = v.compare("==", seek, left)
        return v.select(seeking, seek, step), v.select(seeking, there, whole)

    def pass_by(self, v: Lanes, w: Any, share: float, t: Any, y: int) -> None:
        """Look at the sides at a stage, that share of the step after its start."""
        place = self.place
        if not place.watched:
            return
        self._call(v, w, t, y)
        before = v.load(w, place.passed)
        other = v.b.and_(self._any(v, w), v.compare(">", before, v.num(share)))
        v.store(v.select(other, v.num(share), before), w, place.passed)

    def judge(self, v: Lanes, w: Any, step: Any, end: Any, err: Any) -> tuple[Any, Any]:
        """The lanes whose step is kept, and those in which another length is tried that has nothing to do with its error."""
        b, place = v.b, self.place
        accepted = v.compare("<=", err, v.num(1.0))
        v.store(v.num(0.0), w, place.turned)
        if not place.watched:
            return accepted, _never(v)
        seek = v.load(w, place.seek)
        self._call(v, w, end, place.new)
        flips = b.and_(self._any(v, w), v.compare("<=", err, v.num(_TELLING)))
        seeking = v.compare(">", seek, v.num(0.0))
        between = v.compare("<", v.load(w, place.passed), v.num(math.inf))
        short = b.and_(b.and_(accepted, b.not_(b.or_(flips, seeking))), between)
        busy = b.or_(b.or_(flips, seeking), short)
        before = b.block
        with b.if_then(v.any(busy)[0], likely=False):
            kept, again = self._seek(v, w, step, end, accepted, flips, seeking, short)
            inside = b.block
        keep, other = b.phi(v.mask), b.phi(v.mask)
        for phi, plain, found in ((keep, accepted, kept), (other, _never(v), again)):
            phi.add_incoming(plain, before)
            phi.add_incoming(found, inside)
        for j in range(place.watched):
            here = v.select(keep, v.load(w, place.trial + j), v.load(w, place.side + j))
            v.store(here, w, place.side + j)
        return keep, other

    def _seek(
        self, v: Lanes, w: Any, step: Any, end: Any, accepted: Any, flips: Any, seeking: Any, short: Any
    ) -> tuple[Any, Any]:
        """As `judge`, where something turned: what is known of the place, and the next length."""
        b, place, zero, one = v.b, self.place, v.num(0.0), v.num(1.0)
        limit = v.load(w, place.longest_sought)
        bracketed = b.and_(seeking, v.compare("<", limit, v.num(math.inf)))
        begins = b.and_(flips, b.not_(bracketed))
        misses = b.and_(b.and_(bracketed, accepted), b.not_(flips))
        low = v.select(begins, zero, v.select(misses, step, v.load(w, place.least)))
        high = v.select(flips, step, limit)
        whole = v.select(begins, step, v.load(w, place.whole))
        unsure = v.select(flips, v.select(accepted, zero, one), v.load(w, place.unsure))
        streak = v.load(w, place.streak)
        back, forth = (v.select(v.compare(sign, streak, zero), streak, zero) for sign in (">", "<"))
        streak = v.select(begins, zero, v.select(flips, v.plus(back, one), v.minus(forth, one)))
        width, clock = v.minus(high, low), v.times(v.num(_CLOCK), v.abs(end))
        first, near, close = high, v.num(math.inf), b.not_(_never(v))
        again_high = b.and_(b.and_(flips, bracketed), v.compare(">", streak, one))
        again_low = b.and_(misses, v.compare("<", streak, v.num(-1.0)))
        for j, turn in enumerate(self.program.watched):
            trial = v.load(w, place.trial + j)
            at_low = v.select(begins, v.load(w, place.side + j), v.load(w, place.low + j))
            at_low = v.select(misses, trial, at_low)
            at_low = v.select(again_high, v.times(v.num(0.5), at_low), at_low)
            at_high = v.select(flips, trial, v.load(w, place.high + j))
            at_high = v.select(again_low, v.times(v.num(0.5), at_high), at_high)
            v.store(at_low, w, place.low + j)
            v.store(at_high, w, place.high + j)
            own, own_near = self._other(v, w, j, at_high), self._near(v, whole, clock, turn.jumps)
            there = v.fma(width, v.div(at_low, v.minus(at_low, at_high)), low)
            first = v.select(b.and_(own, v.compare("<", there, first)), there, first)
            near = v.select(b.and_(own, v.compare("<", own_near, near)), own_near, near)
            beyond = b.and_(own, b.not_(v.compare("<=", v.minus(high, there), own_near)))
            close = b.and_(close, b.not_(beyond))
        least, doubtful = self._near(v, whole, clock, True), v.compare(">", unsure, zero)
        narrow = v.compare("<=", width, least)
        done = b.and_(b.and_(flips, accepted), b.or_(close, narrow))
        # Where the step has not reached what it was thought to, that is further on.
        over = b.and_(misses, b.or_(narrow, doubtful))
        free = b.and_(b.and_(seeking, b.not_(bracketed)), b.and_(accepted, b.not_(flips)))
        lost = b.and_(b.and_(flips, b.not_(accepted)), narrow)
        again = b.or_(b.and_(flips, b.not_(b.or_(done, lost))), b.or_(b.and_(misses, b.not_(over)), short))
        aim, floor = v.fma(v.num(0.5), least, first), v.plus(low, least)
        before = v.fma(v.num(_BEFORE), v.minus(first, low), low)
        here = v.compare("<=", v.minus(first, low), near)
        aim = v.select(doubtful, v.select(here, v.fma(v.num(0.5), near, first), before), aim)
        aim = v.select(v.compare("<", aim, floor), floor, aim)
        slow = v.compare(">=", v.abs(streak), v.num(_SLOW))
        aim = v.select(b.or_(slow, b.not_(v.compare("<", aim, high))), v.fma(v.num(0.5), width, low), aim)
        aim = v.select(short, v.times(step, v.load(w, place.passed)), aim)
        for value, at in (
            (v.select(again, aim, zero), place.seek),
            (low, place.least),
            (v.select(b.or_(short, b.not_(again)), v.num(math.inf), high), place.longest_sought),
            (v.select(again, streak, zero), place.streak),
            (whole, place.whole),
            (unsure, place.unsure),
            (v.select(done, one, zero), place.turned),
        ):
            v.store(value, w, at)
        plain = b.and_(accepted, b.not_(b.or_(b.or_(flips, misses), b.or_(short, free))))
        return b.or_(b.or_(done, over), b.or_(free, plain)), again

    def _near(self, v: Lanes, whole: Any, clock: Any, jumps: bool) -> Any:
        own = v.times(v.num(_JUMP if jumps else _CORNER), whole)
        return v.select(v.compare(">", own, clock), own, clock)

    def _call(self, v: Lanes, w: Any, t: Any, y: int) -> None:
        place = self.place
        parts = (y, place.trial, place.parameter, place.static, place.flow, place.bound)
        v.b.call(self.sides, [t, *(v.at(w, n) for n in parts)])

    def _any(self, v: Lanes, w: Any) -> Any:
        """Where any side that was tried is not in its zone."""
        found = _never(v)
        for j in range(self.place.watched):
            found = v.b.or_(found, self._other(v, w, j, v.load(w, self.place.trial + j)))
        return found

    def _other(self, v: Lanes, w: Any, j: int, side: Any) -> Any:
        """Where a side is not in its zone.

        Not where it is no number, nor where it is nothing: what rounds to nothing may do so again and again.
        """
        zero, zone = v.num(0.0), v.load(w, self.place.parameter + self.program.watched[j].zone)
        size = v.load(w, self.place.trial + self.place.watched + j)
        there = v.compare(">", v.abs(side), v.times(v.num(NOISE), size))
        above = v.b.and_(v.compare(">", side, zero), v.compare("<=", zone, zero))
        below = v.b.and_(v.compare("<", side, zero), v.compare(">=", zone, zero))
        return v.b.and_(there, v.b.or_(above, below))


def _never(v: Lanes) -> Any:
    return v.compare("<", v.num(0.0), v.num(0.0))
