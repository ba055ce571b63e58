"""Blocks mapped once: what comes from the cache, what a bad cache costs, and that the runs' number changes nothing."""

import json
import tempfile
from pathlib import Path

import pytest
from fake_yosys import FakeYosys
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import cache_home
from heddle.synth.yosys import cache, mapping
from heddle.synth.yosys.jobs import job_of
from heddle.synth.yosys.mapping import MappedBlock, map_blocks, map_flat
from heddle.synth.yosys.path_delay import WorstPath
from heddle.synth.yosys.sources import VerilogModule, counted


def made(name, assigns, children=()):
    """A module with so many LUTs by the fake yosys, one flip-flop, and instances."""
    logic = "".join(f"  assign y{index} = a & b;\n" for index in range(assigns))
    placed = "".join(f"  {child}  i{index} (\n    .a(a)\n  );\n" for index, child in enumerate(children))
    return VerilogModule(
        name, f"module {name} (a);\n  input a;\n  reg kept;\n{logic}{placed}endmodule\n", tuple(children)
    )


def design(lane_luts=3):
    """A top with two lanes, each of which has two adders, and one queue that is flattened into the top."""
    modules = [
        made("adder", 5),
        made("\\lane.inner", lane_luts, ["adder", "adder"]),
        made("queue", 7),
        made("top", 1, ["\\lane.inner", "\\lane.inner", "queue"]),
    ]
    return counted("top", {module.name: module for module in modules})


