"""SCALE-Sim topology files: both forms, what is tolerated, and what every wrong cell is told."""

from __future__ import annotations

import codecs
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated_bytes

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.scalesim_import import read_scalesim

CONV_HEADER = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"
GEMM_HEADER = "Layer, M, N, K,"
CONV_ROWS = "Conv1, 224, 224, 7, 7, 3, 64, 2,\nConv2, 56, 56, 3, 3, 64, 64, 1,\nFC, 1, 1, 1, 1, 512, 1000, 1,\n"
INSERTIONS = (b",", b"\n", b"#", b"\xff\xfe", b"-", b"0", b"9999999999999", b"\x00", b'"', b":")
CONV_FILE = f"{CONV_HEADER}\n{CONV_ROWS}"
GEMM_FILE = f"{GEMM_HEADER}\nqkv, 128, 1536, 512,\nout, 128, 512, 512,\nhead, 1, 1000, 512,\n"


def _read(folder: Path, text: str | bytes, name: str = "net.csv") -> Network:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_scalesim(path)


def _error(folder: Path, text: str | bytes) -> str:
    with pytest.raises(HeddleError) as caught:
        _read(folder, text)
    message = str(caught.value)
    assert message.startswith(str(folder / "net.csv"))
    return message.removeprefix(str(folder / "net.csv"))


def test_a_convolution_row_becomes_a_convolution_without_padding(tmp_path: Path) -> None:
    layer = _read(tmp_path, CONV_FILE).layers[1]
    assert layer == ConvLayer("Conv2", 56, 56, 64, 54, 54, 64, 3, 3, 1, 1)


def test_a_gemm_row_m_n_k_becomes_a_linear_layer(tmp_path: Path) -> None:
    layer = _read(tmp_path, GEMM_FILE).layers[0]
    assert layer == LinearLayer("qkv", rows=128, in_features=512, out_features=1536, input_gradient=False)


def test_the_network_is_named_after_the_file(tmp_path: Path) -> None:
    network = _read(tmp_path, GEMM_FILE, "gpt2.csv")
    assert (network.name, network.source) == ("gpt2", str(tmp_path / "gpt2.csv"))


