"""Spans against a naive twin that looks at every byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_spans import Stretch, as_stream, naive_spans
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Coalescer

NARROW = AxiShape(data_bytes=4, address_bits=12, page_bytes=64)
#: Distances between a pixel's end and the next pixel's begin, so that many follow each other.
GAPS = st.sampled_from([0, 0, 0, 2, 30, 64])
PIXELS = st.lists(st.tuples(GAPS, st.integers(1, 70)), min_size=1, max_size=12)


def laid_out(start: int, pixels: list[tuple[int, int]]) -> list[Stretch]:
    """Pixels of so many pairs of bytes, each a gap behind the one before."""
    stretches = []
    for gap, pairs in pixels:
        stretches.append((start + gap, 2 * pairs))
        start += gap + 2 * pairs
    return stretches


def coalesced(
    shape: AxiShape, transfers: list[list[Stretch]], spans: int, idle: float = 0.0, pause: float = 0.0
) -> tuple[Moved, Moved]:
    block = Coalescer(shape)
    words = [word for transfer in transfers for word in as_stream(transfer)]
    fed, taken = run(block, [Feeder(block.pixels, words, idle, seed=3), Collector(block.spans, spans, pause, seed=4)])
    taken.words = [{"address": span.address, "bytes": span.bytes, "last": span.last} for span in taken.words]
    return fed, taken


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), PIXELS), min_size=1, max_size=3),
    st.sampled_from([(0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.3, 0.3)]),
)
def test_spans_are_the_longest_within_a_page(
    drawn: list[tuple[int, list[tuple[int, int]]]], stalls: tuple[float, float]
) -> None:
    transfers = [laid_out(2 * start, pixels) for start, pixels in drawn]
    expected = [span for transfer in transfers for span in as_stream(naive_spans(transfer, 64))]
    _, taken = coalesced(NARROW, transfers, len(expected), *stalls)
    assert taken.words == expected


def test_a_transfer_never_joins_the_one_before() -> None:
    _, taken = coalesced(NARROW, [[(0, 8)], [(8, 8)]], 2)
    assert taken.words == [*as_stream([(0, 8)]), *as_stream([(8, 8)])]


@pytest.mark.parametrize(
    ("pixel_bytes", "pixels"), [(64, 130), (6, 1500), (2, 300)], ids=["whole beats", "across pages", "small"]
)
def test_pixels_of_the_machine_s_port_come_in_one_a_clock(pixel_bytes: int, pixels: int) -> None:
    stretches = [(pixel_bytes * i, pixel_bytes) for i in range(pixels)]
    expected = as_stream(naive_spans(stretches, 4096))
    fed, taken = coalesced(AxiShape(), [stretches], len(expected))
    assert taken.words == expected
    cuts = sum((pixel_bytes * i) // 4096 != (pixel_bytes * (i + 1) - 1) // 4096 for i in range(pixels))
    assert fed.clocks[-1] == pixels - 1 + cuts
    assert taken.clocks[-1] == fed.clocks[-1] + Coalescer.latency


def test_the_longest_pixel_becomes_its_pages() -> None:
    pixel = (6, 4 * ((1 << 18) - 1))
    spans = [(6, 4090), *((4096 * i, 4096) for i in range(1, 256)), (1 << 20, 2)]
    _, taken = coalesced(AxiShape(), [[pixel]], len(spans))
    assert taken.words == as_stream(spans)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"data_bytes": 48}, "a channel's beat is 4 to 128 bytes, a power of two, not 48"),
        ({"data_bytes": 2}, "a channel's beat is 4 to 128 bytes, a power of two, not 2"),
        ({"page_bytes": 32}, "a page is 1 to 256 beats, a power of two, not 32 bytes"),
        ({"data_bytes": 8}, "a page is 1 to 256 beats, a power of two, not 4096 bytes"),
    ],
)
def test_a_port_that_axi_has_not_is_refused(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AxiShape(**sizes)
