"""What is synthesised together: a block a run, whose text depends on nothing else of the design."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.synth.yosys.jobs import (
    WRAPPER,
    block_names,
    contents,
    is_wires_only,
    job_of,
    mapped_blocks,
)
from heddle.synth.yosys.sources import VerilogModule, counted


def made(name, children=(), bits=1, logic=True):
    """A module with a register of ``bits`` unless it is wires only, and instances of ``children``."""
    register = f"  reg [{bits - 1}:0] kept;\n  always @(posedge a)\n    kept <= a;\n" if logic else ""
    placed = "".join(f"  {child}  i{index} (\n    .a(a)\n  );\n" for index, child in enumerate(children))
    return VerilogModule(
        name, f"module {name}(a);\n  input a;\n  wire a;\n{register}{placed}endmodule\n", tuple(children)
    )


def design(*modules):
    return counted(modules[-1].name, {module.name: module for module in modules})


@st.composite
def designs(draw):
    """Modules whose children are drawn from those before them, below a top that has the last of them."""
    modules = []
    for index in range(draw(st.integers(1, 12))):
        names = [module.name for module in modules]
        children = draw(st.lists(st.sampled_from(names), max_size=14)) if names else []
        modules.append(made(f"m{index}", children, draw(st.integers(1, 2000)), draw(st.booleans()) or not children))
    return design(*modules, made("top", [module.name for module in modules[-2:]], logic=draw(st.booleans())))


@given(designs())
@settings(max_examples=60)
def test_a_job_s_text_has_each_module_once_and_what_it_maps_whole(whole):
    blocks = set(block_names(whole))
    for block in mapped_blocks(whole):
        job = job_of(whole, block, blocks)
        inside = contents(whole, block, blocks)
        below = {child for name in inside for child in whole.modules[name].children} - set(inside)
        assert re.findall(r"^module (\w+)", job.text, re.MULTILINE) == [
            *(f"m{len(inside) + index}" for index in range(len(below))),
            *(f"m{index}" for index in range(len(inside))),
            WRAPPER,
        ]
        assert set(job.below.values()) == below
        assert job.text.count("(* blackbox *)") == len(below)
        for name in inside:
            assert whole.modules[name].text.count("kept") == 0 or "reg [" in job.text
        instances = sum(len(whole.modules[name].children) for name in inside)
        assert len(re.findall(r"^  m\d+  i", job.text, re.MULTILINE)) == instances


@given(designs())
@settings(max_examples=60)
def test_a_job_s_text_does_not_depend_on_names(whole):
    def other(text):
        return re.sub(r"\b(m\d+|top)\b", r"other_\1", text)

    renamed = {
        other(name): VerilogModule(other(name), other(module.text), tuple(map(other, module.children)))
        for name, module in whole.modules.items()
    }
    again = counted(other(whole.top), renamed)
    for block in mapped_blocks(whole):
        first = job_of(whole, block, block_names(whole))
        second = job_of(again, other(block), block_names(again))
        assert (first.text, first.block, first.weight) == (second.text, second.block, second.weight)


@given(designs())
@settings(max_examples=60)
def test_the_blocks_and_what_is_flattened_into_them_are_all_modules(whole):
    blocks = block_names(whole)
    assert {inner for block in blocks for inner in contents(whole, block, blocks)} >= set(reachable(whole))
    assert list(blocks) == [name for name in whole.modules if name in set(blocks)]


def reachable(whole):
    return [name for name in whole.modules if whole.counts[name]]


def test_a_grid_of_wires_is_counted_and_not_mapped():
    pe = made("pe")
    grid = made("grid", ["pe"] * 6, logic=False)
    core = made("core", ["grid", "grid"])
    assert is_wires_only(grid)
    assert mapped_blocks(design(pe, grid, core)) == ("pe", "core")
    assert mapped_blocks(design(pe, grid)) == ("pe",)


def test_a_grid_with_a_part_that_is_no_block_is_mapped_with_it():
    once = made("corner")
    grid = made("grid", [*["pe"] * 3, "corner"], logic=False)
    whole = design(made("pe"), once, grid, made("core", ["grid", "grid"]))
    assert mapped_blocks(whole) == ("pe", "grid", "core")
    assert contents(whole, "grid", block_names(whole)) == ("grid", "corner")


def test_a_single_operator_makes_wires_a_block():
    for logic in ("assign y = a & b;", "assign y = ~a;", "assign y = a ? b : c;", "always @* y = a;", "reg kept;"):
        text = f"module grid(a);\n  {logic}\n  pe  p (\n    .a(a)\n  );\nendmodule\n"
        assert not is_wires_only(VerilogModule("grid", text, ("pe",))), logic


def test_operators_in_names_pins_and_attributes_are_no_logic():
    text = 'module grid(a);\n  (* enum_value_0 = "ZERO" *)\n  wire \\a&b ;\n'
    text += "  assign y = \\a&b ;\n  pe  p (\n    .a({ a, b })\n  );\nendmodule\n"
    assert is_wires_only(VerilogModule("grid", text, ("pe",)))
    assert not is_wires_only(VerilogModule("leaf", "module leaf(a);\nendmodule\n", ()))


def test_a_module_of_many_children_keeps_them_apart():
    parts = [made(f"part{index}") for index in range(13)]
    names = [part.name for part in parts]
    assert block_names(design(*parts, made("top", names))) == (*names, "top")
    assert block_names(design(*parts[1:], made("top", names[1:]))) == ("top",)


def test_a_block_s_text_changes_with_what_is_flattened_into_it_and_with_the_ports_of_blocks_below():
    def text(inner_bits, block_bits, port):
        block = made("block", bits=block_bits)
        block = VerilogModule("block", block.text.replace("input a;", f"input {port};"), ())
        whole = design(block, made("inner", bits=inner_bits), made("top", ["block", "block", "inner"]))
        return job_of(whole, "top", block_names(whole)).text

    assert text(1, 1, "a") == text(1, 9, "a")
    assert len({text(1, 1, "a"), text(2, 1, "a"), text(1, 1, "b")}) == 3