MAPPED = {
    "adder": MappedBlock({"LUT2": 5, "FDRE": 1}, WorstPath(5.0, "from_5", "")),
    "\\lane.inner": MappedBlock({"LUT2": 3, "FDRE": 1, "adder": 2}, WorstPath(3.0, "from_3", "")),
    "top": MappedBlock({"LUT2": 8, "FDRE": 2, "lane.inner": 2}, WorstPath(8.0, "from_8", "")),
}


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch, tmp_path):
    """The cache's folder, empty at first; temporary folders of runs are beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(mapping, "yosys_version", lambda: "0.0")
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "runs"))
    mapping._tool.cache_clear()
    yield tmp_path / "cache" / "heddle" / "synthesis"
    mapping._tool.cache_clear()


@pytest.fixture
def yosys(monkeypatch):
    return FakeYosys().install(monkeypatch)


def no_yosys(monkeypatch):
    def fail(script, folder, log_name, makes=()):
        raise AssertionError("yosys was run")

    monkeypatch.setattr(mapping, "run_yosys", fail)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_runs_changes_no_count(workers, yosys):
    mapped = map_blocks(design(), workers)
    assert mapped == MAPPED
    assert list(mapped) == list(MAPPED)
    assert len(yosys.jobs) == 3


def test_a_second_time_comes_from_the_cache_without_yosys(yosys, monkeypatch):
    first = map_blocks(design(), 2)
    no_yosys(monkeypatch)
    assert map_blocks(design(), 1) == first


def test_only_blocks_that_changed_are_mapped_anew(yosys):
    map_blocks(design(), 1)
    changed = map_blocks(design(lane_luts=4), 1)
    assert changed == {
        **MAPPED,
        "\\lane.inner": MappedBlock({"LUT2": 4, "FDRE": 1, "adder": 2}, WorstPath(4.0, "from_4", "")),
    }
    assert len(yosys.jobs) == 4


def test_another_version_of_yosys_maps_anew(yosys, monkeypatch):
    map_blocks(design(), 1)
    mapping._tool.cache_clear()
    monkeypatch.setattr(mapping, "yosys_version", lambda: "0.1")
    map_blocks(design(), 1)
    assert len(yosys.jobs) == 6


def test_each_family_has_entries_of_its_own(yosys):
    first = map_blocks(design(), 1)
    other = map_blocks(design(), 1, family="xc7")
    assert len(yosys.jobs) == 6
    assert (map_blocks(design(), 1), map_blocks(design(), 1, family="xc7")) == (first, other)
    assert len(yosys.jobs) == 6


def test_blocks_can_be_chosen(yosys):
    assert map_blocks(design(), 2, only=["adder", "nothing"]) == {"adder": MAPPED["adder"]}


@given(
    st.one_of(
        st.binary(max_size=20),
        st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner), max_leaves=4).map(
            lambda worst: json.dumps({"cells": {"LUT2": 1}, "worst": worst or [0]}).encode()
        ),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
            max_leaves=4,
        ).map(lambda cells: json.dumps({"cells": cells or None, "worst": None}).encode()),
        st.just(b'{"cells": {"LUT2": 1}, "worst": {"delay_ns": "fast", "start": "", "end": ""}}'),
        st.just(b'{"cells": {"LUT2": 1}, "worst": {"delay_ns": 5.0, "start": 7, "end": ""}}'),
        st.just(b"[" * 100_000),
    )
)
@settings(max_examples=60)
def test_a_damaged_entry_is_mapped_anew_and_replaced(content):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yosys = FakeYosys().install(monkeypatch)
        folder = cache_home() / "heddle" / "synthesis"
        map_blocks(design(), 1)
        for path in folder.iterdir():
            path.write_bytes(content)
        before = len(yosys.jobs)
        if not is_entry(content):
            assert map_blocks(design(), 1) == MAPPED
            assert len(yosys.jobs) == before + 3
            no_yosys(monkeypatch)
            assert map_blocks(design(), 1) == MAPPED
        for path in folder.iterdir():
            path.unlink()


def is_entry(content):
    """True for the few drawn documents that are as good as a real one: cells with their numbers."""
    try:
        cells = json.loads(content)["cells"]
        whole = all(type(number) is int for number in cells.values())
        return whole and json.loads(content)["worst"] is None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return False


def test_a_cache_that_takes_no_files_costs_only_time(yosys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert map_blocks(design(), 2) == MAPPED
    assert map_blocks(design(), 2) == MAPPED
    assert len(yosys.jobs) == 6


def test_a_full_disk_costs_only_time(yosys, monkeypatch, cache_folder):
    def full(path, content):
        raise HeddleError(f"{path}: cannot write the file: no space left on device")

    monkeypatch.setattr(cache, "write_atomically", full)
    assert map_blocks(design(), 2) == MAPPED
    assert list(cache_folder.iterdir()) == []


def test_what_a_full_disk_kept_before_is_still_read(yosys, monkeypatch):
    map_blocks(design(), 1)
    monkeypatch.setattr(cache, "write_atomically", None)
    no_yosys(monkeypatch)
    assert map_blocks(design(), 1) == MAPPED


def test_progress_begins_with_what_the_cache_had_and_ends_with_all(yosys):
    seen = []
    map_blocks(design(), 2, lambda done, of: seen.append((done, of)), only=["adder"])
    map_blocks(design(), 1, lambda done, of: seen.append((done, of)))
    map_blocks(design(), 1, lambda done, of: seen.append((done, of)))
    assert seen == [(0, 1), (1, 1), (1, 3), (2, 3), (3, 3), (3, 3)]


def test_runs_leave_nothing_behind_when_they_end_well(yosys, tmp_path):
    map_blocks(design(), 2)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_failure_keeps_the_log_that_it_names_and_what_was_mapped_before(monkeypatch, tmp_path):
    FakeYosys(failing="assign y6").install(monkeypatch)
    map_blocks(design(), 1, only=["adder"])
    with pytest.raises(HeddleError, match=r"^yosys failed: as asked \(log: (.*)\)$") as caught:
        map_blocks(design(), 1)
    log = str(caught.value).rpartition("log: ")[2].rstrip(")")
    assert log.startswith(str(tmp_path / "runs"))
    assert Path(log).read_text() == "ERROR: as asked\n"
    assert map_blocks(design(), 1, only=["adder"]) == {"adder": MAPPED["adder"]}


def test_what_was_mapped_before_an_interruption_is_kept(monkeypatch, tmp_path):
    yosys = FakeYosys().install(monkeypatch)

    def stop_after_two(done, of):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map_blocks(design(), 1, stop_after_two)
    assert list((tmp_path / "runs").iterdir()) == []
    already = len(yosys.jobs)
    assert map_blocks(design(), 1) == MAPPED
    assert len(yosys.jobs) == 3
    assert already >= 2


@pytest.mark.parametrize("history", [(), ("adder",), ("top", "\\lane.inner")])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_yosys_is_given_for_a_block_depends_neither_on_workers_nor_on_the_cache(workers, history, yosys):
    for name in history:
        map_blocks(design(), 2, only=[name])
    assert map_blocks(design(), workers) == MAPPED
    assert sorted(yosys.jobs) == sorted(job_of(design(), name, MAPPED).text for name in MAPPED)


def test_blocks_of_one_text_are_mapped_once_whatever_their_names(yosys):
    modules = [made("left", 5), made("right", 5), made("top", 1, ["left", "left", "right", "right"])]
    mapped = map_blocks(counted("top", {module.name: module for module in modules}), 2)
    assert mapped["left"] == mapped["right"] == MAPPED["adder"]
    assert mapped["top"].cells == {"LUT2": 1, "FDRE": 1, "left": 2, "right": 2}
    assert len(yosys.jobs) == 2


def test_a_block_that_yosys_lost_is_told(monkeypatch):
    class Losing(FakeYosys):
        def run(self, script, folder, log_name, makes=()):
            answer = super().run(script, folder, log_name, makes)
            for path in folder.glob("*.json"):
                path.write_text(path.read_text().replace('"m0": {"num', '"other": {"num'))
            return answer

    Losing().install(monkeypatch)
    with pytest.raises(HeddleError, match=r"^yosys lost module m0 \(log: .*run0\.log\)$"):
        map_blocks(design(), 1)


def test_a_flat_map_has_everything_in_one_block_and_leaves_the_cache_alone(yosys, tmp_path, cache_folder):
    text = "".join(module.text for module in design().modules.values())
    # Two lanes of two adders each, one queue and the top itself.
    assert map_flat(text, "top", tmp_path).cells == {"LUT2": 4 * 5 + 2 * 3 + 7 + 1, "FDRE": 4 + 2 + 1 + 1}
    assert not cache_folder.exists()
    assert "(* keep, keep_hierarchy *) top  block0 ();" in yosys.jobs[0]
