"""More of a resource never costs time, less work never takes longer: the estimate over machines and recipes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT, machines, step_of, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.mapping_choice import TIME_TOLERANCE
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.estimate import estimate

pytestmark = pytest.mark.compiled  # whole networks; their kernels have tests of their own

NETWORKS = ("mlp", "resnet9", "resnet18", "mobilenetv2", "vit-small")


def step_cycles(
    design: Design, network: str, sparsity: str = "2:8", batch: int = 16, pregenerate: bool = True
) -> float:
    options = StepOptions(batch=batch, pregenerate=pregenerate)
    return estimate(step_of(zoo_network(network), "bdwp", sparsity, options), design, BOARD).cycles


def falls(values: list[float], slack: float = 0.0) -> bool:
    """True when no value exceeds the one before by more than the share ``slack``."""
    return all(after <= before * (1 + slack) for before, after in pairwise(values))


@pytest.mark.parametrize("network", NETWORKS)
def test_more_channels_are_never_slower(network: str) -> None:
    designs = [override(SAT, {"memory.channels": channels}) for channels in (1, 2, 3, 4)]
    assert falls([step_cycles(design, network) for design in designs])


@pytest.mark.parametrize("network", NETWORKS)
def test_a_wider_port_is_never_slower(network: str) -> None:
    designs = [override(SAT, {"memory.axi_bits": bits}) for bits in (64, 128, 256, 512, 1024)]
    assert falls([step_cycles(design, network) for design in designs])


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines(), more=st.integers(2, 4))
def test_more_lanes_of_any_kind_are_never_slower(step: TrainingStep, design: Design, more: int) -> None:
    before = estimate(step, design, BOARD).cycles
    for kind in ("sore", "wuve", "vector"):
        wider = override(design, {f"lanes.{kind}": more * getattr(design.lanes, kind)})
        assert estimate(step, wider, BOARD).cycles <= before * (1 + 1e-9)


@pytest.mark.parametrize("buffers", [("activation", "weight", "output"), ("activation",), ("weight",), ("output",)])
@pytest.mark.parametrize("network", NETWORKS)
def test_bigger_buffers_are_never_slower_beyond_the_tolerance(network: str, buffers: tuple[str, ...]) -> None:
    # They only add mappings; within the tolerance the one that moves fewer bytes is taken.
    sizes = [f"{name}_bytes" for name in buffers]
    designs = [
        override(SAT, {f"buffers.{size}": int(getattr(SAT.buffers, size) * factor) for size in sizes})
        for factor in (0.25, 0.5, 1, 1.5, 4, 8)
    ]
    assert falls([step_cycles(design, network) for design in designs], slack=TIME_TOLERANCE)


@pytest.mark.parametrize("network", NETWORKS)
def test_sparser_is_never_slower(network: str) -> None:
    assert falls([step_cycles(SAT, network, sparsity) for sparsity in ("8:8", "4:8", "2:8", "1:8")])


@pytest.mark.parametrize("network", NETWORKS)
def test_a_larger_batch_takes_longer_but_less_a_sample(network: str) -> None:
    batches = (1, 2, 4, 8, 16)
    cycles = [step_cycles(SAT, network, batch=batch) for batch in batches]
    assert falls(cycles[::-1])
    assert falls([total / batch for total, batch in zip(cycles, batches, strict=True)])


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("network", NETWORKS)
def test_pregeneration_is_never_slower(network: str, batch: int) -> None:
    ahead, on_load = (step_cycles(SAT, network, batch=batch, pregenerate=choice) for choice in (True, False))
    assert ahead <= on_load


@pytest.mark.parametrize("network", NETWORKS)
def test_bdwp_is_faster_than_dense_and_bdwp_wu_at_most_two_percent_slower_than_bdwp(network: str) -> None:
    recipes = ("dense", "bdwp", "bdwp-wu")
    built = [step_of(zoo_network(network), recipe, "2:8", StepOptions(batch=64)) for recipe in recipes]
    cycles = [estimate(step, SAT, BOARD).cycles for step in built]
    assert cycles[1] < cycles[0]
    assert cycles[2] < cycles[1] * 1.02
