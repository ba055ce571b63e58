"""AXI4 as signatures: the channels of a reading and of a writing master, each of them a stream.

A memory port is as many AXI4 masters as memory has channels; they are asked in lock step, so within the machine it is
one wide one. Fields have AXI's own names. A channel of AXI is a stream (``valid``, ``ready``, ``payload``), so that it
keeps the project's stream contract, which is AXI's: valid waits for no ready, and what is offered stays until taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ADDRESS_BITS, PAGE_BYTES

#: All bursts of a master have one id, so that their responses come back in order.
ID_BITS = 1
#: Beats of a burst, less one: AXI4's own width. A page never asks for all of it.
LEN_BITS = 8
#: Bytes of a beat: AXI4 has no more.
_LEAST_BYTES, _MOST_BYTES = 4, 128
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

    Where memory has several ``channels``, each brings its share of every beat, and of every page. The port of
    ``sat-vcu1525`` with one channel is the default one; proofs take a narrow one. Raises ValueError for sizes that are
    no powers of two, a channel's beat of less than 4 bytes or more than AXI4's 128, and a page of less than a beat or
    more than the 256 beats of an AXI4 burst.
    """

    data_bytes: int = 64
    address_bits: int = ADDRESS_BITS
    page_bytes: int = PAGE_BYTES
    channels: int = 1

    def __post_init__(self) -> None:
        if self.channels < 1 or self.channels & (self.channels - 1):
            raise ValueError(f"memory has a power of two of channels, not {self.channels}")
        of_channel = self.data_bytes // self.channels
        if not _LEAST_BYTES <= of_channel <= _MOST_BYTES or self.data_bytes & (self.data_bytes - 1):
            raise ValueError(
                f"a channel's beat is {_LEAST_BYTES} to {_MOST_BYTES} bytes, a power of two, not {of_channel}"
            )
        beats = self.page_bytes // self.data_bytes
        if self.page_bytes & (self.page_bytes - 1) or not 1 <= beats <= 1 << LEN_BITS:
            raise ValueError(f"a page is 1 to {1 << LEN_BITS} beats, a power of two, not {self.page_bytes} bytes")

    @property
    def of_channel(self) -> AxiShape:
        """The port of one channel. Its memory is that part of all, so it needs fewer bits of an address."""
        return AxiShape(
            data_bytes=self.data_bytes // self.channels,
            address_bits=self.address_bits - (self.channels - 1).bit_length(),
            page_bytes=self.page_bytes // self.channels,
        )

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


class StripedReads(wiring.Signature):
    """What a master reads by where memory has several channels: ``ReadChannels`` of each, ``channel0`` and on."""

    def __init__(self, shape: AxiShape) -> None:
        super().__init__({f"channel{place}": Out(ReadChannels(shape.of_channel)) for place in range(shape.channels)})


class StripedWrites(wiring.Signature):
    """What a master writes by where memory has several channels: ``WriteChannels`` of each, ``channel0`` and on."""

    def __init__(self, shape: AxiShape) -> None:
        super().__init__({f"channel{place}": Out(WriteChannels(shape.of_channel)) for place in range(shape.channels)})


def reading_port(shape: AxiShape) -> wiring.Signature:
    """Return what a master of ``shape`` reads by: one port, or one for each of memory's channels."""
    return ReadChannels(shape) if shape.channels == 1 else StripedReads(shape)


def writing_port(shape: AxiShape) -> wiring.Signature:
    """Return what a master of ``shape`` writes by: one port, or one for each of memory's channels."""
    return WriteChannels(shape) if shape.channels == 1 else StripedWrites(shape)


def ports_of(axi: wiring.PureInterface) -> Iterator[tuple[str, wiring.PureInterface]]:
    """Yield the AXI4 ports of ``axi``, which is of one of these signatures, each with the number of its channel.

    The number is "" where there is one port only.
    """
    if not isinstance(axi.signature, StripedReads | StripedWrites):
        yield "", axi
        return
    for name in axi.signature.members:
        yield name.removeprefix("channel"), getattr(axi, name)
