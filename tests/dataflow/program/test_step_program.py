"""Which passes of a step become a program, how their weights are kept, and what is left out."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, VectorLayer
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.step_items import Pass
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work

TINY = load_design("tiny")
LAYERS: tuple[Layer, ...] = (
    ConvLayer("conv1", 6, 6, 3, 6, 6, 8, 3, 3),
    VectorLayer("relu", "activation", 288, 288),
    ConvLayer("conv2", 6, 6, 8, 6, 6, 8, 3, 3),
    ConvLayer("depthwise", 6, 6, 8, 6, 6, 8, 3, 3, groups=8),
    ConvLayer("unstated", 6, 6, 8, 6, 6, 8, 2, 2),
    ConvLayer("up", 6, 6, 8, 6, 6, 32, 1, 1, stands_for="transposed convolution"),
    LinearLayer("state", 6, 8, 8, steps=3),
    MatmulLayer("scores", 6, 8, 6),
    LinearLayer("fc", 1, 8, 4),
)


def compiled(recipe: str, *passes: Pass) -> StepProgram:
    network = assemble_network("net", "test", LAYERS, {0})
    options = StepOptions(batch=1, passes=passes or ("ff", "bp", "wu", "update"))
    return step_program(step_work(network, recipe_named(recipe), TINY, load_board(TINY.board), options))


def kept(program: StepProgram) -> list[str]:
    """Each compiled pass with the N:M of its first product."""
    return [
        f"{each.of_layer.maps.layer.name} {each.of_layer.pass_name} "
        f"{each.products[0].plan.product.product.sparsity_text}"
        for each in program.program.passes
    ]


def test_passes_stand_in_the_steps_order_and_are_pruned_as_the_recipe_says() -> None:
    assert kept(compiled("bdwp")) == [
        "conv1 ff dense",
        "conv2 ff 2:4",
        "scores ff dense",
        "fc ff dense",
        "fc bp dense",
        "fc wu dense",
        "scores bp dense",
        "scores wu dense",
        "state wu dense",
        "conv2 bp 2:4",
        "conv2 wu dense",
        "conv1 wu dense",
    ]
    assert kept(compiled("sdwp", "ff", "bp"))[1:] == [
        "conv2 ff dense",
        "scores ff dense",
        "fc ff dense",
        "fc bp dense",
        "scores bp dense",
        "conv2 bp 2:4",
    ]


def test_what_is_left_out_is_counted_by_kind() -> None:
    assert compiled("bdwp").notes == (
        "left out of the program, which the machine does not run yet: 2 vector operations, 3 depthwise convolutions, "
        "3 products whose padding is not stated, 3 products of transposed convolutions, "
        "2 recurrent products, 7 weight updates",
    )
    assert compiled("bdwp", "wu").notes == (
        "left out of the program, which the machine does not run yet: 1 product of a transposed convolution, "
        "1 product whose padding is not stated, 1 depthwise convolution",
    )


@pytest.mark.parametrize(("recipe", "pass_name"), [("sdgp", "bp"), ("bdwp-wu", "wu"), ("bdwp-wu-x", "wu")])
def test_a_recipe_that_prunes_what_is_no_weight_is_refused_where_that_pass_runs(recipe: str, pass_name: Pass) -> None:
    with pytest.raises(HeddleError, match=rf"^recipe '{recipe}' prunes (dy|x) in {pass_name}, which has no program"):
        compiled(recipe)
    assert len(compiled(recipe, "ff").program.passes) == 4
