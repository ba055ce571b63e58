"""The Design: every parameter of a machine, checked, in one frozen object.

A Design is data only. It loads from a preset or a TOML file (``heddle.arch.design_io``), is checked against a board
(``heddle.arch.fit``), and everything else (cost models, simulator, RTL) is computed from it.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from heddle.arch.errors import KeyValueError
from heddle.arch.formats import ACCUMULATORS, FP16, FP32, OPERANDS, FloatFormat
from heddle.arch.names import printable
from heddle.arch.registry import KeyOf

Dataflow = Literal["os", "ws"]
DATAFLOWS: tuple[Dataflow, ...] = get_args(Dataflow)
InterleaveAxes = Literal["cols", "rows", "both"]
GROUP_SIZES = (2, 4, 8, 16, 32)
#: Groups that stand in as many banks of the activation buffer, so that they can be read in one clock.
GROUP_PORTS = (1, 2, 4, 8, 16, 32)
MOST_INTERLEAVE = 64
#: Die boundaries that an array may cross: no device of these boards' families has more than four dies.
MOST_SLR_CUTS = 3

Count = Annotated[int, Field(gt=0, le=1 << 40)]


class Section(BaseModel):
    """A part of a design: frozen, and it refuses keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ArrayConfig(Section):
    """The STCE: rows x cols processing elements (USPEs), one FP multiply-add each a cycle.

    ``interleave`` is I, the number of independent outputs every PE keeps in rotation in OS; the ring of
    adder and delay line is max(I, adder_stages) cycles long. ``interleave_axes`` says over which output axes
    the I outputs may spread. ``drain`` is how OS results leave: ``chain`` shifts them down each column,
    ``direct`` gives every PE its own wire (a textbook idealisation, not generated as RTL). ``slr_cuts`` are the
    rows that lie below a boundary between two dies: all links from the row above to such a row have one more register.
    """

    rows: Annotated[int, Field(ge=1, le=512)]
    cols: Annotated[int, Field(ge=1, le=512)]
    dataflows: tuple[Dataflow, ...] = ("os", "ws")
    interleave: Annotated[int, Field(ge=1, le=MOST_INTERLEAVE)] = 1
    interleave_axes: InterleaveAxes = "both"
    adder_stages: Annotated[int, Field(ge=1, le=6)] = 1
    multiplier_stages: Annotated[int, Field(ge=0, le=3)] = 0
    overlap_tiles: bool = True
    drain: Literal["chain", "direct"] = "chain"
    slr_cuts: Annotated[tuple[int, ...], Field(json_schema_extra={"maxItems": MOST_SLR_CUTS})] = ()

    @model_validator(mode="after")
    def _dataflows_are_a_set(self) -> Self:
        if not self.dataflows or len(set(self.dataflows)) != len(self.dataflows):
            raise KeyValueError("dataflows must name os, ws or both, each once", "dataflows")
        return self

    @model_validator(mode="after")
    def _cuts_lie_between_rows(self) -> Self:
        if not self.slr_cuts:
            return self
        if self.drain == "direct":
            raise KeyValueError("slr_cuts are for an array with RTL, and drain = direct has none", "slr_cuts")
        if self.rows == 1:
            raise KeyValueError("slr_cuts lie between two rows, and the array has 1 (valid: none)", "slr_cuts")
        north = (0, *self.slr_cuts)
        rising = all(last < cut < self.rows for last, cut in zip(north, self.slr_cuts, strict=False))
        if not rising or len(self.slr_cuts) > MOST_SLR_CUTS:
            valid = f"at most {MOST_SLR_CUTS} rows from 1 to {self.rows - 1}, in rising order"
            raise KeyValueError(f"slr_cuts = {list(self.slr_cuts)}: must be {valid}", "slr_cuts")
        return self

    def cuts_above(self, row: int) -> int:
        """How many die boundaries lie between the north edge and ``row``."""
        return sum(cut <= row for cut in self.slr_cuts)

    @property
    def processing_elements(self) -> int:
        """Number of USPEs."""
        return self.rows * self.cols

    @property
    def interleave_pairs(self) -> tuple[tuple[int, int], ...]:
        """The (rows, cols) splits of I that the array's links allow, few rows first."""
        splits = [(r, self.interleave // r) for r in range(1, self.interleave + 1) if self.interleave % r == 0]
        if self.interleave_axes == "cols":
            return ((1, self.interleave),)
        if self.interleave_axes == "rows":
            return ((self.interleave, 1),)
        return tuple(splits)


class SparsityConfig(Section):
    """N of every M kept: M sizes the activation group and the index, N the default of runs on this design."""

    n: Annotated[int, Field(ge=1, le=32)]
    m: Annotated[int, Field(json_schema_extra={"enum": list(GROUP_SIZES)})]

    @model_validator(mode="after")
    def _supported(self) -> Self:
        if self.m not in GROUP_SIZES:
            raise KeyValueError(f"M = {self.m} is not supported; M is one of {', '.join(map(str, GROUP_SIZES))}", "m")
        if self.n > self.m:
            raise KeyValueError(f"N = {self.n} exceeds M = {self.m}; N:M needs 1 <= N <= M", "n")
        return self


class NumberConfig(Section):
    """Formats of the operands and of the sums of their products (``heddle.arch.formats``)."""

    operand: Annotated[str, KeyOf(OPERANDS)] = FP16.name
    accumulator: Annotated[str, KeyOf(ACCUMULATORS)] = FP32.name

    @property
    def operand_format(self) -> FloatFormat:
        """The operands' row of the table of formats."""
        return OPERANDS[self.operand]


class LaneConfig(Section):
    """Parallel lanes beside the array.

    ``sore`` takes an M-wide block row a lane and cycle, ``wuve`` a weight, ``vector`` an element
    (normalisation, activation, pooling, residual sums, format conversion).
    """

    sore: Annotated[int, Field(ge=1, le=4096)]
    wuve: Annotated[int, Field(ge=1, le=4096)]
    vector: Annotated[int, Field(ge=1, le=4096)]


class BufferConfig(Section):
    """On-chip buffers in bytes, both halves of each double buffer together.

    ``group_ports``: activation groups that one read gives the left feeder each clock. They follow each other in the
    buffer, so they are groups of channels of one pixel (``heddle.arch.left_feed``).
    """

    activation_bytes: Count
    weight_bytes: Count
    output_bytes: Count
    group_ports: Annotated[int, Field(json_schema_extra={"enum": list(GROUP_PORTS)})] = 1

    @model_validator(mode="after")
    def _has_so_many_ports(self) -> Self:
        if self.group_ports not in GROUP_PORTS:
            valid = ", ".join(map(str, GROUP_PORTS))
            raise KeyValueError(f"group_ports = {self.group_ports}: must be one of {valid}", "group_ports")
        return self


class MemoryConfig(Section):
    """External memory as the design uses it.

    Each channel has one AXI port of ``axi_bits`` at the design's clock, so a channel gives the lesser of the
    port and the DRAM. ``unlimited`` removes DRAM time and buffer limits: for textbook comparisons only.
    """

    channels: Annotated[int, Field(ge=1, le=32)]
    axi_bits: Literal[64, 128, 256, 512, 1024] = 512
    unlimited: bool = False


class Design(Section):
    """A machine. ``board`` names the card whose resources and DRAM it uses."""

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable)]
    board: Annotated[str, Field(min_length=1, max_length=100)]
    clock_hz: Annotated[float, Field(ge=1e6, le=2e9)]
    array: ArrayConfig
    sparsity: SparsityConfig
    numbers: NumberConfig = NumberConfig()
    lanes: LaneConfig
    buffers: BufferConfig
    memory: MemoryConfig

    @property
    def peak_macs_per_second(self) -> float:
        """Multiply-adds a second when every PE is busy."""
        return self.array.processing_elements * self.clock_hz
