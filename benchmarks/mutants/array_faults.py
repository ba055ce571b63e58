"""Faults of the array: its processing elements, edges, sequencer and queues."""

from __future__ import annotations

from benchmarks.mutants.checks import sweep
from benchmarks.mutants.fault import Fault

_SMALLEST = sweep("2x2-os+ws-m4-i1-l1-p0-fp16")
_WIDE = sweep("2x3-os+ws-m4-i4-l2-p1-fp16")
_TALL = sweep("3x2-os+ws-m8-i4-l3-p1-fp16")

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
        "source = registers(m, control.source, array.multiplier_stages, self.en",
        "source = registers(m, control.source, 0, self.en",
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
        "above = registers(m, self.sums, array.interleave,",
        "above = registers(m, self.sums, array.interleave + 1,",
        "results of the rows above come a step late",
        _TALL,
    ),
    Fault(
        "emit-one-early",
        "hls/array/uspe.py",
        "emit = flags(m, control.emit, latency,",
        "emit = flags(m, control.emit, latency - 1,",
        "the drain chain takes each sum before it is ready",
        _TALL,
    ),
    Fault(
        "en-not-hopping",
        "hls/array/uspe.py",
        "m.d.sync += self.en_east.eq(self.en)",
        "m.d.comb += self.en_east.eq(self.en)",
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
        "en = flags(m, self.en, row + 1,",
        "en = flags(m, self.en, max(1, row),",
        "a hold reaches the rows before their operands do",
        _TALL,
    ),
    Fault(
        "partial-with-operands",
        "hls/array/stce.py",
        "to_adder = 1 + self.design.array.multiplier_stages",
        "to_adder = 1",
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

SEQUENCER_FAULTS = (
    Fault(
        "interval-one-long",
        "hls/array/sequencer.py",
        "progress.last_phase.eq(phase == current.interval - 1)",
        "progress.last_phase.eq(phase == current.interval)",
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
        "(prologue_left <= lead)",
        "(prologue_left < lead)",
        "the first tile's partial sums start a step late",
        _WIDE,
    ),
    Fault(
        "mode-not-awaited",
        "hls/array/sequencer.py",
        "((offered.ws == current.ws) | self._empty(m, state))",
        "((offered.ws == current.ws) | self._empty(m, state) | 1)",
        "the dataflow changes while results of the other are still in the array",
        _WIDE,
    ),
    Fault(
        "one-fold-too-fresh",
        "hls/array/sequencer.py",
        "progress.fresh_tile.eq(tile < current.fresh_tiles)",
        "progress.fresh_tile.eq(tile <= current.fresh_tiles)",
        "the first tile of the second fold starts new sums",
        _SMALLEST,
    ),
    Fault(
        "coming-tile-one-late",
        "hls/array/os_steps.py",
        "(phase >= command.interval - lead)",
        "(phase > command.interval - lead)",
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
        "col == command.interleave_cols - 1",
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
        "on_the_way.eq(on_the_way + made - taken)",
        "on_the_way.eq(on_the_way)",
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
        "hls/array/core.py",
        "Mux(sequencer.needs.partial, self.partial.payload.as_value(), 0)",
        "self.partial.payload",
        "fresh WS sums start from the last partial sum, not from +0",
        _SMALLEST,
    ),
)

ARRAY_FAULTS = (*ELEMENT_FAULTS, *EDGE_FAULTS, *SEQUENCER_FAULTS, *STREAM_EDGE_FAULTS)
