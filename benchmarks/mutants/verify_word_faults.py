"""Faults of words, for ``heddle verify`` to catch: too few bits, special values, buffers."""

from __future__ import annotations

from benchmarks.mutants.checks import verified
from benchmarks.mutants.fault import Fault

_TINY = verified("tiny")

WIDTH_FAULTS = (
    Fault(
        "slots-of-12-bits",
        "hls/array/os_steps.py",
        "slot = Signal.like(self.progress.command.length)",
        "slot = Signal(12)",
        "an OS tile of more than 4,096 slots does not end",
        _TINY,
    ),
    Fault(
        "phase-of-14-bits",
        "hls/array/sequencer.py",
        "self.phase = Signal(INTERVAL_BITS)",
        "self.phase = Signal(14)",
        "a tile of more than 16,384 steps does not end",
        _TINY,
    ),
    Fault(
        "slots-of-23-bits",
        "hls/array/os_steps.py",
        "slot = Signal.like(self.progress.command.length)",
        "slot = Signal(23)",
        "an OS tile of more than half the slots that a command can say does not end",
        _TINY,
    ),
    Fault(
        "phase-of-31-bits",
        "hls/array/sequencer.py",
        "self.phase = Signal(INTERVAL_BITS)",
        "self.phase = Signal(INTERVAL_BITS - 1)",
        "a tile of more than half the steps that a command can say does not end",
        _TINY,
    ),
    Fault(
        "tiles-of-23-bits",
        "hls/array/sequencer.py",
        "self.tile = Signal(COUNT_BITS)",
        "self.tile = Signal(COUNT_BITS - 1)",
        "an instruction of more than half the tiles that a command can say does not end",
        _TINY,
    ),
    Fault(
        "prologue-without-room-for-the-lead",
        "hls/array/sequencer.py",
        "self.prologue_left = Signal(COUNT_BITS + 1,",
        "self.prologue_left = Signal(COUNT_BITS,",
        "the longest settle and the lead together wrap to a short prologue",
        _TINY,
    ),
    Fault(
        "coming-phase-of-32-bits",
        "hls/array/control.py",
        '"phase_before_coming": signed(INTERVAL_BITS + 1),',
        '"phase_before_coming": signed(INTERVAL_BITS),',
        "in the longest intervals the next tile's partial sums are asked for from the first step on",
        _TINY,
    ),
    Fault(
        "fresh-tiles-of-23-bits",
        "hls/array/sequencer.py",
        "(tile != ends.last_fresh_tile)",
        "(tile[: COUNT_BITS - 1] != ends.last_fresh_tile[: COUNT_BITS - 1])",
        "beyond half of the tiles that a command can say each tile's sums start anew, or none's",
        _TINY,
    ),
    Fault(
        "prologue-of-4-bits",
        "hls/array/sequencer.py",
        "self.prologue_left = Signal(COUNT_BITS + 1,",
        "self.prologue_left = Signal(4,",
        "a prologue of 16 steps or more is too short",
        _TINY,
    ),
    Fault(
        "weight-rows-wrap",
        "hls/array/ws_steps.py",
        "rows_in = Signal(range(self.array.rows + 1))",
        "rows_in = Signal(range(self.array.rows))",
        "a WS tile takes weight rows without end",
        _TINY,
    ),
    Fault(
        "results-left-wrap",
        "hls/array/os_steps.py",
        "left = Signal(range(words + 1))",
        "left = Signal(range(words // 2))",
        "half of a tile's results are not collected",
        _TINY,
    ),
    Fault(
        "index-of-fewer-bits",
        "hls/array/uspe.py",
        "selection.index.eq(own_weight.index)",
        "selection.index.eq(own_weight.index[:-1])",
        "a weight takes an activation of the group's lower half",
        _TINY,
    ),
)

VALUE_FAULTS = (
    Fault(
        "root-of-less-than-nothing",
        "hls/fp/square_root.py",
        "x.nan | (x.sign & ~x.zero)",
        "x.nan",
        "the root of a negative number is a number",
        _TINY,
    ),
    Fault(
        "division-by-zero-finite",
        "hls/fp/divider.py",
        "a.infinite | b.zero, a.zero",
        "a.infinite, a.zero",
        "a number divided by zero is none of the infinities",
        _TINY,
    ),
    Fault(
        "zero-by-zero",
        "hls/fp/divider.py",
        "(dividend.infinite & divisor.infinite) | (dividend.zero & divisor.zero)",
        "(dividend.infinite & divisor.infinite)",
        "0 / 0 is not NaN",
        _TINY,
    ),
    Fault(
        "updates-overflow-to-nothing",
        "hls/fp/rounding.py",
        "overflow = (exponent >= target.exponent_ones)",
        "overflow = (exponent > target.exponent_ones)",
        "a product or operand just above the largest number keeps its bits",
        _TINY,
    ),
    Fault(
        "subnormal-gradient-not-normalised",
        "hls/fp/word_multiplier.py",
        "scaled=(ordered.scaled << ordered.zeros)[:width]",
        "scaled=ordered.scaled",
        "a subnormal weight or gradient is multiplied as it stands",
        _TINY,
    ),
    Fault(
        "product-infinity-times-zero",
        "hls/fp/word_multiplier.py",
        "(b.infinite & a.zero)",
        "(b.infinite & a.zero & b.zero)",
        "0 x infinity is an infinity in the update",
        _TINY,
    ),
)

BUFFER_FAULTS = (
    Fault(
        "reads-what-is-being-filled",
        "hls/memory/buffer.py",
        "read.addr.eq(Cat(~self.filling, self.read_addr))",
        "read.addr.eq(Cat(self.filling, self.read_addr))",
        "a buffer is read in the half that is written",
        _TINY,
    ),
    Fault(
        "one-swap-only",
        "hls/memory/buffer.py",
        "self.filling.eq(self.filling ^ access.swap)",
        "self.filling.eq(self.filling | access.swap)",
        "a buffer swaps once",
        _TINY,
    ),
    Fault(
        "bank-read-by-the-writer's-address",
        "hls/memory/buffer.py",
        "self._bank_of(access.read_addr) == number",
        "self._bank_of(access.write_addr) == number",
        "a bank shows its word where the writer is at it",
        _TINY,
    ),
    Fault(
        "written-into-every-bank",
        "hls/memory/buffer.py",
        "writes.eq(access.write_en & (self._bank_of(access.write_addr) == number))",
        "writes.eq(access.write_en)",
        "a word goes into all banks of a buffer",
        _TINY,
    ),
    Fault(
        "word-forgotten-without-reading",
        "hls/memory/buffer.py",
        "        with m.If(access.read_en):\n            m.d.sync += shown.eq(reads)",
        "        m.d.sync += shown.eq(reads)",
        "a word does not stay until the next is asked for",
        _TINY,
    ),
)
