"""A whole synthesis: parts multiplied up, against the sum by hand, by other runs, and against the array mapped flat."""

import os
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from fake_yosys import FakeYosys
from samples import BOARD, IDEAL, TINY

from heddle.arch.design_io import override
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP32
from heddle.hls.array.grid import USPE_MODULE
from heddle.hls.memory.buffer_shape import BufferShape
from heddle.hls.names import ARRAY_CORE_MODULE
from heddle.synth.checks import flat_array
from heddle.synth.result import NOTHING, ModuleUsage, Usage
from heddle.synth.yosys import mapping, plan, run
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.run import own_cells, synthesise
from heddle.synth.yosys.sources import VerilogModule, counted

#: The smallest machine whose array has a grid of its own, with a PE at each corner.
SMALLEST = override(
    TINY,
    {
        "array.rows": 2,
        "array.cols": 2,
        "array.dataflows": ["os"],
        "array.interleave": 1,
        "sparsity.n": 1,
        "sparsity.m": 2,
        "lanes.sore": 3,
        "lanes.wuve": 2,
        "buffers.activation_bytes": 64,
        "buffers.weight_bytes": 64,
        "buffers.output_bytes": 64,
    },
)


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    """A cache of blocks that is empty at first; yosys keeps its own, which takes a minute to make."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as monkeypatch:
        if "YOWASP_CACHE_DIR" not in os.environ:
            monkeypatch.setenv("YOWASP_CACHE_DIR", str(home / "YoWASP"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def whole():
    """The parts of the smallest machine, of its buffers one, to save time.

    Lanes of SORE stand for those of WUVE, whose arithmetic would take longest.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(plan, "double_buffers", lambda *machine: {"activation": BufferShape(64, 4, "block")})
        monkeypatch.setattr(plan, "wuve_block", lambda design, rule: plan.sore_block(design))
        return list(plan.parts(SMALLEST, BOARD, "sgd"))


