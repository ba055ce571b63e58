"""The scheduler's naive twin: every mapping of the stated space, every tile of a mapping, one after another.

It works on the ``Product`` and ``Design`` objects, in plain Python, and takes from the tool only the timing
contract (checked by the naive array) and the rates of memory and lanes. Slow; for products of a few tiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise
from math import ceil, gcd

from naive_energy import NaiveReads, reads_of, spent_j
from naive_instruction import NaiveInstruction, lead, parts_of
from naive_left_feed import naive_ws_word, os_chunks, os_cycles, ws_cycles
from naive_tile_sizes import row_sizes, tile_sizes
from naive_transfers import (
    left_half_bytes,
    left_transfer,
    out_transfer,
    packed,
    right_half_bytes,
    right_transfer,
)
from naive_waits import left_tile, sums_waits
from naive_way import NaiveWay

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.machine_timing import first_word_cycles, group_turn_cycles
from heddle.dataflow.kernel_rows import rates_row
from heddle.dataflow.step_items import Product

ACCUMULATOR_BYTES = 4


@dataclass(frozen=True)
class Rates:
    """Cycles a DRAM byte, a turn of the bus to write and back, the latency; lanes of vector unit and SORE; burst.

    ``load_cycles``, ``store_cycles``, ``burst_cycles``: those of the machine's way to memory.
    """

    cycles_per_byte: float
    turnaround_cycles: float
    latency_cycles: float
    load_cycles: float
    store_cycles: float
    burst_cycles: float
    vector_lanes: int
    sore_lanes: int
    burst_bytes: int


def rates_of(design: Design, board: Board) -> Rates:
    """What the tool says of a design's memory and lanes on ``board``."""
    row = rates_row(design, board)[0]
    return Rates(
        cycles_per_byte=float(row["cycles_per_byte"]),
        turnaround_cycles=float(row["turnaround_cycles"]),
        latency_cycles=float(row["latency_cycles"]),
        load_cycles=float(row["load_cycles"]),
        store_cycles=float(row["store_cycles"]),
        burst_cycles=float(row["burst_cycles"]),
        vector_lanes=design.lanes.vector,
        sore_lanes=design.lanes.sore,
        burst_bytes=design.memory.channels * max(board.memory.timing.burst_bytes, design.memory.axi_bits // 8),
    )


@dataclass(frozen=True)
class Counts:
    """(bursts, cuts) of a mapping's loads of each operand, cuts of its stores, and those of its edge."""

    left: tuple[int, int]
    right: tuple[int, int]
    store_cuts: int
    edge_cuts: int
    edge_bursts: int

    @property
    def later_cuts(self) -> int:
        """Cuts of all but the edge."""
        return self.left[1] + self.right[1] + self.store_cuts - self.edge_cuts

    @property
    def later_bursts(self) -> int:
        """Bursts of all loads but the first."""
        return self.left[0] + self.right[0] - self.edge_bursts


@dataclass(frozen=True)
class Tiling:
    """One point of the space."""

    dataflow: str
    interleave: tuple[int, int]
    m_is_outermost: bool
    tile_m: int
    tile_n: int
    tile_k: int


@dataclass(frozen=True)
class Cost:
    """What a tiling costs: array cycles with lead-in and tail, waits for left words, bytes, cycles, joules of acts."""

    tiling: Tiling
    compute_cycles: int
    feed_cycles: int
    load_bytes: int
    store_bytes: int
    edge_bytes: int
    loads: int
    stores: int
    cycles: float
    energy_j: float
    counts: Counts

    @property
    def array_cycles(self) -> int:
        """Cycles of the array with its waits for left words."""
        return self.compute_cycles + self.feed_cycles

    @property
    def moved_bytes(self) -> int:
        """DRAM bytes read and written."""
        return self.load_bytes + self.store_bytes


def every_cost(product: Product, design: Design, rates: Rates) -> list[Cost]:
    """The cost of every mapping of ``product`` on ``design``, the space being what ``mapping_space`` states."""
    costs = []
    for uncut in every_result_tile(product, design):
        lengths = [k for k in part_lengths(product, design, uncut.dataflow) if fits_with(product, design, uncut, k)]
        cuts = [cost(product, design, rates, replace(uncut, tile_k=k)) for k in lengths]
        costs += until_no_cut_pays(cuts)
        if lengths and lengths[0] == product.k:
            costs.append(cost(product, design, rates, replace(uncut, m_is_outermost=False, tile_k=product.k)))
    return costs


def every_result_tile(product: Product, design: Design) -> Iterator[Tiling]:
    """Every dataflow, split of the interleave and result tile, m outermost, the reduction whole."""
    array = design.array
    for dataflow in array.dataflows:
        for split in array.interleave_pairs if dataflow == "os" else ((1, 1),):
            for tile_m in row_sizes(product, array.rows * split[0]):
                for tile_n in tile_sizes(array.cols * split[1], product.n):
                    yield Tiling(dataflow, split, True, tile_m, tile_n, product.k)


def until_no_cut_pays(cuts: list[Cost]) -> list[Cost]:
    """Cuts, the longest parts first, up to the first whose shorter first load no memory makes worth its longer work."""
    for place, (before, cut) in enumerate(pairwise(cuts)):
        later_bytes = before.moved_bytes - before.edge_bytes
        longer = float(cut.array_cycles - before.array_cycles)
        saved = float(before.edge_bytes - cut.edge_bytes) * before.array_cycles
        of_counts = before.counts
        saved_cuts = float(of_counts.edge_cuts - cut.counts.edge_cuts) * before.array_cycles
        saved_bursts = float(of_counts.edge_bursts - cut.counts.edge_bursts) * before.array_cycles
        pays = saved > longer * later_bytes or saved_cuts > longer * of_counts.later_cuts
        if not pays and saved_bursts <= longer * of_counts.later_bursts:
            return cuts[: place + 2]
    return cuts


def part_lengths(product: Product, design: Design, dataflow: str) -> list[int]:
    """The lengths of the parts that k may be cut into, the longest first: of 1, 2, 3, 4, 6, 8, 12, ... parts.

    Channel groups stay whole with their taps; then each of them is cut between its taps.
    """
    channel_group = product.group_m
    for operand in (product.left, product.right):
        channel_group *= 1 if operand.pixels_on_k else operand.taps
    units = ceil(Fraction(product.k, channel_group))
    lengths = [
        ladder_length(product, design, dataflow, channel_group, parts) for parts in ladder(product.k) if parts <= units
    ]
    lengths += [
        min(channel_group, ladder_length(product, design, dataflow, product.group_m, parts))
        for parts in ladder(product.k)
        if parts > units
    ]
    return sorted({min(length, product.k) for length in lengths}, reverse=True)


def ladder(k: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, ... up to more than k."""
    return sorted({base << power for base in (1, 3) for power in range(k.bit_length() + 1)})


def ladder_length(product: Product, design: Design, dataflow: str, unit: int, parts: int) -> int:
    """Length of k in so many parts of whole units, in WS whole folds where a part is longer than one."""
    filling = unit
    if dataflow == "ws":
        rows = design.array.rows
        filling *= rows // gcd(rows, packed(product, unit))
    length = ceil(Fraction(ceil(Fraction(product.k, unit)), parts)) * unit
    return ceil(Fraction(length, filling)) * filling if length > filling else length


def fits_with(product: Product, design: Design, tiling: Tiling, tile_k: int) -> bool:
    """Whether a tiling fits with parts of ``tile_k``."""
    return fits(product, design, tiling.tile_m, tiling.tile_n, tile_k)


def fits(product: Product, design: Design, tile_m: int, tile_n: int, tile_k: int) -> bool:
    """Operands and FP32 result each in at most half of their buffer."""
    tile_k, buffers = min(tile_k, product.k), design.buffers
    return (
        2 * left_half_bytes(product, tile_m, tile_k) <= buffers.activation_bytes
        and 2 * right_half_bytes(product, tile_n, tile_k) <= buffers.weight_bytes
        and 2 * tile_m * tile_n * ACCUMULATOR_BYTES <= buffers.output_bytes
    )


def cost(product: Product, design: Design, rates: Rates, tiling: Tiling) -> Cost:
    """Walk all tiles of all repetitions, then take the slowest of what works beside one another."""
    compute = waits = loads = load_bytes = stores = store_bytes = pruned = 0
    lefts, rights, first = (0, 0), (0, 0), (0, 0)
    store_cuts = last_cuts = 0
    way = NaiveWay(product, design)
    way_left, way_right, way_out = cache(way.left), cache(way.right), cache(way.out)
    k_parts = parts_of(product.k, tiling.tile_k)
    first_bytes = last_bytes = 0
    reads = NaiveReads(0, 0, 0)
    # Tiles of one size are alike: each is worked out once, and counted wherever it stands.
    left = cache(partial(left_transfer, product, rates.burst_bytes))
    right = cache(partial(right_transfer, product, rates.burst_bytes))
    out = cache(partial(out_transfer, product, rates.burst_bytes))
    work = cache(partial(tile_work, product, design, tiling))
    for _ in range(product.count):
        held_left, held_right = None, None
        for im, m, jn, n in outer_tiles(product, tiling):
            for ik, k in enumerate(k_parts):
                brought, asked = 0, (0, 0)
                if held_left != (im, ik):
                    brought += left(m, k)
                    asked, lefts = _both(asked, way_left(m, k)), _both(lefts, way_left(m, k))
                    held_left = (im, ik)
                if held_right != (jn, ik):
                    brought += right(n, k)
                    asked, rights = _both(asked, way_right(n, k)), _both(rights, way_right(n, k))
                    pruned += k * n if product.prune_on_load else 0
                    held_right = (jn, ik)
                loads += brought > 0
                load_bytes += brought
                first = first if first_bytes else asked
                first_bytes = first_bytes or brought
                cycles, read, finish = work(m, n, k, ik > 0)
                compute += cycles
                waits += left_waits(product, design, tiling, m, n, k)
                reads += read
            stores += 1
            last_bytes, last_cuts = out(m, n), way_out(m, n)
            store_bytes, store_cuts = store_bytes + last_bytes, store_cuts + last_cuts
    drained = stores * instruction(product, design, tiling, (tiling.tile_m, tiling.tile_n, tiling.tile_k)).finish
    compute += lead(design, tiling.dataflow) + finish
    counts = Counts(lefts, rights, store_cuts, first[1] + last_cuts, first[0])
    total = total_cycles(
        product,
        rates,
        compute + waits,
        load_bytes,
        store_bytes,
        first_bytes + last_bytes,
        loads,
        stores,
        drained,
        pruned,
        counts,
    )
    energy_j = spent_j(product, design, reads, load_bytes + store_bytes, pruned)
    edge_bytes = first_bytes + last_bytes
    return Cost(tiling, compute, waits, load_bytes, store_bytes, edge_bytes, loads, stores, total, energy_j, counts)


def _both(some: tuple[int, int], more: tuple[int, int]) -> tuple[int, int]:
    return some[0] + more[0], some[1] + more[1]


def tile_work(
    product: Product, design: Design, tiling: Tiling, m: int, n: int, k: int, reloads: bool
) -> tuple[int, NaiveReads, int]:
    """Cycles of one [m x k x n] tile, what it reads, and the cycles from its end to its last result."""
    tile = instruction(product, design, tiling, (m, n, k))
    return tile.cycles(reloads), reads_of(product, tile, m, n, k, reloads), tile.finish


def outer_tiles(product: Product, tiling: Tiling) -> Iterator[tuple[int, int, int, int]]:
    """Result tiles in the order of the loops: index and size along m, index and size along n."""
    along_m = list(enumerate(parts_of(product.m, tiling.tile_m)))
    along_n = list(enumerate(parts_of(product.n, tiling.tile_n)))
    if tiling.m_is_outermost:
        yield from ((im, m, jn, n) for im, m in along_m for jn, n in along_n)
    else:
        yield from ((im, m, jn, n) for jn, n in along_n for im, m in along_m)


@cache
def left_waits(product: Product, design: Design, tiling: Tiling, m: int, n: int, k: int) -> int:
    """Cycles that an instruction waits for left words and sums: those of its array tiles, one after another."""
    if design.array.drain != "chain":
        return 0
    array, ports, tile = design.array, design.buffers.group_ports, left_tile(product, design, m, k)
    counted, waits = instruction(product, design, tiling, (m, n, k)), 0
    idle = counted.interval - counted.issue
    if tiling.dataflow == "ws":
        for slot in range(0, counted.slots, array.rows):
            cycles = ws_cycles(tile, slot, array.rows, ports, m, idle)
            waits += cycles - counted.interval
        across = len(parts_of(n, array.cols))
        return across * waits + sums_waits(design, counted, across, waits)
    outputs, across = tiling.interleave
    ring = max(array.interleave, array.adder_stages)
    for row in range(0, m, array.rows * outputs):
        chunks = list(os_chunks(tile, row, array.rows, ports, outputs, ring))
        # The last group may have fewer slots than others. Those of taps before it are counted as whole ones.
        steps = sum(steps for _, steps in chunks)
        missing = min(max(0, steps - counted.slots * ring), (tile.group_slots - 1) * ring)
        less = ring - array.interleave if array.interleave < ring else 0
        cycles = os_cycles(tile, row, array.rows, ports, outputs, ring, missing + less, idle)
        waits += len(parts_of(n, array.cols * across)) * (cycles - (steps - missing - less + idle))
    return waits


def first_word(product: Product, design: Design, tiling: Tiling, m: int, k: int) -> int:
    """Cycles from a prepared computation to the step that takes its first left word: its chunk is read and laid."""
    array, ports, tile = design.array, design.buffers.group_ports, left_tile(product, design, m, k)
    if tiling.dataflow == "ws":
        reads = naive_ws_word(tile, 0, array.rows, ports)
    else:
        ring = max(array.interleave, array.adder_stages)
        reads, _ = next(os_chunks(tile, 0, array.rows, ports, tiling.interleave[0], ring))
    return first_word_cycles(reads, tile.turned, design.sparsity.m, group_turn_cycles(ports))


def instruction(product: Product, design: Design, tiling: Tiling, sizes: tuple[int, int, int]) -> NaiveInstruction:
    """The instruction that computes an [m x k x n] tile; ``sizes`` are m, n and k."""
    m, n, k = sizes
    is_cut = tiling.tile_k < product.k
    return NaiveInstruction(design, tiling.dataflow, tiling.interleave, m, n, packed(product, k), is_cut)


def total_cycles(
    product: Product,
    rates: Rates,
    compute: int,
    load_bytes: int,
    store_bytes: int,
    edge_bytes: int,
    loads: int,
    stores: int,
    drained: int,
    pruned: int,
    counts: Counts,
) -> float:
    """The slowest of array, DRAM, the ways to and from it, SORE and the loops of buffer halves, after the edges."""
    results = product.count * product.m * product.n
    turns = stores * rates.turnaround_cycles
    array = compute
    dram = (load_bytes + store_bytes - edge_bytes) * rates.cycles_per_byte + turns
    lanes = max(results / rates.vector_lanes, counts.store_cuts)
    asked = sum(max(cuts, bursts * rates.burst_cycles) for bursts, cuts in (counts.left, counts.right))
    sore = pruned / (product.group_m * rates.sore_lanes)
    to_load = rates.latency_cycles + rates.load_cycles
    operand_loop = compute + drained + loads * to_load + max(asked, load_bytes * rates.cycles_per_byte)
    storing = max(lanes, store_bytes * rates.cycles_per_byte + turns)
    result_loop = compute + drained + stores * rates.store_cycles + storing
    slowest = max(array, dram, lanes, sore, asked, operand_loop / 2, result_loop / 2)
    edge = max(edge_bytes * rates.cycles_per_byte, counts.edge_cuts, counts.edge_bursts * rates.burst_cycles)
    return to_load + rates.store_cycles + edge + slowest
