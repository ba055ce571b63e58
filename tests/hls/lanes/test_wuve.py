"""WUVE lanes: bits against exact rational arithmetic, timing and handshake."""

from functools import partial

import pytest
from amaranth.sim import Simulator
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run
from update_bench import OPTIMIZERS, fields, with_scalars

from heddle.arch.formats import BF16, FP16
from heddle.hls.fp.units import Units
from heddle.hls.lanes.wuve import ADAM, SGD, Wuve

EVERY = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.rule.name)
SHALLOW = Units(FP16, multiplier_stages=1, adder_stages=1, rows_per_stage=13, narrower_stages=1)


@EVERY
@pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
def test_new_weights_are_those_of_exact_arithmetic_under_idling_and_backpressure(optimizer, operand):
    wuve = Wuve(optimizer.rule, units=Units(operand))
    weights = optimizer.weights(80, seed=1)
    ends = [Feeder(wuve.weights, [[w] for w in weights], 0.3, seed=2), Collector(wuve.updated, 80, 0.3, seed=3)]
    _, got = run(with_scalars(wuve, optimizer.scalars), ends)
    expected = [[optimizer.updated(w, operand)] for w in weights]
    assert fields(got.words, tuple(expected[0][0])) == expected


def test_lanes_work_on_the_weights_of_a_word_side_by_side():
    optimizer = OPTIMIZERS[0]
    wuve = Wuve(optimizer.rule, lanes=2, units=SHALLOW)
    weights = optimizer.weights(24, seed=4)
    rows = [weights[i : i + 2] for i in range(0, 24, 2)]
    _, got = run(with_scalars(wuve, optimizer.scalars), [Feeder(wuve.weights, rows), Collector(wuve.updated, 12)])
    expected = [[optimizer.updated(w, FP16) for w in row] for row in rows]
    assert fields(got.words, tuple(expected[0][0])) == expected


@pytest.mark.parametrize(("rule", "latency"), [(SGD, 29), (ADAM, 105)], ids=["sgd", "adam"])
def test_a_weight_enters_and_leaves_every_clock_and_takes_the_stated_latency(rule, latency):
    wuve = Wuve(rule)
    weights = [[dict.fromkeys(("gradient", *rule.state), 0)]] * 5
    fed, got = run(wuve, [Feeder(wuve.weights, weights), Collector(wuve.updated, 5)])
    assert wuve.latency == latency
    assert [leaves - enters for enters, leaves in zip(fed.clocks, got.clocks, strict=True)] == [latency] * 5
    assert fed.clocks == list(range(fed.clocks[0], fed.clocks[0] + 5))


def test_reset_empties_the_lanes_at_any_time():
    optimizer = OPTIMIZERS[0]
    wuve = Wuve(optimizer.rule, units=SHALLOW)
    m, reset = resettable(with_scalars(wuve, optimizer.scalars))
    before, after = optimizer.weights(2, seed=5)

    async def bench(ctx):
        ctx.set(wuve.weights.payload, [before])
        ctx.set(wuve.weights.valid, 1)
        await ctx.tick().repeat(wuve.latency + 2)
        assert ctx.get(wuve.busy)
        assert ctx.get(wuve.updated.valid)
        ctx.set(wuve.weights.valid, 0)
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        assert not ctx.get(wuve.busy)
        assert not ctx.get(wuve.updated.valid)
        ctx.set(wuve.weights.payload, [after])
        ctx.set(wuve.weights.valid, 1)
        ctx.set(wuve.updated.ready, 1)
        await ctx.tick()
        ctx.set(wuve.weights.valid, 0)
        *_, word = await ctx.tick().sample(wuve.updated.payload).until(wuve.updated.valid)
        assert word[0].master == optimizer.updated(after, FP16)["master"]

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_no_lanes_are_refused():
    assert_refused(partial(Wuve, SGD, lanes=0), ValueError, "WUVE has at least 1 lane, not 0")
