"""Prepares a computation for the feeders: the counts that follow from its fields by a division or a product."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import ArrayConfig
from heddle.arch.instructions import ELEMENT_BITS, TAP_BITS
from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.divide import SlowDivider
from heddle.hls.fp.multiply_add import B_BITS
from heddle.hls.stream.handshake import assert_stable, transfer

#: An array has up to 512 rows.
ROW_BITS = 10
#: Results are numbered over the whole program; the number wraps.
RESULT_BITS = 32
#: What one DSP slice takes of a count beside another one.
_SLICE_BITS = B_BITS - 1
#: A computation, and what its feeders count with.
PREPARED = data.StructLayout(
    {
        "compute": COMPUTE,
        "groups_per_pixel": ELEMENT_BITS,
        "tap_row": TAP_BITS,  # of the first tap, in the kernel
        "tap_col": TAP_BITS,
        "crosses_taps": 1,  # a run has all taps of a row of the kernel, else one
        "runs": TAP_BITS,
        # Groups of channels of a run, turned its channels: of the first, which may begin within a row of the kernel, of
        # those behind it, and of the last of these, which may end in one.
        "first_run": COUNT_BITS,
        "next_run": COUNT_BITS,
        "last_run": COUNT_BITS,
        "group_channels": GROUP_SLOTS_BITS,  # turned: channels of a group
        "col_words": ELEMENT_BITS,  # words of the array's columns in a row of the tile
        "last_row_words": ELEMENT_BITS + ROW_BITS,  # words of the rows before the array's last one
        "rows": COUNT_BITS,  # of the tile
        "slots": COUNT_BITS,  # of its reduction
        "fold_groups": ROW_BITS,  # groups that the slots of R rows fill, and slots that are left over
        "fold_slots": GROUP_SLOTS_BITS,
        "distance": RESULT_BITS,  # results from the one that a result goes on from to itself
    }
)


class Prepare(wiring.Component):
    """Works out what a computation's walks need, while the one before it still runs.

    Ports
    -----
    input : stream of COMPUTE, in
    output : stream of PREPARED, out

    Latency ``latency`` = 22 clocks from an instruction to its output; the next one is taken a clock after that.
    """

    latency = ELEMENT_BITS + 4  # taken, divided, multiplied twice

    def __init__(self, array: ArrayConfig, group_m: int) -> None:
        """For ``array`` and groups of ``group_m``."""
        self.array, self.group_m = array, group_m
        super().__init__({"input": In(stream.Signature(COMPUTE)), "output": Out(stream.Signature(PREPARED))})

    def elaborate(self, platform: object) -> Module:
        """Hold one instruction, divide, then multiply for two clocks."""
        m = Module()
        m.submodules.groups = groups = SlowDivider(ELEMENT_BITS)
        m.submodules.words = words = SlowDivider(ELEMENT_BITS)
        m.submodules.taps = taps = SlowDivider(TAP_BITS)
        m.submodules.last_tap = last_tap = SlowDivider(TAP_BITS)
        m.submodules.fold = fold = SlowDivider(ROW_BITS)
        held, age = Signal(COMPUTE, reset_less=True), Signal(range(self.latency + 1))
        walk, prepared = held.walk, self.output.payload
        is_held = age != 0
        for divider, dividend, divisor in (
            (groups, walk.elements - 1, held.group_elements),
            (words, held.cols - 1, self.array.cols),
            (taps, walk.first_tap, walk.cols.taps),
            (last_tap, walk.first_tap + walk.taps - 1, walk.cols.taps),
            (fold, self.array.rows, held.group_slots),
        ):
            m.d.comb += [divider.dividend.eq(dividend), divider.divisor.eq(divisor), divider.start.eq(age == 1)]
        tap_groups = Signal(COUNT_BITS, reset_less=True)
        slots, tap_elements = Signal(COUNT_BITS, reset_less=True), Signal(COUNT_BITS, reset_less=True)
        last_row_words = Signal.like(prepared.last_row_words, reset_less=True)
        m.d.sync += [
            tap_groups.eq(walk.taps * prepared.groups_per_pixel),
            slots.eq(tap_groups * held.group_slots),
            tap_elements.eq(walk.taps * walk.elements),
            last_row_words.eq((self.array.rows - 1) * prepared.col_words),
        ]
        m.d.comb += [
            self.input.ready.eq(~is_held),
            self.output.valid.eq(age == self.latency),
            prepared.compute.eq(held),
            prepared.groups_per_pixel.eq(groups.quotient + 1),
            prepared.tap_row.eq(taps.quotient),
            prepared.tap_col.eq(taps.remainder),
            prepared.col_words.eq(words.quotient + 1),
            prepared.last_row_words.eq(last_row_words),
            prepared.rows.eq(Mux(walk.turned, tap_elements, walk.pixels)),
            prepared.slots.eq(Mux(walk.turned, walk.pixels, slots)),
            prepared.fold_groups.eq(fold.quotient),
            prepared.fold_slots.eq(fold.remainder),
        ]
        with m.If(is_held & ~self.output.valid):
            m.d.sync += age.eq(age + 1)
        with m.If(transfer(self.input)):
            m.d.sync += [held.eq(self.input.payload), age.eq(1)]
        with m.If(transfer(self.output)):
            m.d.sync += age.eq(0)
        self._runs(m, walk, prepared, taps, last_tap)
        self._distance(m, held.command, prepared)
        assert_stable(m, self.output)
        return m

    def _runs(self, m: Module, walk: data.View, prepared: data.View, first: SlowDivider, last: SlowDivider) -> None:
        """Taps that a read may go through, and what they have together (``heddle.arch.left_feed``)."""
        is_one_group = walk.elements <= self.group_m
        is_even = walk.elements[: (self.group_m - 1).bit_length()] == 0
        crosses, in_one_row, of_tap = Signal(), Signal(), Signal(ELEMENT_BITS)
        m.d.comb += [
            crosses.eq((walk.cols.tap_step == 1) & (~walk.turned | is_one_group | is_even)),
            in_one_row.eq(first.quotient == last.quotient),
            of_tap.eq(Mux(walk.turned, walk.elements, prepared.groups_per_pixel)),
            prepared.crosses_taps.eq(crosses),
            prepared.runs.eq(Mux(crosses, last.quotient - first.quotient + 1, walk.taps)),
            prepared.group_channels.eq(Mux(is_one_group, walk.elements, self.group_m)),
        ]
        for name, taps in (
            ("first_run", Mux(in_one_row, walk.taps, walk.cols.taps - first.remainder)),
            ("next_run", walk.cols.taps),
            ("last_run", last.remainder + 1),
        ):
            of_run, product = (
                Signal(bits, reset_less=True, name=f"{what}_{name}")
                for what, bits in (("taps_of", TAP_BITS), ("part_of", COUNT_BITS))
            )
            m.d.sync += [of_run.eq(Mux(crosses, taps, 1)), product.eq(of_run * of_tap)]
            m.d.comb += prepared[name].eq(product)

    def _distance(self, m: Module, command: data.View, prepared: data.View) -> None:
        """WS: the results of a fold. OS: those of all tiles. A product of two counts takes two slices."""
        parts = command.fresh_tiles[:_SLICE_BITS], command.fresh_tiles[_SLICE_BITS:]
        low, high, of_tiles, distance = (
            Signal(RESULT_BITS, reset_less=True, name=f"distance_{part}")
            for part in ("low", "high", "of_tiles", "chosen")
        )
        m.d.sync += [
            *(product.eq(command.length * part) for product, part in zip((low, high), parts, strict=True)),
            of_tiles.eq(command.tiles * (self.array.rows * self.array.interleave)),
            distance.eq(Mux(command.ws, low + (high << _SLICE_BITS), of_tiles)),
        ]
        m.d.comb += prepared.distance.eq(distance)
