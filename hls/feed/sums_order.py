"""The order in which results leave the array, and in which it asks for the partial sums that they go on from."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Module, Mux, Signal, Value, ValueLike
from amaranth.lib import data

from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS, INTERLEAVE_BITS
from heddle.hls.feed.order import Frame, Order, last_output
from heddle.hls.feed.prepare import RESULT_BITS
from heddle.hls.feed.reader import ask_layout
from heddle.hls.layout import below


def sums_place_layout(address_bits: int) -> data.StructLayout:
    """Return the layout of where a word of sums stands in a half of the output buffer.

    ``is_inside``: it has elements of the tile. ``has_partial``: the array asks for a partial sum for it, which is the
    result of ``distance`` words before. ``ends``: it is the last of its computation.
    """
    return data.StructLayout(
        {"at": ask_layout(address_bits), "is_inside": 1, "has_partial": 1, "ends": 1, "distance": RESULT_BITS}
    )


class SumsOrder(Order):
    """Places of results, word after word.

    The tile's rows stand one behind the other, each in the words of its columns. OS: an array tile's results leave from
    its last row on, and a PE's outputs in their order, first those along columns. WS: a word for each row of the tile.

    Its words are of ``sums_place_layout``.
    """

    def __init__(self, design: Design, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(design, sums_place_layout(address_bits))

    @property
    def _lines(self) -> Sequence[int]:
        """Lines that an address moves on by at once: to the next tile, to a tile's last line, to the next tile's."""
        rows = self.design.array.rows
        return sorted({rows, rows - 1, 2 * rows - 1})

    def _loops(self, m: Module, frame: Frame) -> Value:
        """Words of an output, outputs along rows, rows from the last on, array tiles; WS: rows, array tiles."""
        command = frame.held.compute.command
        word = Signal(INTERLEAVE_BITS)
        is_last_word = command.ws | (word == command.interleave_cols - 1)
        is_last_output = self._is_last_output(m, command, frame.moves & is_last_word)
        ends_row = is_last_word & is_last_output
        with m.If(frame.moves):
            m.d.sync += word.eq(Mux(is_last_word, 0, word + 1))
        is_last_row = self._rows(m, frame, is_last_word, ends_row, word)
        ends_tile = ends_row & is_last_row
        self._partials(m, frame, ends_tile)
        return ends_tile

    def _is_last_output(self, m: Module, command: data.View, ends_output: Value) -> Value:
        """Whether the output is the last of a PE's along rows; WS has one."""
        last = last_output(m, self.design.array, command.interleave_cols)
        output = Signal.like(last, name="output")
        is_last: Value = command.ws | (output == last)
        with m.If(ends_output):
            m.d.sync += output.eq(Mux(is_last, 0, output + 1))
        return is_last

    def _rows(self, m: Module, frame: Frame, ends_output: Value, ends_row: Value, word: Value) -> Value:
        """Walk the tile's rows with their addresses; return whether the row is the last of its array tile.

        OS: from row R - 1 of the array to row 0, at each of them a PE's outputs, R rows of the tile apart. ``first`` is
        where the outputs of the array's row begin, ``tile`` where the array tile does.
        """
        array, held, command = self.design.array, frame.held, frame.held.compute.command
        row, first, tile = (Signal(COUNT_BITS + 1, name=name) for name in ("row", "first_row", "tile_row"))
        address, first_address, tile_address = (
            Signal(self.address_bits, name=name) for name in ("address", "first_address", "tile_address")
        )
        line = Signal(below(array.rows), init=array.rows - 1)
        is_last: Value = Mux(command.ws, row == command.length - 1, line == 0)
        # Constant between two starts, and known a clock before the first move.
        reach = {lines: Signal(self.address_bits, reset_less=True, name=f"lines{lines}_words") for lines in self._lines}
        m.d.sync += [words.eq(lines * held.col_words) for lines, words in reach.items()]
        place = self.output.payload
        m.d.comb += [
            place.at.half.eq(held.compute.out_half),
            place.at.address.eq(address + (frame.first_word + word)),
            place.is_inside.eq((row < held.rows) & (word < frame.words_left)),
        ]
        with m.If(frame.moves & ends_output):
            with m.If(command.ws):
                m.d.sync += [row.eq(row + 1), address.eq(address + held.col_words)]
            with m.Else():
                m.d.sync += [row.eq(row + array.rows), address.eq(address + reach[array.rows])]
        with m.If(frame.moves & ends_row & ~command.ws):
            m.d.sync += [
                *(each.eq(first - 1) for each in (row, first)),
                *(each.eq(first_address - held.col_words) for each in (address, first_address)),
                line.eq(Mux(is_last, array.rows - 1, line - 1)),
            ]
        with m.If(frame.starts):
            m.d.sync += line.eq(array.rows - 1)
        # Whether the tile is the last across is known late: where the next one begins is worked out for either case.
        follows = frame.is_last_across & ~command.ws

        def begun(start: ValueLike, again: Value, following: Value) -> Value:
            return Mux(frame.starts, start, Mux(follows, following, again))

        with m.If(frame.starts | frame.moves & ends_row & is_last):
            m.d.sync += [
                tile.eq(begun(0, tile, row + array.rows)),
                tile_address.eq(begun(0, tile_address, address + reach[array.rows])),
            ]
            with m.If(command.ws):
                m.d.sync += [row.eq(0), address.eq(0)]
            with m.Else():
                first_of = begun(array.rows - 1, tile + array.rows - 1, row + 2 * array.rows - 1)
                address_of = begun(
                    held.last_row_words, tile_address + reach[array.rows - 1], address + reach[2 * array.rows - 1]
                )
                m.d.sync += [
                    *(each.eq(first_of) for each in (row, first)),
                    *(each.eq(address_of) for each in (address, first_address)),
                ]
        return is_last

    def _partials(self, m: Module, frame: Frame, ends_tile: Value) -> None:
        """A result goes on from one as far before it as the computation has; WS: from that of the fold before."""
        command, place = frame.held.compute.command, self.output.payload
        in_first_fold = Signal()
        with m.If(frame.moves & ends_tile & frame.is_last_across):
            m.d.sync += in_first_fold.eq(0)
        with m.If(frame.starts):
            m.d.sync += in_first_fold.eq(1)
        m.d.comb += [
            place.has_partial.eq(command.reload | (command.ws & ~in_first_fold)),
            place.ends.eq(ends_tile & frame.is_last_tile),
            place.distance.eq(frame.held.distance),
        ]
