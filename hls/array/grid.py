"""The grid of PEs: R x C of them and the links between them, over one die or several, no logic of its own."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.arch.formats import FP32
from heddle.hls.array.die_crossing import DieCrossing
from heddle.hls.array.links import EastLink, ElementLinks, SouthLink, element_ports, in_words
from heddle.hls.instance import instance_of

#: The module name under which the PE is emitted, once.
USPE_MODULE = "heddle_uspe"


class Grid(wiring.Component):
    """R x C PEs, each beside its neighbours. It is wires only, so synthesis may take it as a count of PEs.

    Between two dies (``slr_cuts``) the links to the south pass a register.

    Ports
    -----
    west : R x EastLink, in
        For each row what its first PE takes; it hops east a PE a clock.
    north : C x SouthLink, in
        For each column what its first PE takes; it hops south a PE a clock. ``sums`` is where the sums of WS start.
    south : C x Signal(32), out
        The sums that the last PE of each column sends south.

    Latency: that of R + C - 1 PEs and the cuts from corner to corner (``heddle.arch.timing.array_hop_cycles``).
    Throughput: one step a clock.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        rows, cols = design.array.rows, design.array.cols
        self._element = in_words(ElementLinks(design))
        super().__init__(
            {
                "west": In(EastLink(design)).array(rows),
                "north": In(SouthLink(design)).array(cols),
                "south": Out(FP32.width).array(cols),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Place the PEs from north-west to south-east, each linked with those in the west and the north of it."""
        m = Module()
        above = [flipped(link) for link in self.north]
        for row, link in enumerate(self.west):
            if row in self.design.array.slr_cuts:
                above = [self._crossed(m, f"cut{row}_{col}", links) for col, links in enumerate(above)]
            before = flipped(link)
            for col in range(self.design.array.cols):
                element = self._placed(m, f"pe_{row}_{col}")
                connect(m, before, element.west)
                connect(m, above[col], element.north)
                before, above[col] = element.east, element.south
        m.d.comb += [south.eq(link.sums) for south, link in zip(self.south, above, strict=True)]
        return m

    def _crossed(self, m: Module, name: str, above: wiring.PureInterface) -> wiring.PureInterface:
        """Place the register into which a column's links cross from the die above; return the links behind it."""
        m.submodules[name] = crossing = DieCrossing(self.design)
        connect(m, above, crossing.north)
        return crossing.south

    def _placed(self, m: Module, name: str) -> wiring.PureInterface:
        """Place a PE, by the name of its module; return its links."""
        links = wiring.PureInterface(self._element, path=(name,))
        m.submodules[name] = instance_of(USPE_MODULE, element_ports(links))
        return links
