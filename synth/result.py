"""What a synthesis found: cells by module, what the whole design takes, and where its critical stage lies."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, get_args

from heddle.hls.names import Top

if TYPE_CHECKING:  # takes a while to load, and only a frame needs it
    import pandas as pd

#: What synthesises: yosys block by block, or Vivado, which places and routes.
Tool = Literal["yosys", "vivado"]
TOOLS: tuple[Tool, ...] = get_args(Tool)


@dataclass(frozen=True)
class Usage:
    """Cells of one module or of many: LUTs (``lut_as_memory`` is a part of ``lut``), flip-flops, DSPs, RAM blocks.

    ``bram36`` counts a half block as 0.5.
    """

    lut: int
    lut_as_memory: int
    ff: int
    dsp: int
    bram36: float
    uram: int

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            lut=self.lut + other.lut,
            lut_as_memory=self.lut_as_memory + other.lut_as_memory,
            ff=self.ff + other.ff,
            dsp=self.dsp + other.dsp,
            bram36=self.bram36 + other.bram36,
            uram=self.uram + other.uram,
        )

    def times(self, count: int) -> Usage:
        """Return what ``count`` of it take."""
        return Usage(
            lut=self.lut * count,
            lut_as_memory=self.lut_as_memory * count,
            ff=self.ff * count,
            dsp=self.dsp * count,
            bram36=self.bram36 * count,
            uram=self.uram * count,
        )


NOTHING = Usage(lut=0, lut_as_memory=0, ff=0, dsp=0, bram36=0.0, uram=0)


@dataclass(frozen=True)
class ModuleUsage:
    """A distinct module: what one takes, without the modules below it that have an entry of their own, and how many.

    ``part`` is the part of the design that it belongs to: array, sore, wuve or buffers.
    """

    name: str
    part: str
    count: int
    each: Usage

    @property
    def total(self) -> Usage:
        """What all of them take."""
        return self.each.times(self.count)


@dataclass(frozen=True)
class Stage:
    """The worst path that ends in a register of a module, in relative time: 1 is the design's worst.

    ``start`` and ``end`` are register names of the RTL (``start`` is empty for an input of the module). ``delay_ns``
    is by the synthesis tool's arcs, without routing: it balances stages and is no clock of the board.
    """

    module: str
    start: str
    end: str
    delay_ns: float
    relative: float


@dataclass(frozen=True, order=True)
class FanOut:
    """A net that drives ``loads`` inputs, by the ``module`` that it is seen in from above and its ``net`` there."""

    loads: int
    module: str
    net: str


@dataclass(frozen=True)
class Synthesis:
    """A synthesised design. ``modules`` multiply up to ``total``; ``stages`` has the slowest first.

    ``fan_outs`` has the array's nets that drive the most, the largest first, one of each module; yosys counts them.
    ``covers`` names the parts of ``top`` that were synthesised, ``missing`` those of the design that were not.
    """

    tool: str
    design: str
    board: str
    modules: tuple[ModuleUsage, ...]
    stages: tuple[Stage, ...]
    fan_outs: tuple[FanOut, ...]
    covers: tuple[str, ...]
    missing: tuple[str, ...]
    seconds: float
    top: Top = "array"

    @property
    def total(self) -> Usage:
        """What the synthesised parts take together."""
        return sum((module.total for module in self.modules), NOTHING)

    def frame(self) -> pd.DataFrame:
        """Return a row a distinct module: ``name``, ``part``, ``count``, and what all of them take of each resource."""
        import pandas as pd

        return pd.DataFrame(
            [
                {"name": module.name, "part": module.part, "count": module.count, **asdict(module.total)}
                for module in self.modules
            ]
        )
