"""One case in the RTL simulator: reset, run, watch for words too many, report.

One coroutine serves all streams, a call a stream and clock: what the simulation costs is mostly Python, and five
coroutines that wait for the same edge cost twice as much.
"""

from __future__ import annotations

from typing import Any

from cocotb.triggers import FallingEdge, RisingEdge

from heddle.verify.bench.buffer import OutputBuffer, WordSource
from heddle.verify.bench.checker import Checker
from heddle.verify.bench.driver import Driver, stalls
from heddle.verify.bench.jumper import Jumper
from heddle.verify.bench.monitor import Listener, Monitor
from heddle.verify.case_file import word_integers
from heddle.verify.cases import Case, InputStream, OutputStream
from heddle.verify.results import Outcome

_RESET_CLOCKS = 2
#: The clock after reset in which a first word can be taken: it is offered in the one before.
_FIRST_CLOCK = 1
#: Clocks after the last expected word in which one too many would show.
_WATCH_CLOCKS = 16


async def run_case(dut: Any, case: Case) -> Outcome:
    """Run ``case`` from reset to its end on ``dut``, whose clock runs; begin and abandon it first where it says so."""
    if case.reset_after_cycles:
        await CaseRun(dut, case).abandon()
    return await CaseRun(dut, case).run()


class CaseRun:
    """One run of a case on ``dut``, whose clock runs."""

    def __init__(self, dut: Any, case: Case) -> None:
        self._dut = dut
        self._case = case
        self._edge = RisingEdge(dut.clk)
        self._between_edges = FallingEdge(dut.clk)
        self._jumpers = [Jumper(dut, jump) for jump in case.jumps]
        self._buffer = OutputBuffer()
        self._checkers = [Checker(output) for output in case.outputs]
        self._drivers = [self._driver(stream) for stream in case.inputs]
        self._monitors = [self._monitor(*pair) for pair in zip(case.outputs, self._checkers, strict=True)]
        self._now = 0
        self._first_clock: int | None = None

    async def run(self) -> Outcome:
        """Run the case from reset to its end, or to its limit of cycles."""
        await self._reset()
        while self._pending() and self._now < self._case.limit_cycles:
            await self._clock()
        failure = self._hang() if self._pending() else await self._after_the_last_word()
        self._stop()
        return self._outcome(failure)

    async def abandon(self) -> None:
        """Begin the case, and leave it in the middle: what is reset next is at work."""
        await self._reset()
        for _ in range(self._case.reset_after_cycles):
            await self._clock()
        self._stop()

    def _stop(self) -> None:
        for driver in self._drivers:
            driver.stop()
        for monitor in self._monitors:
            monitor.stop()

    def _driver(self, stream: InputStream) -> Driver:
        source = None if stream.source is None else stream.source.tolist()
        words = WordSource(word_integers(stream.words), source, self._buffer)
        seed = f"{self._case.seed}/{stream.name}"
        return Driver(self._dut, stream.name, words, stalls(stream.idle, seed), seed)

    def _monitor(self, output: OutputStream, checker: Checker) -> Monitor:
        listeners: list[Listener] = [checker.check]
        if output is self._case.outputs[0]:
            listeners.append(self._buffer.store)
        refuse = stalls(output.backpressure, f"{self._case.seed}/{output.name}")
        return Monitor(self._dut, output.name, listeners, refuse)

    async def _reset(self) -> None:
        for name, value in self._case.constants.items():
            getattr(self._dut, name).value = value
        self._dut.rst.value = 1
        for _ in range(_RESET_CLOCKS):
            await self._edge
        self._dut.rst.value = 0

    async def _clock(self) -> None:
        if self._jumpers:
            await self._between_edges
            for jumper in self._jumpers:
                jumper.look()
        await self._edge
        now = self._now
        for monitor in self._monitors:
            monitor.clock(now)
        started, *others = self._drivers
        if started.clock() and self._first_clock is None:
            self._first_clock = now
        for driver in others:
            driver.clock()
        self._now = now + 1

    def _pending(self) -> bool:
        return any(side.pending for side in self._checkers) or any(side.pending for side in self._drivers)

    async def _after_the_last_word(self) -> str:
        """What is wrong when nothing more should come: a word too many, a port with another value, a late beginning."""
        for _ in range(_WATCH_CLOCKS):
            await self._clock()
        wrong = [
            f"{output.name} gave a word more than the {len(output.expected)} expected"
            for output, checker in zip(self._case.outputs, self._checkers, strict=True)
            if checker.extra
        ]
        for port, expected in self._case.status.items():
            value = int(getattr(self._dut, port).value)
            if value != expected:
                wrong.append(f"{port} is {value}, not {expected}")
        return "; ".join([*wrong, *self._hesitation()])

    def _hesitation(self) -> list[str]:
        """A first word that was not taken at once, where nothing stalls: the case's cycles count only from it on."""
        late = (self._first_clock or _FIRST_CLOCK) - _FIRST_CLOCK
        if self._case.sim_cycles is None or not late:
            return []
        return [f"{self._case.inputs[0].name} took its first word {late} cycles after it could"]

    def _hang(self) -> str:
        gave = [
            f"{output.name} gave {checker.count} of {len(output.expected)} words"
            for output, checker in zip(self._case.outputs, self._checkers, strict=True)
        ]
        took = [
            f"{stream.name} took {driver.taken} of {len(stream.words)}"
            for stream, driver in zip(self._case.inputs, self._drivers, strict=True)
        ]
        return f"hung: not done after {self._now} cycles ({', '.join(gave + took)})"

    def _outcome(self, failure: str) -> Outcome:
        first_clock = self._first_clock or 0
        wrong = [found for checker in self._checkers if (found := checker.first_wrong(first_clock))]
        last_clock = max(checker.last_clock for checker in self._checkers)
        return Outcome(
            name=self._case.name,
            rtl_cycles=None if self._pending() else last_clock - first_clock + 1,
            first_wrong=min(wrong, key=lambda mismatch: mismatch.cycle, default=None),
            failure=failure,
        )
