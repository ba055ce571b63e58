"""The slicer refuses what it cannot cut, and sees cuts and bytes that do not belong together."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from naive_gear import as_words
from refusal import assert_refused
from stream_bench import Collector, Feeder, run

from heddle.hls.axi.channels import AxiShape
from heddle.hls.gear.slicer import Slicer

BUS = AxiShape(8, page_bytes=64)


def test_more_elements_than_a_word_are_refused() -> None:
    assert_refused(partial(Slicer, BUS, 16, 5), ValueError, "5 elements of 16 bits in a word of 8 bytes")
    assert_refused(partial(Slicer, BUS, 3, 21, row_bits=8), ValueError, "21 elements of 3 bits in a word of 8 bytes")


@pytest.mark.parametrize(
    ("nbytes", "counts"), [(8, [2]), (8, [4, 4]), (6, [4]), (16, [4])], ids=["few", "many", "past the end", "a word"]
)
def test_cuts_that_end_elsewhere_than_the_transfer_are_seen(nbytes: int, counts: list[int]) -> None:
    slicer = Slicer(BUS, 16, 4)
    starts = range(0, nbytes, 8)
    words = [{"bytes": min(8, nbytes - start), "last": start == starts[-1]} for start in starts]
    cuts = [{"count": count, "last": place == len(counts) - 1} for place, count in enumerate(counts)]
    ends = [Feeder(slicer.words, words), Feeder(slicer.cuts, cuts), Collector(slicer.pieces, len(counts))]
    with pytest.raises(AssertionError, match="the cuts end where the transfer does"):
        run(slicer, ends, clocks=50)


def test_a_row_s_last_piece_takes_along_what_stands_before_the_next_row() -> None:
    rows = [[1, 2, 3, 4, 5, 6, 7], [7, 5, 3], [1, 2, 3, 4, 5], [6, 7, 1, 2, 3, 4, 5, 6]]
    bits = [sum(value << 3 * at for at, value in enumerate(row)) for row in rows]
    image = b"".join(row.to_bytes(nbytes, "little") for row, nbytes in zip(bits, (3, 2, 2, 3), strict=True))
    words = as_words(np.frombuffer(image, np.uint8), 8)
    pieces = [(row[at : at + 5], at + 5 >= len(row)) for row in rows for at in range(0, len(row), 5)]
    cuts = [
        {"count": len(piece), "ends": ends, "last": at == len(pieces) - 1} for at, (piece, ends) in enumerate(pieces)
    ]
    slicer = Slicer(BUS, 3, 5, row_bits=8)
    ends = [Feeder(slicer.words, words), Feeder(slicer.cuts, cuts), Collector(slicer.pieces, len(pieces))]
    *_, taken = run(slicer, ends, clocks=50)
    assert [[*piece.elements][: piece.cut.count] for piece in taken.words] == [piece for piece, _ in pieces]
