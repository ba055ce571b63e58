"""Whether a program's tokens make it run, and run as it is written.

Loads, computations and stores go side by side, each queue in order. A program may run when every token that is waited
for comes, and when tokens, queues and SYNC order each two accesses to one half of a buffer, or to one byte of memory,
of which one writes. Order is told by vector clocks: an instruction's clock counts the instructions of each queue that
are known to be done when it begins, and itself.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP32
from heddle.arch.instructions import QUEUE_INSTRUCTIONS, Compute, Instruction, Load, Opcode, Places, Store, Sync
from heddle.sim.program.transfers import touched_bytes

_QUEUES = (Opcode.LOAD, Opcode.COMPUTE, Opcode.STORE)
Clock = tuple[int, int, int]
Half = tuple[str, int]


def check_order(program: Sequence[Instruction], memory_bytes: int, element_bytes: int) -> None:
    """Raise HeddleError, naming instructions, where ``program`` may not run as it is written."""
    if not program or not isinstance(program[-1], Sync) or not program[-1].last:
        raise HeddleError("the program does not end with SYNC last")
    for number, instruction in enumerate(program[:-1]):
        if isinstance(instruction, Sync) and instruction.last:
            raise HeddleError(f"instruction {number}: SYNC last stands before the end of the program")
    clocks = token_order(program)
    _check_halves(program, clocks)
    _check_memory(program, clocks, memory_bytes, element_bytes)


@dataclass
class _Queues:
    """What waits in each queue, the tokens under way between neighbours with their clocks, and each queue's clock."""

    waiting: tuple[deque[int], ...] = field(default_factory=lambda: tuple(deque() for _ in _QUEUES))
    tokens: dict[tuple[int, int], deque[Clock]] = field(
        default_factory=lambda: {pair: deque() for pair in ((0, 1), (1, 0), (1, 2), (2, 1))}
    )
    done: list[Clock] = field(default_factory=lambda: [(0, 0, 0)] * len(_QUEUES))


def token_order(program: Sequence[Instruction], queue_depth: int = QUEUE_INSTRUCTIONS) -> list[Clock]:
    """Return the vector clock of each instruction when it is done: what is done before it, counted in each queue.

    Raises HeddleError where some never are. No more than ``queue_depth`` instructions wait in a queue, and one that
    finds its queue full keeps all behind it from being seen, so that tokens may never come for that reason too.
    """
    queues, clocks = _Queues(), [(0, 0, 0)] * len(program)
    for number, instruction in enumerate(program):
        if isinstance(instruction, Sync):
            _drain(queues, program, clocks)
            if _stuck(queues):
                _refuse(_stuck(queues), program)
            everything = _joined(queues.done)
            queues.done = [everything] * len(_QUEUES)
            clocks[number] = everything
        else:
            waiting = queues.waiting[_QUEUES.index(instruction.opcode_of)]
            if len(waiting) == queue_depth:
                _drain(queues, program, clocks)
                if len(waiting) == queue_depth:
                    _refuse(_stuck(queues), program)
            waiting.append(number)
    return clocks


def _drain(queues: _Queues, program: Sequence[Instruction], clocks: list[Clock]) -> None:
    """Let all that waits run, as far as tokens let it."""
    moves = True
    while moves:
        moves = False
        for queue, waiting in enumerate(queues.waiting):
            while waiting and _has_tokens(queues, queue, program[waiting[0]]):
                number = waiting.popleft()
                clocks[number] = _run(queues, queue, program[number])
                moves = True


def _stuck(queues: _Queues) -> list[int]:
    """The first instruction of each queue in which any waits."""
    return sorted(waiting[0] for waiting in queues.waiting if waiting)


def _refuse(stuck: Sequence[int], program: Sequence[Instruction]) -> None:
    named = ", ".join(f"{program[number].opcode_of.name} {number}" for number in stuck)
    raise HeddleError(f"tokens never come for instructions {named}")


def _neighbours(queue: int, instruction: Instruction) -> Iterator[tuple[tuple[int, int], int, int]]:
    """For each neighbour of a queue: the way from it, whether a token is taken from it, and whether it is given one."""
    tokens = instruction.tokens
    for other, waits, signals in (
        (queue - 1, tokens.wait_previous, tokens.signal_previous),
        (queue + 1, tokens.wait_next, tokens.signal_next),
    ):
        if 0 <= other < len(_QUEUES):
            yield (other, queue), waits, signals


def _has_tokens(queues: _Queues, queue: int, instruction: Instruction) -> bool:
    return all(queues.tokens[way] or not waits for way, waits, _ in _neighbours(queue, instruction))


