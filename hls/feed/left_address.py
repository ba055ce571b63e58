"""Where a read of the left operand stands in the activation buffer, or that it is a zero of the padding."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS, START_BITS, STEP_BITS, TAP_BITS
from heddle.arch.isa import COUNT_BITS
from heddle.hls.feed.left_order import read_layout
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.reader import fetch_layout
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.hls.stream.handshake import assert_stable

#: A window's place along an axis, before the map or behind it too: start + tap x tap_step + position x step.
_AT = signed(max(START_BITS, TAP_BITS + STEP_BITS + 1, PLACE_BITS + STEP_BITS + 1) + 2)

#: Pixels from a run's first one to an end of the map, as far as they matter: a run has fewer taps, so that no group of
#: it lies further. In products with groups of a pixel a DSP slice takes them.
_FURTHEST_PIXELS = 1 << TAP_BITS
_NEAR = unsigned(TAP_BITS + 1)
#: Groups from a read to an end of the map, with their sign.
_GROUPS_BITS = max(ELEMENT_BITS + _NEAR.width, COUNT_BITS) + 1
#: The slice's own registers hold what it multiplies, what it subtracts and what comes of it.
_WITHIN_THE_SLICE = SliceRegisters(operands=True, total=True, addend=True)


class LeftAddress(wiring.Component):
    """From positions and taps to addresses of groups.

    A place along an axis is start + position x step + tap x tap_step; outside 0 to size - 1 it is a zero. The first
    group is ((image x rows + row) x columns + column + origin) x groups of a pixel + group, with the column of the
    run's first tap. Those that follow it in the read are of the same row, so each lies in the map or does not by its
    number: how far that is from the map's ends is counted in groups. What is stored has an address below
    2^``address_bits``, so that all but the places is worked out modulo that; a read may begin before the half, where
    its first groups are zeros.

    Ports
    -----
    input : stream of ``read_layout``, in
    output : stream of ``fetch_layout`` with ``LeftShape.placed``, out

    Latency 5 clocks, throughput a read a clock; in each of the first four a DSP slice multiplies, or adds three.
    """

    latency = 5

    def __init__(self, shape: LeftShape, address_bits: int) -> None:
        self.shape, self.read, self.address_bits = shape, read_layout(shape), address_bits
        output = stream.Signature(fetch_layout(address_bits, shape.placed))
        super().__init__({"input": In(stream.Signature(self.read)), "output": Out(output)})

    def elaborate(self, platform: object) -> Module:
        """Products; places; the pixel's row, and how far the map reaches; the pixel's first group; the group."""
        m = Module()
        advances = Signal()
        m.d.comb += [advances.eq(~self.output.valid | self.output.ready), self.input.ready.eq(advances)]
        steps = _Steps(m, advances, self.address_bits)
        at = [self.input.payload]
        valid: Value = self.input.valid
        for stage in range(1, self.latency):
            at.append(data.View(self.read, steps.register(at[-1].as_value(), f"read{stage}")))
            valid = steps.register(valid, f"valid{stage}", has_reset=True)
        row, row_is_out = self._place(steps, at, "row")
        col, _ = self._place(steps, at, "col")
        image_rows = steps.address(steps.address(at[0].image * at[0].map.rows.size, "image_rows"), "image_row")
        pixel_row = steps.address((image_rows + row) * at[2].map.cols.size, "pixel_row")
        pixel = pixel_row + steps.address(col + at[2].map.origin, "pixel_col")  # the row's slice adds both, and no LUT
        first_group = steps.address(pixel * at[3].map.groups_per_pixel, "first_group")
        is_out = steps.register(steps.register(row_is_out, "is_out"), "was_out")
        size = at[2].map.cols.size
        far_before = steps.register(at[1].map.cols.size - _FURTHEST_PIXELS, "far_before")
        begins = self._groups_to(m, advances, at[2], _within(-col, col > 0, col < -_FURTHEST_PIXELS), "begins")
        ends = self._groups_to(m, advances, at[2], _within(size - col, col > size, col < far_before), "ends")
        ports, fetch = self.shape.ports, self.output.payload
        with m.If(advances):
            m.d.sync += [
                self.output.valid.eq(valid),
                fetch.is_zero.eq(at[4].is_zero | is_out | (ends <= 0) | (begins >= ports)),
                fetch.ask.half.eq(at[4].map.half),
                fetch.ask.address.eq(first_group + at[4].group),
                fetch.tag.in_map.eq(Cat((begins <= number) & (ends > number) for number in range(ports))),
                *(fetch.tag[name].eq(at[4].part[name]) for name, _ in self.shape.part),
            ]
        assert_stable(m, self.output)
        return m

    def _place(self, steps: _Steps, at: Sequence[data.View], axis: str) -> tuple[Value, Value]:
        """Two clocks in, a window's place along an axis, and whether it lies outside."""
        of_axis = f"{axis}s"
        by_step = steps.register(at[0][axis] * at[0].map[of_axis].step, f"{axis}_by_step")
        by_tap = steps.register(at[0][f"tap_{axis}"] * at[0].map[of_axis].tap_step, f"{axis}_by_tap")
        place = Signal(_AT, name=f"{axis}_place", reset_less=True)
        steps.set(place, at[1].map[of_axis].start + by_step + by_tap)
        return place, (place < 0) | (place >= at[2].map[of_axis].size)

    def _groups_to(self, m: Module, advances: Value, at: data.View, distance: Value, name: str) -> Value:
        """Three clocks in, groups from the read's first one to an end of the map ``distance`` pixels behind its run's.

        A read is of a run whose groups a tile's count numbers, so a total needs a bit more than product and group.
        """
        unit = MultiplyAdd(ELEMENT_BITS, _NEAR, _GROUPS_BITS, _GROUPS_BITS, _WITHIN_THE_SLICE)
        m.submodules[name] = unit
        m.d.comb += [
            unit.en.eq(advances),
            unit.a.eq(at.map.groups_per_pixel),
            unit.b.eq(distance),
            unit.c.eq(-at.group),
        ]
        return unit.total.as_signed()


def _within(pixels: Value, is_behind: Value, is_far: Value) -> Value:
    """``pixels`` where they matter, 0 where they are fewer: compared beside the difference, and not after it."""
    return Mux(is_behind, 0, Mux(is_far, _FURTHEST_PIXELS, pixels[: _NEAR.width]))


class _Steps:
    """Registers that all take a step together."""

    def __init__(self, m: Module, advances: Value, address_bits: int) -> None:
        self._m, self._advances, self._address_bits = m, advances, address_bits

    def set(self, register: Signal, value: Value) -> None:
        """Let ``register`` take ``value`` with each step."""
        with self._m.If(self._advances):
            self._m.d.sync += register.eq(value)

    def register(self, value: Value, name: str, has_reset: bool = False) -> Signal:
        """Return ``value`` a step later."""
        found = Signal(Value.cast(value).shape(), name=name, reset_less=not has_reset)
        self.set(found, value)
        return found

    def address(self, value: Value, name: str) -> Signal:
        """Return the lowest bits of ``value`` a step later."""
        return self.register(value[: self._address_bits], name)
