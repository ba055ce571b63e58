"""The order in which the left operand is read: a group, or an element of one, for each row of the array's words."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Value, signed
from amaranth.lib import data

from heddle.arch.design import Design
from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS, START_BITS, STEP_BITS, TAP_BITS
from heddle.arch.isa import GROUP_SLOTS_BITS
from heddle.hls.feed.left_loops import LeftLoops
from heddle.hls.feed.order import Frame, Order
from heddle.hls.feed.walks import PixelWalk, TapWalk

#: What a computation says of one axis of the map: ``heddle.arch.instructions.Axis``, as far as addresses ask for it.
READ_AXIS = data.StructLayout(
    {"start": signed(START_BITS), "tap_step": STEP_BITS, "step": STEP_BITS, "size": PLACE_BITS}
)
#: What a computation says of the half of the activation buffer that it reads.
READ_MAP = data.StructLayout(
    {
        "rows": READ_AXIS,
        "cols": READ_AXIS,
        "origin": signed(PLACE_BITS + 1),
        "groups_per_pixel": ELEMENT_BITS,
        "half": 1,
        "turned": 1,
    }
)
#: A read of the left operand: a position, a tap and a group of channels, and what becomes of what is read.
READ = data.StructLayout(
    {
        "map": READ_MAP,
        "is_zero": 1,  # nothing is read: the row, the slot or the pixel lies beyond the tile
        "is_empty": 1,  # turned: the row or the slot does, so that the whole group is zero
        "is_held": 1,  # turned: nothing is read, the group is made of the M pixels that were read last
        "image": PLACE_BITS,
        "row": PLACE_BITS,
        "col": PLACE_BITS,
        "tap_row": TAP_BITS,
        "tap_col": TAP_BITS,
        "group": ELEMENT_BITS,
        "lane": GROUP_SLOTS_BITS,  # turned: which element of the group
        "count": GROUP_SLOTS_BITS,  # rows of the array that the group is for
        "ends_group": 1,  # turned: the last of the M reads that make a group; else every read
        "ends_word": 1,  # the array's last row is among them
    }
)


class LeftOrder(Order):
    """Reads of the left operand in the order in which the array takes groups.

    In OS a word has a group for each of R rows of the tile, the same slots of each: groups of slots after one another,
    or, where a PE's outputs are of several rows, slot after slot. In WS each row of the array holds a slot of its own,
    and word after word takes the next row of the tile. A tile's rows are pixels and its slots taps x channels, or,
    ``turned``, the other way round: then a group is M reads, one of each pixel, and the next rows of the word that are
    channels of the same group, or slots of the same pixels, are made of what was read.

    Its words are READs.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(design, READ)

    def _loops(self, m: Module, frame: Frame) -> Value:
        """Two walks, of which one is over rows and the other over slots, and the loops that move them."""
        m.submodules.pixels = pixels = PixelWalk()
        m.submodules.taps = taps = TapWalk(self.design.sparsity.m)
        m.submodules.loops = loops = LeftLoops(self.design)
        m.d.comb += [
            loops.compute.eq(frame.held.compute),
            loops.start.eq(frame.starts),
            loops.moves.eq(frame.moves),
            loops.is_last_across.eq(frame.is_last_across),
            loops.goes_on.eq((taps.place.lane != 0) | taps.place.is_beyond),
            loops.slots_there.eq(self._slots_there(frame.held.compute, pixels.kept.number)),
            pixels.start.eq(frame.starts),
            taps.start.eq(frame.starts),
        ]
        self._settings(m, frame.held, pixels, taps)
        self._move(m, frame.held.compute.walk.turned, frame.moves, loops.flags, pixels, taps)
        self._show(m, frame.held, loops, pixels, taps)
        return loops.flags.ends_tile

    def _slots_there(self, compute: data.View, first_pixel: Value) -> Value:
        """The slots that the group has: all, or as many as pixels are left."""
        pixels_left = compute.walk.pixels - first_pixel
        return Mux(compute.walk.turned & (pixels_left < compute.group_slots), pixels_left, compute.group_slots)

    def _settings(self, m: Module, held: data.View, pixels: PixelWalk, taps: TapWalk) -> None:
        compute, walk = held.compute, held.compute.walk
        m.d.comb += [
            pixels.row_positions.eq(walk.rows.positions),
            pixels.col_positions.eq(walk.cols.positions),
            pixels.pixels.eq(walk.pixels),
            pixels.first_row.eq(walk.first_row),
            pixels.first_col.eq(walk.first_col),
            taps.by_channel.eq(walk.turned),
            taps.col_taps.eq(walk.cols.taps),
            taps.taps.eq(walk.taps),
            taps.elements.eq(walk.elements),
            taps.group_elements.eq(compute.group_elements),
            taps.first_row.eq(held.tap_row),
            taps.first_col.eq(held.tap_col),
        ]

    def _move(self, m: Module, turned: Value, moves: Value, flags: data.View, pixels: PixelWalk, taps: TapWalk) -> None:
        """Rows are the pixels and slots the taps; turned, the other way round, and each read is another pixel."""
        m.d.comb += [
            pixels.step.eq(moves & Mux(turned, ~flags.is_held, flags.next_row)),
            pixels.mark.eq(moves & turned & flags.ends_group & ~flags.is_held),
            pixels.back.eq(moves & turned & flags.ends_group & ~flags.next_group),
            pixels.keep.eq(moves & turned & flags.next_group),
            pixels.restore.eq(moves & Mux(turned, flags.restore_slots, flags.restore_rows)),
            pixels.save.eq(moves & Mux(turned, flags.save_slots, flags.save_rows)),
            taps.step.eq(moves & Mux(turned, flags.next_row, flags.next_group)),
            taps.restore.eq(moves & Mux(turned, flags.restore_rows, flags.restore_slots)),
            taps.save.eq(moves & Mux(turned, flags.save_rows, flags.save_slots)),
        ]

    def _show(self, m: Module, held: data.View, loops: LeftLoops, pixels: PixelWalk, taps: TapWalk) -> None:
        read, walk, pixel, tap = self.output.payload, held.compute.walk, pixels.place, taps.place
        for axis in ("rows", "cols"):
            m.d.comb += [read.map[axis][name].eq(walk[axis][name]) for name, _ in READ_AXIS]
        # In WS a row of the array may hold a slot that the last group of pixels has not.
        has_no_slot = walk.turned & (loops.slot_in_group >= loops.slots_there)
        m.d.comb += [
            read.map.origin.eq(walk.origin),
            read.map.groups_per_pixel.eq(held.groups_per_pixel),
            read.map.half.eq(held.compute.left_half),
            read.map.turned.eq(walk.turned),
            read.is_zero.eq(loops.flags.is_held | pixel.is_beyond | tap.is_beyond | has_no_slot),
            read.is_empty.eq(tap.is_beyond | has_no_slot),
            read.is_held.eq(loops.flags.is_held),
            read.count.eq(loops.flags.count),
            read.image.eq(pixel.image),
            read.row.eq(pixel.row),
            read.col.eq(pixel.col),
            read.tap_row.eq(tap.row),
            read.tap_col.eq(tap.col),
            read.group.eq(tap.group),
            read.lane.eq(tap.lane),
            read.ends_group.eq(loops.flags.ends_group),
            read.ends_word.eq(loops.flags.ends_word),
        ]