def _run(queues: _Queues, queue: int, instruction: Instruction) -> Clock:
    known = [queues.done[queue]]
    known += [queues.tokens[way].popleft() for way, waits, _ in _neighbours(queue, instruction) if waits]
    before = _joined(known)
    clock: Clock = (before[0] + (queue == 0), before[1] + (queue == 1), before[2] + (queue == 2))
    queues.done[queue] = clock
    for (other, _), _, signals in _neighbours(queue, instruction):
        if signals:
            queues.tokens[queue, other].append(clock)
    return clock


def _joined(clocks: Sequence[Clock]) -> Clock:
    first, second, third = (max(clock[queue] for clock in clocks) for queue in range(len(_QUEUES)))
    return first, second, third


@dataclass(frozen=True)
class _Access:
    """An instruction that reads or writes something: its number, its queue, and its own count in the queue's clock."""

    number: int
    queue: int
    count: int

    @classmethod
    def of(cls, number: int, instruction: Instruction, clocks: Sequence[Clock]) -> _Access:
        queue = _QUEUES.index(instruction.opcode_of)
        return cls(number, queue, clocks[number][queue])

    def is_before(self, later: _Access, clocks: Sequence[Clock]) -> bool:
        """Whether it is done when ``later`` begins."""
        return clocks[later.number][self.queue] >= self.count


def _check_halves(program: Sequence[Instruction], clocks: Sequence[Clock]) -> None:
    """Each access to a half, in program order, against the last writing and the readings since."""
    written: dict[Half, _Access] = {}
    read: dict[Half, list[_Access]] = {}
    for number, instruction in enumerate(program):
        if isinstance(instruction, Sync):
            continue
        access = _Access.of(number, instruction, clocks)
        reads, writes = _halves(instruction)
        for half in reads:
            _require(written.get(half), access, clocks, half)
            read.setdefault(half, []).append(access)
        for half in writes:
            for earlier in (written.get(half), *read.pop(half, [])):
                _require(earlier, access, clocks, half)
            written[half] = access


def _halves(instruction: Instruction) -> tuple[list[Half], list[Half]]:
    """The halves that an instruction reads, and those that it writes."""
    if isinstance(instruction, Load):
        return [], [("weight" if instruction.weight else "activation", instruction.half)]
    if isinstance(instruction, Compute):
        out = ("output", instruction.out_half)
        operands = [("activation", instruction.left_half), ("weight", instruction.right_half)]
        return [*operands, *([out] if instruction.command.reload else [])], [out]
    if isinstance(instruction, Store):
        return [("output", instruction.half)], []
    return [], []


def _require(earlier: _Access | None, later: _Access, clocks: Sequence[Clock], half: Half) -> None:
    if earlier is not None and earlier.number != later.number and not earlier.is_before(later, clocks):
        raise HeddleError(
            f"no token orders instructions {earlier.number} and {later.number}, "
            f"which both use half {half[1]} of the {half[0]} buffer"
        )


def _check_memory(
    program: Sequence[Instruction], clocks: Sequence[Clock], memory_bytes: int, element_bytes: int
) -> None:
    """Transfers stay within the memory, and no load reads what a store of the same stretch writes.

    A stretch is what lies between two SYNCs: nothing else orders memory for certain.
    """
    loads: list[tuple[range, int]] = []
    stores: list[tuple[range, int]] = []
    for number, instruction in enumerate(program):
        if isinstance(instruction, Sync):
            _check_stretch(loads, stores)
            loads, stores = [], []
        elif isinstance(instruction, Load):
            loads.append((_bytes_of(number, instruction, element_bytes, memory_bytes), number))
        elif isinstance(instruction, Store):
            width = FP32.width_bytes if instruction.wide else element_bytes
            stores.append((_bytes_of(number, instruction, width, memory_bytes), number))


def _bytes_of(number: int, instruction: Load | Store, element_bytes: int, memory_bytes: int) -> range:
    places: Places = instruction.places
    touched = touched_bytes(places, element_bytes)
    if touched.stop > memory_bytes:
        raise HeddleError(
            f"instruction {number}, {instruction.opcode_of.name}: bytes up to {touched.stop}, "
            f"but the memory ends at {memory_bytes}"
        )
    return touched


def _check_stretch(loads: list[tuple[range, int]], stores: list[tuple[range, int]]) -> None:
    """No load's bytes, from its first to its last, meet a store's."""
    stores = sorted(stores, key=lambda entry: entry[0].start)
    starts = [touched.start for touched, _ in stores]
    furthest: list[tuple[int, int]] = []
    for touched, number in stores:
        furthest.append(max((touched.stop, number), furthest[-1] if furthest else (0, 0)))
    for touched, number in loads:
        behind = bisect_right(starts, touched.stop - 1)
        if behind and len(touched) and furthest[behind - 1][0] > touched.start:
            store = furthest[behind - 1][1]
            raise HeddleError(
                f"no SYNC stands between instructions {min(store, number)} and {max(store, number)}, "
                "of which one loads what the other stores"
            )
