"""``memory.json``: what a program is of, where its tensors lie in memory, and what of the step it leaves out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.arch.formats import FP32, FloatFormat
from heddle.arch.instructions import INSTRUCTION_BYTES
from heddle.dataflow.program.memory_map import Placed
from heddle.dataflow.program.step_program import StepProgram
from heddle.dataflow.program.tensors import GradientTile, MapTensor, TiledGradient, WeightTile
from heddle.dataflow.step_items import Pass

#: A stretch of taps, channels or columns: the first one, and the one behind the last.
Stretch = tuple[int, int]


class MapRow(Document):
    """Activations or gradients: ``shape`` is [images, height, width, channels].

    ``transposed_of`` names the map whose numbers this one has too, columns and channels changed about: whoever writes
    that one writes both. It is null for all others.
    """

    name: str
    layout: Literal["map"] = "map"
    format: str
    shape: tuple[int, int, int, int]
    address: int
    bytes: int
    transposed_of: str | None


class GradientTileRow(Document):
    """A tile [taps x channels, cols] of a weight gradient, ``offset`` bytes from the tensor's address."""

    taps: Stretch
    channels: Stretch
    cols: Stretch
    offset: int


class WeightTileRow(GradientTileRow):
    """A tile [slots, cols] of weights; where they are packed, ``index_offset`` counts from ``index_address``."""

    slots: int
    index_offset: int


class GradientRow(Document):
    """A weight gradient, tile by tile: ``shape`` is [taps, channels, cols]."""

    name: str
    layout: Literal["gradient"] = "gradient"
    format: str
    shape: tuple[int, int, int]
    address: int
    bytes: int
    tiles: tuple[GradientTileRow, ...]


class WeightsRow(Document):
    """The weights of a product, tile by tile: ``shape`` is [taps, channels, cols], pruned channels counted.

    ``bytes`` are those of the values; ``index_address`` and ``index_bytes`` are null where the weights are dense.
    """

    name: str
    layout: Literal["weights"] = "weights"
    format: str
    sparsity: str
    shape: tuple[int, int, int]
    address: int
    bytes: int
    index_address: int | None
    index_bytes: int | None
    tiles: tuple[WeightTileRow, ...]


class LeftOutRow(Document):
    """Work of the step that the program does not have, and what kind of work it is."""

    layer: str
    pass_name: Pass = Field(alias="pass")
    kind: str


class ImageRow(Document):
    """The memory's image: ``seed`` drew its maps, and its weights too where ``weights`` names no file."""

    file: str
    seed: int
    weights: str | None


TensorRow = MapRow | WeightsRow | GradientRow


class ProgramDocument(Document):
    """What a program is of, its size, its tensors in the order of their addresses, and what it leaves out."""

    design: Design
    workload: str
    batch: int
    recipe: str
    sparsity: str
    passes: tuple[Pass, ...]
    instructions: int
    program_bytes: int
    memory_bytes: int
    tensors: tuple[TensorRow, ...]
    left_out: tuple[LeftOutRow, ...]
    image: ImageRow | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, compiled: StepProgram, image: ImageRow | None, notes: tuple[str, ...]) -> Self:
        """Return the document of a step's program, and of the image that stands beside it."""
        work, memory = compiled.work, compiled.program.memory
        instructions = len(compiled.program.words)
        return cls(
            design=work.design,
            workload=work.network.name,
            batch=work.step.batch,
            recipe=work.step.recipe,
            sparsity=work.step.sparsity,
            passes=work.options.passes,
            instructions=instructions,
            program_bytes=(instructions + 1) * INSTRUCTION_BYTES,
            memory_bytes=memory.nbytes,
            tensors=tuple(_tensor_row(placed, work.step.operand) for placed in memory.tensors.values()),
            left_out=tuple(
                LeftOutRow(layer=each.layer, pass_name=each.pass_name, kind=each.kind) for each in compiled.left_out
            ),
            image=image,
            notes=notes,
        )


class PrintedProgram(ProgramDocument):
    """What ``heddle compile --json`` prints: the document of the map, and the paths that were written."""

    files: tuple[str, ...]

    @classmethod
    def beside(cls, document: ProgramDocument, paths: Iterable[Path]) -> Self:
        """Return ``document`` with the files that it stands among."""
        return cls(**dict(document), files=tuple(map(str, paths)))


def _tensor_row(placed: Placed, operand: FloatFormat) -> TensorRow:
    tensor = placed.tensor
    if isinstance(tensor, MapTensor):
        return MapRow(
            name=tensor.name,
            format=operand.name,
            shape=(tensor.images, tensor.height, tensor.width, tensor.channels),
            address=placed.address,
            bytes=tensor.nbytes,
            transposed_of=tensor.transposed_of or None,
        )
    if isinstance(tensor, TiledGradient):
        return GradientRow(
            name=tensor.name,
            format=FP32.name,
            shape=_extents(tensor.tiles),
            address=placed.address,
            bytes=tensor.nbytes,
            tiles=tuple(
                GradientTileRow(
                    taps=_stretch(tile.spread.taps),
                    channels=_stretch(tile.spread.channels),
                    cols=_stretch(tile.cols),
                    offset=tile.offset,
                )
                for tile in tensor.tiles
            ),
        )
    return WeightsRow(
        name=tensor.name,
        format=operand.name,
        sparsity=f"{tensor.keep_n}:{tensor.group_m}" if tensor.is_packed else "dense",
        shape=_extents(tensor.tiles),
        address=placed.address,
        bytes=tensor.value_bytes,
        index_address=placed.index_address if tensor.is_packed else None,
        index_bytes=tensor.index_bytes if tensor.is_packed else None,
        tiles=tuple(
            WeightTileRow(
                taps=_stretch(tile.spread.taps),
                channels=_stretch(tile.spread.channels),
                cols=_stretch(tile.cols),
                offset=tile.value_offset,
                slots=tile.slots,
                index_offset=tile.index_offset,
            )
            for tile in tensor.tiles
        ),
    )


def _extents(tiles: tuple[WeightTile | GradientTile, ...]) -> tuple[int, int, int]:
    """Taps, channels and columns of all tiles together."""
    return (
        max(tile.spread.taps.stop for tile in tiles),
        max(tile.spread.channels.stop for tile in tiles),
        max(tile.cols.stop for tile in tiles),
    )


def _stretch(places: range) -> Stretch:
    return places.start, places.stop
