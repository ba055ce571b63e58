"""Faults of the array: its processing elements, edges, sequencer and queues."""

from __future__ import annotations

from benchmarks.mutants.checks import proof, sweep, unit_tests
from benchmarks.mutants.fault import Fault

_SMALLEST = sweep("2x2-os+ws-m4-i1-l1-p0-fp16")
_WIDE = sweep("2x3-os+ws-m4-i4-l2-p1-fp16")
_TALL = sweep("3x2-os+ws-m8-i4-l3-p1-fp16")
_TWO_DIES = sweep("3x4-ws-cut1-m8-i1-l4-p1-fp16")

ELEMENT_FAULTS = (
    Fault(
        "ring-one-long",
        "hls/array/uspe.py",
        "spare = ring_cycles(array.interleave, array.adder_stages) - array.adder_stages",
        "spare = ring_cycles(array.interleave, array.adder_stages) - array.adder_stages + 1",
        "a sum comes back for the output after its own",
        _WIDE,
    ),
    Fault(
        "index-stale",
        "hls/array/uspe.py",
        "m.d.sync += own.eq(self.weight)",
        "m.d.sync += own.value.eq(self.weight.value)",
        "a weight comes without its index",
        _WIDE,
    ),
    Fault(
        "group-not-held",
        "hls/array/uspe.py",
        "with m.If(self.control.load_group):",
        "with m.If(self.en):",
        "a PE takes whatever stands at its input for the group that it should hold",
        _WIDE,
    ),
    Fault(
        "source-with-operands",
        "hls/array/uspe.py",
        "source = quick_registers(m, control.source.as_value(), array.multiplier_stages, self.en",
        "source = quick_registers(m, control.source.as_value(), 0, self.en",
        "the addend is chosen with the operands, not with their product",
        _WIDE,
    ),
    Fault(
        "partial-chain-one-short",
        "hls/array/uspe.py",
        "passed = registers(m, self.partial, array.interleave,",
        "passed = registers(m, self.partial, array.interleave - 1,",
        "partial sums overtake the row that they are meant for",
        _TALL,
    ),
    Fault(
        "drain-chain-one-long",
        "hls/array/uspe.py",
        "above = quick_registers(m, self.sums, array.interleave,",
        "above = quick_registers(m, self.sums, array.interleave + 1,",
        "results of the rows above come a step late",
        _TALL,
    ),
    Fault(
        "emit-one-early",
        "hls/array/uspe.py",
        "emit = registers(m, control.emit, latency,",
        "emit = registers(m, control.emit, latency - 1,",
        "the drain chain takes each sum before it is ready",
        _TALL,
    ),
    Fault(
        "en-not-hopping",
        "hls/array/uspe.py",
        'registers(m, self.en, 1, name="en_link")',
        "self.en",
        "a hold reaches a whole row at once, operands do not",
        _WIDE,
    ),
)

EDGE_FAULTS = (
    Fault(
        "deskew-one-short",
        "hls/array/stce.py",
        "delayed(m, grid.south[col], array.cols - 1 - col,",
        "delayed(m, grid.south[col], max(0, array.cols - 2 - col),",
        "the west columns' results leave a clock before the others",
        _SMALLEST,
    ),
    Fault(
        "row-held-early",
        "hls/array/stce.py",
        "m.d.comb += west.en.eq(following.en)",
        "m.d.comb += west.en.eq(hop.en)",
        "a hold reaches the rows before their operands do",
        _TALL,
    ),
    Fault(
        "partial-with-operands",
        "hls/array/stce.py",
        "registers(m, partial, 1 + self.design.array.multiplier_stages, en",
        "registers(m, partial, 1, en",
        "partial sums do not wait for the products",
        _WIDE,
    ),
    Fault(
        "ws-rows-in-step",
        "hls/array/stce.py",
        "steps = row * ws_row_steps(array.adder_stages)",
        "steps = row * (ws_row_steps(array.adder_stages) - 1)",
        "in WS a row's activations are ahead of its partial sums",
        _WIDE,
    ),
    Fault(
        "step-delay-one-short",
        "hls/stream/delay.py",
        "with m.If(place == self.steps - 1):",
        "with m.If(place == self.steps - 2):",
        "the circular memory turns back a place early",
        _TALL,
    ),
)

