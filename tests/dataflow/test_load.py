"""A workload's name or path leads to its network, or to one line that says what is valid."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import input_sizes
from heddle.dataflow.load import load_network
from heddle.dataflow.zoo import zoo_names, zoo_network


@pytest.mark.parametrize("name", zoo_names())
def test_a_name_of_the_zoo_is_built_at_its_default_size(name: str) -> None:
    assert load_network(name) == zoo_network(name)


def test_a_topology_is_read_by_its_extension_in_any_case(tmp_path: Path) -> None:
    path = tmp_path / "net.CSV"
    path.write_text("Layer, M, N, K,\na, 4, 5, 6,\n")
    assert load_network(str(path)).macs == 120


def test_a_misspelt_name_gets_the_nearest_one() -> None:
    expected = (
        "unknown workload 'resnet-50'; did you mean 'resnet50'? (valid: mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base, a path to a .onnx file, a path to a .csv file)"
    )
    with pytest.raises(HeddleError) as caught:
        load_network("resnet-50")
    assert str(caught.value) == expected


@pytest.mark.parametrize("name", ["net.csv", "net.onnx"])
def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(HeddleError) as caught:
        load_network(str(tmp_path / name))
    assert str(caught.value) == f"{tmp_path / name}: there is no such file"


def test_a_missing_file_gets_the_nearest_name_beside_it(tmp_path: Path) -> None:
    (tmp_path / "resnet18.csv").write_text("x")
    with pytest.raises(HeddleError, match=r"resnet_18\.csv: there is no such file; did you mean '.*resnet18\.csv'\?$"):
        load_network(str(tmp_path / "resnet_18.csv"))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").mkdir()
    with pytest.raises(HeddleError, match=r"a\.onnx: it is a folder, not a file$"):
        load_network(str(tmp_path / "a.onnx"))


@pytest.mark.parametrize("workload", ["net.pt", "dir/net", "C:\\net"])
def test_another_extension_is_told_the_valid_ones(workload: str) -> None:
    with pytest.raises(HeddleError, match=r"^workload '.*': a file's extension is one of \.onnx, \.csv; or name a net"):
        load_network(workload)


@pytest.mark.parametrize("workload", ["", "\x00.csv", "a\x00b.onnx", "~", "resnet18 "])
def test_odd_names_are_refused(workload: str) -> None:
    with pytest.raises(HeddleError):
        load_network(workload)


def test_sizes_of_inputs_are_for_onnx_files() -> None:
    with pytest.raises(HeddleError, match=r"^sizes and batch of inputs are for .onnx files, and 'mlp' is none$"):
        load_network("mlp", 1, input_sizes(["x=1x2"]))
