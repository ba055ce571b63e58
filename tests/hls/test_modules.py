"""A component's submodules as modules of their own: ports, names, one for equal ones, and where they come from."""

from __future__ import annotations

import re
from typing import Any

import pytest
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.instance import Restarted
from heddle.hls.memory.buffer import BufferSlice
from heddle.hls.memory.buffer_shape import RamKind, SliceSize
from heddle.hls.modules import module_name, rtlil_of
from heddle.hls.stream.delay import DelayLine, StepDelay
from heddle.hls.stream.queue import Queue


class Sum(wiring.Component):
    """``a`` plus ``b`` and a constant, with or without a register."""

    def __init__(self, constant: int, clocked: bool) -> None:
        self.constant, self.clocked = constant, clocked
        super().__init__({"a": In(8), "b": In(8), "sum": Out(8)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        domain = m.d.sync if self.clocked else m.d.comb
        domain += self.sum.eq(self.a + self.b + self.constant)
        return m


class Around(wiring.Component):
    """Sums of parts of words: what Amaranth by itself would give numbers for ports."""

    def __init__(self, constants: tuple[int, ...], clocked: bool = True) -> None:
        self.constants, self.clocked = constants, clocked
        super().__init__({"words": In(data.ArrayLayout(8, 2)), "sums": Out(data.ArrayLayout(8, len(constants)))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for number, constant in enumerate(self.constants):
            inner = Sum(constant, self.clocked)
            m.submodules[f"sum_{number}"] = inner
            m.d.comb += [
                inner.a.eq(Cat(self.words[0][4:], self.words[1][:4])),
                inner.b.eq(number),
                self.sums[number].eq(inner.sum),
            ]
        return m


class Half(wiring.Component):
    """Two sums, one of which ``restart`` resets; with a register of its own among what is restarted, or without."""

    def __init__(self, has_register: bool = False) -> None:
        self.has_register = has_register
        super().__init__({"restart": In(1), "word": In(8), "sums": Out(data.ArrayLayout(8, 2))})

    def elaborate(self, platform: object) -> Module:
        m, units = Module(), Module()
        m.submodules.units = Restarted(units, self.restart)
        for number, place in enumerate((m, units)):
            place.submodules[f"sum_{number}"] = inner = Sum(1, clocked=True)
            m.d.comb += [inner.a.eq(self.word), self.sums[number].eq(inner.sum)]
        if self.has_register:
            own = Signal()
            units.d.sync += own.eq(self.word[0])
        return m


def modules(component: wiring.Component, name: str = "top") -> dict[str, str]:
    """RTLIL of each module by name."""
    return {text.split()[0]: text for text in re.split(r"^module \\", rtlil_of(component, name), flags=re.M)[1:]}


def ports(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"^  wire width \d+ (input|output) (\d+)  \\(\S+)$", text, re.M)
    return [(name, flow) for flow, number, name in sorted(found, key=lambda port: int(port[1]))]


def test_a_submodule_has_the_ports_of_its_signature_and_a_clock_where_it_needs_one() -> None:
    assert ports(modules(Around((1,)))["top_sum"]) == [
        ("a", "input"),
        ("b", "input"),
        ("clk", "input"),
        ("rst", "input"),
        ("sum", "output"),
    ]
    assert [name for name, _ in ports(modules(Around((1,), clocked=False))["top_sum"])] == ["a", "b", "sum"]


def test_what_is_restarted_has_the_signal_in_its_reset_and_is_the_same_module() -> None:
    found = modules(Half())
    assert sorted(found) == ["top", "top.units", "top_sum"]
    either = re.search(r"connect \\A \\rst .*\n    connect \\B \\restart .*\n    connect \\Y (\S+)", found["top.units"])
    assert either is not None
    assert placed_resets(found["top.units"]) == {"sum_1": either[1]}
    assert placed_resets(found["top"])["sum_0"] == "\\rst"


def placed_resets(text: str) -> dict[str, str]:
    """What stands at the reset of each instance, by its name."""
    return dict(re.findall(r"^  cell \\\S+ \\(\S+)\n(?:    .*\n)*?    connect \\rst (\S+)", text, re.M))


def test_a_register_that_nothing_restarts_is_refused() -> None:
    with pytest.raises(ValueError, match="registers of its own"):
        rtlil_of(Half(has_register=True), "top")


def test_equal_submodules_are_one_module_and_others_of_their_class_are_numbered() -> None:
    found = modules(Around((1, 2, 1, 1, 3)))
    assert list(found) == ["top_sum", "top_sum_2", "top_sum_3", "top"]
    placed = re.findall(r"^  cell \\(\S+) \\(\S+)$", found["top"], re.M)
    assert placed == [
        ("top_sum", "sum_0"),
        ("top_sum_2", "sum_1"),
        ("top_sum", "sum_2"),
        ("top_sum", "sum_3"),
        ("top_sum_3", "sum_4"),
    ]


@pytest.mark.parametrize(
    ("component", "name"),
    [(Queue(4, 2), "queue"), (DelayLine(34, 3), "delay_line_34x3"), (StepDelay(5, 7), "step_delay_5x7")],
)
def test_a_module_is_named_by_its_class_and_what_tells_it_from_others(component: wiring.Component, name: str) -> None:
    assert module_name(component) == name


def test_a_memory_stays_within_the_module_that_has_it() -> None:
    found = modules(Queue(4, 3))
    assert list(found) == ["top"]
    assert "memory width 4 size 3 \\storage" in found["top"]


def test_sources_are_named_from_the_repository_s_root_for_what_an_author_named() -> None:
    text = rtlil_of(Queue(4, 3), "top")
    sources = re.findall(r'attribute \\src "(.*)"\n(?:.*attribute.*\n)* *(\S+)', text)
    assert ("hls/stream/queue.py", "module") in {(source.split(":")[0], kind) for source, kind in sources}
    assert ("hls/stream/queue.py", "memory") in {(source.split(":")[0], kind) for source, kind in sources}
    assert {kind for _, kind in sources} == {"module", "memory", "wire"}
    assert all(re.fullmatch(r"hls/stream/\w+\.py:\d+", source) for source, _ in sources)


@pytest.mark.parametrize(("ram", "starts"), [("block", True), ("ultra", False)])
def test_ultra_ram_has_no_initial_contents(ram: RamKind, starts: bool) -> None:
    text = rtlil_of(BufferSlice(SliceSize(8, 4, ram)), "top")
    assert ("$meminit_v2" in text) == starts
    assert "memory width 8 size 8 \\storage" in text


def test_the_same_component_gives_the_same_text_twice() -> None:
    component: Any = Around((1, 2))
    assert rtlil_of(component, "top") == rtlil_of(component, "top")
