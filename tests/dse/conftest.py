"""A network and a space so small that every point can be estimated by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.boards import Board, load_board
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.network import LinearLayer, Network, VectorLayer
from heddle.dataflow.recipes import recipe_named
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.request import ExploreRequest
from heddle.dse.space import Space, load_space

SPACE = """
name = "tiny"
sparsities = ["1:4", "2:4"]
rows = [2, 512]
cols = [4]
buffers = [[4096, 2048, 4096], [16, 16, 32]]
adder_stages = [1, 3]
multiplier_stages = [1]
interleave = [2, 4]
interleave_axes = ["both"]
group_ports = [1, 4]
dataflows = ["os", "ws", "os+ws"]
clock_hz = [60e6, 200e6]
channels = [1, 4]
vector_lanes = [4]
sore_lanes = [2]
wuve_lanes = [8]
"""


@pytest.fixture
def space_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(SPACE)
    return path


@pytest.fixture
def space(space_file: Path) -> Space:
    return load_space(str(space_file))


@pytest.fixture
def board() -> Board:
    return load_board("vcu1525")


@pytest.fixture
def network() -> Network:
    layers = (
        LinearLayer("first", rows=1, in_features=12, out_features=16, input_gradient=False, keep_dense=True),
        VectorLayer("relu", "activation", in_elements=16, out_elements=16),
        LinearLayer("second", rows=1, in_features=16, out_features=8),
    )
    return Network("two-layers", "test", layers)


@pytest.fixture
def accuracies() -> Accuracies:
    return Accuracies({parse_sparsity("1:4"): 94.5, parse_sparsity("2:4"): 95.25}, "mlp on digits")


@pytest.fixture
def request_(network: Network, board: Board, space: Space) -> ExploreRequest:
    return ExploreRequest(network, 8, recipe_named("bdwp"), board, space)
