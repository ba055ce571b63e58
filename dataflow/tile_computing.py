"""What the array does of one mapping of a product: the cycles of all its tiles, and what it waits for their words."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import ArrayTiles, array_tiles, instruction_cycles, lead_cycles
from heddle.dataflow.feed_cost import tiles_across, wait_alike, waits_below, waits_for_sums
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, TileMappingRow


class ComputingRow(TypedDict):
    """What one array does of a mapping: the fields of a TILE_MAPPING row that hang on the array's timing."""

    compute_cycles: float
    feed_cycles: float
    drain_cycles: float


@kernel
def array_cycles(computing: ComputingRow) -> float:
    """The time of the array and of the feeder that it waits for."""
    return computing["compute_cycles"] + computing["feed_cycles"]


@kernel
def size_and_times(is_last: int, tiles: int, tile: int, last: int) -> tuple[int, int]:
    """Size of a dimension's last tile and of all tiles before it, and how often each stands there.

    A last tile that is as large as the others counts among them, so that there is one size less.
    """
    if last == tile:
        return tile, 0 if is_last else tiles
    return (last, 1) if is_last else (tile, tiles - 1)


@kernel
def _tiles_of(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, m: int, n: int, k: int) -> ArrayTiles:
    """The ArrayTiles of one [m x k x n] tile of ``mapping``."""
    slots = slots_of(k, product["keep_n"], product["group_m"])
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    return array_tiles(machine, mapping["ws"], ir, ic, m, n, slots, mapping["tiles_k"] > 1)


class Kind(NamedTuple):
    """Instructions of one mapping that have as many rows and as long a part of the reduction.

    ``times`` of them stand in each column of tiles; ``starts`` of these start new sums, the others go on from partial
    ones.
    """

    m: int
    k: int
    times: int
    starts: int


@kernel
def _kind_of(product: ProductRow, mapping: TileMappingRow, last_m: int, last_k: int) -> Kind:
    """The instructions of the tiles that are the last along m, or not, and along k; the first part is a full one."""
    rest_m = product["m"] - (mapping["tiles_m"] - 1) * mapping["tile_m"]
    rest_k = product["k"] - (mapping["tiles_k"] - 1) * mapping["tile_k"]
    m, times_m = size_and_times(last_m, mapping["tiles_m"], mapping["tile_m"], rest_m)
    k, times_k = size_and_times(last_k, mapping["tiles_k"], mapping["tile_k"], rest_k)
    return Kind(m, k, times_m * times_k, 0 if last_k else times_m)


@kernel
def _add_instructions(
    product: ProductRow, machine: MachineRow, mapping: TileMappingRow, kind: Kind, waits: int, computing: ComputingRow
) -> None:
    """Add the array cycles of a kind's instructions, and the cycles that they wait: ``waits`` for each column."""
    ws, last_n = mapping["ws"], product["n"] - (mapping["tiles_n"] - 1) * mapping["tile_n"]
    for is_last in range(2):
        n, times = size_and_times(is_last, mapping["tiles_n"], mapping["tile_n"], last_n)
        if times == 0:
            continue
        shape = _tiles_of(product, machine, mapping, kind.m, n, kind.k)
        starting, resuming = instruction_cycles(machine, ws, shape, 0), instruction_cycles(machine, ws, shape, 1)
        across = tiles_across(machine, ws, mapping["interleave_cols"], shape, n)
        computing["compute_cycles"] += times * (kind.starts * starting + (kind.times - kind.starts) * resuming)
        waits_of_all = across * waits + waits_for_sums(machine, ws, shape, waits)
        computing["feed_cycles"] += times * kind.times * waits_of_all


@kernel
def _add_kind(
    product: ProductRow, arrays: Rows, among: int, mapping: TileMappingRow, kind: Kind, computed: Rows
) -> None:
    """Add a kind's instructions to what the arrays ``among`` do.

    An array that waits as long as the one before it takes its waits, which cost the most to work out.
    """
    ws, n = mapping["ws"], mapping["tile_n"]
    last, waits, known = -1, 0, ArrayTiles(0, 0, 0, 0, 0)
    for i in range(arrays.shape[0]):
        if among >> i & 1:
            shape = _tiles_of(product, arrays[i], mapping, kind.m, n, kind.k)
            if last < 0 or not wait_alike(arrays[last], known, arrays[i], shape):
                below = shape.tiles // tiles_across(arrays[i], ws, mapping["interleave_cols"], shape, n)
                waits = waits_below(arrays[i], product, ws, mapping["interleave_rows"], shape, below, kind.m, kind.k)
            last, known = i, shape
            _add_instructions(product, arrays[i], mapping, kind, waits, computed[i])


@kernel
def fill_computing(product: ProductRow, arrays: Rows, among: int, mapping: TileMappingRow, computed: Rows) -> None:
    """Fill ``computed`` [arrays] with what the arrays ``among`` (bits) do of ``mapping``.

    Its tiles are set. ``arrays`` are MACHINE rows, of which those that wait alike are best next to each other. Neither
    the memory's port nor the order of the loops plays a part.
    """
    for i in range(arrays.shape[0]):
        computed[i]["compute_cycles"] = computed[i]["feed_cycles"] = 0.0
    for last_m in range(2):
        for last_k in range(2):
            kind = _kind_of(product, mapping, last_m, last_k)
            if kind.times > 0:
                _add_kind(product, arrays, among, mapping, kind, computed)
    for i in range(arrays.shape[0]):
        if among >> i & 1:
            _fill_ends(product, arrays[i], mapping, computed[i])


@kernel
def _fill_ends(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, computing: ComputingRow) -> None:
    """Fill in the drains of all tiles, and add to one repetition's cycles the others, the lead and the last finish."""
    m, n, k = mapping["tile_m"], mapping["tile_n"], mapping["tile_k"]
    full = _tiles_of(product, machine, mapping, m, n, k)
    last_m = product["m"] - (mapping["tiles_m"] - 1) * m
    last_n = product["n"] - (mapping["tiles_n"] - 1) * n
    last_k = product["k"] - (mapping["tiles_k"] - 1) * k
    last = _tiles_of(product, machine, mapping, last_m, last_n, last_k)
    lead = lead_cycles(machine, mapping["ws"])
    computing["compute_cycles"] = product["count"] * computing["compute_cycles"] + lead + last.finish
    computing["feed_cycles"] *= product["count"]
    computing["drain_cycles"] = mapping["stores"] * full.finish
