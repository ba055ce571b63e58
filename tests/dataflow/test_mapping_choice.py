"""Which mapping is chosen: the stated rule, applied by brute force to every mapping of the space."""

from __future__ import annotations

from collections.abc import Callable

import naive_mapping as naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT, boards, machines, single_product, step_of, steps

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.choices import MINIMISE_CHOICES, Minimise
from heddle.dataflow.mapping_choice import TIME_TOLERANCE
from heddle.dataflow.mapping_energy import design_idle_watts
from heddle.dataflow.scheduler import ProductSchedule, schedule_products
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network

ROUNDING = 1e-9


def minimised(minimise: Minimise, idle_j_per_cycle: float) -> Callable[[naive.Cost], float]:
    def joules(cost: naive.Cost) -> float:
        return cost.energy_j + idle_j_per_cycle * cost.cycles

    figures: dict[Minimise, Callable[[naive.Cost], float]] = {
        "time": lambda cost: cost.cycles,
        "bytes": lambda cost: float(cost.moved_bytes),
        "energy": joules,
        "edp": lambda cost: joules(cost) * cost.cycles,
    }
    return figures[minimise]


def brute_force(costs: list[naive.Cost], minimise: Minimise, idle_j_per_cycle: float) -> naive.Cost:
    """The mapping that the rule chooses; where figures differ by rounding alone, any of them."""
    figure = minimised(minimise, idle_j_per_cycle)
    tolerance = TIME_TOLERANCE if minimise == "time" else ROUNDING
    within = [cost for cost in costs if figure(cost) <= min(map(figure, costs)) * (1 + tolerance)]
    if minimise == "time":
        return min(within, key=lambda cost: (cost.moved_bytes, cost.energy_j, cost.cycles))
    return min(within, key=lambda cost: (cost.cycles, cost.moved_bytes, cost.energy_j))


@settings(max_examples=20, deadline=None)
@given(step=steps(), design=machines(), board=boards(), minimise=st.sampled_from(MINIMISE_CHOICES))
def test_the_choice_is_that_of_brute_force(
    step: TrainingStep, design: Design, board: Board, minimise: Minimise
) -> None:
    products = list(dict.fromkeys(p for item in step.items if isinstance(item, ProductPass) for p in item.products))
    idle_j_per_cycle = design_idle_watts(design, board) / design.clock_hz
    for product, found in zip(products, schedule_products(products, design, board, minimise=minimise), strict=True):
        costs = naive.every_cost(product, design, naive.rates_of(design, board))
        if found is None:
            assert costs == []
            continue
        best = brute_force(costs, minimise, idle_j_per_cycle)
        figure = minimised(minimise, idle_j_per_cycle)
        chosen = naive.cost(product, design, naive.rates_of(design, board), tiling_of(found))
        assert chosen.cycles == pytest.approx(found.mapping.cycles, rel=ROUNDING)
        if minimise == "time":
            assert chosen.cycles <= min(cost.cycles for cost in costs) * (1 + TIME_TOLERANCE + ROUNDING)
            assert chosen.moved_bytes == best.moved_bytes
            assert chosen.energy_j == pytest.approx(best.energy_j, rel=ROUNDING)
        else:
            assert figure(chosen) == pytest.approx(figure(best), rel=ROUNDING)
            assert chosen.cycles == pytest.approx(best.cycles, rel=ROUNDING)


def tiling_of(found: ProductSchedule) -> naive.Tiling:
    mapping = found.mapping
    split = mapping.interleave_rows, mapping.interleave_cols
    tile = mapping.tile_m, mapping.tile_n, mapping.tile_k
    return naive.Tiling(mapping.dataflow, split, mapping.loop_order == "mnk", *tile)


def test_a_wide_feed_forward_layer_moves_a_quarter_of_what_its_fastest_mapping_does() -> None:
    # The fastest takes 9,441,093 cycles and moves 428 MB: its tiles are smaller, so the first loads are sooner there.
    (schedule,) = schedule_products(products_of(single_product(4096, 768, 3072)), SAT, BOARD)
    assert schedule is not None
    assert schedule.mapping.dram_bytes == pytest.approx(107e6, rel=0.01)
    assert schedule.mapping.cycles == pytest.approx(9_443_618, rel=1e-5)
    assert schedule.mapping.cycles <= 9_441_093 * (1 + TIME_TOLERANCE)


def products_of(step: TrainingStep) -> list[naive.Product]:
    return [product for item in step.items if isinstance(item, ProductPass) for product in item.products]


def test_each_goal_has_the_least_of_what_it_minimises() -> None:
    (product,) = products_of(single_product(512, 768, 640))
    idle_j_per_cycle = design_idle_watts(SAT, BOARD) / SAT.clock_hz
    found = {}
    for minimise in MINIMISE_CHOICES:
        (schedule,) = schedule_products([product], SAT, BOARD, minimise=minimise)
        assert schedule is not None
        joules = float(schedule.row["energy_j"]) + idle_j_per_cycle * schedule.mapping.cycles
        cycles = schedule.mapping.cycles
        found[minimise] = {"bytes": schedule.mapping.dram_bytes, "energy": joules, "edp": joules * cycles}
        found[minimise]["time"] = cycles / (1 + TIME_TOLERANCE if minimise == "time" else 1)
    for minimise in MINIMISE_CHOICES:
        assert found[minimise][minimise] == min(figures[minimise] for figures in found.values())
    assert found["bytes"]["time"] > found["time"]["time"]


@pytest.mark.compiled
@pytest.mark.parametrize("network", ["resnet18", "vit-small"])
def test_a_step_stays_within_the_tolerance_of_its_fastest_mappings(network: str) -> None:
    products = list(dict.fromkeys(products_of(step_of(zoo_network(network), options=StepOptions(batch=16)))))
    os, ws, both = (
        schedule_products(products, override(SAT, {"array.dataflows": names}), BOARD)
        for names in (["os"], ["ws"], ["os", "ws"])
    )
    for one, other, chosen in zip(os, ws, both, strict=True):
        assert one is not None
        assert other is not None
        assert chosen is not None
        fastest = min(one.mapping.cycles, other.mapping.cycles)
        assert chosen.mapping.cycles <= fastest * (1 + TIME_TOLERANCE)
