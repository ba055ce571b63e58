"""Thousands of mutated files for every loader: each loads, or is refused in one line, and nothing else."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_weights import small_network
from onnx import TensorProto, helper

from heddle.arch import boards, design_io
from heddle.arch.errors import HeddleError
from heddle.arch.packed_file import read_packed, write_packed
from heddle.dataflow.load import load_network
from heddle.dse import space
from heddle.training.recipe_file import resolve_recipe

EXAMPLES_A_LOADER = 2000
#: Read as designs are: what is its own are the checks of its model.
EXAMPLES_OF_RECIPES = 500
EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"
FRAGMENTS = (
    b"", b"\n", b"=", b"[", b"]", b"[[", b'"', b"'", b",", b"-", b".", b"#", b"\x00", b"\xff", b"\xef\xbb\xbf",
    b"nan", b"inf", b"1e400", b"-1", b"0", b"9" * 30, b"true", b"rows", b"[array]", b"\r\n", b"\t", "é".encode(),
)  # fmt: skip


def convolution_model() -> bytes:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], name="conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["y"], ["z"], name="relu"),
    ]
    weights = helper.make_tensor("w", TensorProto.FLOAT, [4, 2, 3, 3], [0.5] * 72)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2, 8, 8])]
    outputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["N", 4, 8, 8])]
    graph = helper.make_graph(nodes, "net", inputs, outputs, [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def weights_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_packed(Path(folder) / "w.safetensors", small_network()).read_bytes()


TOPOLOGY = (
    b"Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
    b"Conv1, 16, 16, 3, 3, 4, 8, 1,\nConv2, 14, 14, 3, 3, 8, 16, 2,\n"
)
LOADERS: dict[str, tuple[bytes, str, Callable[[str], object]]] = {
    "design": ((design_io.PRESETS / "sat-vcu1525.toml").read_bytes(), "d.toml", design_io.load_design),
    "board": ((boards.BOARDS / "vcu1525.toml").read_bytes(), "b.toml", boards.load_board),
    "space": ((space.SPACES / "small.toml").read_bytes(), "s.toml", space.load_space),
    "recipe": ((EXAMPLES / "sampled.toml").read_bytes(), "r.toml", resolve_recipe),
    "topology": (TOPOLOGY, "t.csv", load_network),
    "weights": (weights_file(), "w.safetensors", read_packed),
    "onnx": (convolution_model(), "m.onnx", load_network),
}


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file with one to six cuts, insertions, overwritten or repeated stretches."""
    content = valid
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        middle = draw(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=4), st.just(content[start:end] * 2)))
        content = content[:start] + middle + content[end:]
    return content


def refusal_of(load: Callable[[str], object], path: Path) -> str:
    """What the loader says against the file; empty where it takes it. Any other exception is the test's failure."""
    try:
        load(str(path))
    except HeddleError as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize("kind", LOADERS)
def test_a_mutated_file_loads_or_is_refused_in_one_line(kind: str) -> None:
    valid, name, load = LOADERS[kind]
    examples = EXAMPLES_OF_RECIPES if kind == "recipe" else EXAMPLES_A_LOADER
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(valid)
        load(str(path))

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(content=mutated(valid))
        def check(content: bytes) -> None:
            path.write_bytes(content)
            assert len(refusal_of(load, path).splitlines()) <= 1

        check()


def test_the_files_that_are_mutated_are_valid() -> None:
    onnx.checker.check_model(onnx.load_from_string(convolution_model()))
