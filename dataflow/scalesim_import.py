"""SCALE-Sim topology files as networks: convolution form and GEMM form, told apart by the header.

The format has no padding: an input height H and a filter height R give ceil((H - R) / stride) + 1 output rows,
which is SCALE-Sim's own formula (``topology_utils.topo_calc_hyperparams``); where the stride does not divide
H - R the last window reaches over the edge. A convolution row whose name holds ``DP`` is depthwise there: each of
its channels is filtered on its own, by ``Num Filter`` filters. A GEMM row is M x K times K x N; with a batch over
one it is that many products of their own, as in attention. A convolution whose filter spans its input, or spans one
side and is one wide on the other, is a matrix product written as a convolution, and becomes one.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.named_rows import NamedRows, first_rows, first_seen
from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.files import read_bytes
from heddle.dataflow.layer_sparsity import unused_ratios_note
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network
from heddle.dataflow.scalesim_table import Topology, TopologyRow, parse_topology

_DEPTHWISE_MARK = "DP"


def read_scalesim(path: str | Path) -> Network:
    """Read a topology file; the network takes the file's stem as its name.

    The first weighted layer is taken to be fed by data (``input_gradient=False``), unless the file has one layer
    only, which then stands for a product inside a network. Columns that have no meaning here, N:M ratios among
    them, are named in the network's ``notes``. Raises HeddleError with file, line and column.
    """
    topology = parse_topology(str(path), _text(path, read_bytes(path)))
    layers = _layers(str(path), topology)
    data_fed = first_data_fed(layers) if len(layers) > 1 else frozenset[int]()
    network = assemble_network(Path(path).stem, str(path), layers, data_fed, _notes(topology))
    ratios = [row.sparsity or "" for row in topology.rows.distinct]
    return replace(network, ratios=tuple(map(ratios.__getitem__, topology.rows.which.tolist())))


def _text(path: str | Path, data: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 that says so by a byte order mark, as spreadsheets write it."""
    coding = "UTF-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "UTF-8"
    try:
        return data.decode(coding)
    except UnicodeDecodeError as error:
        raise HeddleError(f"{path}: it is not a text file (byte {error.start} is not {coding})") from None


def _layers(path: str, topology: Topology) -> NamedRows[Layer]:
    """The layers; rows of equal sizes are one layer, unless the name of one makes it depthwise."""
    rows = topology.rows
    if topology.form == "GEMM":
        return rows.map(_gemm_layer)
    depthwise = _depthwise_rows(topology)
    _, which = first_seen(2 * rows.which + depthwise)
    layers = [
        _conv_layer(f"{path}:{topology.lines[at]}", rows[at], bool(depthwise[at])) for at in first_rows(which).tolist()
    ]
    return rows.taking(layers, which)


def _gemm_layer(row: TopologyRow) -> Layer:
    m, n, k = row.sizes["m"], row.sizes["n"], row.sizes["k"]
    count = row.sizes.get("batch", 1)
    if count > 1:
        return MatmulLayer(row.name, m, k, n, count)
    return LinearLayer(row.name, rows=m, in_features=k, out_features=n)


def _conv_layer(where: str, row: TopologyRow, is_depthwise: bool) -> Layer:
    sizes = row.sizes
    stride_height = sizes.get("stride") or sizes["stride_height"]
    stride_width = sizes.get("stride") or sizes["stride_width"]
    channels = sizes["channels"]
    groups = channels if is_depthwise else 1
    out_height = _windows(where, row, "height", stride_height)
    out_width = _windows(where, row, "width", stride_width)
    maps = sizes.get("batch", 1)
    if groups == 1 and _is_matrix_product(sizes, stride_height, stride_width):
        features = channels * sizes["filter_height"] * sizes["filter_width"]
        rows = maps * out_height * out_width
        return LinearLayer(row.name, rows=rows, in_features=features, out_features=sizes["num_filter"])
    return ConvLayer(
        name=row.name,
        # Maps of one sample lie below each other; no window reaches from one into the next.
        in_height=maps * sizes["ifmap_height"],
        in_width=sizes["ifmap_width"],
        in_channels=channels,
        out_height=maps * out_height,
        out_width=out_width,
        out_channels=sizes["num_filter"] * groups,
        kernel_height=sizes["filter_height"],
        kernel_width=sizes["filter_width"],
        stride_height=stride_height,
        stride_width=stride_width,
        groups=groups,
        padding=_overhang(sizes, (out_height, out_width), (stride_height, stride_width)),
        stands_for="stacked maps" if maps > 1 and max(sizes["filter_height"], stride_height) > 1 else None,
    )