@pytest.fixture(scope="module")
def real(own_cache, whole):
    """The smallest machine synthesised by yosys."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(run, "parts_of", lambda *asked: iter(whole))
        return synthesise(SMALLEST, BOARD, workers=2)


@pytest.fixture
def fake(monkeypatch, tmp_path, whole):
    """yosys by counting lines, and a cache of its own."""
    monkeypatch.setattr(run, "parts_of", lambda *asked: iter(whole))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(mapping, "yosys_version", lambda: "0.0")
    monkeypatch.setattr(run, "yosys_version", lambda: "0.0")
    mapping._tool.cache_clear()
    monkeypatch.setattr(run, "largest_of_the_array", lambda design: ())
    yield FakeYosys().install(monkeypatch)
    mapping._tool.cache_clear()


def of_part(found, part):
    return sum((module.total for module in found.modules if module.part == part), NOTHING)


def test_a_real_synthesis_has_every_part_and_their_sum(real):
    assert real.tool.startswith("yosys 0.")
    assert real.covers == ("array", "sore", "wuve", "buffers")
    assert real.missing == ("vector", "left_feeder", "dma", "controller", "dram_controllers", "host_link")
    assert real.total == sum((of_part(real, part) for part in real.covers), NOTHING)
    counts = {(module.part, module.name): module.count for module in real.modules}
    assert (counts["sore", "heddle_sore_lane"], counts["wuve", "heddle_sore_lane"]) == (3, 2)
    assert 3 * of_part(real, "wuve").lut == 2 * of_part(real, "sore").lut > 0
    # A recoder for each column's weight: left operands come recoded.
    assert counts["array", "heddle_array_core_recoded_register"] == 2
    # Two slices in each of 2 x 2 PEs.
    assert of_part(real, "array").dsp == 8
    # A word of 64 bits: a block's port has 72.
    assert of_part(real, "buffers").bram36 == 1
    assert of_part(real, "sore").dsp == 0


def test_a_module_s_cells_are_counted_once_where_blocks_stand_within_blocks(real):
    names = [(module.part, module.name) for module in real.modules]
    assert len(names) == len(set(names))
    core = next(module for module in real.modules if module.name == ARRAY_CORE_MODULE)
    # The core alone has no multiplier; its PEs have.
    assert core.each.dsp == 0


def test_stages_are_relative_to_the_slowest(real):
    assert real.stages[0].relative == 1.0
    assert [stage.delay_ns for stage in real.stages] == sorted((stage.delay_ns for stage in real.stages), reverse=True)
    assert all(stage.relative == stage.delay_ns / real.stages[0].delay_ns for stage in real.stages)
    assert {stage.module for stage in real.stages} <= {module.name for module in real.modules}
    # yosys knows none of a PE's paths through a DSP slice for this family; those of its adder are the longest.
    assert real.stages[0].module == USPE_MODULE


def test_the_modules_add_up_to_what_the_array_takes_mapped_flat(real):
    flat = flat_array(SMALLEST)
    array = of_part(real, "array")
    assert array.dsp == flat.dsp == 8
    assert array.lut == pytest.approx(flat.lut, rel=0.03)
    # In the first row the chains of sums and of partial sums take the same words: a flat run has them once.
    twice = FP32.width * SMALLEST.array.cols * SMALLEST.array.interleave
    assert array.ff - twice == pytest.approx(flat.ff, rel=0.01)


def test_counts_multiply_up_by_part(fake):
    found = synthesise(SMALLEST, BOARD, "sgd", workers=2)
    tops = {"array": (ARRAY_CORE_MODULE, 1), "sore": ("heddle_sore_lane", 3), "wuve": ("heddle_sore_lane", 2)}
    for part, (top, count) in tops.items():
        first = next(module for module in found.modules if module.part == part)
        assert (first.name, first.count) == (top, count)
    assert found.total == sum((module.total for module in found.modules), NOTHING)
    assert (found.design, found.board, found.tool) == ("tiny", "vcu1525", "yosys 0.0 synth_xilinx -family xcup")
    assert found.seconds >= 0


def machine(core_luts):
    """A core with two multipliers, one of them without an output, each of a DSP slice and two LUTs."""
    product = "  assign s = a;\n  assign p = a * b;\n"
    core = "".join(f"  assign y{index} = a & b;\n" for index in range(core_luts))
    below = "".join(f"  {name}  i{index} (\n    .a(a)\n  );\n" for index, name in enumerate(("pe", "\\pe.without.s")))
    texts = {"pe": product, "\\pe.without.s": product, "core": core + below}
    children = {"core": ("pe", "pe", "\\pe.without.s", "\\pe.without.s")}
    modules = {
        name: VerilogModule(name, f"module {name} (a);\n  input a;\n{body}endmodule\n", children.get(name, ()))
        for name, body in texts.items()
    }
    return [plan.Part("array", 1, counted("core", modules))]


def test_a_stage_has_the_arcs_of_its_dsp_slice_and_is_shown_of_the_whole_module_alone(fake, monkeypatch):
    monkeypatch.setattr(run, "parts_of", lambda *asked: iter(machine(core_luts=5)))
    told = []
    found = synthesise(SMALLEST, BOARD, workers=1, progress=lambda done, of: told.append((done, of)))
    # For the boards' family the two LUTs are all of a multiplier's path: the core would be the slowest.
    assert [(stage.module, stage.delay_ns) for stage in found.stages] == [("pe", 1002.0), ("core", 5.0)]
    assert found.total.dsp == 4
    assert told[0] == (0, 3)
    assert told[-1] == (4, 4)


def test_what_is_found_does_not_depend_on_the_number_of_runs(fake, monkeypatch, tmp_path):
    first = synthesise(SMALLEST, BOARD, workers=1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    again = synthesise(SMALLEST, BOARD, workers=4)
    assert (again.modules, again.stages) == (first.modules, first.stages)
    assert Counter(fake.jobs) == dict.fromkeys(fake.jobs, 2)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_optimizer_chooses_the_lanes(optimizer, monkeypatch):
    def named(name):
        return SimpleNamespace(name=name)

    monkeypatch.setattr(plan, "array_core_blocks", lambda design: (named("core"), named("pe")))
    monkeypatch.setattr(plan, "sore_block", lambda design: named("heddle_sore_lane"))
    monkeypatch.setattr(plan, "wuve_block", lambda design, rule: named(f"heddle_wuve_{rule.name}"))
    monkeypatch.setattr(plan, "double_buffers", lambda design, board: {})
    monkeypatch.setattr(plan, "hierarchy_of", lambda top, *below: top.name)
    by_name = {part.name: part for part in plan.parts(SMALLEST, BOARD, optimizer)}
    assert by_name["wuve"] == plan.Part("wuve", 2, f"heddle_wuve_{optimizer}")
    assert by_name["sore"] == plan.Part("sore", 3, "heddle_sore_lane")


def test_a_block_s_own_cells_leave_out_the_blocks_within_it():
    modules = plan.Hierarchy("top", {"\\lane.x": None, "top": None}, {})
    block = mapping.MappedBlock({"LUT2": 3, "lane.x": 2, "mystery": 1}, None)
    assert own_cells(block, modules) == {"LUT2": 3, "mystery": 1}
    with pytest.raises(HeddleError, match=r"module top: .* no UltraScale\+ primitives: mystery"):
        usage_of(own_cells(block, modules), "top")


def test_a_design_that_is_no_hardware_is_refused():
    with pytest.raises(HeddleError, match=r"array\.drain = direct, an idealisation without RTL"):
        synthesise(IDEAL, BOARD)


def test_without_yosys_nothing_is_emitted(monkeypatch, tmp_path):
    def fail(*arguments):
        raise AssertionError("parts were made")

    monkeypatch.setattr(run, "parts_of", fail)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HeddleError, match=r"^yosys is neither installed as a package nor on PATH \(pip"):
        synthesise(SMALLEST, BOARD)


def test_a_module_usage_multiplies_what_one_takes():
    each = Usage(lut=3, lut_as_memory=1, ff=2, dsp=1, bram36=0.5, uram=0)
    assert ModuleUsage("m", "array", 4, each).total == Usage(lut=12, lut_as_memory=4, ff=8, dsp=4, bram36=2.0, uram=0)
