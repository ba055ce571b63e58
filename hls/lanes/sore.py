"""SORE lane: N:M packing of M x M blocks, along the rows and along the columns, in one pass."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.formats import FP16
from heddle.arch.sparsity import checked_sparsity
from heddle.hls.description import Described
from heddle.hls.lanes.ranking import TopN, group_layout, packed_layout
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.transpose import Transposer


def packing_members(n: int, m: int, value_bits: int) -> dict[str, wiring.Member]:
    """Return the ports of a lane."""
    groups = Out(stream.Signature(packed_layout(n, m, value_bits)))
    return {"rows": In(stream.Signature(group_layout(m, value_bits))), "row_groups": groups, "column_groups": groups}


class SoreLane(wiring.Component):
    """Takes one row of an M x M block a clock; gives its packed row group, and M packed column groups a block.

    Ports:
        rows : stream of M bit patterns of ``value_bits`` (an operand format), in; M words in a row make a block
        row_groups : stream of packed groups (``heddle.hls.lanes.ranking.packed_layout``), out; one for each row, in
        order column_groups : stream of packed groups, out; column 0 to M - 1 of each full block, in order. An index
            counts rows of the block.

    Kept are the N of largest magnitude, ties to the lower index, in rising index order (``heddle.arch.nm``). N = M
    keeps all. Latency ``row_latency`` clocks from a row to its group; ``column_latency`` from a block's last row to
    its first column group, and one more for each further column. Throughput one row a clock, blocks back to back.

    The outputs are independent: either may stall. While row groups stall, no rows come in, and the columns of full
    blocks still leave; while column groups stall, rows come in until two blocks wait for their columns. A block counts
    only when whole: where M does not divide the number of rows, the feeder pads the last block with rows of zeros.
    Reset empties the lane at any time, begun blocks too.
    """

    row_latency = Fork.latency + TopN.latency
    column_latency = Fork.latency + Transposer.latency + TopN.latency

    def __init__(self, n: int, m: int, value_bits: int = FP16.width) -> None:
        """Raises HeddleError for an unsupported N:M."""
        checked_sparsity(n, m)
        self.n = n
        self.m = m
        self.value_bits = value_bits
        latencies = {"row_latency": self.row_latency, "column_latency": self.column_latency}
        super().__init__(Described(packing_members(n, m, value_bits), latencies))

    def elaborate(self, platform: object) -> Module:
        """Rows go to one ranking and to the transposer, whose columns go to another: 2 M groups in M clocks."""
        m = Module()
        m.submodules.fork = fork = Fork(group_layout(self.m, self.value_bits), ways=2)
        m.submodules.transposer = transposer = Transposer(self.m, self.value_bits)
        m.submodules.row_ranking = row_ranking = TopN(self.n, self.m, self.value_bits)
        m.submodules.column_ranking = column_ranking = TopN(self.n, self.m, self.value_bits)
        connect(m, flipped(self.rows), fork.input)
        connect(m, fork.outputs[0], row_ranking.input)
        connect(m, fork.outputs[1], transposer.input)
        connect(m, transposer.output, column_ranking.input)
        connect(m, row_ranking.output, flipped(self.row_groups))
        connect(m, column_ranking.output, flipped(self.column_groups))
        return m
