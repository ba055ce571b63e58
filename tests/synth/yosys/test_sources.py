"""Verilog taken apart by modules: the same text is one module, and each stands as often as it is instantiated."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.synth.yosys.sources import VerilogModule, counted, hierarchy


@dataclass(frozen=True)
class Leaf:
    """A module that adds ``kind`` to its input."""

    kind: int


@dataclass(frozen=True)
class Node:
    """A module that has inner ones, and for each whether something reads it."""

    inner: tuple
    read: tuple


def nodes(below):
    return st.lists(st.tuples(below, st.booleans()), min_size=1, max_size=4).map(
        lambda inner: Node(tuple(tree for tree, _ in inner), tuple(read for _, read in inner))
    )


TREES = nodes(st.recursive(st.builds(Leaf, st.integers(0, 2)), nodes, max_leaves=12))


def module(name, *lines):
    """A module of one input ``a`` and one output ``y``, laid out as the emitted Verilog is."""
    body = "".join(f"  {line}\n" for line in lines)
    return (
        f'module {name}(a, y);\n  (* src = "hls/{len(name)}.py:{len(name)}" *)\n'
        f"  input [7:0] a;\n  wire [7:0] a;\n  output [7:0] y;\n  wire [7:0] y;\n{body}endmodule\n"
    )


def instance(of, name, output):
    return f"{of}  {name} (\n    .a(a),\n    .y({output})\n  );"


def verilog(tree, path):
    """Texts by module, a module for each component as the emitter writes it."""
    name = f"\\{path} " if "." in path else path
    if isinstance(tree, Leaf):
        return {path: module(name, f"assign y = a + 8'h{tree.kind:02x};")}
    texts = {}
    wires = [f"w{index}" for index in range(len(tree.inner))]
    read = [wire for wire, is_read in zip(wires, tree.read, strict=True) if is_read]
    lines = [f"wire [7:0] {wire};" for wire in wires]
    lines.append(f"assign y = {' ^ '.join(read) or 'a'};")
    for index, inner in enumerate(tree.inner):
        texts |= verilog(inner, f"{path}.i{index}")
        lines.append(instance(f"\\{path}.i{index} ", f"i{index}", wires[index]))
    return {**texts, path: module(name, *lines)}


def instances(tree, is_read=True):
    """How often each kind of leaf stands, read and not read, by going through all of them."""
    if isinstance(tree, Leaf):
        return Counter({(tree.kind, is_read): 1})
    return sum((instances(*each) for each in zip(tree.inner, tree.read, strict=True)), Counter())


def shapes(tree):
    """The distinct modules, by what they contain."""
    if isinstance(tree, Leaf):
        return {tree}
    return {tree}.union(*map(shapes, tree.inner))


def leaves(found):
    """How often each kind of leaf stands in a hierarchy, with and without its output."""
    counts = Counter()
    for name, entry in found.modules.items():
        for kind in range(3):
            if f"a + 8'h{kind:02x}" in entry.text:
                counts[kind, "  output" in entry.text] += found.counts[name]
    return +counts


@given(TREES)
@settings(max_examples=60)
def test_leaves_stand_as_often_as_a_walk_through_all_instances_says(tree):
    found = hierarchy("top", verilog(tree, "top").values())
    assert leaves(found) == instances(tree)
    assert found.counts["top"] == 1


@given(TREES)
@settings(max_examples=60)
def test_modules_of_the_same_text_are_one_and_others_are_not(tree):
    found = hierarchy("top", verilog(tree, "top").values())
    assert len([name for name in found.modules if ".without." not in name]) == len(shapes(tree))


@given(TREES, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_the_texts_changes_nothing(tree, random):
    texts = list(verilog(tree, "top").values())
    found = hierarchy("top", texts)
    random.shuffle(texts)
    again = hierarchy("top", ["".join(texts[:2]), *texts[2:]])
    assert again == found
    assert tuple(again.modules) == tuple(found.modules)


@given(TREES)
@settings(max_examples=30)
def test_children_come_before_their_parents_and_name_modules_that_are_there(tree):
    seen = set()
    for name, entry in hierarchy("top", verilog(tree, "top").values()).modules.items():
        assert set(entry.children) <= seen
        seen.add(name)
    assert "top" in seen


def parent(*instances_):
    return module("top", "wire [7:0] w;", "wire [7:0] v;", *instances_)


def test_an_instance_with_an_output_that_nothing_reads_is_of_a_module_without_it():
    found = hierarchy(
        "top",
        [
            module("leaf", "assign y = a;"),
            parent(instance("leaf", "read", "w"), instance("leaf", "unread", "v"), "assign y = w;"),
        ],
    )
    assert found.counts == {"top": 1, "leaf": 1, "\\leaf.without.y": 1}
    without = found.modules["\\leaf.without.y"]
    assert without.header == "module \\leaf.without.y (a);\n  input [7:0] a;\nendmodule\n"
    assert "assign y = a;" in without.text
    assert "\\leaf.without.y  unread (\n    .a(a)\n  );" in found.modules["top"].text


def test_other_pins_stay_whatever_they_join():
    pins = [".a({ w[3:0], \\b$1 [7:4] })", ".\\port$5$0 (\\b$1 [0])", ".k(8'h0f)", ".open()", ".y(v)"]
    joined = ",\n    ".join(pins)
    text = parent(f"leaf  unread (\n    {joined}\n  );", "wire [7:0] \\b$1 ;", "assign w = a;", "assign y = w;")
    top = hierarchy("top", [module("leaf", "assign y = a;"), text]).modules["top"].text
    kept = ",\n    ".join(pins[:-1])
    assert f"\\leaf.without.y  unread (\n    {kept}\n  );" in top


def test_an_output_that_is_read_by_another_instance_stays():
    chain = [instance("leaf", "first", "w"), instance("leaf", "second", "y").replace(".a(a)", ".a(w)")]
    assert hierarchy("top", [module("leaf", "assign y = a;"), parent(*chain)]).counts == {"top": 1, "leaf": 2}


def test_a_module_that_is_not_among_the_texts_is_left_as_it_stands():
    found = hierarchy("top", [parent(instance("elsewhere", "x", "w"), "assign y = w;")])
    assert found.counts == {"top": 1}
    assert instance("elsewhere", "x", "w") in found.modules["top"].text


def test_zeros_that_a_memory_starts_with_are_left_out_and_other_words_stay():
    lines = [
        "initial begin",
        "  storage[0] = 72'h000000000000000000;",
        "  storage[1] = 72'd0;",
        "  storage[2] = 72'h01;",
        "end",
    ]
    text = hierarchy("top", [module("top", *lines)]).modules["top"].text
    assert [line.strip() for line in text.splitlines() if "storage" in line] == ["storage[2] = 72'h01;"]


def test_a_top_that_is_not_there_is_a_key_error():
    with pytest.raises(KeyError, match="top"):
        hierarchy("top", [module("other")])


def test_counts_multiply_down_the_hierarchy():
    modules = {
        "leaf": VerilogModule("leaf", "", ()),
        "row": VerilogModule("row", "", ("leaf",) * 3),
        "top": VerilogModule("top", "", ("row", "row", "leaf")),
    }
    assert counted("top", modules).counts == {"top": 1, "row": 2, "leaf": 7}
