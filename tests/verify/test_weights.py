"""Trained weights from a file as the cases of a bench."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_weights import packed_layer, small_network

from heddle.arch.boards import load_board
from heddle.arch.design import SparsityConfig
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.packed_file import PackedNetwork, write_packed
from heddle.arch.packed_layer import LayerRecord, dense_patterns
from heddle.dataflow.program.slots import Slots
from heddle.verify.weights import WeightRun, weight_suite

TINY = load_design("tiny")
SPARSITY = SparsityConfig(n=2, m=4)


def suite_of(folder: Path, *records: LayerRecord, operand: str = "fp16") -> list[WeightRun]:
    layers = tuple(packed_layer(record) for record in records)
    path = write_packed(folder / "w.safetensors", PackedNetwork(operand, layers))
    return weight_suite(path, None, TINY, ("os",), seed=0)


def expanded(slots: Slots, k: int) -> npt.NDArray[np.uint16]:
    """The dense operand [k, n] that ``slots`` stand for."""
    dense = np.zeros((k, slots.values.shape[1]), np.uint16)
    for slot, column in np.ndindex(*slots.values.shape):
        dense[slots.k_index[slot, column], column] = slots.values[slot, column]
    return dense


def test_each_layer_runs_ff_and_bp_in_each_dataflow(tmp_path: Path) -> None:
    path = write_packed(tmp_path / "w.safetensors", small_network())
    runs = weight_suite(path, None, TINY, ("os", "ws"), seed=4)
    assert len({run.name for run in runs}) == len(runs)
    one_phase = {(layer, which) for layer in ("stem", "body.0", "body.1", "head") for which in ("ff", "bp")}
    assert {(run.layer.record.name, run.pass_name) for run in runs} == one_phase
    assert all(run.seed == 4 for run in runs)
    only = weight_suite(path, "body.1", TINY, ("ws",), seed=4)
    assert [run.name for run in only] == ["body.1-ff-32x6x4-dense-ws-s4", "body.1-bp-32x4x6-2:4-ws-s4"]


def test_a_layer_larger_than_a_few_tiles_is_cut_at_whole_groups(tmp_path: Path) -> None:
    record = LayerRecord(name="wide", kind="linear", in_channels=800, out_channels=400, ff=SPARSITY)
    for run in suite_of(tmp_path, record):
        k, n = run.extents.k, run.extents.n
        assert (k % TINY.sparsity.m, run.extents.m) == (0, 32)
        assert k < 400
        assert n < 400
        whole = dense_patterns(run.layer.operand(run.pass_name))[0]
        assert np.array_equal(expanded(run.right(), k), whole[:k, :n])


@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    packed=st.booleans(),
)
def test_the_phases_of_bp_take_the_taps_that_their_pixels_meet_last_first(
    tmp_path_factory: pytest.TempPathFactory,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    packed: bool,
) -> None:
    record = LayerRecord(
        name="c",
        kind="conv2d",
        in_channels=3,
        out_channels=4,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        bp=SPARSITY if packed else None,
    )
    runs = [run for run in suite_of(tmp_path_factory.getbasetemp(), record) if run.pass_name == "bp"]
    stored = dense_patterns(runs[0].layer.bp)[0].reshape(*kernel, 4, 3)
    by_tap = stored[::-1, ::-1]  # stored with the kernel turned
    expected = []
    for row_residue in range(stride[0]):
        for col_residue in range(stride[1]):
            rows = [t for t in range(kernel[0]) if t * dilation[0] % stride[0] == row_residue]
            cols = [t for t in range(kernel[1]) if t * dilation[1] % stride[1] == col_residue]
            taps = [by_tap[row, col] for row in reversed(rows) for col in reversed(cols)]
            expected += [np.concatenate(taps)] if taps else []
    assert len(runs) == len(expected)
    assert all(
        np.array_equal(expanded(run.right(), run.extents.k), each) for run, each in zip(runs, expected, strict=True)
    )


def test_of_a_grouped_convolution_the_first_group_runs(tmp_path: Path) -> None:
    record = LayerRecord(name="g", kind="conv2d", in_channels=8, out_channels=8, kernel=(2, 2), groups=2, ff=SPARSITY)
    forward, *_ = suite_of(tmp_path, record)
    assert np.array_equal(expanded(forward.right(), 16), dense_patterns(forward.layer.ff)[0])


def test_activations_are_positive_or_zero_and_gradients_have_both_signs(tmp_path: Path) -> None:
    forward, backward = suite_of(tmp_path, LayerRecord(name="h", kind="linear", in_channels=8, out_channels=8))
    board = load_board(TINY.board)
    signs = []
    for run in (forward, backward):
        case = run.case(TINY, board, "heddle verify")
        left = next(stream for stream in case.inputs if stream.name == "left")
        signs.append(bool(np.any(left.words[:, 1::2] & 0x80)))
    assert signs == [False, True]


def test_a_case_says_how_to_run_just_it(tmp_path: Path) -> None:
    record = LayerRecord(name="a head", kind="linear", in_channels=4, out_channels=4)
    run, _ = suite_of(tmp_path, record)
    case = run.case(TINY, load_board(TINY.board), "heddle verify --design tiny")
    assert case.rerun == "heddle verify --design tiny --case 'a head-ff-32x4x4-dense-os-s0'"


def test_another_number_format_is_refused(tmp_path: Path) -> None:
    record = LayerRecord(name="h", kind="linear", in_channels=4, out_channels=4)
    with pytest.raises(HeddleError, match=r"its weights are bf16, and design 'tiny' computes in fp16$"):
        suite_of(tmp_path, record, operand="bf16")


def test_other_groups_are_refused_but_where_they_keep_all(tmp_path: Path) -> None:
    record = LayerRecord(name="h", kind="linear", in_channels=16, out_channels=16, bp=SparsityConfig(n=2, m=8))
    with pytest.raises(HeddleError, match=r"layer 'h' is 2:8 in bp, and design 'tiny' has groups of M = 4; --sparsity"):
        suite_of(tmp_path, record)
    everything = record.model_copy(update={"bp": SparsityConfig(n=8, m=8)})
    _, backward = suite_of(tmp_path, everything)
    assert backward.name == "h-bp-32x16x16-dense-os-s0"
    assert np.array_equal(expanded(backward.right(), 16), dense_patterns(backward.layer.bp)[0])
    assert backward.case(TINY, load_board(TINY.board), "heddle verify").sim_cycles is not None


def test_a_file_without_layers_is_refused(tmp_path: Path) -> None:
    empty = replace(small_network(), layers=())
    path = write_packed(tmp_path / "w.safetensors", empty)
    with pytest.raises(HeddleError, match="holds no weighted layer"):
        weight_suite(path, None, TINY, ("os",), seed=0)
