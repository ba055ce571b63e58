"""The steps of an output-stationary instruction."""

from __future__ import annotations

from amaranth.hdl import Assert, Module, Mux, Signal, Value

from heddle.arch.timing import pe_latency, ring_cycles
from heddle.hls.array.control import Source
from heddle.hls.array.steps import Steps
from heddle.hls.stream.delay import flags


class OsSteps(Steps):
    """Output-stationary: slot after slot, in each the PE's I outputs in turn, one turn of the ring a slot.

    An array tile's results leave as R x I words in successive steps, from the step on in which its first sum
    is ready. Partial sums, where an instruction takes them, come in as R x I words in successive steps that
    end with the first slot: the last row's first, so that all rows meet theirs at the same step.
    """

    def elaborate(self, platform: object) -> Module:
        """Build the counters of slot and output, then what follows from them."""
        m = Module()
        command = self.progress.command
        first_slot, last_slot, first_output, live = self._position(m)
        shared_by_cols, group_starts = self._operand_rotation(m, live)
        rows_share = command.interleave_cols != self.array.interleave
        m.d.comb += [
            self.needs.left.eq(live & shared_by_cols & (rows_share | group_starts)),
            self.needs.right.eq(live & ((command.interleave_cols != 1) | first_output)),
            self.needs.partial.eq(command.reload & self._sums_enter(m)),
            self.control.load_group.eq(self.needs.left),
            self.control.load_weight.eq(self.needs.right),
            self.control.source.eq(Mux(first_slot, Mux(command.reload, Source.PARTIAL, Source.ZERO), Source.RING)),
            self.control.emit.eq(live & last_slot),
        ]
        self._results(m, self.control.emit & first_output)
        return m

    def _position(self, m: Module) -> tuple[Value, Value, Value, Value]:
        """First slot, last slot, first output of a slot; and whether the step feeds an output at all."""
        ring = ring_cycles(self.array.interleave, self.array.adder_stages)
        slot = Signal.like(self.progress.command.length)
        first_slot, is_last = Signal(init=1), Signal()
        output = Signal(range(ring + 1))
        issued, ends = Signal(), self.progress.ends
        last_slot = Mux(first_slot, ends.single_slot, is_last)
        live = self.progress.running & ~issued & (output < self.array.interleave)
        with m.If(self.en & self.progress.running):
            m.d.sync += output.eq(output + 1)
            with m.If(output == ring - 1):
                m.d.sync += [output.eq(0), slot.eq(slot + 1), first_slot.eq(0)]
                m.d.sync += is_last.eq(slot == ends.slot_before_last)
            with m.If(last_slot & (output == self.array.interleave - 1)):
                m.d.sync += issued.eq(1)
            with m.If(self.progress.last_phase):
                m.d.sync += [output.eq(0), slot.eq(0), first_slot.eq(1), issued.eq(0)]
        return first_slot, last_slot, output == 0, live

    def _sums_enter(self, m: Module) -> Value:
        """Whether partial sums come in, where they do: before a tile's end those of the next, in its first turn too.

        A command that takes them has a lead before its first tile, so that the clock that begins it is not the one
        that takes it.
        """
        in_first_turn, comes, ends, phase = Signal(init=1), Signal(), self.progress.ends, self.progress.phase
        with m.If(~self.progress.running):
            m.d.sync += comes.eq(ends.comes_at_once)
        with m.Elif(self.en):
            m.d.sync += comes.eq(comes | (phase == ends.phase_before_coming))
            with m.If(phase == self.array.interleave - 1):
                m.d.sync += in_first_turn.eq(0)
            with m.If(self.progress.last_phase):
                m.d.sync += [in_first_turn.eq(1), comes.eq(ends.comes_at_once)]
        coming_tile = ~self.progress.last_tile & comes
        return self.progress.lead | self.progress.running & (in_first_turn | coming_tile)

    def _operand_rotation(self, m: Module, live: Value) -> tuple[Value, Value]:
        """Whether this output is the first that shares its row's group, and this slot the first of its group."""
        ends = self.progress.ends
        col, group_slot = Signal.like(ends.col), Signal.like(ends.group_slot)
        turn = Signal(range(self.array.interleave + 1))
        with m.If(self.en & live):
            m.d.sync += [col.eq(Mux(col == ends.col, 0, col + 1)), turn.eq(turn + 1)]
            with m.If(turn == self.array.interleave - 1):
                m.d.sync += [turn.eq(0), group_slot.eq(Mux(group_slot == ends.group_slot, 0, group_slot + 1))]
        with m.If(self.en & self.progress.running & self.progress.last_phase):
            m.d.sync += group_slot.eq(0)
        return col == 0, group_slot == 0

    def _results(self, m: Module, first_result: Value) -> None:
        """Mark the R x I steps in which a tile's results leave the last row."""
        words = self.array.rows * self.array.interleave
        latency = 1 + pe_latency(self.array.adder_stages, self.array.multiplier_stages)
        starts = flags(m, first_result, latency, self.en, name="results_start")
        left = Signal(range(words + 1))
        m.d.sync += Assert(~(self.en & starts & (left != 0)), "a tile's results meet those of the tile before it")
        with m.If(self.en):
            m.d.sync += left.eq(Mux(starts, words - 1, Mux(left == 0, 0, left - 1)))
        m.d.comb += self.needs.result.eq(starts | (left != 0))
