"""How often a tile's pixels begin anew in memory: the closed form's runs against the addresses of the program."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.design_io import load_design
from heddle.arch.instructions import Load, Places, Store
from heddle.dataflow.cost import pixel_runs
from heddle.dataflow.lowering import NOT_PRUNED, backward_products
from heddle.dataflow.network import ConvLayer
from heddle.dataflow.step_items import Pass
from heddle.sim.program.transfers import pixel_addresses
from tests.support.layer_programs import LayerRun

SMALL = load_design("small")
CHANNELS = 8
#: Layers of so many channels a group, by what is special about their pixels.
LAYERS = {
    "all side by side": ConvLayer("conv", 6, 6, 8, 6, 6, 8, 1, 1),
    "each second one": ConvLayer("conv", 6, 6, 8, 3, 3, 8, 1, 1, 2, 2),
    "each second row": ConvLayer("conv", 6, 6, 8, 3, 6, 8, 1, 1, 2, 1),
    "each second column": ConvLayer("conv", 6, 6, 8, 6, 3, 8, 1, 1, 1, 2),
    "windows": ConvLayer("conv", 6, 6, 8, 3, 3, 8, 3, 3, 2, 2, padding=(1, 0, 1, 0)),
    "windows, each second row": ConvLayer("conv", 6, 6, 8, 3, 6, 8, 3, 3, 2, 1, padding=(1, 0, 1, 1)),
    "groups": ConvLayer("conv", 6, 6, 16, 6, 6, 16, 1, 1, groups=2),
    "groups, each second row": ConvLayer("conv", 6, 6, 16, 3, 6, 16, 1, 1, 2, 1, groups=2),
    "groups, each second one": ConvLayer("conv", 6, 6, 16, 3, 3, 16, 1, 1, 2, 2, groups=2),
}


@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_runs_are_those_of_the_program_s_addresses(layer: ConvLayer, pass_name: Pass) -> None:
    program = LayerRun(layer, pass_name, SMALL, batch=2).compiled()
    (of_left,) = {compiled.plan.product.product.left.run_pixels for compiled in program.products}
    (of_right,) = {compiled.plan.product.product.right.run_pixels for compiled in program.products}
    (of_result,) = {compiled.plan.product.product.out_run_pixels for compiled in program.products}
    for each in program.instructions:
        if isinstance(each, Load):
            _check(each.places, of_right if each.weight else of_left)
        elif isinstance(each, Store):
            _check(each.places, of_result, 4 if each.wide else 2)


def _check(places: Places, run_pixels: int, element_bytes: int = 2) -> None:
    """Compare with the pixels that do not begin where another one ends; of a part of a pixel each is a run."""
    addresses = np.sort(pixel_addresses(places))
    runs = 1 + int(np.count_nonzero(np.diff(addresses) != places.elements * element_bytes))
    assert runs == pixel_runs(places.pixels, run_pixels if places.elements == CHANNELS else 1)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_the_step_has_the_runs_of_the_program(layer: ConvLayer) -> None:
    """What the scheduler is given of a layer is what the compiler gives it, group by group and phase by phase."""
    run = LayerRun(layer, "bp", SMALL, batch=2)
    compiled = {product.product.out_run_pixels for product in run.maps.products("bp", NOT_PRUNED)}
    assert {product.out_run_pixels for product in backward_products(run.maps.shape, None, NOT_PRUNED)} == compiled