@pytest.mark.parametrize(
    ("height", "kernel", "stride", "out"),
    [(224, 7, 2, 110), (28, 3, 1, 26), (5, 5, 3, 1), (7, 2, 2, 4), (8, 2, 2, 4)],
)
def test_output_rows_follow_scale_sims_formula(tmp_path: Path, height: int, kernel: int, stride: int, out: int) -> None:
    # ceil((H - R + stride) / stride), from scalesim/topology_utils.py
    layer = _read(tmp_path, f"{CONV_HEADER}\na, {height}, 9, {kernel}, 3, 4, 8, {stride},\n").layers[0]
    assert isinstance(layer, ConvLayer)
    assert layer.out_height == out == -(-(height - kernel + stride) // stride)
    overhang = (out - 1) * stride + kernel - height
    assert LayerMaps.of(layer, 1, FP16).geometry.sides[:2] == (0, max(0, overhang))


def test_scale_sims_own_gemm_of_resnet18_layer_conv3_is_676_by_128_by_1152(tmp_path: Path) -> None:
    layer = _read(tmp_path, f"{CONV_HEADER}\nConv3_1b,28,28,3,3,128,128,1,\n").layers[0]
    assert isinstance(layer, ConvLayer)
    assert (layer.out_height * layer.out_width, layer.out_channels, layer.taps * layer.in_channels) == (
        676,
        128,
        1152,
    )


def test_a_row_named_dp_is_depthwise(tmp_path: Path) -> None:
    layer = _read(tmp_path, f"{CONV_HEADER}\nb1_DP,14,14,3,3,512,1,1,\n").layers[0]
    assert isinstance(layer, ConvLayer)
    assert layer.is_depthwise
    assert layer.macs == 512 * 12 * 12 * 9


def test_what_is_depthwise_by_its_name_alone_is_noted(tmp_path: Path) -> None:
    rows = "DPN92_conv1,14,14,3,3,64,64,1,\nb,14,14,3,3,64,64,1,\nb_DP,9,9,3,3,8,1,1\n"
    network = _read(tmp_path, f"{CONV_HEADER}\n{rows}")
    assert network.notes == ("depthwise, as SCALE-Sim takes a name with DP in it: 'DPN92_conv1' and 1 more",)
    assert _read(tmp_path, f"{GEMM_HEADER}\nDPN,1,2,3\n").notes == ()


def test_the_batch_of_a_convolution_is_maps_that_share_its_weights(tmp_path: Path) -> None:
    text = f"{CONV_HEADER} Batch,\na,16,16,3,3,16,32,1,8,\nb,14,14,3,3,16,16,1,,\nfc,1,1,1,1,16,10,1,8,\n"
    network = _read(tmp_path, text)
    first, second, last = network.weighted_layers
    assert [layer.stands_for for layer in (first, second) if isinstance(layer, ConvLayer)] == ["stacked maps", None]
    assert first.macs == 8 * 14 * 14 * 9 * 16 * 32
    assert first.weights == 9 * 16 * 32
    assert second.macs == 12 * 12 * 9 * 16 * 16
    assert last == LinearLayer("fc", rows=8, in_features=16, out_features=10, keep_dense=True)
    assert network.notes == ("the file's Batch (8) counts maps a sample, on top of the samples of a step",)


@pytest.mark.parametrize(
    ("row", "gemm"),
    [
        ("g,64,8192,1,8192,1,64,1", "g,64,64,8192"),
        ("g,8192,64,8192,1,1,64,1", "g,64,64,8192"),
        ("g,64,128,1,128,4,32,1", "g,64,32,512"),
        ("g,7,7,7,7,512,4096,1", "g,1,4096,25088"),
        ("g,7,7,7,7,512,4096,3", "g,1,4096,25088"),
        ("g,1,1,1,1,512,1000,1", "g,1,1000,512"),
    ],
)
def test_a_gemm_written_as_a_convolution_is_the_gemm(tmp_path: Path, row: str, gemm: str) -> None:
    written = _read(tmp_path, f"{CONV_HEADER}\n{row}\n")
    assert written.layers == _read(tmp_path, f"{GEMM_HEADER}\n{gemm}\n").layers


@pytest.mark.parametrize("row", ["g,64,300,3,300,1,64,1", "g,64,64,1,64,4,32,2", "g,64,64,1,1,64,64,1"])
def test_a_window_that_slides_over_several_rows_stays_a_convolution(tmp_path: Path, row: str) -> None:
    (layer,) = _read(tmp_path, f"{CONV_HEADER}\n{row}\n").layers
    assert isinstance(layer, ConvLayer)


def test_a_gemm_with_a_batch_is_a_product_of_activations(tmp_path: Path) -> None:
    network = _read(tmp_path, "Layer,M,N,K,Batch,\nproj,128,512,512,1,\nqk,128,128,64,8,\nout,128,512,512,,\n")
    assert isinstance(network.layers[0], LinearLayer)
    assert network.layers[1] == MatmulLayer("qk", 128, 64, 128, count=8)
    assert isinstance(network.layers[2], LinearLayer)


def test_one_row_stands_for_a_product_inside_a_network(tmp_path: Path) -> None:
    (layer,) = _read(tmp_path, f"{GEMM_HEADER}\none, 676, 128, 1152,\n").weighted_layers
    assert layer.input_gradient
    assert not layer.keep_dense


def test_the_first_layer_has_no_input_gradient_and_first_convolution_and_classifier_stay_dense(
    tmp_path: Path,
) -> None:
    layers = _read(tmp_path, CONV_FILE).weighted_layers
    assert [layer.input_gradient for layer in layers] == [False, True, True]
    assert [layer.keep_dense for layer in layers] == [True, False, True]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + CONV_FILE,
        CONV_FILE.replace("\n", "\r\n"),
        CONV_FILE.replace("\n", "\r"),
        CONV_FILE.replace("\n", "\n\n"),
        CONV_FILE.replace(",\n", "\n"),
        CONV_FILE.replace(",\n", ",,,\n"),
        CONV_FILE.replace(" ", ""),
        CONV_FILE.replace(",", "\t,"),
        CONV_FILE.upper().replace("CONV", "Conv"),
        CONV_FILE.replace("64, 1,\n", "64, 1, #dw\n"),
        CONV_FILE.rstrip(),
        "# of a paper, as published\n" + CONV_FILE.replace("\n", "\n  # 3, 4, 5\n"),
        "\n".join(",".join(f' "{cell.strip()}" ' for cell in line.split(",")) for line in CONV_FILE.splitlines()),
        CONV_FILE.encode("utf-16"),
        codecs.BOM_UTF16_BE + CONV_FILE.encode("utf-16-be"),
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "blank",
        "no-comma",
        "commas",
        "tight",
        "tabs",
        "case",
        "comment",
        "no-newline",
        "comment-rows",
        "quoted",
        "utf-16",
        "utf-16-be",
    ],
)
def test_harmless_variations_read_the_same(tmp_path: Path, text: str | bytes) -> None:
    assert _read(tmp_path, text).layers == _read(tmp_path, CONV_FILE).layers


