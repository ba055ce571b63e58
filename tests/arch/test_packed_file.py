"""A trained network's packed weights on disk."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from mutation import mutated_bytes
from naive_weights import packed_layer, small_network

from heddle.arch import nm
from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.packed_file import PackedNetwork, read_packed, write_packed
from heddle.arch.packed_layer import DenseOperand, LayerRecord, PackedLayer, RightOperand, dense_patterns, right_operand
from heddle.arch.run_dir import tool_version

SPARSITY = SparsityConfig(n=2, m=4)


def same_operand(a: RightOperand, b: RightOperand) -> bool:
    if isinstance(a, DenseOperand) or isinstance(b, DenseOperand):
        return isinstance(a, DenseOperand) and isinstance(b, DenseOperand) and np.array_equal(a.patterns, b.patterns)
    return (a.n, a.m) == (b.n, b.m) and np.array_equal(a.values, b.values) and np.array_equal(a.indices, b.indices)


def same_layer(a: PackedLayer, b: PackedLayer) -> bool:
    return a.record == b.record and same_operand(a.ff, b.ff) and same_operand(a.bp, b.bp)


def assert_same(a: PackedNetwork, b: PackedNetwork) -> None:
    assert a.operand == b.operand
    assert a.layer_names() == b.layer_names()
    assert all(same_layer(*pair) for pair in zip(a.layers, b.layers, strict=True))
    assert a.state.keys() == b.state.keys()
    for name, array in a.state.items():
        assert (array.dtype, array.shape, array.tobytes()) == (
            b.state[name].dtype,
            b.state[name].shape,
            b.state[name].tobytes(),
        )


def rewritten(path: Path, record: dict[str, Any], tensors: dict[str, Any]) -> Path:
    """A file of the same format with another record and other tensors, put together without the writer."""
    path.write_bytes(safetensors.numpy.save(tensors, metadata={"heddle": json.dumps(record)}))
    return path


def parts(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    with safetensors.safe_open(path, framework="np") as file:
        return json.loads(file.metadata()["heddle"]), safetensors.numpy.load_file(path)


def refusal(path: str | Path) -> str:
    with pytest.raises(HeddleError) as caught:
        read_packed(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    return write_packed(tmp_path / "net.safetensors", small_network())


def test_what_is_written_reads_back_equal(stored: Path) -> None:
    assert_same(read_packed(stored), small_network())


def test_the_same_network_gives_the_same_bytes(stored: Path, tmp_path: Path) -> None:
    other = write_packed(tmp_path / "other.safetensors", small_network())
    assert other.read_bytes() == stored.read_bytes()


def test_arrays_may_lie_in_memory_in_any_order(tmp_path: Path) -> None:
    record = LayerRecord(name="head", kind="linear", in_channels=3, out_channels=2)
    turned = np.arange(6, dtype=np.uint16).reshape(1, 2, 3).transpose(0, 2, 1)
    layer = PackedLayer(
        record, DenseOperand(turned), DenseOperand(np.arange(12, dtype=np.uint16).reshape(1, 2, 6)[..., ::2])
    )
    network = PackedNetwork("fp16", (layer,), {"s": np.arange(6.0).reshape(2, 3).T, "zero": np.array(1.5)})
    assert_same(read_packed(write_packed(tmp_path / "n.safetensors", network)), network)


def test_a_network_without_layers_is_a_file_of_state_alone(tmp_path: Path) -> None:
    network = PackedNetwork("bf16", (), {"scale": np.ones((2, 3), np.float16)})
    assert_same(read_packed(write_packed(tmp_path / "n.safetensors", network)), network)


@st.composite
def records(draw: st.DrawFn) -> LayerRecord:
    """A layer of either kind, packed along either reduction or not."""
    m = draw(st.sampled_from([2, 4, 8]))
    sparsity = SparsityConfig(n=draw(st.integers(1, m)), m=m)
    is_linear = draw(st.booleans())
    groups = 1 if is_linear else draw(st.integers(1, 3))
    tap = st.just(1) if is_linear else st.integers(1, 3)
    return LayerRecord(
        name=draw(st.text("a.b/é ", min_size=1, max_size=4)),
        kind="linear" if is_linear else "conv2d",
        in_channels=groups * m * draw(st.integers(1, 2)),
        out_channels=groups * m * draw(st.integers(1, 2)),
        kernel=(draw(tap), draw(tap)),
        stride=(draw(tap), draw(tap)),
        groups=groups,
        ff=draw(st.sampled_from([None, sparsity])),
        bp=draw(st.sampled_from([None, sparsity])),
    )


@pytest.mark.compiled
@given(record=records(), seed=st.integers(0, 99))
def test_any_layer_reads_back_equal(tmp_path_factory: pytest.TempPathFactory, record: LayerRecord, seed: int) -> None:
    network = PackedNetwork("fp16", (packed_layer(record, seed),))
    assert_same(read_packed(write_packed(tmp_path_factory.getbasetemp() / "any.safetensors", network)), network)


def test_the_layout_is_what_the_page_states(stored: Path) -> None:
    record, tensors = parts(stored)
    assert (record["version"], record["tool"], record["operand"]) == (1, tool_version(), "fp16")
    assert record["layers"][1] == {
        "name": "body.0",
        "kind": "conv2d",
        "in_channels": 8,
        "out_channels": 12,
        "kernel": [3, 2],
        "stride": [2, 1],
        "padding": [0, 0, 0, 0],
        "padding_mode": "zeros",
        "dilation": [1, 1],
        "groups": 1,
        "ff": {"n": 2, "m": 4},
        "bp": {"n": 2, "m": 4},
    }
    assert {name: (str(array.dtype), array.shape) for name, array in tensors.items()} == {
        "ff/dense/stem": ("uint16", (1, 9 * 3, 8)),
        "bp/dense/stem": ("uint16", (1, 9 * 8, 3)),
        "ff/values/body.0": ("uint16", (1, 12, 6 * 8 // 4, 2)),
        "ff/indices/body.0": ("uint8", (1, 12, 6 * 8 // 4, 2)),
        "bp/values/body.0": ("uint16", (1, 8, 6 * 12 // 4, 2)),
        "bp/indices/body.0": ("uint8", (1, 8, 6 * 12 // 4, 2)),
        "ff/dense/body.1": ("uint16", (2, 6, 4)),
        "bp/values/body.1": ("uint16", (2, 6, 1, 2)),
        "bp/indices/body.1": ("uint8", (2, 6, 1, 2)),
        "ff/values/head": ("uint16", (1, 10, 2, 2)),
        "ff/indices/head": ("uint8", (1, 10, 2, 2)),
        "bp/dense/head": ("uint16", (1, 10, 8)),
        "state/head.bias": ("float32", (10,)),
        "state/norm.batches": ("int64", ()),
    }


def test_a_missing_file_names_the_nearest(stored: Path) -> None:
    other = stored.with_name("met.safetensors")
    assert refusal(other) == f"{other}: no such file; did you mean {str(stored)!r}?"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: is not a regular file; a .safetensors file is needed"


@pytest.mark.parametrize("cut", [0, 5, 100, -1])
def test_a_truncated_file_is_refused(stored: Path, cut: int) -> None:
    stored.write_bytes(stored.read_bytes()[:cut])
    assert refusal(stored).startswith(f"{stored}: is not a whole safetensors file: ")


def test_a_safetensors_file_of_another_tool_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.numpy.save({"weight": np.ones(3)}))
    assert refusal(path) == (
        f"{path}: is a safetensors file without Heddle's record (metadata entry 'heddle'); "
        "training.export writes one that has it"
    )


def test_another_version_is_told_before_all_else(stored: Path) -> None:
    record, tensors = parts(stored)
    rewritten(stored, {"version": 2, "new": True}, tensors)
    assert refusal(stored) == f"{stored}: has version 2 of the format; this tool reads version 1"
    assert record["version"] == 1


def damaged_record(record: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    first, *others = record["layers"]
    return {**record, "layers": [{**first, **change}, *others]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "conv3d"}, "layers.0.kind: must be 'linear', 'conv1d' or 'conv2d'"),
        ({"kind": "linear"}, "layers.0: a linear layer has no kernel"),
        ({"groups": 2}, "layers.0: 2 groups do not divide 3 input and 8 output channels"),
        ({"ff": {"n": 2, "m": 4}}, "layers.0: M = 4 does not divide the 3 channels that ff reduces"),
        ({"bp": {"n": 9, "m": 8}}, "layers.0.bp: N = 9 exceeds M = 8; N:M needs 1 <= N <= M"),
        ({"in_channels": "3"}, "layers.0.in_channels: must be a valid integer"),
        ({"color": "red"}, "layers.0.color: Extra inputs are not permitted"),
        ({"name": "body.0"}, None),
    ],
)
def test_a_damaged_record_names_the_place(stored: Path, change: dict[str, Any], message: str | None) -> None:
    record, tensors = parts(stored)
    rewritten(stored, damaged_record(record, change), tensors)
    expected = f"its record is damaged: {message}" if message else "layer 'body.0' stands twice"
    assert refusal(stored) == f"{stored}: {expected}"


@pytest.mark.compiled
def test_a_mutated_record_reads_or_is_refused_in_one_line(stored: Path) -> None:
    record, tensors = parts(stored)
    text, source = json.dumps(record).encode(), random.Random(0)
    refusals = []
    for _ in range(500):
        mutant = mutated_bytes(source, text, (b"1", b"-", b'"', b"}", b"[]", b"null", b"1e9", b"99999999999999999999"))
        metadata = {"heddle": mutant.decode("utf-8", "replace")}
        stored.write_bytes(safetensors.numpy.save(tensors, metadata=metadata))
        try:
            read_packed(stored)
        except HeddleError as error:
            refusals.append(str(error))
    assert len(refusals) > 400
    assert all(len(message.splitlines()) == 1 for message in refusals)


def test_tensors_missing_or_left_over_are_named(stored: Path) -> None:
    record, tensors = parts(stored)
    without = {name: array for name, array in tensors.items() if not name.endswith("body.0")}
    rewritten(stored, record, without)
    assert refusal(stored) == (
        f"{stored}: its record asks for tensors that are missing: 'bp/indices/body.0', 'bp/values/body.0', "
        "'ff/indices/body.0' and 1 more"
    )
    rewritten(stored, record, {**tensors, "weight": np.ones(2)})
    assert refusal(stored) == f"{stored}: holds tensors that its record does not know: 'weight'"


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("ff/values/head", np.zeros((1, 10, 2, 2), np.float32), "tensor 'ff/values/head' is F32 (valid: U16)"),
        ("ff/indices/head", np.zeros((1, 10, 2, 2), np.uint16), "tensor 'ff/indices/head' is U16 (valid: U8)"),
        (
            "ff/values/head",
            np.zeros((1, 10, 4, 1), np.uint16),
            "layer 'head', ff: values have shape (1, 10, 4, 1), not (1, 10, 2, 2)",
        ),
        (
            "ff/indices/head",
            np.zeros((1, 10, 2, 2), np.uint8),
            "layer 'head', ff: packed indices do not rise within every group",
        ),
        (
            "ff/indices/head",
            np.full((1, 10, 2, 2), [0, 4], np.uint8),
            "layer 'head', ff: packed index 4 is not below M = 4",
        ),
        (
            "bp/dense/head",
            np.zeros((1, 8, 10), np.uint16),
            "layer 'head', bp: patterns have shape (1, 8, 10), not (1, 10, 8)",
        ),
        ("state/norm.batches", np.zeros(2, np.complex64), "tensor 'state/norm.batches' is C64"),
    ],
)
def test_a_tensor_that_is_not_what_the_record_says_is_named(stored: Path, name: str, array: Any, message: str) -> None:
    record, tensors = parts(stored)
    rewritten(stored, record, {**tensors, name: array})
    assert refusal(stored).startswith(f"{stored}: {message}")


def test_the_writer_refuses_what_the_reader_would(tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    network = small_network()
    stem, body, *_ = network.layers
    with pytest.raises(HeddleError, match=r"layer 'body.0', ff: the operand is dense, but the record says 2:4"):
        write_packed(path, replace(network, layers=(replace(body, ff=stem.ff),)))
    with pytest.raises(HeddleError, match=r"layer 'stem', ff: the operand is packed 2:4, but the record says dense"):
        write_packed(path, replace(network, layers=(replace(stem, ff=body.ff),)))
    with pytest.raises(HeddleError, match=r"layer 'stem', bp: patterns are float32; they must be uint16"):
        write_packed(path, replace(network, layers=(replace(stem, bp=DenseOperand(np.ones(3, np.float32))),)))
    with pytest.raises(HeddleError, match="layer 'stem' stands twice"):
        write_packed(path, replace(network, layers=(stem, stem)))
    with pytest.raises(HeddleError, match="tensor 'c' is complex64, which the file cannot hold"):
        write_packed(path, replace(network, state={"c": np.ones(2, np.complex64)}))
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"nowhere/n.safetensors: cannot write the file: "):
        write_packed(tmp_path / "nowhere" / "n.safetensors", small_network())


def test_packing_that_would_drop_weights_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"2 weights too many for 2:4: it is not pruned to that"):
        right_operand(np.ones((1, 4, 1), np.uint16), SPARSITY)


def test_negative_zeros_do_not_count_as_weights() -> None:
    operand = right_operand(np.array([0x8000, 5, 0x8000, 0x8006], np.uint16).reshape(1, 4, 1), SPARSITY)
    assert isinstance(operand, nm.Packed)
    assert dense_patterns(operand).ravel().tolist() == [0, 5, 0, 0x8006]
