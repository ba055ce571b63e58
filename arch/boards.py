"""Boards: what a card offers a design, from TOML files in ``arch/boards`` or the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from heddle.arch.design import Count, Section
from heddle.arch.dram import DRAM_KINDS, DramTiming
from heddle.arch.errors import KeyValueError
from heddle.arch.names import printable
from heddle.arch.registry import KeyOf
from heddle.arch.toml_file import load_model, locate, shipped_names

BOARDS = Path(__file__).resolve().parent / "boards"

DataRate = Annotated[float, Field(gt=0)]
Amount = Annotated[int, Field(ge=0, le=1 << 40)]


class BoardResources(Section):
    """What the device holds.

    LUTs, of which ``lut_as_memory`` can be shift registers or small RAM, flip-flops, 8-bit carry chains,
    36 Kib block RAMs, 288 Kib UltraRAMs, DSP slices and super logic regions.
    """

    lut: Count
    lut_as_memory: Count
    ff: Count
    carry8: Count
    bram36: Count
    uram: Amount
    dsp: Count
    slrs: Annotated[int, Field(ge=1, le=16)]


class BoardMemory(Section):
    """DRAM on the card, of a kind that ``heddle.arch.dram`` has the timing of.

    ``data_rate_per_s`` is transfers a second and pin; ``channel_data_bits`` leaves out the check bits.
    """

    kind: Annotated[str, KeyOf(DRAM_KINDS)]
    channels: Annotated[int, Field(ge=1, le=32)]
    bytes_per_channel: Count
    data_rate_per_s: DataRate
    channel_data_bits: Literal[16, 32, 64, 128]

    @model_validator(mode="after")
    def _rate_is_the_kinds(self) -> Self:
        rate = DRAM_KINDS[self.kind].data_rate_per_s
        if self.data_rate_per_s != rate:
            raise KeyValueError(
                f"data_rate_per_s of {self.kind} is {rate:g}, got {self.data_rate_per_s:g}", "data_rate_per_s"
            )
        return self

    @property
    def timing(self) -> DramTiming:
        """The kind's timing on a channel of this width: what every model of the board's memory goes by."""
        return DRAM_KINDS[self.kind].of_width(self.channel_data_bits // 8)

    @property
    def channel_bytes_per_s(self) -> float:
        """Peak of one channel, bytes a second."""
        return self.timing.peak_bytes_per_s

    @property
    def peak_bytes_per_s(self) -> float:
        """Peak of all channels together, bytes a second."""
        return self.channels * self.channel_bytes_per_s


class BoardPcie(Section):
    """The host link."""

    generation: Annotated[int, Field(ge=1, le=7)]
    lanes: Literal[1, 2, 4, 8, 16]


class Board(Section):
    """A card: its device as Vivado names it, what the device holds, and the DRAM beside it."""

    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(printable)]
    part: Annotated[str, Field(min_length=1, max_length=100)]
    board_part: Annotated[str, Field(min_length=1, max_length=100)]
    resources: BoardResources
    memory: BoardMemory
    pcie: BoardPcie | None = None


def board_names() -> tuple[str, ...]:
    """Return the names of the boards that ship with the tool, sorted."""
    return shipped_names(BOARDS)


def load_board(name_or_path: str) -> Board:
    """Return a board by name, or one from a TOML file.

    Raises HeddleError, in one line, for an unknown board, a file that cannot be read or is not TOML, and a
    key that is unknown, missing or out of range.

    >>> heddle.load_board("vcu1525").resources.dsp
    6840
    """
    path = locate(name_or_path, "board", BOARDS)
    return load_model(Board, path)
