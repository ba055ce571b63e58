"""Blocks of weights: updated, and packed for the forward and the backward product as arch.nm packs them."""

import numpy as np
import pytest
from stream_bench import Collector, Feeder, run
from update_bench import OPTIMIZERS, fields, with_scalars

from heddle.arch.formats import BF16, FP16
from heddle.arch.nm import pack
from heddle.hls.fp.units import Units
from heddle.hls.lanes.block_update import BlockUpdate


def packed_words(words):
    """Packed groups of a stream as (values, indices) arrays."""
    return np.array([list(w["values"]) for w in words]), np.array([list(w["indices"]) for w in words])


def assert_packed(words, operands, n, m, axis):
    """``words`` are the groups of ``operands`` (uint16 [M, M]) along ``axis``, in order."""
    reference = pack(operands, n, m, axis=axis)
    values, indices = packed_words(words)
    assert np.array_equal(values, reference.values.reshape(-1, n))
    assert np.array_equal(indices, reference.indices.reshape(-1, n))


SGD, ADAM = OPTIMIZERS


@pytest.mark.parametrize(
    ("optimizer", "n", "m", "operand", "pauses"),
    [
        (SGD, 2, 4, FP16, (0.0, 0.0, 0.0, 0.0)),
        (SGD, 2, 4, FP16, (0.3, 0.0, 0.4, 0.2)),
        (ADAM, 1, 2, BF16, (0.2, 0.5, 0.0, 0.6)),
    ],
    ids=["sgd 2:4 fp16", "sgd 2:4 fp16 paused", "adam 1:2 bf16 paused"],
)
def test_state_and_both_packed_weights_are_those_of_exact_arithmetic(optimizer, n, m, operand, pauses):
    units = Units(operand, multiplier_stages=2, adder_stages=2, rows_per_stage=9)
    update = BlockUpdate(optimizer.rule, n, m, units)
    weights = optimizer.weights(3 * m * m, seed=m)
    rows = [weights[i : i + m] for i in range(0, len(weights), m)]
    idle, *refusals = pauses
    outputs = (update.state, update.forward_groups, update.backward_groups)
    ends = [Feeder(update.weights, rows, idle, seed=0)]
    ends += [Collector(o, 3 * m, p, seed) for seed, (o, p) in enumerate(zip(outputs, refusals, strict=True), start=1)]
    _, state, forward, backward = run(with_scalars(update, optimizer.scalars), ends)

    expected = [[optimizer.updated(w, operand) for w in row] for row in rows]
    names = tuple(optimizer.rule.state)
    assert fields(state.words, names) == [[{name: w[name] for name in names} for w in row] for row in expected]
    for block in range(3):
        inside = slice(block * m, (block + 1) * m)
        operands = np.array([[w["operand"] for w in row] for row in expected[inside]], np.uint16)
        assert_packed(forward.words[inside], operands, n, m, axis=1)
        assert_packed(backward.words[inside], operands, n, m, axis=0)


def test_the_outputs_take_the_stated_latencies_and_a_row_a_clock():
    m = 2
    update = BlockUpdate(SGD.rule, 1, m, Units(multiplier_stages=1, adder_stages=1, narrower_stages=1))
    rows = [SGD.weights(m, seed=row) for row in range(3 * m)]
    outputs = (update.state, update.forward_groups, update.backward_groups)
    ends = [Feeder(update.weights, rows), *(Collector(output, 3 * m) for output in outputs)]
    fed, state, forward, backward = run(with_scalars(update, SGD.scalars), ends)
    assert [out - into for into, out in zip(fed.clocks, state.clocks, strict=True)] == [update.state_latency] * 6
    assert [out - into for into, out in zip(fed.clocks, forward.clocks, strict=True)] == [update.forward_latency] * 6
    assert backward.clocks[0] - fed.clocks[m - 1] == update.backward_latency
    assert backward.clocks == list(range(backward.clocks[0], backward.clocks[0] + 6))
