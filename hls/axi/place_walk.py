"""The walk over a tile's places: the address of each pixel, one a clock."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ADDRESS_BITS, PLACE_BITS, Places
from heddle.hls.axi.stretches import PIXEL_BYTES, stretch_layout
from heddle.hls.layout import layout_of
from heddle.hls.stream.handshake import assert_stable

#: What is walked: an instruction's ``Places``, and whether elements have 4 bytes (1) or 2 (0).
WALK = data.StructLayout({"places": layout_of(Places), "wide": 1})


class PlaceWalk(wiring.Component):
    """Gives the bytes of each pixel of a tile, in the tile's order.

    Ports:
        tiles : stream of ``WALK``, in; ready while no other is walked
        pixels : stream of stretches (``stretch_layout``), out; the tile's last pixel has ``last``

    The first pixel must be a position of its image (``first_row`` < ``row_positions``, ``first_col`` <
    ``col_positions``). Where ``pixels`` or ``elements`` is 0 no pixel comes. Addresses wrap at 1 TiB.

    Latency: 2 clocks and one for each bit of the larger of ``first_row`` and ``first_col`` (at most ``latency`` = 26)
    from the tile to the first pixel: the two products with the strides are added up bit by bit. Throughput one pixel
    a clock; the next tile is taken in the clock after the last pixel.
    """

    latency = 2 + PLACE_BITS

    def __init__(self) -> None:
        super().__init__(
            {
                "tiles": In(stream.Signature(WALK)),
                "pixels": Out(stream.Signature(stretch_layout(ADDRESS_BITS, PIXEL_BYTES))),
            }
        )
        self.address = Signal(ADDRESS_BITS, reset_less=True)
        self.next_row = Signal(ADDRESS_BITS, reset_less=True)
        self.next_image = Signal(ADDRESS_BITS, reset_less=True)
        # One less than how many follow: its sign says that none does, where zero would be a test of 24 bits.
        left = signed(PLACE_BITS + 1)
        self.cols_left = Signal(left, reset_less=True)  # in the pixel's row
        self.rows_left = Signal(left, reset_less=True)  # in its image
        self.pixels_left = Signal(left, reset_less=True)
        # Factors are shifted out as they are multiplied.
        self.held = Signal(layout_of(Places), reset_less=True)
        self.is_multiplied = Signal(reset_less=True)  # nothing is left of either factor
        self.wide = Signal(reset_less=True)
        self.row_power = Signal(ADDRESS_BITS, reset_less=True)  # row_stride times the bit of first_row that is next
        self.col_power = Signal(ADDRESS_BITS, reset_less=True)

    def elaborate(self, platform: object) -> Module:
        """Take the places, multiply, put the start together, walk."""
        m = Module()
        held = self.held
        with m.FSM():
            with m.State("IDLE"):
                tile = self.tiles.payload
                m.d.comb += self.tiles.ready.eq(1)
                m.d.sync += [held.eq(tile.places), self.wide.eq(tile.wide)]
                with m.If(self.tiles.valid & (tile.places.pixels != 0) & (tile.places.elements != 0)):
                    m.next = "MULTIPLY"
                    self._begin(m)
            with m.State("MULTIPLY"):
                self._multiply(m)
                with m.If(self.is_multiplied):
                    m.next = "WALK"
                    self._start(m)
            with m.State("WALK"):
                m.d.comb += self.pixels.valid.eq(1)
                with m.If(self.pixels.ready):
                    self._step(m)
                    with m.If(self.pixels.payload.last):
                        m.next = "IDLE"
        m.d.comb += [
            self.pixels.payload.address.eq(self.address),
            self.pixels.payload.bytes.eq(Mux(self.wide, held.elements << 2, held.elements << 1)),
            self.pixels.payload.last.eq(self.pixels_left[-1]),
        ]
        assert_stable(m, self.pixels)
        return m

    def _begin(self, m: Module) -> None:
        """The sums begin: ``next_row`` is to be the address of the row, ``address`` the place within it."""
        places = self.tiles.payload.places
        m.d.sync += [
            self.next_row.eq(places.address),
            self.address.eq(0),
            self.next_image.eq(places.address + places.image_stride),
            self.is_multiplied.eq((places.first_row == 0) & (places.first_col == 0)),
            self.row_power.eq(places.row_stride),
            self.col_power.eq(places.col_stride),
            self.cols_left.eq(places.col_positions - places.first_col - 2),
            self.rows_left.eq(places.row_positions - places.first_row - 2),
            self.pixels_left.eq(places.pixels - 2),
        ]

    def _multiply(self, m: Module) -> None:
        """Add what the lowest bits of the two factors are worth."""
        held = self.held
        m.d.sync += [
            self.next_row.eq(self.next_row + Mux(held.first_row[0], self.row_power, 0)),
            self.address.eq(self.address + Mux(held.first_col[0], self.col_power, 0)),
            self.row_power.eq(self.row_power << 1),
            self.col_power.eq(self.col_power << 1),
            held.first_row.eq(held.first_row >> 1),
            held.first_col.eq(held.first_col >> 1),
            self.is_multiplied.eq((held.first_row[1:] == 0) & (held.first_col[1:] == 0)),
        ]

    def _start(self, m: Module) -> None:
        """The products are whole: from the row's address to the pixel's, and to the next row's."""
        m.d.sync += [
            self.address.eq(self.next_row + self.address),
            self.next_row.eq(self.next_row + self.held.row_stride),
        ]

    def _step(self, m: Module) -> None:
        """To the next column, or to the first one of the next row, which may be that of the next image."""
        held = self.held
        m.d.sync += self.pixels_left.eq(self.pixels_left - 1)
        with m.If(~self.cols_left[-1]):
            m.d.sync += [self.address.eq(self.address + held.col_stride), self.cols_left.eq(self.cols_left - 1)]
        with m.Else():
            row = Mux(self.rows_left[-1], self.next_image, self.next_row)
            m.d.sync += [
                self.address.eq(row),
                self.next_row.eq(row + held.row_stride),
                self.cols_left.eq(held.col_positions - 2),
                self.rows_left.eq(self.rows_left - 1),
            ]
            with m.If(self.rows_left[-1]):
                m.d.sync += [
                    self.next_image.eq(self.next_image + held.image_stride),
                    self.rows_left.eq(held.row_positions - 2),
                ]
