"""Links between PEs as signatures: what goes east, what goes south, and all that a PE has of either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from amaranth.hdl import Shape, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member, Out

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.arch.nm import index_bits
from heddle.hls.array.control import CONTROL
from heddle.hls.fp.recode import recoded_layout
from heddle.hls.instance import Port

#: What a port of the PE's module has after the member's name, by the side of the PE: what comes in, nothing.
_SUFFIXES: Mapping[str, str] = {"west": "", "north": "", "east": "_east", "south": "_south"}


def weight_layout(design: Design) -> data.StructLayout:
    """A packed weight as the PEs pass it on: the recoded value and its index within the group of M."""
    return data.StructLayout(
        {"value": recoded_layout(design.numbers.operand_format), "index": index_bits(design.sparsity.m)}
    )


def raw_group_layout(design: Design) -> data.ArrayLayout:
    """An activation group as memory and buffers hold it: M raw operands."""
    return data.ArrayLayout(design.numbers.operand_format.width, design.sparsity.m)


def group_layout(design: Design) -> data.ArrayLayout:
    """An activation group as the PEs hold it: M recoded operands."""
    return data.ArrayLayout(recoded_layout(design.numbers.operand_format), design.sparsity.m)


class EastLink(wiring.Signature):
    """What a PE gives to the one in the east of it: the step enable, control, and a recoded group."""

    def __init__(self, design: Design) -> None:
        super().__init__({"en": Out(1), "control": Out(CONTROL), "group": Out(group_layout(design))})


class SouthLink(wiring.Signature):
    """What a PE gives to the one in the south of it: a weight, a partial sum of OS, and a sum on its way out."""

    def __init__(self, design: Design) -> None:
        super().__init__({"weight": Out(weight_layout(design)), "partial": Out(FP32.width), "sums": Out(FP32.width)})


class ElementLinks(wiring.Signature):
    """A PE's links to its four neighbours; it has no other ports."""

    def __init__(self, design: Design) -> None:
        east, south = EastLink(design), SouthLink(design)
        super().__init__({"west": In(east), "east": Out(east), "north": In(south), "south": Out(south)})

    @property
    def ports(self) -> dict[str, Member]:
        """The members of the links under the names that the PE's module has for them, what passes through in pairs."""
        ports = {path: member for path, member in self.members.flatten() if member.is_port}
        names = list(dict.fromkeys(name for _, name in ports))
        return {port_name(path): ports[path] for path in sorted(ports, key=lambda path: names.index(path[1]))}


def port_name(path: tuple[str, ...]) -> str:
    """Return the port of the PE's module for a member of a link: ``en`` is the west's, ``en_east`` the east's."""
    side, member = path
    return f"{member}{_SUFFIXES[side]}"


def element_ports(links: wiring.PureInterface) -> Iterator[Port]:
    """Yield the ports of the PE's module with the signals of ``links``, an ElementLinks or such in words."""
    for path, member, signal in links.signature.flatten(links):
        yield port_name(path), member.flow, Value.cast(signal)


def in_words(signature: wiring.Signature) -> wiring.Signature:
    """Return ``signature`` with plain words for structured ports: ``connect`` joins the two, and Verilog is shorter.

    Amaranth writes out each field of a structured signal, which would triple the length of a grid.
    """
    return wiring.Signature({name: _in_words(member) for name, member in signature.members.items()})


def _in_words(member: Member) -> Member:
    if member.is_port:
        return Member(member.flow, Shape.cast(member.shape)).array(*member.dimensions)
    return Out(in_words(member.signature)).array(*member.dimensions)  # an In member gives its signature flipped
