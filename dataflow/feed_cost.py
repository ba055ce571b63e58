"""What the array waits for in a tile of a product: its left words, by ``heddle.arch.left_feed``, and sums in WS."""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.arch.left_feed import LeftTile, os_tile_cycles, run_taps, tap_groups, ws_tile_cycles
from heddle.arch.machine_timing import SUM_RETURN_CYCLES
from heddle.arch.timing import array_hop_cycles, pe_latency, ring_cycles, ws_row_steps
from heddle.dataflow.cost import ArrayTiles, ceil_div, tile_reach
from heddle.dataflow.kernel_rows import MachineRow, ProductRow


@kernel
def left_tile(product: ProductRow, group_m: int, m: int, k: int) -> LeftTile:
    """Return the left operand of an [m x k] tile as the feeder walks it, in groups of ``group_m`` of the machine.

    A product that keeps N of fewer than the machine's M keeps as large a share of a whole group. A dense one has the
    channels of a tap in groups that are about equal.
    """
    left = product["left"]
    turned = left["pixels_on_k"]
    reach = tile_reach(left, m, k, product["group_m"])
    pixels = k if turned else m
    along = pixels if turned else ceil_div(reach.channels, ceil_div(reach.channels, group_m))
    kept = ceil_div(group_m * product["keep_n"], product["group_m"])
    first_tap = first_tap_of(reach.taps, left["row_taps"], left["taps"])
    return LeftTile(turned, reach.taps, left["row_taps"], first_tap, reach.channels, pixels, group_m, min(kept, along))


@kernel
def first_tap_of(taps: int, row_taps: int, all_taps: int) -> int:
    """Where in a row of the kernel a tile of ``taps`` of ``all_taps`` begins, which its size does not say.

    Tiles of whole rows, or of an equal part of one, begin with it or stay in it. Any other is taken to begin with the
    last tap of a row, which makes the most runs.
    """
    if taps % row_taps == 0 or row_taps % taps == 0 or all_taps == row_taps:
        return 0
    return row_taps - 1


@kernel
def feed_cycles(
    machine: MachineRow, product: ProductRow, ws: int, ir: int, ic: int, shape: ArrayTiles, m: int, n: int, k: int
) -> int:
    """Cycles that one instruction's array tiles wait for left words and sums, beyond the intervals of ``shape``.

    A textbook array (no ``group_ports``) waits for none.
    """
    across = tiles_across(machine, ws, ic, shape, n)
    waits = waits_below(machine, product, ws, ir, shape, shape.tiles // across, m, k)
    return across * waits + waits_for_sums(machine, ws, shape, waits)


@kernel
def tiles_across(machine: MachineRow, ws: int, ic: int, shape: ArrayTiles, n: int) -> int:
    """How many array tiles stand side by side along the ``n`` columns of a tile."""
    return shape.fresh if ws else ceil_div(n, machine["cols"] * ic)


@kernel
def waits_for_sums(machine: MachineRow, ws: int, shape: ArrayTiles, left_waits: int) -> int:
    """WS: cycles that one instruction's array tiles wait for the sums that they go on from.

    The array makes a sum so many steps before it is to enter again. Meanwhile it has to leave the array, be written to
    the buffer and be read. Where that takes longer than these steps, with what the tiles of a column wait for left
    words (``left_waits``), the array waits for the difference once in as many steps that have a row.
    """
    if not ws or not machine["group_ports"] or shape.tiles == shape.fresh:
        return 0
    stages, across = machine["adder_stages"], shape.fresh
    made = (machine["rows"] - 1) * ws_row_steps(stages) + 1 + pe_latency(stages, machine["multiplier_stages"])
    steps, folds = across * shape.interval - made, shape.tiles // across
    cycles = steps + steps * left_waits // (folds * shape.interval)
    back = array_hop_cycles(machine["rows"], machine["cols"], machine["cuts"]) + SUM_RETURN_CYCLES
    going_on = (folds - 1) * across
    times = min(going_on * shape.interval // steps, going_on * ceil_div(shape.issue, steps))
    return times * max(0, back - cycles)


@kernel
def wait_alike(a: MachineRow, of_a: ArrayTiles, b: MachineRow, of_b: ArrayTiles) -> bool:
    """Whether two arrays that differ in their timing alone wait as long for the words of a tile: ``waits_below``."""
    return (
        a["group_ports"] == b["group_ports"]
        and of_a.interval == of_b.interval
        and of_a.issue == of_b.issue
        and ring_cycles(a["interleave"], a["adder_stages"]) == ring_cycles(b["interleave"], b["adder_stages"])
    )


@kernel
def waits_below(
    machine: MachineRow, product: ProductRow, ws: int, ir: int, shape: ArrayTiles, below: int, m: int, k: int
) -> int:
    """Cycles that the ``below`` array tiles of the same columns wait, of however many columns there are."""
    if not machine["group_ports"]:
        return 0
    tile = left_tile(product, machine["group_m"], m, k)
    if ws:
        return _ws_waits(machine, tile, below, m, shape.interval)
    return _os_waits(machine, tile, shape, below, ir)


@kernel
def _os_waits(machine: MachineRow, tile: LeftTile, shape: ArrayTiles, down: int, ir: int) -> int:
    """The waits of ``down`` array tiles, one below the other."""
    rows, ports = machine["rows"], machine["group_ports"]
    ring = ring_cycles(machine["interleave"], machine["adder_stages"])
    interval, issue = shape.interval, shape.issue
    if not tile.turned:
        return down * (os_tile_cycles(tile, 0, rows, ports, ir, interval, issue, ring) - interval)
    cycles, height = 0, rows * ir
    # Where channels fill rows evenly, all array tiles but the last meet their groups alike.
    alike = down - 1 if tile.channels % rows == 0 and rows % tile.group_m == 0 else 0
    if alike:
        cycles = alike * os_tile_cycles(tile, 0, rows, ports, ir, interval, issue, ring)
    for number in range(alike, down):
        cycles += os_tile_cycles(tile, number * height, rows, ports, ir, interval, issue, ring)
    return cycles - down * interval


@kernel
def _ws_waits(machine: MachineRow, tile: LeftTile, folds: int, length: int, interval: int) -> int:
    """The waits of ``folds`` array tiles of the same columns, one a fold."""
    rows, ports = machine["rows"], machine["group_ports"]
    tap_slots = tap_groups(tile) * tile.group_slots
    run_slots = run_taps(tile) * tap_slots
    # Where folds are whole groups, and taps whole folds or folds whole runs, all but the last meet their groups alike.
    in_runs = tile.first_tap == 0 and (run_slots % rows == 0 or rows % run_slots == 0)
    is_even = rows % tile.group_slots == 0 and (tile.turned or tap_slots % rows == 0 or in_runs)
    alike = folds - 1 if is_even else 0
    cycles = 0
    if alike:
        cycles = alike * ws_tile_cycles(tile, 0, rows, ports, length, interval)
    for fold in range(alike, folds):
        cycles += ws_tile_cycles(tile, fold * rows, rows, ports, length, interval)
    return cycles - folds * interval
