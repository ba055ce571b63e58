"""Stretches of memory and the words of a transfer, as layouts of streams.

A transfer is a list of stretches: of pixels as the places walk has them, of spans once they are joined and cut at
pages. Its bytes go through the machine packed: one behind the other, in words of a beat's width.
"""

from __future__ import annotations

from amaranth.lib import data

from heddle.arch.instructions import ELEMENT_BITS
from heddle.hls.axi.channels import AxiShape

#: Bytes of the widest element: FP32.
WIDEST_ELEMENT_BYTES = 4
#: Bytes of the longest pixel.
PIXEL_BYTES = ((1 << ELEMENT_BITS) - 1) * WIDEST_ELEMENT_BYTES
#: Pixels begin at a multiple of this, and are as long: an operand of 16 bits.
STEP_BYTES = 2
#: Bits of an address that are 0 for all of them.
STEP_BITS = 1


def stretch_layout(address_bits: int, most_bytes: int) -> data.StructLayout:
    """Bytes that follow each other: where, how many (at least 1), and whether they are the transfer's last."""
    return data.StructLayout({"address": address_bits, "bytes": range(most_bytes + 1), "last": 1})


def span_layout(shape: AxiShape) -> data.StructLayout:
    """A stretch within one page: a burst."""
    return stretch_layout(shape.address_bits, shape.page_bytes)


def word_layout(shape: AxiShape) -> data.StructLayout:
    """Packed bytes: the first ``bytes`` of ``data``. Every word of a transfer is full, except maybe the last."""
    return data.StructLayout({"data": 8 * shape.data_bytes, "bytes": range(shape.data_bytes + 1), "last": 1})
