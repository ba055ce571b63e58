"""The offline schedule: what it says of each product, what it cannot run, and how it follows the machine."""

from __future__ import annotations

import naive_mapping as naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_engines import tiling_of
from samples import BOARD, SAT, TINY, conv, machines, network_of, single_product, step_of, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.errors import HeddleError
from heddle.dataflow.mapping_choice import TIME_TOLERANCE
from heddle.dataflow.network import ConvLayer, LinearLayer
from heddle.dataflow.scheduler import Schedule, distinct_products, schedule_products, schedule_step
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network

ROUNDING = 1e-9


def predicted_cycles(schedule: Schedule) -> float:
    return sum(entry.mapping.cycles for entry in schedule.by_product.values())


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_the_choice_is_as_fast_as_the_faster_dataflow_within_the_tolerance(step: TrainingStep, design: Design) -> None:
    for entry in schedule_step(step, design, BOARD).by_product.values():
        fastest = min(mapping.cycles for mapping in entry.best_by_dataflow.values())
        assert entry.mapping.cycles <= fastest * (1 + TIME_TOLERANCE)
        assert entry.best_by_dataflow[entry.mapping.dataflow] == entry.mapping
        assert set(entry.best_by_dataflow) <= set(design.array.dataflows)


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_every_product_is_scheduled_or_its_pass_is_a_failure(step: TrainingStep, design: Design) -> None:
    schedule = schedule_step(step, design, BOARD)
    failed = {(failure.layer, failure.pass_name) for failure in schedule.failures}
    for item in step.items:
        if isinstance(item, ProductPass) and (item.layer, item.pass_name) not in failed:
            assert [entry.product for entry in schedule.of(item)] == list(item.products)
    kept = [item for item in step.items if (item.layer, item.pass_name) not in failed]
    assert [item for item in schedule.step.items if (item.layer, item.pass_name) not in failed] == kept


@settings(max_examples=30, deadline=None)
@given(step=steps(), design=machines(), channels=st.integers(1, 4))
def test_more_channels_cost_a_mapping_no_more_than_the_clocks_in_which_wider_words_are_shifted(
    step: TrainingStep, design: Design, channels: int
) -> None:
    narrow, wide = (override(design, {"memory.channels": count}) for count in (1, channels))
    before, after = naive.rates_of(narrow, BOARD), naive.rates_of(wide, BOARD)
    load, store = after.load_cycles - before.load_cycles, after.store_cycles - before.store_cycles
    for entry in schedule_step(step, narrow, BOARD).by_product.values():
        cost = naive.cost(entry.product, wide, after, tiling_of(entry.mapping))
        # A word is shifted in the first load and the last store, and in each turn of the two halves.
        shifted = load * (1 + cost.loads / 2) + store * (1 + cost.stores / 2)
        assert cost.cycles <= entry.mapping.cycles + shifted + ROUNDING


@settings(max_examples=30, deadline=None)
@given(step=steps(), design=machines())
def test_unlimited_memory_is_never_slower(step: TrainingStep, design: Design) -> None:
    limited = schedule_step(step, design, BOARD)
    unlimited = schedule_step(step, override(design, {"memory.unlimited": True}), BOARD)
    for product, entry in limited.by_product.items():
        assert unlimited.by_product[product].mapping.cycles <= entry.mapping.cycles


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_a_dataflow_asked_for_is_the_one_used(dataflow: str) -> None:
    step = step_of(zoo_network("mlp"))
    schedule = schedule_step(step, TINY, BOARD, dataflow)  # type: ignore[arg-type]
    assert {entry.mapping.dataflow for entry in schedule.by_product.values()} == {dataflow}


def test_a_dataflow_that_the_design_lacks_is_refused() -> None:
    only_os = override(TINY, {"array.dataflows": ["os"]})
    with pytest.raises(HeddleError) as refused:
        schedule_step(single_product(4, 4, 4), only_os, BOARD, "ws")
    assert str(refused.value) == "design 'tiny' does not support dataflow 'ws' (it supports: os)"


