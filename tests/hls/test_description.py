"""What components say of themselves, as Amaranth's metadata has it."""

from __future__ import annotations

import pytest
from amaranth.hdl import Module
from amaranth.lib import meta, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.description import Described, Facts, Port, description_of
from heddle.hls.modules import rtlil_of


class Told(wiring.Component):
    def __init__(self, latency: int) -> None:
        members = {"words": In(stream.Signature(8)), "flags": Out(3).array(2)}
        super().__init__(Described(members, {"latency": latency}, {"depth": 4}))

    def elaborate(self, platform: object) -> Module:
        return Module()


def told(latency: int) -> Told:
    component = Told(latency)
    rtlil_of(component, "told")  # what is made is elaborated
    return component


def test_ports_are_the_interface_s_after_clock_and_reset() -> None:
    assert description_of(told(2), "told").ports == (
        Port("clk", "in", 1),
        Port("rst", "in", 1),
        Port("words__payload", "in", 8),
        Port("words__valid", "in", 1),
        Port("words__ready", "out", 1),
        Port("flags__0", "out", 3),
        Port("flags__1", "out", 3),
    )


def test_latencies_and_parameters_are_an_annotation_that_any_reader_of_the_metadata_sees() -> None:
    facts = {"latencies": {"latency": 2}, "parameters": {"depth": 4}}
    annotations = told(2).metadata.as_json()["interface"]["annotations"]
    assert annotations == {Facts.schema["$id"]: facts}
    description = description_of(told(2), "told")
    assert {"latencies": description.latencies, "parameters": description.parameters} == facts


def test_a_latency_below_0_breaks_the_schema() -> None:
    with pytest.raises(meta.InvalidAnnotation):
        description_of(told(-1), "told")
