"""The whole machine in parts: every module in one of them, as often as it stands there."""

from __future__ import annotations

from collections import Counter

from heddle.synth.yosys.plan import parts_within
from heddle.synth.yosys.sources import Hierarchy, VerilogModule, counted

TOP = "heddle_accelerator"
#: Modules of a machine and what each instantiates, children before their parents.
CHILDREN = {
    "queue": (),
    "uspe": (),
    "array_core": ("uspe",) * 4,
    "left_feeder": ("queue",),
    "half_buffer": ("queue",),
    "half_buffer_2": (),
    "load_unit": ("queue", "queue"),
    "fetch": ("queue",),
    "watchdog": (),
    "units": ("array_core", "left_feeder", "half_buffer", "half_buffer_2", "load_unit", "fetch", "queue"),
}


def machine() -> Hierarchy:
    """The modules with the names that a machine has, one of them without an output."""
    names = {name: f"{TOP}_{name}" for name in CHILDREN} | {"array_core": f"\\{TOP}_array_core.without.error_count"}
    modules = {
        names[name]: VerilogModule(names[name], "", tuple(names[child] for child in children))
        for name, children in CHILDREN.items()
    }
    modules[TOP] = VerilogModule(TOP, "", (names["units"], names["watchdog"]))
    return counted(TOP, modules)


def test_each_module_is_in_one_part_as_often_as_it_stands_there() -> None:
    whole = machine()
    found: dict[str, Counter[str]] = {}
    for part in parts_within(whole):
        counts = {name.removeprefix(f"{TOP}_"): part.count * count for name, count in part.modules.counts.items()}
        found.setdefault(part.name, Counter()).update(counts)
    assert {part: dict(+counts) for part, counts in found.items()} == {
        "array": {f"\\{TOP}_array_core.without.error_count": 1, "uspe": 4},
        "left_feeder": {"left_feeder": 1, "queue": 1},
        "buffers": {"half_buffer": 1, "half_buffer_2": 1, "queue": 1},
        "dma": {"load_unit": 1, "queue": 2},
        "controller": {"fetch": 1, "queue": 2, "units": 1, "watchdog": 1, TOP: 1},
    }
    total: Counter[str] = Counter()
    for part in parts_within(whole):
        total.update({name: part.count * count for name, count in part.modules.counts.items()})
    assert total == Counter(whole.counts)
