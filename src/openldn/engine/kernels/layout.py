"""Where things stand in a kernel's memory: the request that the caller fills, and a thread's workspace.

A request is an array of 64-bit slots: addresses of the caller's arrays, and a few numbers. A workspace
holds one vector (a double for each lane) for every quantity, and whole numbers for each lane.
"""

from dataclasses import dataclass
from enum import IntEnum


class Request(IntEnum):
    """The slots of a request."""

    COUNTER = 0  # how many were taken, shared by all threads
    PERSONS = 1  # how many are to be solved
    PARAMETERS = 2  # addresses, one for each parameter
    STRIDES = 3  # 0 where every person has the same value, else 8
    PLAN_OF = 4  # the number of each person's plan
    OFFSETS = 5  # where each plan's events start
    TIME = 6  # of each event, and so on
    KIND = 7
    INDEX = 8
    AMOUNT = 9
    FACTOR = 10
    ROW = 11  # the first output row of each person
    OUT = 12
    INFO = 13  # status, steps taken, steps rejected, where it ended (bits of a double), samples taken
    START = 14  # hour at which everybody starts
    RTOL = 15
    ATOL = 16
    STEP_LIMIT = 17
    MODES = 18  # rows of λ, r, V and V⁻¹
    WHO = 19  # the numbers of the persons to solve
    NEXT = 20  # of each event: which is the next at which a step has to end, it or another
    MODES_OF = 21  # the first row of each person
    ROW_OF = 22  # of each event: the row from it on, counted from the person's first, or -1


class Status(IntEnum):
    """How a person's solve ended."""

    DONE = 0
    TOO_MANY_STEPS = 1
    NOT_FINITE = 2
    STEP_TOO_SMALL = 3
    ENDLESS = 4  # and 16 times the number of the action, and 8 more for a turn, that has no end


INFO_WIDTH = 5
TABLES = 4  # as many steps of different length a day's schedule has, more or less