def test_one_stride_a_direction_is_read_too(tmp_path: Path) -> None:
    header = CONV_HEADER.replace("Strides", "Stride height, Stride width")
    layer = _read(tmp_path, f"{header}\na, 9, 9, 3, 3, 4, 8, 1, 2,\n").layers[0]
    assert isinstance(layer, ConvLayer)
    assert (layer.stride_height, layer.stride_width, layer.out_height, layer.out_width) == (1, 2, 7, 4)


def test_layers_of_one_name_are_numbered(tmp_path: Path) -> None:
    network = _read(tmp_path, f"{GEMM_HEADER}\na,1,2,3\na,1,2,3\na,1,2,3\n")
    assert [layer.name for layer in network.layers] == ["a", "a#2", "a#3"]


def test_sparsity_ratios_are_reported_and_not_used(tmp_path: Path) -> None:
    text = f"{CONV_HEADER} Sparsity,\na,9,9,3,3,8,8,1,2:4,\nb,9,9,3,3,8,8,1,1:1,\nc,9,9,3,3,8,8,1,2:4,\n"
    expected = (
        "the file's N:M ratios (2:4 in 2 layers) are not used: recipe and N:M are given for the run "
        "(simulate, schedule and explore take them with --layer-sparsity)",
    )
    assert _read(tmp_path, text).notes == expected
    assert _read(tmp_path, text).ratios == ("2:4", "1:1", "2:4")
    assert _read(tmp_path, text.replace(" Sparsity,", "")).notes == expected
    assert "(2:4 in 1 layer)" in _read(tmp_path, text.rsplit("c,", 1)[0]).notes[0]


def test_columns_without_a_meaning_are_reported(tmp_path: Path) -> None:
    network = _read(tmp_path, f"{CONV_HEADER}, Target\na,9,9,3,3,8,8,1, NPU\n")
    assert network.notes == ("columns without a meaning here are not used: Target",)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("0", "'0'"), ("-3", "'-3'"), ("3.0", "'3.0'"), ("x", "'x'"), ("", "''"), ("1e3", "'1e3'"), ("٣", "'٣'")],
)
def test_a_size_that_is_no_positive_whole_number_is_refused_with_line_and_column(
    tmp_path: Path, cell: str, shown: str
) -> None:
    message = _error(tmp_path, f"{CONV_HEADER}\n\na, 9, 9, 3, 3, {cell}, 8, 1,\n")
    assert message == f":3: column 'Channels': found {shown}; valid: a whole number from 1 to 2147483647"


def test_a_huge_number_is_refused(tmp_path: Path) -> None:
    assert "column 'M': found '2147483648'; valid" in _error(tmp_path, f"{GEMM_HEADER}\na,2147483648,2,3,\n")
    assert "column 'M': found '9999" in _error(tmp_path, f"{GEMM_HEADER}\na,{'9' * 5000},2,3,\n")


def test_a_filter_larger_than_its_input_is_refused_by_layer(tmp_path: Path) -> None:
    message = _error(tmp_path, f"{CONV_HEADER}\nbig, 9, 2, 3, 3, 8, 8, 1,\n")
    assert message == ":2: layer 'big': filter width 3 is larger than IFMAP width 2"


