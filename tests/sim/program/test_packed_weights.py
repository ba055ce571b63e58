"""A program's weights from a file: the same image as from the dense weights, and files that do not fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from naive_weights import backward_operand, forward_operand, pruned

from heddle.arch.boards import load_board
from heddle.arch.design import SparsityConfig
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.packed_file import PackedNetwork, write_packed
from heddle.arch.packed_layer import LayerRecord, PackedLayer, right_operand
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, LinearLayer
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.sim.program.image import operand_image
from heddle.sim.program.operands import DrawnWeights
from heddle.sim.program.packed_weights import packed_weights

TINY = load_design("tiny")
OPERAND = TINY.numbers.operand_format
DRAWN = DrawnWeights(4, OPERAND)
KEPT = SparsityConfig(n=2, m=4)
STEM = LayerRecord(name="stem", kind="conv2d", in_channels=3, out_channels=16, kernel=(3, 3), padding=(1, 1, 1, 1))
BODY = LayerRecord(
    name="body",
    kind="conv2d",
    in_channels=16,
    out_channels=8,
    kernel=(3, 3),
    stride=(2, 2),
    padding=(1, 1, 1, 1),
    groups=2,
    ff=KEPT,
    bp=KEPT,
)
HEAD = LayerRecord(name="head", kind="linear", in_channels=48, out_channels=10)


def compiled(recipe: str = "bdwp") -> StepProgram:
    layers = (
        ConvLayer("stem", 5, 4, 3, 5, 4, 16, 3, 3),
        ConvLayer("body", 5, 4, 16, 3, 2, 8, 3, 3, 2, 2, groups=2),
        LinearLayer("head", 1, 48, 10),
    )
    network = assemble_network("net", "test", layers, {0})
    return step_program(step_work(network, recipe_named(recipe), TINY, load_board(TINY.board), StepOptions(batch=1)))


def stored(record: LayerRecord, program: StepProgram) -> PackedLayer:
    """The drawn weights of a layer, by way of PyTorch's layout and the file's."""
    maps = next(each.of_layer.maps for each in program.program.passes if each.of_layer.maps.layer.name == record.name)
    kernel = DRAWN.kernel(maps, "ff").transpose(0, 4, 3, 1, 2)
    weight = kernel.reshape(record.out_channels, -1, *record.kernel)
    return PackedLayer(
        record,
        right_operand(pruned(forward_operand(weight, record.groups), record.ff), record.ff),
        right_operand(pruned(backward_operand(weight, record.groups), record.bp), record.bp),
    )


def written(folder: Path, layers: list[PackedLayer], operand: str = OPERAND.name) -> Path:
    return write_packed(folder / "net.safetensors", PackedNetwork(operand, tuple(layers)))


def test_the_image_is_that_of_the_dense_weights(tmp_path: Path) -> None:
    program = compiled()
    path = written(tmp_path, [stored(record, program) for record in (STEM, BODY, HEAD)])
    from_file = operand_image(program.program, packed_weights(path, program), 4, OPERAND)
    assert np.array_equal(from_file, operand_image(program.program, DRAWN, 4, OPERAND))


def renamed(layer: PackedLayer, name: str) -> PackedLayer:
    return replace(layer, record=layer.record.model_copy(update={"name": name}))


def test_a_file_of_another_network_recipe_or_format_is_refused(tmp_path: Path) -> None:
    program = compiled()
    stem, body, head = (stored(record, program) for record in (STEM, BODY, HEAD))
    wide = PackedLayer(
        HEAD.model_copy(update={"in_channels": 96}),
        *(right_operand(np.zeros(shape, np.uint16), None) for shape in ((1, 96, 10), (1, 10, 96))),
    )
    padded = replace(stem, record=STEM.model_copy(update={"padding": (0, 0, 0, 0)}))
    cases = {
        "its layer 'boddy' is none of net; did you mean 'body'? (there are: 'stem', 'body', 'head')": [
            stem,
            renamed(body, "boddy"),
            head,
        ],
        "layer 'head' is missing (there are: 'stem', 'body')": [stem, body],
        "layer 'head' has input channels 96, and the network's has 48": [stem, body, wide],
        "layer 'stem' has padding 0 x 0 x 0 x 0, and the network's has 1 x 1 x 1 x 1": [padded, body, head],
    }
    for message, layers in cases.items():
        with pytest.raises(HeddleError) as refused:
            packed_weights(written(tmp_path, layers), program)
        assert str(refused.value) == f"{tmp_path}/net.safetensors: {message}"
    dense = compiled("dense")
    with pytest.raises(HeddleError, match=r"layer 'body' is 2:4 in ff, and in the program it is dense; give the --rec"):
        packed_weights(written(tmp_path, [stem, body, head]), dense)
    with pytest.raises(HeddleError, match=r"its weights are bf16, and design 'tiny' computes in fp16"):
        packed_weights(written(tmp_path, [stem, body, head], "bf16"), program)
