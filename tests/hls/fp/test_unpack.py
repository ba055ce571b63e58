"""Words taken apart."""

import pytest
from amaranth.hdl import Module, Signal
from stream_bench import simulate

from heddle.hls.fp.unpack import leading_zeros


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 11])
def test_leading_zeros_are_counted_for_every_word_but_zero(width):
    m, word = Module(), Signal(width)
    count = Signal(range(width + 1))
    m.d.comb += count.eq(leading_zeros(word))
    m.d.sync += Signal().eq(0)

    async def bench(ctx):
        for value in range(1, 1 << width):
            ctx.set(word, value)
            assert ctx.get(count) == width - value.bit_length()

    simulate(m, bench)