def test_a_short_row_is_told_the_missing_column(tmp_path: Path) -> None:
    message = _error(tmp_path, f"{CONV_HEADER}\na, 9, 9, 3, 3, 8,\n")
    assert message == ":2: column 'Num Filter' is missing: the row has 6 cells, the header 8"


def test_a_cell_beyond_the_header_is_refused(tmp_path: Path) -> None:
    assert _error(tmp_path, f"{GEMM_HEADER}\na,1,2,3,4,\n") == (
        ":2: column '5': found '4'; valid: a ratio N:M such as 2:4, with N from 1 to M"
    )


@pytest.mark.parametrize("ratio", ["4:2", "0:4", "2:0", "0:0", "-1:4", "2:4:8", "1.5:4", "dense"])
def test_a_sparsity_that_keeps_none_or_more_than_there_are_is_refused(tmp_path: Path, ratio: str) -> None:
    message = _error(tmp_path, f"{CONV_HEADER} Sparsity,\na,9,9,3,3,8,8,1,2:4,\nb,9,9,3,3,8,8,1,{ratio},\n")
    assert message == f":3: column 'Sparsity': found '{ratio}'; valid: a ratio N:M such as 2:4, with N from 1 to M"


def test_a_row_without_a_name_is_refused(tmp_path: Path) -> None:
    assert (
        _error(tmp_path, f"{GEMM_HEADER}\n,1,2,3,\n") == ":2: column 'Layer name': found an empty cell; valid: a name"
    )


@pytest.mark.parametrize(
    ("written", "found", "note"),
    [
        ("Channels", "Chanels", "lacks the column 'Channels' (found 'Chanels')"),
        ("Channels", "channel", "lacks the column 'Channels' (found 'channel')"),
        ("Layer name", "L", "lacks the column 'Layer name'"),
        ("Strides", "S", "lacks the column 'Strides'"),
        ("IFMAP Height", "IFMAP Width", "names the column 'IFMAP Width' twice"),
        ("IFMAP Width", "IFMAP Height", "names the column 'IFMAP Height' twice"),
    ],
)
def test_a_header_with_another_word_is_read_by_position_with_a_note(
    tmp_path: Path, written: str, found: str, note: str
) -> None:
    network = _read(tmp_path, CONV_FILE.replace(written, found))
    assert network.layers == _read(tmp_path, CONV_FILE).layers
    assert network.notes == (f"the header {note}; columns are read by their position",)


def test_further_columns_keep_their_names_where_the_rest_is_read_by_position(tmp_path: Path) -> None:
    network = _read(tmp_path, "L,M,N,K,Where,Batch\nqk,128,64,32,here,8\n")
    assert network.layers == (MatmulLayer("qk", 128, 32, 64, count=8),)
    assert network.notes == (
        "the header lacks the column 'Layer name'; columns are read by their position",
        "columns without a meaning here are not used: Where",
    )


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("L, N, M, K", "lacks the column 'Layer name'"),
        ("Layer, M, N, K, M", "names the column 'M' twice"),
        ("M, N, K", "lacks the column 'Layer name'"),
        ("Layer, M, N", "lacks the column 'K'"),
        ("Layer, M, M, N", "names the column 'M' twice"),
    ],
)
def test_a_header_whose_names_and_positions_contradict_each_other_is_refused(
    tmp_path: Path, header: str, problem: str
) -> None:
    message = _error(tmp_path, f"{header}\na,1,2,3,4\n")
    assert message == f":1: the header {problem}; valid: 'Layer, M, N, K'"


def test_a_file_without_a_header_is_told_both_headers(tmp_path: Path) -> None:
    message = _error(tmp_path, "Conv1,224,224,7,7,3,64,2,\n")
    assert message == (
        ":1: this is not the header of a SCALE-Sim topology: found 'Conv1, 224, 224, 7, 7, 3, 64, 2'; valid: "
        "'Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides' or "
        "'Layer, M, N, K'"
    )