def _depthwise_rows(topology: Topology) -> npt.NDArray[np.bool_]:
    """True for each row that is depthwise by its name."""
    if topology.form == "GEMM":
        return np.zeros(len(topology.rows), np.bool_)
    return np.array([_DEPTHWISE_MARK in name for name in topology.rows.row_names()], np.bool_)


def _is_matrix_product(sizes: Mapping[str, int], stride_height: int, stride_width: int) -> bool:
    """True where every input is under one window only, and each window is one row of a matrix."""
    spans_height = sizes["filter_height"] == sizes["ifmap_height"]
    spans_width = sizes["filter_width"] == sizes["ifmap_width"]
    slides_down = sizes["filter_height"] == stride_height == 1
    slides_right = sizes["filter_width"] == stride_width == 1
    return (spans_height and spans_width) or (spans_width and slides_down) or (spans_height and slides_right)


def _overhang(
    sizes: Mapping[str, int], out_size: tuple[int, int], stride: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The padding behind the input that last windows reach into; None where they reach into none."""
    rows, cols = (
        (out - 1) * step + sizes[f"filter_{side}"] - sizes[f"ifmap_{side}"]
        for out, step, side in zip(out_size, stride, ("height", "width"), strict=True)
    )
    return (0, max(0, rows), 0, max(0, cols)) if rows > 0 or cols > 0 else None


def _windows(where: str, row: TopologyRow, side: str, stride: int) -> int:
    """Output rows or columns: windows that start inside the input."""
    size, kernel = row.sizes[f"ifmap_{side}"], row.sizes[f"filter_{side}"]
    if kernel > size:
        raise HeddleError(f"{where}: layer {row.name!r}: filter {side} {kernel} is larger than IFMAP {side} {size}")
    return -((kernel - size) // stride) + 1


def _notes(topology: Topology) -> tuple[str, ...]:
    notes = []
    if topology.by_position:
        notes.append(f"the header {topology.by_position}; columns are read by their position")
    rows, depthwise = topology.rows, np.flatnonzero(_depthwise_rows(topology))
    if len(depthwise):
        named = repr(rows[depthwise[0]].name) + (f" and {len(depthwise) - 1} more" if len(depthwise) > 1 else "")
        notes.append(f"depthwise, as SCALE-Sim takes a name with {_DEPTHWISE_MARK} in it: {named}")
    maps = {row.sizes.get("batch", 1) for row in rows.distinct} - {1} if topology.form == "convolution" else ()
    if maps:
        counts = ", ".join(map(str, sorted(maps)))
        notes.append(f"the file's Batch ({counts}) counts maps a sample, on top of the samples of a step")
    sparse = Counter[str]()
    for row, count in zip(rows.distinct, rows.counts, strict=True):
        if row.sparsity and not _is_dense(row.sparsity):
            sparse[row.sparsity] += count
    if sparse:
        notes.append(unused_ratios_note(sparse.elements()))
    if topology.unused_columns:
        notes.append(f"columns without a meaning here are not used: {', '.join(topology.unused_columns)}")
    return tuple(notes)


def _is_dense(ratio: str) -> bool:
    kept, group = ratio.split(":")
    return kept == group