CUT_FAULTS = (
    Fault(
        "cut-not-on-weights",
        "hls/array/die_crossing.py",
        "getattr(self.north, name), 1,",
        'getattr(self.north, name), int(name != "weight"),',
        "a column's weights are in the next die a clock before all else",
        _TWO_DIES,
    ),
    Fault(
        "cut-charged-twice",
        "hls/array/core.py",
        "len(array.slr_cuts))",
        "2 * len(array.slr_cuts))",
        "results from another die are taken a clock after they have come",
        _TWO_DIES,
    ),
)

SEQUENCER_FAULTS = (
    Fault(
        "interval-one-long",
        "hls/array/sequencer.py",
        "self.ends.phase_before_last.eq(offered.interval - 2)",
        "self.ends.phase_before_last.eq(offered.interval - 1)",
        "every tile takes a step more",
        _SMALLEST,
    ),
    Fault(
        "settle-removed",
        "hls/array/sequencer.py",
        "offered.settle + Mux(offered.reload, lead, 0)",
        "Mux(offered.reload, lead, 0)",
        "an instruction asks for partial sums that are not there yet",
        _WIDE,
    ),
    Fault(
        "lead-one-short",
        "hls/array/sequencer.py",
        "(prologue_left == lead + 1)",
        "(prologue_left == lead)",
        "the first tile's partial sums start a step late",
        _WIDE,
    ),
    Fault(
        "mode-not-awaited",
        "hls/array/sequencer.py",
        "((offered.ws == current.ws) | self._empty(m))",
        "((offered.ws == current.ws) | self._empty(m) | 1)",
        "the dataflow changes while results of the other are still in the array",
        _WIDE,
    ),
    Fault(
        "one-fold-too-fresh",
        "hls/array/sequencer.py",
        "self.ends.last_fresh_tile.eq(offered.fresh_tiles - 1)",
        "self.ends.last_fresh_tile.eq(offered.fresh_tiles)",
        "the first tile of the second fold starts new sums",
        _SMALLEST,
    ),
    Fault(
        "coming-tile-one-late",
        "hls/array/sequencer.py",
        "self.ends.phase_before_coming.eq(offered.interval - (lead + 1))",
        "self.ends.phase_before_coming.eq(offered.interval - lead)",
        "a next tile's partial sums start a step late",
        _TALL,
    ),
    Fault(
        "first-slot-from-the-ring",
        "hls/array/os_steps.py",
        "Mux(command.reload, Source.PARTIAL, Source.ZERO)",
        "Mux(command.reload, Source.PARTIAL, Source.RING)",
        "sums go on from those of the tile before",
        _SMALLEST,
    ),
    Fault(
        "group-slot-kept",
        "hls/array/os_steps.py",
        "m.d.sync += group_slot.eq(0)",
        "m.d.sync += group_slot.eq(group_slot)",
        "a tile begins in the middle of a group where the last one ended so",
        _WIDE,
    ),
    Fault(
        "shared-rows-not-counted",
        "hls/array/os_steps.py",
        "col == ends.col",
        "col == self.array.interleave - 1",
        "one group serves all outputs, however few share it",
        _WIDE,
    ),
    Fault(
        "one-result-too-few",
        "hls/array/os_steps.py",
        "Mux(starts, words - 1,",
        "Mux(starts, words - 2,",
        "a tile's last result is not taken",
        _SMALLEST,
    ),
    Fault(
        "ws-weights-late",
        "hls/array/ws_steps.py",
        "progress.running & (progress.phase == 0)",
        "progress.running & (progress.phase == 1)",
        "a row takes its weights a step after its first activation",
        _SMALLEST,
    ),
    Fault(
        "ws-weight-rows-apart",
        "hls/array/ws_steps.py",
        "Mux(wait == every - 1, 0, wait + 1)",
        "Mux(wait == every, 0, wait + 1)",
        "the rows' weights enter further apart than their activations",
        _WIDE,
    ),
)

_RULES = unit_tests("hls/array/test_command_check.py")
_TOLD = unit_tests("hls/array/test_sequencer.py")
_ENDS = proof("commands-os+ws")

