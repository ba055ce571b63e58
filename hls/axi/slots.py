"""How many bytes the elements of a tile's slots take, where each slot has whole bytes."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data

from heddle.hls.axi.stretches import PIXEL_BYTES


def bytes_of_slots(m: Module, places: data.View, element_bits: int) -> Value:
    """Return the bytes of all slots of ``places``, a pixel each, with elements of ``element_bits``; 3 clocks later.

    A DSP slice multiplies half of the number of slots.
    """
    slot_bytes = (places.elements * element_bits + 7) >> 3
    of_slot = Signal(slot_bytes.shape(), reset_less=True, name="slot_bytes")
    half_bits = len(places.pixels) // 2
    halves = places.pixels[:half_bits], places.pixels[half_bits:]
    low, high = (Signal(PIXEL_BYTES.bit_length(), reset_less=True, name=f"{name}_bytes") for name in ("low", "high"))
    total = Signal.like(low, name="indices_bytes")
    m.d.sync += [
        of_slot.eq(slot_bytes),
        low.eq(of_slot * halves[0]),
        high.eq(of_slot * halves[1]),
        total.eq(low + (high << half_bits)),
    ]
    return total
