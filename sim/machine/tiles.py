"""The steps of a computation's array tiles, each with the words that it needs."""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import BUFFER_ANSWERS
from heddle.arch.timing import os_issue_cycles, os_lead_cycles, pe_latency, ring_cycles, ws_row_steps
from heddle.sim.machine.array import Array, begin_run, partial_at, pass_partials, step, take_partial
from heddle.sim.machine.left_words import all_chunks_groups, chunk_groups, chunk_reads, group_steps, tiles_across
from heddle.sim.machine.rows import ComputeRow
from heddle.sim.machine.shape import MachineShape


@kernel
def run_tiles(array: Array, compute: ComputeRow, first_result: int, shape: MachineShape) -> int:
    """Take the steps of all array tiles; return the clocks in which their left words are read."""
    across, total_reads = tiles_across(compute, shape), 0
    for row in range(compute["tiles"] // across):
        reads = chunk_reads(compute, row, shape)
        for col in range(across):
            number = row * across + col
            if compute["ws"]:
                total_reads += _run_ws_tile(array, compute, number, reads, first_result, shape)
            else:
                total_reads += _run_os_tile(array, compute, number, reads, first_result, shape)
    return total_reads


@kernel
def _run_os_tile(
    array: Array, compute: ComputeRow, number: int, reads: int, first_result: int, shape: MachineShape
) -> int:
    """Partial sums enter as R x I words that end with the first slot: the last ones in the first steps of the tile."""
    state, groups = array.state, all_chunks_groups(compute, shape)
    of_group = group_steps(compute, shape)
    words, interleave = shape.rows * shape.interleave, shape.interleave
    issue = os_issue_cycles(compute["length"], interleave, shape.adder_stages)
    interval = compute["interval"]
    coming, freeing = interval - os_lead_cycles(shape.rows, interleave), -1
    if number == compute["tiles"] - 1:
        coming, freeing = interval, _freeing_phase(compute, shape)
    chunks, group, next_chunk = 0, 0, 0
    for phase in range(interval):
        not_before = 0
        if phase == next_chunk:
            not_before = state["left_taken_at"] + reads
        if compute["reload"] and (phase < interleave or phase >= coming):
            partial_enters(array, compute, first_result, state["sums"], not_before, shape)
        else:
            step(array, not_before, shape)
        if phase == next_chunk:
            state["left_taken_at"] = state["at"]
            of_chunk = chunk_groups(compute, group, shape)
            chunks, group, next_chunk = chunks + 1, group + of_chunk, phase + of_chunk * of_group
            if group == groups:
                next_chunk = interval
        if phase == freeing:
            state["right_freed_at"] = state["at"]
        if phase == issue - interleave:
            begin_run(array, 1 + pe_latency(shape.adder_stages, shape.multiplier_stages), words)
    return chunks * reads


@kernel
def _freeing_phase(compute: ComputeRow, shape: MachineShape) -> int:
    """OS: the step that takes the weight word in whose place the tile's last one is asked for; -1: none of the tile."""
    of_slot = 1 if compute["interleave_cols"] == 1 else shape.interleave
    word = compute["length"] * of_slot - 1 - BUFFER_ANSWERS
    if word < 0:
        return -1
    return word // of_slot * ring_cycles(shape.interleave, shape.adder_stages) + word % of_slot


@kernel
def _run_ws_tile(
    array: Array, compute: ComputeRow, number: int, reads: int, first_result: int, shape: MachineShape
) -> int:
    """A left word and a result for each row; partial sums for all but the first fold, or for all where it reloads."""
    state, goes_on = array.state, compute["reload"] or number >= compute["fresh_tiles"]
    if not goes_on:
        pass_partials(array, compute["length"])
    for row in range(compute["length"]):
        not_before = state["left_taken_at"] + reads
        if goes_on:
            partial_enters(array, compute, first_result, state["sums"], not_before, shape)
        else:
            step(array, not_before, shape)
        state["left_taken_at"] = state["at"]
        if row == 0:
            last_row = (shape.rows - 1) * ws_row_steps(shape.adder_stages)
            steps = last_row + 1 + pe_latency(shape.adder_stages, shape.multiplier_stages)
            begin_run(array, steps, compute["length"])
    for _ in range(compute["interval"] - compute["length"]):
        step(array, 0, shape)
    return compute["length"] * reads


@kernel
def partial_enters(
    array: Array, compute: ComputeRow, first_result: int, number: int, not_before: int, shape: MachineShape
) -> None:
    """Take the step in which the partial sum of the computation's result ``number`` enters."""
    distance = compute["tiles"] * shape.rows * shape.interleave
    if compute["ws"]:
        distance = compute["fresh_tiles"] * compute["length"]
    is_inside = compute["ws"] == 1 or _is_inside(compute, number, shape)
    there = partial_at(array, first_result + number - distance, is_inside)
    take_partial(array, step(array, max(there, not_before), shape))


@kernel
def _is_inside(compute: ComputeRow, number: int, shape: MachineShape) -> bool:
    """OS: whether a result has elements of the tile: its row is one, and its word of columns."""
    across, words = tiles_across(compute, shape), shape.rows * shape.interleave
    tile, place = number // words, number % words
    cols = compute["interleave_cols"]
    outputs = shape.interleave // cols
    line, output, word = shape.rows - 1 - place // shape.interleave, place // cols % outputs, place % cols
    row = (tile // across * outputs + output) * shape.rows + line
    rows = compute["taps"] * compute["elements"] if compute["turned"] else compute["pixels"]
    return row < rows and tile % across * cols + word < (compute["cols"] + shape.cols - 1) // shape.cols