COMMAND_FAULTS = (
    Fault(
        "refused-and-begun",
        "hls/array/sequencer.py",
        "check.accepted.eq(taken & is_legal)",
        "check.accepted.eq(taken)",
        "a command that breaks a rule is counted as refused and runs",
        _ENDS,
    ),
    Fault(
        "last-refusal-kept",
        "hls/array/sequencer.py",
        "with m.If(self.error_cause == Cause.NONE):",
        "with m.If(1):",
        "the error port shows the last refusal for the first one",
        _TOLD,
    ),
    Fault(
        "number-of-refused-alone",
        "hls/array/sequencer.py",
        "with m.If(taken):\n            m.d.sync += number.eq(number + 1)",
        "with m.If(taken & ~is_legal):\n            m.d.sync += number.eq(number + 1)",
        "commands that are begun have no number",
        _TOLD,
    ),
    Fault(
        "settle-of-fewer-bits",
        "hls/array/sequencer.py",
        "self.prologue_left = Signal(COUNT_BITS + 1,",
        "self.prologue_left = Signal(COUNT_BITS,",
        "the longest settle and the lead together wrap to a short prologue",
        _ENDS,
    ),
    Fault(
        "interval-one-short-of-issue",
        "hls/array/command_check.py",
        "(left_over < 0)",
        "(left_over < -1)",
        "an interval one step shorter than its tile's issue is begun",
        _RULES,
    ),
    Fault(
        "drain-not-held-against-interval",
        "hls/array/command_check.py",
        "(left_over < 0) | (command.interval < drain)",
        "(left_over < 0)",
        "a tile's results meet those of the tile before it",
        _RULES,
    ),
    Fault(
        "returning-sums-not-awaited",
        "hls/array/command_check.py",
        "comes_back = command.reload | (command.tiles > command.fresh_tiles)",
        "comes_back = command.reload",
        "sums of later folds are asked for while they are in the array",
        _RULES,
    ),
    Fault(
        "spare-not-kept",
        "hls/array/command_check.py",
        "spare.eq(Mux(command.ws, enough, _capped(left_over, enough)))",
        "spare.eq(enough)",
        "an instruction of fewer slots follows without its settle",
        _RULES,
    ),
    Fault(
        "owed-by-one-tile",
        "hls/array/command_check.py",
        "_looked_up(owing, command.tiles, beyond=0)",
        "_looked_up(owing, command.tiles, beyond=0) >> 1",
        "partial sums are asked for before the first of them can be back",
        _RULES,
    ),
    Fault(
        "all-that-is-owed-waited-for",
        "hls/array/command_check.py",
        "until_sums.eq(Mux(owed > spare, owed - spare, 0))",
        "until_sums.eq(owed)",
        "a command is refused although the spare steps of the one before it are enough",
        _RULES,
    ),
    Fault(
        "shared-by-any-number",
        "hls/array/command_check.py",
        "~_is_one_of(command.interleave_cols, interleave_choices(array))",
        "command.interleave_cols > array.interleave",
        "outputs share a group by a number that does not divide I",
        _RULES,
    ),
)

STREAM_EDGE_FAULTS = (
    Fault(
        "queue-below-credit",
        "hls/array/core.py",
        "Queue(sums_layout(self.design), depth)",
        "Queue(sums_layout(self.design), depth - 1)",
        "the queue is a word shallower than the credit given for it",
        _SMALLEST,
    ),
    Fault(
        "credit-one-short",
        "hls/array/core.py",
        "depth = hop + 2",
        "depth = hop + 1",
        "too little credit to keep a reader of a word a clock busy",
        _WIDE,
    ),
    Fault(
        "credit-not-counted",
        "hls/array/core.py",
        "count_level(m, on_the_way, made, taken)",
        "pass",
        "the array steps on when its results have no room",
        _SMALLEST,
    ),
    Fault(
        "operand-taken-alone",
        "hls/array/core.py",
        "if other != at)",
        "if other == at)",
        "a stream's word goes although the step waits for another stream",
        _SMALLEST,
    ),
    Fault(
        "partial-not-masked",
        "hls/array/stce.py",
        "Mux(hop[1], partial, 0)",
        "partial",
        "fresh WS sums start from the last partial sum, not from +0",
        _SMALLEST,
    ),
)

ARRAY_FAULTS = (*ELEMENT_FAULTS, *EDGE_FAULTS, *CUT_FAULTS, *SEQUENCER_FAULTS, *COMMAND_FAULTS, *STREAM_EDGE_FAULTS)
