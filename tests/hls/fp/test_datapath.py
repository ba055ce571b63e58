"""Datapaths: expressions as one pipeline, all results of a step together."""

import random

import numpy as np
import pytest
from stream_bench import simulate

from heddle.arch.formats import BF16
from heddle.hls.fp.datapath import Datapath
from heddle.hls.fp.expression import narrow, scalar, square_root, stream
from heddle.hls.fp.schedule import Schedule
from heddle.hls.fp.units import Units

DEEP = Units()
SHALLOW = Units(BF16, multiplier_stages=1, adder_stages=2, rows_per_stage=13, narrower_stages=1)


def results():
    """Paths of very different lengths from the same operands, and one that is no path at all."""
    x, y, k = stream("x"), stream("y"), scalar("k")
    product = x * k
    return {"long": square_root(product * product + y) / y, "short": x - y, "operand": narrow(product), "none": x}


def expected(x, y, k):
    product = x * k
    return {"long": np.sqrt(product * product + y) / y, "short": x - y, "none": x}


def run(datapath, x, y, k, pause):
    draws = random.Random(1)
    rows = []

    async def bench(ctx):
        ctx.set(datapath.scalars.k, int(k.view(np.uint32)))
        for step in range(len(x) + datapath.latency):
            while draws.random() < pause:
                ctx.set(datapath.en, 0)
                ctx.set(datapath.entering, {"x": draws.getrandbits(32), "y": draws.getrandbits(32)})
                await ctx.tick()
            ctx.set(datapath.en, 1)
            words = (array.view(np.uint32)[step % len(x)] for array in (x, y))
            ctx.set(datapath.entering, dict(zip("xy", map(int, words), strict=True)))
            if step >= datapath.latency:
                rows.append({name: ctx.get(datapath.leaving[name]) for name in ("long", "short", "none")})
            await ctx.tick()

    simulate(datapath, bench)
    return {name: np.array([row[name] for row in rows], np.uint32).view(np.float32) for name in rows[0]}


@pytest.mark.parametrize(
    ("units", "latency"), [(DEEP, 6 + 6 + 5 + 28 + 31), (SHALLOW, 1 + 1 + 2 + 5 + 7)], ids=["deep", "shallow"]
)
def test_all_results_of_a_step_leave_together_after_the_longest_path_whatever_pauses_there_are(units, latency):
    draws = np.random.default_rng(0)
    x, y = draws.standard_normal(40, np.float32), draws.random(40, np.float32)
    k = np.float32(1.7)
    datapath = Datapath(Schedule(results(), units))
    got = run(datapath, x, y, k, pause=0.3)
    assert datapath.latency == latency
    for name, values in expected(x, y, k).items():
        np.testing.assert_array_equal(got[name], values)
