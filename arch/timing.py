"""The timing contract: every latency and initiation interval of the machine, once.

The simulator, the scheduler and the RTL generator all take their cycle counts from here. All values are
clock cycles of the design. Cycle counts of a run are inclusive: from the clock that takes its first instruction
to the clock that takes its last result.

Output-stationary (OS). A PE works through ``slots`` packed elements for each of I outputs in rotation; the
ring of adder and delay line is max(I, L) long for an adder of L stages, so a slot follows the last one
max(I, L) cycles later. Operands hop one PE a cycle. Results leave down each column through a chain,
rows x I words, while the next tile already computes; a second chain brings in partial sums where a reduction
is cut into several parts.

Weight-stationary (WS). Each PE holds one packed weight of a tile of R slots x C columns; ``rows_streamed``
activation rows stream through, one a cycle; partial sums flow south through the L-stage adders and one
register a row. A row's weights enter just when the tile's first activation meets it.

``cuts``: how many boundaries between two dies the array crosses (``slr_cuts``). All that passes from the row above one
to the row below it, the step's enable too, takes a register more, so that the rows below live a clock later.

``chain``: 1 for a machine as the RTL is, with registers at its edges, between its rows and behind its result
queue. 0 for the textbook array that published cycle models describe (every PE drained by its own wire, no
registers but the PEs' own, weights shifted in before a tile starts); no RTL is made of it.
"""

from __future__ import annotations

from heddle.arch.jit import kernel

#: Cycles between two instructions: the clock in which the sequencer takes the next.
DISPATCH_CYCLES = 1
#: SORE: from a group of M at the ranking to its N kept, packed; from a block's last row to its first column.
SORE_RANK_CYCLES = 3
SORE_TRANSPOSE_CYCLES = 1


