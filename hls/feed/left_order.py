"""The order in which the left operand is read: groups for the rows of the array's words, chunk after chunk."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Value, signed
from amaranth.lib import data

from heddle.arch.design import Design
from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS, START_BITS, STEP_BITS, TAP_BITS
from heddle.arch.isa import COUNT_BITS, GROUP_SLOTS_BITS
from heddle.hls.feed.left_loops import LeftLoops
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_span import LeftSpan
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
    }
)


def read_layout(shape: LeftShape) -> data.StructLayout:
    """Return the layout of a read: a position, a run's first tap, a group of the run, and what the groups are for."""
    return data.StructLayout(
        {
            "map": READ_MAP,
            "is_zero": 1,  # nothing is read: the row, the slot or the pixel lies beyond the tile
            "image": PLACE_BITS,
            "row": PLACE_BITS,
            "col": PLACE_BITS,
            "tap_row": TAP_BITS,
            "tap_col": TAP_BITS,
            "group": COUNT_BITS,
            "part": shape.part,
        }
    )


class LeftOrder(Order):
    """Reads of the left operand, chunk after chunk (``heddle.arch.left_feed``).

    In OS a chunk is of some groups of channels of a run of taps: a read for each of R rows of the tile, and for each of
    a PE's outputs along rows. In WS each row of the array holds a slot of its own, and word after word, each a chunk,
    takes the next row of the tile. A tile's rows are pixels and its slots taps x channels, or, ``turned``, the other
    way round: then M reads, one of each pixel, make the groups of all rows that are channels of the groups that were
    read, or, in WS, slots of these pixels.

    Its words are of ``read_layout``.
    """

    def __init__(self, design: Design) -> None:
        self.shape = LeftShape(design)
        super().__init__(design, read_layout(self.shape))

    def _loops(self, m: Module, frame: Frame) -> Value:
        """Two walks, of which one is over rows and the other over slots, and the loops that move them."""
        m.submodules.pixels = pixels = PixelWalk()
        m.submodules.taps = taps = TapWalk(max(self.shape.ports, self.shape.rows))
        m.submodules.loops = loops = LeftLoops(self.design)
        m.submodules.span = span = LeftSpan(self.design)
        flags = loops.flags
        ends_pixels = Mux(flags.reads_pixel, pixels.is_last, pixels.was_last)
        m.d.comb += [
            loops.compute.eq(frame.held.compute),
            loops.moves.eq(frame.moves),
            loops.is_last_across.eq(frame.is_last_across),
            loops.is_beyond.eq(taps.place.is_beyond),
            loops.ends_rows.eq(span.ends_word),
            loops.ends_taps.eq(span.ends_taps),
            loops.keeps_group.eq(span.keeps_group),
            loops.ends_pixels.eq(ends_pixels),
            span.prepared.eq(frame.held),
            span.tap.eq(taps.place),
            span.is_last_run.eq(taps.is_last),
            span.ends_pixels.eq(ends_pixels),
            span.ends_group.eq(frame.moves & flags.ends_group),
            span.next_fold.eq(flags.save_slots),
            taps.full.eq(span.full),
            taps.short.eq(span.short),
            taps.is_short.eq(span.is_short),
            taps.ends_run.eq(span.ends_run),
            *(each.start.eq(frame.starts) for each in (loops, span, pixels, taps)),
        ]
        self._settings(m, frame.held, pixels, taps)
        self._move(m, frame.held.compute.walk.turned, frame.moves, flags, pixels, taps)
        self._show_place(m, frame.held, pixels, taps)
        self._show_part(m, frame.held, loops, span, taps)
        return flags.ends_tile

    def _settings(self, m: Module, held: data.View, pixels: PixelWalk, taps: TapWalk) -> None:
        walk = held.compute.walk
        m.d.comb += [
            pixels.row_positions.eq(walk.rows.positions),
            pixels.col_positions.eq(walk.cols.positions),
            pixels.pixels.eq(walk.pixels),
            pixels.first_row.eq(walk.first_row),
            pixels.first_col.eq(walk.first_col),
            taps.crosses_taps.eq(held.crosses_taps),
            taps.col_taps.eq(walk.cols.taps),
            taps.runs.eq(held.runs),
            taps.first_run.eq(held.first_run),
            taps.next_run.eq(held.next_run),
            taps.last_run.eq(held.last_run),
            taps.first_row.eq(held.tap_row),
            taps.first_col.eq(held.tap_col),
        ]

    def _move(self, m: Module, turned: Value, moves: Value, flags: data.View, pixels: PixelWalk, taps: TapWalk) -> None:
        """Rows are the pixels and slots the taps; turned, the other way round, and each read is another pixel."""
        m.d.comb += [
            pixels.step.eq(moves & Mux(turned, flags.reads_pixel, flags.next_row)),
            pixels.mark.eq(moves & flags.reads_pixel & flags.ends_group),
            pixels.back.eq(moves & turned & flags.ends_group & ~flags.next_group),
            pixels.keep.eq(moves & turned & flags.next_group),
            pixels.restore.eq(moves & Mux(turned, flags.restore_slots, flags.restore_rows)),
            pixels.save.eq(moves & Mux(turned, flags.save_slots, flags.save_rows)),
            taps.step.eq(moves & Mux(turned, flags.next_row & ~taps.place.is_beyond, flags.next_group)),
            taps.restore.eq(moves & Mux(turned, flags.restore_rows, flags.restore_slots)),
            taps.save.eq(moves & Mux(turned, flags.save_rows, flags.save_slots)),
        ]

    def _show_place(self, m: Module, held: data.View, pixels: PixelWalk, taps: TapWalk) -> None:
        read, walk, pixel, tap = self.output.payload, held.compute.walk, pixels.place, taps.place
        for axis in ("rows", "cols"):
            m.d.comb += [read.map[axis][name].eq(walk[axis][name]) for name, _ in READ_AXIS]
        m.d.comb += [
            read.map.origin.eq(walk.origin),
            read.map.groups_per_pixel.eq(held.groups_per_pixel),
            read.map.half.eq(held.compute.left_half),
            read.is_zero.eq(pixel.is_beyond | tap.is_beyond),
            read.image.eq(pixel.image),
            read.row.eq(pixel.row),
            read.col.eq(pixel.col),
            read.tap_row.eq(tap.row),
            read.tap_col.eq(tap.col),
            read.group.eq(tap.group),
        ]

    def _show_part(self, m: Module, held: data.View, loops: LeftLoops, span: LeftSpan, taps: TapWalk) -> None:
        part, compute, flags = self.output.payload.part, held.compute, loops.flags
        ws, turned = compute.command.ws, compute.walk.turned
        by_row = ~ws & ~turned
        is_empty = turned & taps.place.is_beyond
        reaches = flags.ends_group & ~is_empty
        m.d.comb += [
            part.by_row.eq(by_row),
            part.turned.eq(turned),
            part.at_once.eq(turned & ws),
            part.is_empty.eq(is_empty),
            part.element.eq(taps.place.lane),
            # In OS a row of the array is one of the tile, as if each stood in a group of its own; turned, the channels
            # of a group stand in one.
            part.group_slots.eq(Mux(ws, compute.group_slots, Mux(turned, held.group_channels, 1))),
            part.offset.eq(span.offset),
            # What turned reads reach is known, and stays, only when the last of them comes.
            part.first.eq(Mux(reaches, span.first, 0)),
            part.groups.eq(Mux(reaches, Mux(by_row, 1, span.groups), 0)),
            part.rows.eq(Mux(reaches, span.rows, 0)),
            part.ends_group.eq(flags.ends_group),
            part.ends_word.eq(flags.ends_word),
            part.ends_chunk.eq(flags.ends_chunk),
        ]
        self._show_chunk(m, held, loops, span)

    def _show_chunk(self, m: Module, held: data.View, loops: LeftLoops, span: LeftSpan) -> None:
        """The array takes a word for all slots of a group where the rows of a PE's outputs are the same."""
        chunk, compute = self.output.payload.part.chunk, held.compute
        ws, turned = compute.command.ws, compute.walk.turned
        takes_once = ws | (loops.last_output == 0)
        # The reduction may end within a group: of pixels, or where its last group has fewer elements than N.
        of_pixels = (compute.walk.pixels - 1)[: (self.shape.group_m - 1).bit_length()] + 1
        of_channels = (compute.group_slots + compute.command.length - held.slots)[:GROUP_SLOTS_BITS]
        of_last = Mux(loops.flags.ends_tile, Mux(turned, of_pixels, of_channels), compute.group_slots)
        m.d.comb += [
            chunk.groups.eq(Mux(ws | turned, 1, span.groups)),
            chunk.slots.eq(Mux(takes_once, 1, compute.group_slots)),
            chunk.last_slots.eq(Mux(takes_once, 1, of_last)),
            chunk.last_output.eq(Mux(ws, 0, loops.last_output)),
        ]
