"""What the compiler makes of a pass, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Compute, Load, Store, Sync
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.network import ConvLayer, MatmulLayer
from heddle.dataflow.program import tile_plan
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.step_items import Pass
from heddle.sim.program.transfers import pixel_addresses
from tests.support.layer_programs import SPARSELY_MET, LayerRun, met_pixels
from tests.support.matmul_programs import MatmulRun

TINY = load_design("tiny")
LAYER = ConvLayer("conv", 6, 6, 8, 6, 6, 8, 3, 3)


def test_passes_are_the_same_whenever_they_are_compiled() -> None:
    run = LayerRun(LAYER, "ff", TINY)
    assert np.array_equal(run.compiled().words, run.compiled().words)


CONVOLUTION, MATMUL = ConvLayer("conv", 9, 7, 24, 9, 7, 20, 3, 3), MatmulLayer("qk", 20, 13, 70, count=3)


@pytest.mark.parametrize(
    "run",
    [
        LayerRun(CONVOLUTION, "ff", TINY),
        LayerRun(CONVOLUTION, "wu", TINY),
        MatmulRun(MATMUL, "ff", TINY),
        MatmulRun(MATMUL, "wu", TINY),
    ],
    ids=["convolution-ff", "convolution-wu", "matmul-ff", "matmul-wu"],
)
def test_a_program_does_not_depend_on_how_many_steps_are_worked_on_at_once(
    monkeypatch: pytest.MonkeyPatch, run: LayerRun | MatmulRun
) -> None:
    at_once = run.compiled().words
    monkeypatch.setattr(tile_plan, "_CHUNK_STEPS", 3)
    assert len(at_once) > 30
    assert np.array_equal(run.compiled().words, at_once)


def test_a_step_loads_only_what_changes() -> None:
    program = LayerRun(ConvLayer("conv", 6, 6, 8, 6, 6, 64, 3, 3), "ff", TINY).compiled()
    loads = [instruction for instruction in program.instructions if isinstance(instruction, Load)]
    computations = [instruction for instruction in program.instructions if isinstance(instruction, Compute)]
    stores = [instruction for instruction in program.instructions if isinstance(instruction, Store)]
    (plan,) = [compiled.plan for compiled in program.products]
    assert plan.parts == 1
    assert len(stores) == len(computations) == len(plan.pixels) * len(plan.cols)
    assert len(loads) < 2 * len(computations)
    assert isinstance(program.instructions[-1], Sync)


def test_a_strided_1_x_1_convolution_loads_only_the_pixels_that_it_meets() -> None:
    program = LayerRun(ConvLayer("conv", 8, 8, 8, 4, 4, 8, 1, 1, 2, 2), "ff", TINY, batch=1).compiled()
    pixels = sum(load.places.pixels for load in program.instructions if isinstance(load, Load) and not load.weight)
    assert pixels == 4 * 4


@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (2, 2)])
def test_a_product_has_taps_in_a_row_where_its_walk_goes_on_by_a_pixel(
    pass_name: Pass, stride: int, dilation: int
) -> None:
    width = (12 - dilation * 4 - 1) // stride + 1
    layer = ConvLayer("conv", 3, 12, 4, 1, width, 4, 3, 5, 1, stride, dilation=(1, dilation), padding=(0, 0, 0, 0))
    for compiled in LayerRun(layer, pass_name, TINY, batch=1).compiled().products:
        cols = compiled.plan.product.cols
        assert compiled.plan.product.product.left.row_taps == (cols.taps if cols.tap_step == 1 else 1)


def test_a_pixel_of_few_channels_is_cut_into_equal_groups() -> None:
    program = LayerRun(ConvLayer("conv", 6, 6, 6, 6, 6, 8, 3, 3), "ff", TINY).compiled()
    groups = {
        (load.places.elements, load.group_elements)
        for load in program.instructions
        if isinstance(load, Load) and not load.weight
    }
    assert groups == {(6, 3)}


def test_tiles_are_cut_further_where_groups_that_are_not_full_need_the_room() -> None:
    narrow = override(TINY, {"buffers.activation_bytes": 1024})
    program = LayerRun(ConvLayer("conv", 8, 8, 1, 8, 8, 8, 3, 3), "ff", narrow, batch=4).compiled()
    held = [load.places.pixels * 4 * 2 for load in program.instructions if isinstance(load, Load) and not load.weight]
    assert max(held) <= 512


@pytest.mark.parametrize("layer", SPARSELY_MET.values(), ids=SPARSELY_MET)
def test_of_a_gradient_only_the_pixels_that_a_tap_meets_are_stored(layer: ConvLayer) -> None:
    program = LayerRun(layer, "bp", TINY, batch=2).compiled()
    dx = program.passes[0].of_layer.maps.dx
    stores = [instruction for instruction in program.instructions if isinstance(instruction, Store)]
    addresses = np.concatenate([pixel_addresses(store.places) for store in stores]) if stores else np.zeros(0, int)
    stored = np.zeros((2, layer.in_height, layer.in_width), bool)
    pixels = (addresses - program.memory.address(dx.name)) // (dx.channels * dx.element_bytes)
    stored.reshape(-1)[pixels] = True
    assert (stored == met_pixels(layer)).all()


def test_a_gradient_that_no_window_reaches_has_its_place_and_no_instruction() -> None:
    program = LayerRun(SPARSELY_MET["windows in the padding"], "bp", TINY).compiled()
    assert program.products == ()
    assert list(program.memory.tensors) == ["conv.dx"]
    assert {type(instruction) for instruction in program.instructions} == {Sync}


def test_padding_that_nothing_tells_is_refused() -> None:
    with pytest.raises(HeddleError) as refused:
        LayerMaps.of(ConvLayer("conv", 6, 6, 8, 6, 6, 8, 2, 2), 1, TINY.numbers.operand_format)
    assert str(refused.value) == (
        "layer conv: a 2 x 2 window from 6 x 6 to 6 x 6 pixels needs more padding on one side than on the other, "
        "and nothing says on which (valid: a layer that states its padding)"
    )


def test_a_product_that_no_half_holds_is_refused() -> None:
    tight = override(TINY, {"buffers.activation_bytes": 64})
    with pytest.raises(
        HeddleError,
        match=r"^conv\.ff: its smallest tile takes 120 bytes of half the activation buffer, which has 32; "
        r"buffers\.activation_bytes of 240 or more hold it$",
    ):
        LayerRun(ConvLayer("conv", 6, 6, 1, 6, 6, 8, 3, 3), "ff", tight).compiled()


def loaded(run: MatmulRun, weight: int) -> list[tuple[int, int]]:
    """Pixels and elements of each load into the activation or the weight buffer."""
    loads = (instruction for instruction in run.compiled().instructions if isinstance(instruction, Load))
    return [(load.places.pixels, load.places.elements) for load in loads if load.weight == weight]


def test_every_product_of_two_activations_has_operands_and_a_result_of_its_own() -> None:
    run = MatmulRun(MatmulLayer("qk", 6, 8, 5, count=3), "ff", TINY, batch=2)
    program = run.compiled()
    assert len(program.products) == 1
    places: list[set[int]] = [
        {
            each.places.address
            for each in program.instructions
            if isinstance(each, kind) and getattr(each, "weight", 0) == weight
        }
        for kind, weight in ((Load, 0), (Load, 1), (Store, 0))
    ]
    for name, addresses, image_bytes in zip("abc", places, (6 * 8 * 2, 8 * 5 * 2, 6 * 5 * 2), strict=True):
        first = program.memory.address(f"qk.{name}")
        assert addresses == {first + image * image_bytes for image in range(6)}


#: By dataflow and reduction, the slots of each load: no other pixel than those of the product, and in WS no group with
#: fewer slots than the others.
SLOTS = {("os", 13): [13], ("ws", 13): [12, 1], ("ws", 9): [9], ("ws", 3): [3], ("ws", 12): [12]}


@pytest.mark.parametrize(("dataflow", "reduction"), SLOTS)
def test_slots_of_two_activations_are_the_pixels_of_the_right_one(dataflow: DataflowChoice, reduction: int) -> None:
    forward = MatmulRun(MatmulLayer("qk", 6, reduction, 5), "ff", TINY, batch=1, dataflow=dataflow)
    backward = MatmulRun(MatmulLayer("qk", 6, 5, reduction), "bp", TINY, batch=1, dataflow=dataflow)
    for run in (forward, backward):
        assert [pixels for pixels, _ in loaded(run, 1)] == SLOTS[dataflow, reduction]
