"""SCALE-Sim topology files as networks: convolution form and GEMM form, told apart by the header.

The format has no padding: an input height H and a filter height R give ceil((H - R) / stride) + 1 output rows,
which is SCALE-Sim's own formula (``topology_utils.topo_calc_hyperparams``); where the stride does not divide
H - R the last window reaches over the edge. A convolution row whose name holds ``DP`` is depthwise there: each of
its channels is filtered on its own, by ``Num Filter`` filters. A GEMM row is M x K times K x N; with a batch over
one it is that many products of their own, as in attention.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.files import read_bytes
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network
from heddle.dataflow.scalesim_table import Topology, TopologyRow, parse_topology

_DEPTHWISE_MARK = "DP"


def read_scalesim(path: str | Path) -> Network:
    """Read a topology file; the network takes the file's stem as its name.

    The first weighted layer is taken to be fed by data (``input_gradient=False``), unless the file has one layer
    only, which then stands for a product inside a network. Columns that have no meaning here, N:M ratios among
    them, are named in the network's ``notes``. Raises HeddleError with file, line and column.
    """
    data = read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HeddleError(f"{path}: it is not a text file (byte {error.start} is not UTF-8)") from None
    topology = parse_topology(str(path), text)
    read_row = _gemm_layer if topology.form == "GEMM" else _conv_layer
    layers = [read_row(str(path), row) for row in topology.rows]
    data_fed = first_data_fed(layers) if len(layers) > 1 else frozenset[int]()
    return assemble_network(Path(path).stem, str(path), layers, data_fed, _notes(topology))


def _gemm_layer(path: str, row: TopologyRow) -> Layer:
    m, n, k = row.sizes["m"], row.sizes["n"], row.sizes["k"]
    count = row.sizes.get("batch", 1)
    if count > 1:
        return MatmulLayer(row.name, m, k, n, count)
    return LinearLayer(row.name, rows=m, in_features=k, out_features=n)


def _conv_layer(path: str, row: TopologyRow) -> Layer:
    sizes = row.sizes
    stride_height = sizes.get("stride") or sizes["stride_height"]
    stride_width = sizes.get("stride") or sizes["stride_width"]
    channels = sizes["channels"]
    groups = channels if _DEPTHWISE_MARK in row.name else 1
    return ConvLayer(
        name=row.name,
        in_height=sizes["ifmap_height"],
        in_width=sizes["ifmap_width"],
        in_channels=channels,
        out_height=_windows(path, row, "height", stride_height),
        out_width=_windows(path, row, "width", stride_width),
        out_channels=sizes["num_filter"] * groups,
        kernel_height=sizes["filter_height"],
        kernel_width=sizes["filter_width"],
        stride_height=stride_height,
        stride_width=stride_width,
        groups=groups,
    )


def _windows(path: str, row: TopologyRow, side: str, stride: int) -> int:
    """Output rows or columns: windows that start inside the input."""
    size, kernel = row.sizes[f"ifmap_{side}"], row.sizes[f"filter_{side}"]
    if kernel > size:
        raise HeddleError(
            f"{path}:{row.line}: layer {row.name!r}: filter {side} {kernel} is larger than IFMAP {side} {size}"
        )
    return -((kernel - size) // stride) + 1


def _notes(topology: Topology) -> tuple[str, ...]:
    notes = []
    ratios = Counter(row.sparsity for row in topology.rows if row.sparsity and not _is_dense(row.sparsity))
    if ratios:
        found = ", ".join(f"{ratio} in {count} layers" for ratio, count in sorted(ratios.items()))
        notes.append(f"the file's N:M ratios ({found}) are not used: recipe and N:M are given for the run")
    if topology.unused_columns:
        notes.append(f"columns without a meaning here are not used: {', '.join(topology.unused_columns)}")
    return tuple(notes)


def _is_dense(ratio: str) -> bool:
    kept, group = ratio.split(":")
    return kept == group
