"""Faults of what lets a host control the machine: registers, watchdog, stops, and masters that are cut off."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.mutants.checks import proof, unit_tests
from benchmarks.mutants.fault import Fault

_LITE = "hls/axi/lite.py"
LITE_FAULTS = (
    Fault(
        "second-address-over-the-first",
        _LITE,
        "aw.ready.eq(~self.asked)",
        "aw.ready.eq(1)",
        "the address of the next write is taken before this one's is used",
        proof("axi-lite"),
    ),
    Fault(
        "write-before-its-data",
        _LITE,
        "self.asked & self.written & (~b.valid | b.ready)",
        "self.asked & (~b.valid | b.ready)",
        "a write is made and answered as its address is there",
        proof("axi-lite"),
    ),
    Fault(
        "word-over-one-that-waits",
        _LITE,
        "self.wanted & (~r.valid | r.ready)",
        "self.wanted",
        "a word that is read takes the place of one that the master has not taken",
        proof("axi-lite"),
    ),
    Fault(
        "answer-taken-back",
        _LITE,
        "with m.If(b.ready):",
        "with m.If(b.valid):",
        "the answer to a write is offered for a clock",
        proof("axi-lite"),
    ),
    Fault(
        "mistake-answered-as-right",
        _LITE,
        "Mux(is_wrong, Response.SLVERR, Response.OKAY)",
        "Mux(is_wrong, Response.OKAY, Response.OKAY)",
        "an access to no register is answered with OKAY",
        proof("axi-lite"),
    ),
)

CUT_FAULTS = (
    Fault(
        "write-begun-after-the-cut",
        "hls/axi/write_engine.py",
        "requester.hold.eq(self.cut)",
        "requester.hold.eq(0)",
        "bursts are begun by a writer that is cut off",
        proof("axi-write-2"),
    ),
    Fault(
        "read-begun-after-the-cut",
        "hls/axi/read_engine.py",
        "self.cut | (room_behind < 0)",
        "room_behind < 0",
        "bursts are begun by a reader that is cut off",
        proof("axi-read-1"),
    ),
    Fault(
        "cut-beat-waits-for-a-word",
        "hls/axi/spreader.py",
        "needs.eq(~self.cut & ((self.at == 0) | (total > shape.data_bytes)))",
        "needs.eq((self.at == 0) | (total > shape.data_bytes))",
        "a beat that is to go without data waits for them",
        proof("axi-write-2"),
    ),
    Fault(
        "cut-beat-with-strobes",
        "hls/axi/spreader.py",
        "~self.cut & (beat.address <= place)",
        "(beat.address <= place)",
        "a beat without data writes what stood there before",
        proof("axi-spread"),
    ),
)

_REGISTERS, _OF_REGISTERS = "hls/system/registers.py", unit_tests("hls/system/test_registers.py")
REGISTER_FAULTS = (
    Fault(
        "every-byte-written",
        _REGISTERS,
        "strobe.replicate(_BYTE_BITS)",
        "(strobe | 1).replicate(_BYTE_BITS)",
        "a write changes bytes that it has no strobes for",
        _OF_REGISTERS,
    ),
    Fault(
        "counter-read-in-two-clocks",
        _REGISTERS,
        "= counted[:REGISTER_BITS], high",
        "= counted[:REGISTER_BITS], counted[REGISTER_BITS:]",
        "a counter's high word is of another clock than its low one",
        _OF_REGISTERS,
    ),
    Fault(
        "done-of-the-program-before",
        _REGISTERS,
        'm.d.sync += self.kept["done"].eq(0)',
        "pass",
        "a start leaves `done` as it was",
        _OF_REGISTERS,
    ),
    Fault(
        "cleared-as-it-is-set",
        _REGISTERS,
        "        self._write(m, slave)\n        self._set(m)\n",
        "        self._set(m)\n        self._write(m, slave)\n",
        "what the machine sets in the clock in which the host clears it is lost",
        _OF_REGISTERS,
    ),
    Fault(
        "interrupt-that-nobody-enabled",
        _REGISTERS,
        '(kept["pending_done"] & kept["enable_done"])',
        'kept["pending_done"]',
        "the end of a program interrupts in any case",
        _OF_REGISTERS,
    ),
)

_WATCHED, _OF_STOPS = unit_tests("hls/control/test_watchdog.py"), unit_tests("hls/system/test_stops.py")
#: Where the bench itself sees that a rule is broken, its line is the evidence.
_OF_MACHINE = replace(
    unit_tests("verify/test_machine_faults.py"),
    evidence=r"(?<=\.py:)\d+: (?:AssertionError|assert |heddle\.\S+: the machine's model ended with 3).*",
)
STOP_FAULTS = (
    Fault(
        "limit-a-clock-longer",
        "hls/control/watchdog.py",
        "silent >= self.limit",
        "silent > self.limit",
        "nothing may move for a clock more than the limit",
        _WATCHED,
    ),
    Fault(
        "watched-while-nothing-runs",
        "hls/control/watchdog.py",
        "self.moves | ~self.runs",
        "self.moves",
        "a program is late by the clocks before its start",
        _WATCHED,
    ),
    Fault(
        "last-cause-first",
        "hls/system/stops.py",
        "reversed(every)",
        "every",
        "of causes in one clock the last one is told",
        _OF_STOPS,
    ),
    Fault(
        "later-cause-told",
        "hls/system/stops.py",
        "self.runs & (self.stop == Stop.NONE) & reduce",
        "self.runs & reduce",
        "a cause takes the place of the first",
        _OF_STOPS,
    ),
    Fault(
        "error-of-the-load-before",
        "hls/system/load_unit.py",
        "with m.If(is_heard & (before == 0)):",
        "with m.If(is_heard):",
        "an error is told while the load before it is not done",
        _OF_MACHINE,
    ),
    Fault(
        "nothing-restarted",
        "hls/system/accelerator.py",
        "Restarted(units, begins)",
        "units",
        "a start leaves the units as the program before left them",
        _OF_MACHINE,
    ),
    Fault(
        "end-before-memory-has-answered",
        "hls/system/accelerator.py",
        "~(fetch.owes | load.owes | store.owes)",
        "~(fetch.owes | load.owes)",
        "a stopped program ends while memory still owes a writer answers",
        _OF_MACHINE,
    ),
)
