"""The memory that a program starts on, and a program executed on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.dataflow.program.memory_image import map_of
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.sim.functional.formats import to_float32
from heddle.sim.program import operands
from heddle.sim.program.execute import execute
from heddle.sim.program.image import operand_blocks, operand_image
from heddle.sim.program.operands import DrawnWeights, drawn_map
from tests.support.layer_programs import SPARSELY_MET, LayerRun, met_pixels
from tests.support.step_programs import unlike

DESIGN = override(load_design("tiny"), {"array.rows": 3, "array.cols": 5})
OPERAND = DESIGN.numbers.operand_format
LAYERS = (
    ConvLayer("conv1", 5, 4, 3, 5, 4, 8, 3, 3),
    ConvLayer("conv2", 5, 4, 8, 3, 2, 8, 3, 3, 2, 2),
    MatmulLayer("scores", 6, 9, 5, count=3),
    LinearLayer("fc", 1, 48, 10),
)


@pytest.fixture(scope="module")
def compiled() -> StepProgram:
    network = assemble_network("net", "test", LAYERS, {0})
    board = load_board(DESIGN.board)
    return step_program(step_work(network, recipe_named("bdwp"), DESIGN, board, StepOptions(batch=2)))


def test_a_step_gives_every_bit_of_its_products(compiled: StepProgram) -> None:
    weights = DrawnWeights(3, OPERAND)
    image = operand_image(compiled.program, weights, 3, OPERAND)
    assert unlike(compiled, compiled.program.instructions, image, 3, weights) == []


def test_results_are_zeros_and_operands_are_drawn_by_their_seed(compiled: StepProgram) -> None:
    program = compiled.program
    image = operand_image(program, DrawnWeights(1, OPERAND), 1, OPERAND)
    x, y = (
        to_float32(np.ascontiguousarray(map_of(image, program.memory.tensors[name], np.uint16)), OPERAND)
        for name in ("conv2.x", "conv2.y")
    )
    assert not y.any()
    assert x.min() == 0
    assert x.max() > 1
    assert not np.array_equal(image, operand_image(program, DrawnWeights(2, OPERAND), 2, OPERAND))


@pytest.mark.parametrize("layer", SPARSELY_MET.values(), ids=SPARSELY_MET)
def test_a_gradient_is_zero_where_no_tap_meets_it_after_any_number_of_runs(layer: ConvLayer) -> None:
    program = LayerRun(layer, "bp", DESIGN).compiled()
    image = operand_image(program, DrawnWeights(1, OPERAND), 1, OPERAND)
    met = met_pixels(layer)
    for _ in range(2):
        execute(program.instructions, image, DESIGN)
        gradient = map_of(image, program.memory.tensors["conv.dx"], np.uint16)
        assert not gradient[:, ~met].any()
        assert gradient[:, met].any(axis=-1).all()


def test_a_large_map_is_drawn_in_pieces_that_do_not_show(
    compiled: StepProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    tensor = compiled.program.memory.tensors["conv1.x"].tensor
    whole = np.concatenate(list(drawn_map(tensor, 1, OPERAND, False)))
    monkeypatch.setattr(operands, "_ELEMENTS_AT_ONCE", 7)
    assert np.array_equal(np.concatenate(list(drawn_map(tensor, 1, OPERAND, False))), whole)
    blocks = list(operand_blocks(compiled.program, DrawnWeights(1, OPERAND), 1, OPERAND))
    assert len(blocks) > 20


def test_a_transposed_map_has_the_numbers_of_the_other_image_by_image_whatever_the_pieces(
    compiled: StepProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at_once in (1 << 24, 50, 7):  # all images, one of 5 x 9 at a time, less than one
        monkeypatch.setattr(operands, "_ELEMENTS_AT_ONCE", at_once)
        image = operand_image(compiled.program, DrawnWeights(1, OPERAND), 1, OPERAND)
        b, turned = (
            map_of(image, compiled.program.memory.tensors[name], np.uint16) for name in ("scores.b", "scores.bt")
        )
        assert b.shape == (6, 1, 9, 5)
        assert len(np.unique(b)) > 100
        assert np.array_equal(turned, b.swapaxes(2, 3))


def test_a_shared_weight_is_drawn_once(compiled: StepProgram) -> None:
    maps = compiled.program.passes[1].of_layer.maps
    user = replace(maps, layer=replace(maps.layer, name="user", weight_of=maps.layer.name))
    weights = DrawnWeights(1, OPERAND)
    assert np.array_equal(weights.kernel(maps, "ff"), weights.kernel(user, "ff"))
    assert np.array_equal(weights.kernel(maps, "ff").swapaxes(3, 4), weights.kernel(maps, "bp"))


def test_a_gradient_that_no_window_reads_is_not_in_memory() -> None:
    beside = ConvLayer("conv", 2, 7, 8, 2, 4, 8, 1, 1, 3, 3)  # rows -1 and 2 of 2
    network = assemble_network("net", "test", (LAYERS[0], beside), {0})
    options = StepOptions(batch=1, passes=("bp",))
    work = step_work(network, recipe_named("dense"), DESIGN, load_board(DESIGN.board), options)
    program = step_program(work).program
    assert "conv.dx" in program.memory.tensors
    assert "conv.dy" not in program.memory.tensors
    assert list(operand_blocks(program, DrawnWeights(3, OPERAND), 3, OPERAND)) == []