def test_a_comma_in_quotes_belongs_to_the_name(tmp_path: Path) -> None:
    assert _read(tmp_path, f'{GEMM_HEADER}\n"a, ""b""",1,2,3\n').layers[0].name == 'a, "b"'


def test_a_quote_that_is_not_closed_is_refused(tmp_path: Path) -> None:
    assert _error(tmp_path, f'{GEMM_HEADER}\n"a,1,2,3\n') == (
        ":2: a quoted cell does not end on its line: found '\"a,1,2,3'"
    )


def test_empty_files_and_files_without_layers_are_refused(tmp_path: Path) -> None:
    assert _error(tmp_path, " \n,,\n").startswith(": the file is empty; its first line is the header: ")
    assert _error(tmp_path, GEMM_HEADER) == ": there is no layer below the header"


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    assert _error(tmp_path, b"Layer,\xff\xfe") == ": it is not a text file (byte 6 is not UTF-8)"
    assert _error(tmp_path, b"\xff\xfea") == ": it is not a text file (byte 2 is not UTF-16)"


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 9), st.integers(1, 64), st.integers(1, 64))
def test_every_valid_row_has_the_multiply_adds_that_scale_sim_counts(
    tmp_path_factory: pytest.TempPathFactory, height: int, kernel: int, stride: int, channels: int, filters: int
) -> None:
    size = height + kernel - 1
    text = f"{CONV_HEADER}\na,{size},{size},{kernel},{kernel},{channels},{filters},{stride},\n"
    network = _read(tmp_path_factory.getbasetemp(), text)
    out = -(-(size - kernel + stride) // stride)
    assert network.macs == out * out * kernel * kernel * channels * filters


@pytest.mark.parametrize("seed", [0, 1])
def test_mutated_files_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    random_source = random.Random(seed)
    originals = [CONV_FILE.encode(), GEMM_FILE.encode()]
    refused = 0
    for _ in range(1000):
        data = mutated_bytes(random_source, random_source.choice(originals), INSERTIONS)
        try:
            assert _read(tmp_path, data).layers
        except HeddleError:
            refused += 1
    assert refused > 100


SHAPES = (
    "9, 9, 3, 3, 8, 16, 1",
    "9,9,3,3,8,16,1,",
    "8, 8, 1, 1, 16, 8, 2",
    "4, 4, 4, 4, 8, 8, 1",
    "6, 5, 3, 2, 4, 4, 2, # c",
)
NAMES = ("conv", '"a, ""b"""', "x_DPx", "=1+1", "Größe")


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(SHAPES)), min_size=1, max_size=12))
def test_rows_that_come_again_are_read_as_if_each_came_alone(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    lines = [f"{name[:-1]}{at}{name[-1]}, {shape}" for at, (name, shape) in enumerate(rows)]
    network = _read(folder, "\n".join([CONV_HEADER, *lines]))
    alone = [_read(folder, f"{CONV_HEADER}\n{line}\n").layers[0] for line in lines]
    assert [_without_flags(layer) for layer in network.layers] == [_without_flags(layer) for layer in alone]
    assert len(network.rows.distinct) <= 2 * len(SHAPES) + 2


def _without_flags(layer: Layer) -> Layer:
    if isinstance(layer, ConvLayer | LinearLayer):
        return replace(layer, input_gradient=True, keep_dense=False)
    return layer


def test_a_wrong_row_is_named_by_its_line_also_where_equal_ones_came_before(tmp_path: Path) -> None:
    rows = "a, 9, 9, 3, 3, 4, 8, 1,\n\nb, 9, 9, 3, 3, 4, 8, 1,\n, 9, 9, 3, 3, 4, 8, 1,\n"
    assert _error(tmp_path, f"{CONV_HEADER}\n{rows}").startswith(":5: column 'Layer name': found an empty cell")
    rows = "a, 9, 9, 3, 3, 4, 8, 1,\nb, 2, 9, 3, 3, 4, 8, 1,\nc, 2, 9, 3, 3, 4, 8, 1,\n"
    assert _error(tmp_path, f"{CONV_HEADER}\n{rows}").startswith(":3: layer 'b': filter height 3 is larger")
