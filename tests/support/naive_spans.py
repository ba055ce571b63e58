"""Spans worked out byte by byte: where the next byte is not the next address, or is another page's, a span ends."""

from __future__ import annotations

from collections.abc import Sequence

Stretch = tuple[int, int]


def naive_spans(stretches: Sequence[Stretch], page_bytes: int) -> list[Stretch]:
    """Return address and bytes of the spans of one transfer, given address and bytes of its stretches."""
    spans: list[list[int]] = []
    for start, nbytes in stretches:
        for address in range(start, start + nbytes):
            if spans and address == sum(spans[-1]) and address % page_bytes:
                spans[-1][1] += 1
            else:
                spans.append([address, 1])
    return [(address, nbytes) for address, nbytes in spans]


def as_stream(stretches: Sequence[Stretch]) -> list[dict[str, int]]:
    """Return the words of a stream of stretches that are one transfer."""
    last = len(stretches) - 1
    return [
        {"address": address, "bytes": nbytes, "last": int(i == last)} for i, (address, nbytes) in enumerate(stretches)
    ]
