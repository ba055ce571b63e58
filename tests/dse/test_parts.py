"""Stored blocks: whole, checked, and of one exploration only."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from heddle.arch.errors import HeddleError
from heddle.dse.parts import Parts, open_parts
from heddle.dse.points import COLUMNS, Points
from heddle.dse.request import ExploreRequest

IDENTITY = {"batch": "8", "network": "a" * 64, "model": "1"}
#: The numbers of a block's points: 100 with a result, and 1 + 2 + 3 + 4 skipped.
SPAN = range(110)


@pytest.fixture
def points() -> Points:
    counts = np.arange(100)
    floats = np.random.default_rng(0).random((2, 100))
    return Points((1, 2, 3, 4), counts, *floats, *(counts + n for n in range(len(COLUMNS) - 3)))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return open_parts(tmp_path / "run", IDENTITY)


def test_a_part_is_read_as_it_was_written(parts: Parts, points: Points):
    parts.write(7, points)
    read = parts.read(7, SPAN)
    assert read is not None
    assert read.skipped == points.skipped
    for name, column in points.columns().items():
        assert np.array_equal(getattr(read, name), column)


def test_a_block_without_a_part_is_none(parts: Parts):
    assert parts.read(0, SPAN) is None


def test_parts_have_their_blocks_number_and_nothing_else_is_left(parts: Parts, points: Points):
    parts.write(3, points)
    assert [path.name for path in (parts.folder / "parts").iterdir()] == ["block-00003.parquet"]


@pytest.mark.parametrize("length", [0, 3, 100, -8])
def test_a_truncated_part_is_named_with_what_to_do(parts: Parts, points: Points, length: int):
    parts.write(0, points)
    path = parts.path(0)
    path.write_bytes(path.read_bytes()[:length])
    message = re.escape(f"{path}: is not a whole part (") + r".*\); delete it and run again to compute it anew$"
    with pytest.raises(HeddleError, match=message):
        parts.read(0, SPAN)


def test_a_flipped_bit_is_noticed(parts: Parts, points: Points):
    parts.write(0, points)
    path = parts.path(0)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(bytes(content))
    with pytest.raises(HeddleError, match="is not a whole part"):
        parts.read(0, SPAN)


def test_a_part_of_another_exploration_is_refused(parts: Parts, points: Points):
    parts.write(0, points)
    stranger = replace(parts, digest="other")
    with pytest.raises(HeddleError, match=r"is not a whole part \(it belongs to another exploration\)"):
        stranger.read(0, SPAN)


def test_a_part_under_another_blocks_name_is_refused(parts: Parts, points: Points):
    parts.write(0, points)
    parts.path(1).write_bytes(parts.path(0).read_bytes())
    message = r"block-00001.parquet: is not a whole part \(it holds another block\); delete it and run again"
    with pytest.raises(HeddleError, match=message):
        parts.read(1, SPAN)


@pytest.mark.parametrize(
    ("span", "reason"),
    [
        (range(1, 111), "it holds points outside 1 to 110"),
        (range(99), "it holds points outside 0 to 98"),
        (range(120), "it accounts for 110 of 120 points"),
    ],
)
def test_a_part_with_other_points_than_its_blocks_is_refused(parts: Parts, points: Points, span: range, reason: str):
    parts.write(0, points)
    with pytest.raises(HeddleError, match=rf"is not a whole part \({reason}\); delete it and run again"):
        parts.read(0, span)


@pytest.mark.parametrize("skipped", ["[1, 2", "[]", '{"a": 1}', "[1, 2, 3, 4.5]"])
def test_a_part_with_unreadable_counts_is_refused(parts: Parts, points: Points, skipped: str):
    parts.write(0, points)
    table = pq.read_table(parts.path(0), partitioning=None)
    metadata = table.schema.metadata | {b"skipped": skipped.encode()}
    pq.write_table(table.replace_schema_metadata(metadata), parts.path(0))
    with pytest.raises(HeddleError, match=r"is not a whole part \(its counts of skipped points are unreadable\)"):
        parts.read(0, SPAN)


def test_what_a_killed_run_left_half_written_is_removed_and_nothing_else(parts: Parts, points: Points):
    parts.write(0, points)
    folder = parts.folder / "parts"
    for name in (".block-00001.parquet.4711.tmp", ".note.tmp", "mine.tmp"):
        (folder / name).write_bytes(b"half")
    open_parts(parts.folder, IDENTITY)
    assert sorted(path.name for path in folder.iterdir()) == [".note.tmp", "block-00000.parquet", "mine.tmp"]


def test_a_leftover_that_cannot_be_removed_is_named(parts: Parts):
    (parts.folder / "parts" / ".block-00001.parquet.4711.tmp").mkdir()
    with pytest.raises(HeddleError, match=r"4711.tmp: cannot be removed: .*; delete it$"):
        open_parts(parts.folder, IDENTITY)


def test_a_part_that_has_gone_is_missed(parts: Parts, points: Points):
    parts.write(0, points)
    with pytest.raises(HeddleError, match=r"block-00001.parquet: has gone since it was written; run again$"):
        list(parts.read_all([SPAN, SPAN]))


def test_the_same_request_opens_its_parts_again(tmp_path: Path):
    assert open_parts(tmp_path, IDENTITY) == open_parts(tmp_path, dict(IDENTITY))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"batch": "9"}, r"batch \(8 there, 9 here\)"),
        ({"network": "b" * 64}, "network"),
        ({"model": "2"}, "the version of the tool"),
        ({"batch": "9", "network": "b" * 64}, r"batch \(8 there, 9 here\), network"),
    ],
)
def test_another_request_is_refused_with_what_differs(tmp_path: Path, change: dict[str, str], named: str):
    open_parts(tmp_path, IDENTITY)
    message = rf"holds another exploration, which differs in {named}; give another folder, or delete it$"
    with pytest.raises(HeddleError, match=message):
        open_parts(tmp_path, IDENTITY | change)


@pytest.mark.parametrize("content", ["", "[]", '{"batch": 8}', "\x00"])
def test_a_damaged_request_file_is_named(tmp_path: Path, content: str):
    (tmp_path / "request.json").write_text(content)
    with pytest.raises(HeddleError, match=r"request.json: is damaged; delete .* or give another folder$"):
        open_parts(tmp_path, IDENTITY)


def test_parts_without_a_request_are_refused(parts: Parts, points: Points):
    parts.write(0, points)
    (parts.folder / "request.json").unlink()
    with pytest.raises(HeddleError, match=r"holds parts/ but no request.json to say what of"):
        open_parts(parts.folder, IDENTITY)


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path):
    path = tmp_path / "run"
    path.write_text("")
    with pytest.raises(HeddleError, match="is a file; a run needs a folder"):
        open_parts(path, IDENTITY)


def test_the_request_file_holds_the_identity(tmp_path: Path, request_: ExploreRequest):
    open_parts(tmp_path, request_.identity())
    assert json.loads((tmp_path / "request.json").read_text()) == request_.identity()
