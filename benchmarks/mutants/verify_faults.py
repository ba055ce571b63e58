"""Faults that ``heddle verify`` of the design itself must catch, whatever else the suite has.

They are of kinds that other faults are not: control between tiles and commands, resets, full queues, words of too few
bits, special values, buffers. ``python -m benchmarks.mutants --set verify`` seeds just these.
"""

from __future__ import annotations

from benchmarks.mutants.checks import verified
from benchmarks.mutants.fault import Fault

_TINY = verified("tiny")

CONTROL_FAULTS = (
    Fault(
        "sums-asked-for-after-the-last-tile",
        "hls/array/os_steps.py",
        "coming_tile = ~self.progress.last_tile & (phase",
        "coming_tile = (phase",
        "an OS instruction that reloads asks for partial sums of a tile that does not come",
        _TINY,
    ),
    Fault(
        "second-tile-issues-nothing",
        "hls/array/os_steps.py",
        "[output.eq(0), slot.eq(0), issued.eq(0)]",
        "[output.eq(0), slot.eq(0)]",
        "after an instruction's first tile no step feeds an output",
        _TINY,
    ),
    Fault(
        "ring-turns-late",
        "hls/array/os_steps.py",
        "with m.If(output == ring - 1):",
        "with m.If(output == ring):",
        "a slot follows the last one a step late",
        _TINY,
    ),
    Fault(
        "weight-rows-of-the-last-tile",
        "hls/array/ws_steps.py",
        "m.d.sync += [rows_in.eq(0), wait.eq(0)]",
        "m.d.sync += [rows_in.eq(0)]",
        "the first weight row of a tile waits for what is left of the last one's interval",
        _TINY,
    ),
    Fault(
        "reload-forgotten-in-ws",
        "hls/array/ws_steps.py",
        "command.reload | ~progress.fresh_tile",
        "~progress.fresh_tile",
        "a WS instruction that reloads starts from zeros",
        _TINY,
    ),
    Fault(
        "one-activation-row-more",
        "hls/array/ws_steps.py",
        "progress.phase < command.length",
        "progress.phase <= command.length",
        "a WS tile takes an activation row that is not its own",
        _TINY,
    ),
    Fault(
        "tiles-counted-on",
        "hls/array/sequencer.py",
        "m.d.sync += [tile.eq(0), state.eq(State.IDLE)]",
        "m.d.sync += state.eq(State.IDLE)",
        "an instruction counts its tiles from where the last one ended",
        _TINY,
    ),
    Fault(
        "emptiness-in-clocks",
        "hls/array/sequencer.py",
        "with m.Elif(self.en & ~is_empty):",
        "with m.Elif(~is_empty):",
        "a change of dataflow waits for clocks, not for steps, while results are held up",
        _TINY,
    ),
    Fault(
        "half-emptied",
        "hls/array/sequencer.py",
        "m.d.sync += self.idle_steps.eq(0)",
        "m.d.sync += self.idle_steps.eq(self.emptying_steps // 2)",
        "a change of dataflow waits half as long as it must",
        _TINY,
    ),
    Fault(
        "lead-left-out",
        "hls/array/sequencer.py",
        "offered.settle + Mux(offered.reload, lead, 0)",
        "offered.settle",
        "partial sums have no prologue in which to reach their rows",
        _TINY,
    ),
)

