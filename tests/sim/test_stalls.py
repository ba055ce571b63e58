"""The causes of the array's waiting: one registry for the engines that count and the reports that say them."""

from __future__ import annotations

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.simulate import simulate
from heddle.sim.stalls import DRAIN, FEED, FILL, LOAD_LEFT, LOAD_RIGHT, STALL_CAUSES, STORE_BEHIND


def test_the_counters_stand_in_the_registrys_order() -> None:
    places = {"fill": FILL, "load_left": LOAD_LEFT, "load_right": LOAD_RIGHT, "store": STORE_BEHIND}
    places |= {"feed": FEED, "drain": DRAIN}
    assert [places[cause] for cause in STALL_CAUSES] == list(range(6))


def test_the_engines_count_these_causes_of_every_pass_on_the_array() -> None:
    design = load_design("tiny")
    step = training_step(zoo_network("mlp"), recipe_named("dense"), design.sparsity, StepOptions(batch=2))
    passes = [item for item in simulate(step, design, load_board(design.board)).passes if item.on_array]
    assert passes
    assert all(list(item.stall_cycles) == list(STALL_CAUSES) for item in passes)