@kernel
def slots_of(length: int, keep_n: int, group_m: int) -> int:
    """Packed elements of a reduction of ``length``: N for each full group of M, at most N of a partial one.

    Dense is N = M: every element has its slot, and a last partial group costs only what it holds.
    """
    return (length // group_m) * keep_n + min(keep_n, length % group_m)


@kernel
def ring_cycles(interleave: int, adder_stages: int) -> int:
    """Cycles from one addition to a sum to the next: I outputs in rotation, but no fewer than the adder takes."""
    return max(interleave, adder_stages)


@kernel
def pe_latency(adder_stages: int, multiplier_stages: int) -> int:
    """From operands in a PE's operand registers to their sum at the adder's output."""
    return multiplier_stages + adder_stages


@kernel
def array_hop_cycles(rows: int, cols: int, cuts: int) -> int:
    """Clocks by which the array's south-east corner lives behind its edge: one at the edge, R + C - 1 PEs, the cuts."""
    return rows + cols + cuts


@kernel
def os_issue_cycles(slots: int, interleave: int, adder_stages: int) -> int:
    """Cycles in which one OS array tile enters: turns of the ring, the last one as long as it has outputs."""
    return (slots - 1) * ring_cycles(interleave, adder_stages) + interleave


@kernel
def os_drain_cycles(rows: int, interleave: int, chain: int) -> int:
    """Cycles that the drain chain takes for one tile: R x I words."""
    return chain * rows * interleave


@kernel
def os_tail_cycles(
    rows: int, cols: int, cuts: int, interleave: int, adder_stages: int, multiplier_stages: int, chain: int
) -> int:
    """From the end of a tile's issue to its last result.

    With the chain: the sum of the last output stands ready 1 + latency steps after its operands came; by then
    the first of the R x I words has left I - 1 steps ago; then the hop to the corner, and the result queue.
    """
    latency = pe_latency(adder_stages, multiplier_stages)
    if not chain:
        return rows + cols - 2 + latency - 1
    return latency + (rows - 1) * interleave + array_hop_cycles(rows, cols, cuts) + 2


@kernel
def os_lead_cycles(rows: int, interleave: int) -> int:
    """Cycles before a tile's first operands in which its partial sums already move towards the last row."""
    return (rows - 1) * interleave


@kernel
def os_settle_cycles(
    tiles: int, rows: int, cols: int, cuts: int, interleave: int, adder_stages: int, multiplier_stages: int, chain: int
) -> int:
    """Cycles that an instruction waits before it takes the first partial sum of the one before it.

    Tile after tile both instructions go the same way, word after word, each tile R x I cycles or more behind the
    last: what ``tiles`` such tiles leave of the tail is still to be waited for. (Textbook array: nothing.)
    """
    tail = os_tail_cycles(rows, cols, cuts, interleave, adder_stages, multiplier_stages, chain)
    return chain * max(0, tail - tiles * os_drain_cycles(rows, interleave, chain))


@kernel
def ws_row_steps(adder_stages: int) -> int:
    """Steps by which a row's activations, and its weights, come later than those of the row north of it.

    The partial sums that they meet come through an adder of L stages; the register behind it is the row's hop.
    """
    return adder_stages


@kernel
def ws_psum_cycles(rows: int, cuts: int, adder_stages: int, multiplier_stages: int, chain: int) -> int:
    """From a product's operands to its sum at the column's south end: R rows and the cuts, the multiplier once."""
    return rows * (ws_row_steps(adder_stages) + chain) + cuts + multiplier_stages


@kernel
def ws_tail_cycles(rows: int, cols: int, cuts: int, adder_stages: int, multiplier_stages: int, chain: int) -> int:
    """From the end of a WS tile's issue to its last result; registers at edges, and the result queue, with them."""
    psum = ws_psum_cycles(rows, cuts, adder_stages, multiplier_stages, chain)
    return psum + cols + 2 if chain else psum - 1 + cols - 1


@kernel
def ws_load_cycles(rows: int, chain: int) -> int:
    """Cycles to shift a tile's weights in before it starts: textbook only, the RTL's come while it streams."""
    return 0 if chain else rows


@kernel
def ws_interval_cycles(
    rows_streamed: int,
    rows: int,
    cols: int,
    cuts: int,
    adder_stages: int,
    multiplier_stages: int,
    chain: int,
    tiles_apart: int,
) -> int:
    """Cycles from one WS tile to the next, overlapped.

    As many as there are activation rows, but a tile's weights must all be in before the next one's follow, and
    where sums come back as partial sums, ``tiles_apart`` tiles later (0: they do not), the first must have arrived.
    """
    if chain:
        weights_in = (rows - 1) * ws_row_steps(adder_stages) + 1
        around = 1 + ws_tail_cycles(rows, cols, cuts, adder_stages, multiplier_stages, chain)
    else:
        weights_in = ws_load_cycles(rows, chain)
        around = ws_psum_cycles(rows, cuts, adder_stages, multiplier_stages, chain)
    returning = (around + tiles_apart - 1) // tiles_apart if tiles_apart else 0
    return max(rows_streamed, weights_in, returning)


@kernel
def sore_tail_cycles(group_m: int) -> int:
    """From a block's last row entering a lane to its last packed column leaving: M columns, one a cycle."""
    return SORE_TRANSPOSE_CYCLES + SORE_RANK_CYCLES + group_m - 1


@kernel
def sore_cycles(elements: float, group_m: int, lanes: int) -> float:
    """Cycles for SORE to prune ``elements``; a fraction where they leave lanes of the last cycle to what follows.

    Each lane takes one M-wide row of an M x M block a cycle and gives the row group at once and the M column
    groups at the block's end, so both directions cost one pass.
    """
    return elements / (group_m * lanes)


@kernel
def lane_cycles(elements: float, lanes: int) -> float:
    """Cycles for ``lanes`` fully pipelined lanes (WUVE, vector unit) to take ``elements``, one a cycle each."""
    return elements / lanes