RESET_FAULTS = (
    Fault(
        "state-survives-reset",
        "hls/array/sequencer.py",
        "self.state = Signal(State)",
        "self.state = Signal(State, reset_less=True)",
        "an instruction goes on after a reset",
        _TINY,
    ),
    Fault(
        "phase-survives-reset",
        "hls/array/sequencer.py",
        "self.phase = Signal(INTERVAL_BITS)",
        "self.phase = Signal(INTERVAL_BITS, reset_less=True)",
        "the first tile after a reset is as far as the last one before it was",
        _TINY,
    ),
    Fault(
        "slot-survives-reset",
        "hls/array/os_steps.py",
        "slot, output, issued = Signal.like(self.progress.command.length),",
        "slot, output, issued = Signal.like(self.progress.command.length, reset_less=True),",
        "an OS tile after a reset begins in a later slot",
        _TINY,
    ),
    Fault(
        "weight-row-survives-reset",
        "hls/array/ws_steps.py",
        "rows_in, wait = Signal(range(self.array.rows + 1)),",
        "rows_in, wait = Signal(range(self.array.rows + 1), reset_less=True),",
        "a WS tile after a reset takes too few weight rows",
        _TINY,
    ),
    Fault(
        "credits-survive-reset",
        "hls/array/core.py",
        "on_the_way = Signal(range(depth + 1))",
        "on_the_way = Signal(range(depth + 1), reset_less=True)",
        "results that a reset dropped are waited for",
        _TINY,
    ),
    Fault(
        "empty-only-after-steps",
        "hls/array/sequencer.py",
        "self.idle_steps = Signal(range(self.emptying_steps + 1), init=self.emptying_steps)",
        "self.idle_steps = Signal(range(self.emptying_steps + 1))",
        "the first instruction after a reset waits for an array that is empty",
        _TINY,
    ),
    Fault(
        "update-survives-reset",
        "hls/lanes/wuve.py",
        "inside = Signal(self.latency)",
        "inside = Signal(self.latency, reset_less=True)",
        "a lane of WUVE gives words from before a reset",
        _TINY,
    ),
    Fault(
        "block-survives-reset",
        "hls/stream/transpose.py",
        "self.full_blocks = Signal(range(3))",
        "self.full_blocks = Signal(range(3), reset_less=True)",
        "SORE gives columns of a block from before a reset",
        _TINY,
    ),
)

HELD_UP_FAULTS = (
    Fault(
        "credit-too-many",
        "hls/array/core.py",
        "(on_the_way != depth)",
        "(on_the_way != depth + 1)",
        "a result more is on its way than the queue has room for",
        _TINY,
    ),
    Fault(
        "result-counted-while-held",
        "hls/array/core.py",
        "made = sequencer.en & sequencer.needs.result",
        "made = sequencer.needs.result",
        "a step that waits gives its result each clock",
        _TINY,
    ),
    Fault(
        "operand-taken-without-room",
        "hls/array/core.py",
        "source.ready.eq(reduce(and_, others, room & needed))",
        "source.ready.eq(reduce(and_, others, needed))",
        "while the result queue is full operands are taken and lost",
        _TINY,
    ),
    Fault(
        "update-not-held-up",
        "hls/lanes/wuve.py",
        "en.eq(~self.updated.valid | self.updated.ready)",
        "en.eq(1)",
        "updated weights that are not taken are overwritten",
        _TINY,
    ),
    Fault(
        "partial-sums-do-not-wait",
        "hls/array/stce.py",
        "registers(m, partial, 1 + self.design.array.multiplier_stages, en, name=name)",
        "registers(m, partial, 1 + self.design.array.multiplier_stages, name=name)",
        "while the array is held partial sums go on to other products",
        _TINY,
    ),
    Fault(
        "rows-wait-in-the-edge's-frame",
        "hls/array/stce.py",
        "wait.en.eq(hop.en)",
        "wait.en.eq(self.en)",
        "a row's waiting operands are held clocks before the row is",
        _TINY,
    ),
    Fault(
        "emission-goes-on-while-held",
        "hls/array/uspe.py",
        'emit = registers(m, control.emit, latency, self.en, name="emit")',
        'emit = registers(m, control.emit, latency, name="emit")',
        "while a PE is held its results go south from other steps",
        _TINY,
    ),
)

WIDTH_FAULTS = (
    Fault(
        "slots-of-12-bits",
        "hls/array/os_steps.py",
        "slot, output, issued = Signal.like(self.progress.command.length),",
        "slot, output, issued = Signal(12),",
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
        "rows_in, wait = Signal(range(self.array.rows + 1)),",
        "rows_in, wait = Signal(range(self.array.rows)),",
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
        "[own_weight.index]",
        "[own_weight.index[:-1]]",
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

#: All of them, by kind.
VERIFY_FAULTS = (
    *CONTROL_FAULTS,
    *RESET_FAULTS,
    *HELD_UP_FAULTS,
    *WIDTH_FAULTS,
    *VALUE_FAULTS,
    *BUFFER_FAULTS,
)