@dataclass(frozen=True)
class Workspace:
    """Numbers of vectors in the workspace of a kernel with so many states, stages and so on."""

    states: int  # the free ones
    stages: int
    parameters: int
    fixed: int
    outputs: int
    modes: int = 0
    nodes: int = 0  # points of a step at which modes are needed
    entries: int = 0  # of the matrix of an implicit method, with the derivatives by time
    watched: int = 0  # turns that a step may come upon
    hours: int = 0  # of turns that are known, with their slopes and sides, and hours to look at
    whens: int = 0
    values: int = 0  # of acts

    @property
    def rows(self) -> int:
        """States, and one that is always zero where their number is odd: errors are taken in pairs."""
        return self.states + self.states % 2

    @property
    def y(self) -> int:
        return 0

    @property
    def new(self) -> int:
        return self.rows

    @property
    def k(self) -> int:
        return 2 * self.rows

    @property
    def flow(self) -> int:
        return (2 + self.stages) * self.rows

    @property
    def parameter(self) -> int:
        return self.flow + self.states

    @property
    def static(self) -> int:
        return self.parameter + self.parameters

    @property
    def longest(self) -> int:
        """The longest step that the rhythms of the model allow."""
        return self.static

    @property
    def initial(self) -> int:
        return self.static + 1

    @property
    def factors(self) -> int:
        return self.initial + self.states + self.modes

    @property
    def shown(self) -> int:
        return self.static + self.fixed

    @property
    def first_step(self) -> int:
        """One for each state that an event may have moved, one for the start and all else, one for samples."""
        return self.shown + self.outputs

    @property
    def most(self) -> int:
        """The largest that each state was in this run, or a billionth of what can reach it where that is more."""
        return self.first_step + self.states + self.modes + 2

    @property
    def t(self) -> int:
        return self.most + self.rows

    @property
    def h(self) -> int:
        return self.t + 1

    @property
    def stop(self) -> int:
        return self.t + 2

    @property
    def due(self) -> int:
        """When the next event happens; it is a sample where that is before the stop."""
        return self.t + 8

    @property
    def error(self) -> int:
        """The error of the last accepted step, which the controller remembers."""
        return self.t + 3

    @property
    def fresh(self) -> int:
        """1 in a lane whose next step is the first after an event, 2 after a mere sample, else 0."""
        return self.t + 4

    @property
    def tried(self) -> int:
        """Steps since the person began, accepted and rejected."""
        return self.t + 5

    @property
    def rejected(self) -> int:
        return self.t + 6

    @property
    def broken(self) -> int:
        """1 in a lane whose last step met a value that is not finite."""
        return self.t + 7

    @property
    def rates_of_modes(self) -> int:
        """λ, r, V by rows and V⁻¹ by rows: what a person brings along, and r changes with inflows."""
        return self.t + 9

    @property
    def rest(self) -> int:
        return self.rates_of_modes + self.modes

    @property
    def vectors(self) -> int:
        return self.rest + self.modes

    @property
    def inverse(self) -> int:
        return self.vectors + self.modes**2

    @property
    def z(self) -> int:
        """What there is of each mode now."""
        return self.inverse + self.modes**2

    @property
    def inflow(self) -> int:
        """What flows into each state that follows modes."""
        return self.z + self.modes

    @property
    def bound(self) -> int:
        """The states that follow modes, at the time last asked for."""
        return self.inflow + self.modes

    @property
    def parts(self) -> int:
        """vᵢₘ zₘ by rows, at the start of a step."""
        return self.bound + self.modes

    @property
    def decay(self) -> int:
        """e^(λₘ c h) by modes and nodes, for the h that stands in `decay_of`."""
        return self.parts + self.modes**2

    @property
    def decay_of(self) -> int:
        return self.decay + self.modes * self.nodes

    @property
    def kept(self) -> int:
        """The same for the last few h of each lane, one table after another."""
        return self.decay_of + 1

    @property
    def kept_of(self) -> int:
        return self.kept + TABLES * self.modes * self.nodes

    @property
    def turn(self) -> int:
        """The table that each lane gives up next."""
        return self.kept_of + TABLES

    @property
    def matrix(self) -> int:
        return self.turn + 1

    @property
    def reach(self) -> int:
        """How much can reach each state, free and bound, 0 where nothing is known to; two more of that kind to work with."""
        return self.matrix + self.entries

    @property
    def course(self) -> int:
        """f₀ … f₆ of each free state between the ends of a step."""
        return self.reach + 3 * (self.states + self.modes)

    @property
    def inside(self) -> int:
        """The free states there."""
        return self.course + 7 * self.rows

    @property
    def start(self) -> int:
        """The free states where a part of a step starts, and where it ends."""
        return self.inside + self.rows

    @property
    def finish(self) -> int:
        return self.start + self.rows

    @property
    def parked(self) -> int:
        """A step that is put aside: y, new and the stages as they stand at the start of a workspace."""
        return self.finish + self.rows

    @property
    def parked_z(self) -> int:
        return self.parked + (2 + self.stages) * self.rows

    @property
    def parked_rest(self) -> int:
        return self.parked_z + self.modes

    @property
    def parked_most(self) -> int:
        return self.parked_rest + self.modes

    @property
    def parked_t(self) -> int:
        """When it starts, and how long it is."""
        return self.parked_most + self.rows

    @property
    def side(self) -> int:
        """The watched sides now; then with their sizes where a step is tried, and at both ends of where one turns."""
        return self.parked_t + 2

    @property
    def trial(self) -> int:
        return self.side + self.watched

    @property
    def low(self) -> int:
        return self.trial + 2 * self.watched

    @property
    def high(self) -> int:
        return self.low + self.watched

    @property
    def seek(self) -> int:
        """How long a step is to be tried next, 0 where nothing is sought."""
        return self.high + self.watched

    @property
    def least(self) -> int:
        """The longest step known not to reach a turn, and the shortest known to."""
        return self.seek + 1

    @property
    def longest_sought(self) -> int:
        return self.seek + 2

    @property
    def streak(self) -> int:
        """How often running it was the longest (above 0) or the shortest (below 0) that was replaced."""
        return self.seek + 3

    @property
    def passed(self) -> int:
        """The share of the step at which one of its stages was on another side; infinite where none was."""
        return self.seek + 4

    @property
    def turned(self) -> int:
        """1 in a lane whose last step ended where something turns."""
        return self.seek + 5

    @property
    def whole(self) -> int:
        """The step in which a turn is sought."""
        return self.seek + 6

    @property
    def unsure(self) -> int:
        """1 where the step known to reach a turn had too large an error."""
        return self.seek + 7

    @property
    def since(self) -> int:
        """The hour from which on turns are counted."""
        return self.seek + 8

    @property
    def known_hours(self) -> int:
        return self.seek + 9

    @property
    def holds(self) -> int:
        """Which conditions of lines `when` hold, and which did when last looked at."""
        return self.known_hours + self.hours

    @property
    def held(self) -> int:
        return self.holds + self.whens

    @property
    def acted(self) -> int:
        """What acts set or add."""
        return self.held + self.whens

    @property
    def turns(self) -> bool:
        return bool(self.watched or self.hours or self.whens or self.values)

    @property
    def size(self) -> int:
        return self.acted + self.values if self.turns else self.side


class Lane(IntEnum):
    """The whole numbers of each lane."""

    PERSON = 0
    EVENT = 1
    END = 2
    ROW = 3
    SLOT = 4
    MORE = 5  # 1 where something new has come in, so that `reach` is to be found anew
    PARKED = 6  # 1 where a step with samples is put aside
    SAMPLE = 7  # the next of the samples that are to be taken, and where it goes
    SAMPLE_ROW = 8
    SAMPLE_END = 9
    MODES = 10  # the person's first row
    ANEW = 11  # 1 where a condition that holds has not become true: at the start, and after a reset
    TURNED = 12  # turns since `since`, and in the whole run
    ALL_TURNED = 13
    SIZE = 14
