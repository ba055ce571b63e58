"""The timing contract: every latency and initiation interval of the machine, once.

The simulator, the scheduler and the RTL generator all take their cycle counts from here. All values are
clock cycles of the design. Cycle counts are inclusive: from the cycle in which the first operand enters the
array's edge to the cycle in which the last result leaves.

Output-stationary (OS). A PE works through ``slots`` packed elements for each of I outputs in rotation; the
ring of adder and delay line is max(I, L) long for an adder of L stages, so one slot of all I outputs takes
max(I, L) cycles. Operands hop one PE a cycle, so the last PE starts R + C - 2 cycles after the first.
Results leave down each column through a chain, rows x I words, while the next tile already computes; the
same chain brings in partial sums where a reduction is cut into several parts.

Weight-stationary (WS). Each PE holds one packed weight of a tile of R slots x C columns; ``rows_streamed``
activation rows stream through, one a cycle; partial sums flow south through the L-stage adders. The next
tile's weights shift into shadow registers meanwhile (R cycles).
"""

from __future__ import annotations

from arch.jit import kernel

#: Cycles between two instructions of one queue: the token check and the decode of the next.
DISPATCH_CYCLES = 4


@kernel
def slots_of(length: int, keep_n: int, group_m: int) -> int:
    """Packed elements of a reduction of ``length``: N for each full group of M, at most N of a partial one.

    Dense is N = M: every element has its slot, and a last partial group costs only what it holds.
    """
    return (length // group_m) * keep_n + min(keep_n, length % group_m)


@kernel
def pe_latency(adder_stages: int, multiplier_stages: int) -> int:
    """From operands at a PE to their sum at the adder's output, beyond the cycle in which they enter."""
    return multiplier_stages + adder_stages - 1


@kernel
def os_issue_cycles(slots: int, interleave: int, adder_stages: int) -> int:
    """Cycles in which one OS array tile enters: a slot of all I outputs takes one turn of the ring."""
    return slots * max(interleave, adder_stages)


@kernel
def os_chain_cycles(rows: int, interleave: int, chain: int, accumulates: int) -> int:
    """Cycles the drain chain is busy for one tile: R x I words out, and as many in where sums go on."""
    return chain * rows * interleave * (1 + accumulates)


@kernel
def os_tail_cycles(rows: int, cols: int, interleave: int, adder_stages: int, multiplier_stages: int, chain: int) -> int:
    """From the end of a tile's issue to its last result at the array's edge: skew, PE latency, drain."""
    skew = rows + cols - 2
    return skew + pe_latency(adder_stages, multiplier_stages) + chain * rows * interleave


@kernel
def ws_psum_cycles(rows: int, adder_stages: int, multiplier_stages: int) -> int:
    """From a partial sum entering a column to it leaving: R adders of L stages, the multiplier once."""
    return rows * adder_stages + multiplier_stages


@kernel
def ws_tail_cycles(rows: int, cols: int, adder_stages: int, multiplier_stages: int) -> int:
    """From the end of a WS tile's issue to its last result at the array's edge."""
    return ws_psum_cycles(rows, adder_stages, multiplier_stages) - 1 + (cols - 1)


@kernel
def ws_load_cycles(rows: int) -> int:
    """Cycles to shift a tile's weights into the array from the north edge."""
    return rows


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
