"""Links between PEs: what they carry, under which names, and that plain words join them."""

from __future__ import annotations

from amaranth.hdl import Fragment, Module, Shape
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect
from samples import TINY

from heddle.hls.array.links import EastLink, ElementLinks, SouthLink, element_ports, in_words


def test_a_pe_has_what_comes_in_by_its_name_and_what_goes_out_with_the_side() -> None:
    assert {name: member.flow for name, member in ElementLinks(TINY).ports.items()} == {
        "en": In,
        "en_east": Out,
        "control": In,
        "control_east": Out,
        "group": In,
        "group_east": Out,
        "weight": In,
        "weight_south": Out,
        "partial": In,
        "partial_south": Out,
        "sums": In,
        "sums_south": Out,
    }


def test_the_signals_of_links_are_the_ports_of_the_module() -> None:
    links = wiring.PureInterface(in_words(ElementLinks(TINY)), path=("pe",))
    placed = {name: (flow, value.shape()) for name, flow, value in element_ports(links)}
    assert placed == {
        name: (member.flow, Shape.cast(member.shape)) for name, member in ElementLinks(TINY).ports.items()
    }


def test_a_link_in_words_joins_the_structured_one_either_way() -> None:
    for link in (EastLink(TINY), SouthLink(TINY)):
        words = in_words(link)
        assert all(isinstance(member.shape, Shape) for member in words.members.values())
        m = Module()
        connect(m, link.create(), words.flip().create())
        connect(m, words.create(), link.flip().create())
        Fragment.get(m, None)
