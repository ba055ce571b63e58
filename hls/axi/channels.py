"""AXI4 as signatures: the channels of a reading and of a writing master, each of them a stream.

Fields have AXI's own names. A channel is a stream (``valid``, ``ready``, ``payload``), so that it keeps the project's
stream contract, which is AXI's: valid waits for no ready, and what is offered stays until it is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ADDRESS_BITS, PAGE_BYTES

#: All bursts of a master have one id, so that their responses come back in order.
ID_BITS = 1
#: Beats of a burst, less one: AXI4's own width. A page never asks for all of it.
LEN_BITS = 8
#: Normal memory, not cached, bufferable: the interconnect may join and split bursts.
CACHE = 0b0011


class Response(enum.Enum, shape=2):  # type: ignore[call-arg]  # its metaclass takes it
    """What memory says of a beat that was read, or of a burst that was written."""

    OKAY = 0
    EXOKAY = 1
    SLVERR = 2
    DECERR = 3


class Burst(enum.Enum, shape=2):  # type: ignore[call-arg]  # its metaclass takes it
    """How addresses go on within a burst; the masters here ask for INCR only."""

    FIXED = 0
    INCR = 1
    WRAP = 2


@dataclass(frozen=True)
class AxiShape:
    """A memory port: ``data_bytes`` a beat, ``address_bits``, and the page that no burst may leave.

    The machine's port is the default one; proofs take a narrow one. Raises ValueError for sizes that are no powers of
    two, a beat of less than 4 bytes, and a page of less than a beat or more than the 256 beats of an AXI4 burst.
    """

    data_bytes: int = 64
    address_bits: int = ADDRESS_BITS
    page_bytes: int = PAGE_BYTES

    def __post_init__(self) -> None:
        if self.data_bytes < 4 or self.data_bytes & (self.data_bytes - 1):
            raise ValueError(f"a beat has a power of two of bytes, at least 4, not {self.data_bytes}")
        beats = self.page_bytes // self.data_bytes
        if self.page_bytes & (self.page_bytes - 1) or not 1 <= beats <= 1 << LEN_BITS:
            raise ValueError(f"a page is 1 to {1 << LEN_BITS} beats, a power of two, not {self.page_bytes} bytes")

    @property
    def page_beats(self) -> int:
        """Beats of the longest burst."""
        return self.page_bytes // self.data_bytes

    @property
    def lane_bits(self) -> int:
        """Bits of an address that tell a beat's bytes apart."""
        return (self.data_bytes - 1).bit_length()

    @property
    def page_bits(self) -> int:
        """Bits of an address that tell a page's bytes apart."""
        return (self.page_bytes - 1).bit_length()

    @property
    def request(self) -> data.StructLayout:
        """Payload of AR and AW."""
        return data.StructLayout(
            {
                "id": ID_BITS,
                "addr": self.address_bits,
                "len": LEN_BITS,
                "size": 3,
                "burst": Burst,
                "cache": 4,
                "prot": 3,
            }
        )

    @property
    def read_beat(self) -> data.StructLayout:
        """Payload of R."""
        return data.StructLayout({"id": ID_BITS, "data": 8 * self.data_bytes, "resp": Response, "last": 1})

    @property
    def write_beat(self) -> data.StructLayout:
        """Payload of W."""
        return data.StructLayout({"data": 8 * self.data_bytes, "strb": self.data_bytes, "last": 1})

    @property
    def write_response(self) -> data.StructLayout:
        """Payload of B."""
        return data.StructLayout({"id": ID_BITS, "resp": Response})


class ReadChannels(wiring.Signature):
    """What a master reads by: it asks on ``ar``, and ``r`` brings the beats."""

    def __init__(self, shape: AxiShape) -> None:
        super().__init__({"ar": Out(stream.Signature(shape.request)), "r": In(stream.Signature(shape.read_beat))})


class WriteChannels(wiring.Signature):
    """What a master writes by: it asks on ``aw``, sends beats on ``w``, and ``b`` answers each burst."""

    def __init__(self, shape: AxiShape) -> None:
        super().__init__(
            {
                "aw": Out(stream.Signature(shape.request)),
                "w": Out(stream.Signature(shape.write_beat)),
                "b": In(stream.Signature(shape.write_response)),
            }
        )
