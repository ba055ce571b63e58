"""Damaged ONNX files are read or refused in one line, and never anything else."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest
from mutation import mutated_bytes
from onnx_models import encoder, small_cnn, varied

from heddle.arch.errors import HeddleError
from heddle.dataflow.onnx_reader.importer import read_onnx

pytestmark = pytest.mark.compiled  # no kernel is under test

INSERTIONS = (b"\x00", b"\xff", b"\x08\x96\x01", b"\x80\x80\x80\x80\x80")


@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_bytes_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    random_source = random.Random(seed)
    originals = [model.SerializeToString() for model in (small_cnn(9), small_cnn(21), encoder(), varied())]
    outcomes = [
        _outcome(tmp_path, mutated_bytes(random_source, random_source.choice(originals), INSERTIONS))
        for _ in range(600)
    ]
    assert 0 < sum(outcomes) < len(outcomes)


@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_graphs_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    random_source = random.Random(seed)
    originals = [small_cnn(9), small_cnn(17), encoder(17), encoder(21, 1), varied()]
    outcomes = []
    for _ in range(400):
        model = onnx.ModelProto()
        model.CopyFrom(random_source.choice(originals))
        _mutate_graph(random_source, model.graph)
        outcomes.append(_outcome(tmp_path, model.SerializeToString()))
    assert 0 < sum(outcomes) < len(outcomes)


def _outcome(folder: Path, data: bytes) -> bool:
    """True where the file is read; anything but a HeddleError fails the test."""
    path = folder / "mutated.onnx"
    path.write_bytes(data)
    try:
        network = read_onnx(path)
    except HeddleError:
        return False
    assert network.layers
    return True


def _mutate_graph(random_source: random.Random, graph: onnx.GraphProto) -> None:
    extremes = [0, -1, 1, 2, 3, 7, 64, 1 << 31, 1 << 62, -(1 << 62)]
    operators = ["Add", "Concat", "Conv", "Flatten", "Gather", "Gemm", "MatMul", "MaxPool", "Pad", "ReduceMean"]
    operators += ["Attention", "ConstantOfShape", "Einsum", "Expand", "GRU", "If", "Range", "Split", "Tile", "Where"]
    tensors = [name for node in graph.node for name in node.output] + [t.name for t in graph.initializer] + [""]
    node = random_source.choice(list(graph.node))
    edit = random_source.randrange(6)
    if edit == 0:
        node.op_type = random_source.choice(operators)
    elif edit == 1 and node.attribute:
        attribute = random_source.choice(list(node.attribute))
        attribute.i = random_source.choice(extremes)
        attribute.ints[:] = [random_source.choice(extremes) for _ in attribute.ints]
    elif edit == 2 and node.input:
        node.input[random_source.randrange(len(node.input))] = random_source.choice(tensors)
    elif edit == 3 and node.input:
        del node.input[random_source.randrange(len(node.input)) :]
    elif edit == 4:
        tensor = random_source.choice([t for t in graph.initializer if t.dims])
        tensor.dims[random_source.randrange(len(tensor.dims))] = random_source.choice(extremes)
    else:
        dims = graph.input[0].type.tensor_type.shape.dim
        dims[random_source.randrange(len(dims))].dim_value = random_source.choice(extremes)