def test_a_pass_that_cannot_be_mapped_is_named_and_the_rest_goes_on() -> None:
    small = override(TINY, {"buffers.activation_bytes": 100})
    network = network_of(
        conv(name="wide", size=32, channels=(8, 8), kernel=5),
        LinearLayer("thin", rows=1, in_features=4, out_features=4),
    )
    schedule = schedule_step(step_of(network), small, BOARD)
    failed = {(failure.layer, failure.pass_name) for failure in schedule.failures}
    assert failed == {("wide", "ff"), ("wide", "bp"), ("wide", "wu")}
    assert schedule.failures[0].reason.endswith("which exceeds half the activation buffer (50 bytes)")
    kept = {(item.layer, item.pass_name) for item in schedule.step.items}
    assert not failed & kept
    assert {("thin", "ff"), ("thin", "bp"), ("thin", "wu")} <= kept


def test_taps_that_no_buffer_holds_are_cut_and_cost_no_more_than_the_product_and_the_walk_of_a_tile() -> None:
    # 64 windows of 8192 taps slide over one row; the product of the same sizes has them spread out.
    sliding = ConvLayer("row", 1, 8255, 1, 1, 64, 64, kernel_height=1, kernel_width=8192)
    options = StepOptions(batch=1, passes=("ff",))
    as_conv, as_product = (
        schedule_step(step_of(network_of(layer), "dense", options=options), SAT, BOARD)
        for layer in (sliding, LinearLayer("row", rows=64, in_features=8192, out_features=64))
    )
    (conv_entry,), (entry,) = as_conv.by_product.values(), as_product.by_product.values()
    assert not as_conv.failures
    assert conv_entry.mapping.tile_k < 8192
    # A pixel of one channel is walked in a clock like one of many, which nothing overlaps in the first tile.
    assert conv_entry.mapping.cycles <= entry.mapping.cycles * (1 + TIME_TOLERANCE) + conv_entry.row["edge_cuts"]
    assert conv_entry.mapping.load_bytes < entry.mapping.load_bytes  # windows share their pixels


def test_interleave_is_that_of_the_design_in_os_and_none_in_ws() -> None:
    step = step_of(zoo_network("resnet9"))
    for entry in schedule_step(step, SAT, BOARD).by_product.values():
        expected = SAT.array.interleave if entry.mapping.dataflow == "os" else 1
        assert entry.mapping.interleave == expected


def test_a_sparser_product_is_never_predicted_slower() -> None:
    network = network_of(conv(size=16, channels=(64, 64)))
    cycles = [
        predicted_cycles(schedule_step(step_of(network, "bdwp", sparsity), SAT, BOARD))
        for sparsity in ("8:8", "4:8", "2:8", "1:8")
    ]
    assert cycles == sorted(cycles, reverse=True)


def test_the_same_step_gets_the_same_schedule() -> None:
    step = step_of(zoo_network("resnet9"))
    first, second = (schedule_step(step, SAT, BOARD) for _ in range(2))
    assert [entry.mapping for entry in first.by_product.values()] == [
        entry.mapping for entry in second.by_product.values()
    ]


def test_many_products_are_scheduled_as_each_alone_and_heard_of_meanwhile() -> None:
    step = step_of(network_of(*(LinearLayer(f"layer{rows}", rows, 8, 4) for rows in range(1, 41))))
    heard: list[tuple[int, int]] = []
    schedule = schedule_step(step, TINY, BOARD, progress=lambda done, total: heard.append((done, total)))
    products = distinct_products(step)
    assert [schedule_products([product], TINY, BOARD) for product in products] == [
        [schedule.by_product[product]] for product in products
    ]
    assert len(heard) > 1
    assert heard[-1] == (len(products), len(products))


def test_an_interruption_is_heard_between_the_products() -> None:
    """The kernel hears none, and a topology of 100,000 shapes keeps it busy for minutes."""

    def interrupt(done: int, total: int) -> None:
        assert done < total
        raise KeyboardInterrupt

    step = step_of(network_of(*(LinearLayer(f"layer{rows}", rows, 8, 4) for rows in range(1, 41))))
    with pytest.raises(KeyboardInterrupt):
        schedule_step(step, TINY, BOARD, progress=interrupt)
