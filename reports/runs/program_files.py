"""What ``heddle compile --out`` writes: the program, its listing, the map of its memory, and its image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.assembly import listing
from heddle.arch.program_file import program_bytes
from heddle.arch.run_dir import atomic_file, sha256_of, write_atomically, write_pieces
from heddle.dataflow.program.compiler import Section
from heddle.dataflow.program.step_program import StepProgram
from heddle.reports.runs.documents.program import ImageRow, ProgramDocument
from heddle.reports.runs.record import RESULT_MARKS
from heddle.sim.program.image import Block, operand_blocks
from heddle.sim.program.operands import DrawnWeights, Weights
from heddle.sim.program.packed_weights import packed_weights

#: An image of up to so many bytes is written unasked.
MOST_IMAGE_BYTES = 1 << 30

PROGRAM_NAME, LISTING_NAME, IMAGE_NAME = "program.bin", "listing.txt", "memory.bin"


@dataclass(frozen=True)
class ImageOperands:
    """What the image holds: maps drawn by ``seed``, and ``weights``, which may be of the file ``weights_file``."""

    weights: Weights
    seed: int
    weights_file: Path | None = None


@dataclass(frozen=True)
class ImageChoice:
    """Whether an image is written, and of what: ``wanted`` None leaves it to weights and size."""

    wanted: bool | None = None
    seed: int = 0
    weights: Path | None = None

    def operands(self, compiled: StepProgram) -> ImageOperands | None:
        """Return what the image holds, None where there is none; raises HeddleError for weights that do not fit."""
        if not self._is_written(compiled):
            return None
        if self.weights is None:
            return ImageOperands(DrawnWeights(self.seed, compiled.work.step.operand), self.seed)
        return ImageOperands(packed_weights(self.weights, compiled), self.seed, self.weights)

    def notes(self, compiled: StepProgram) -> tuple[str, ...]:
        """Return those of the program, and one where the image is left out for its size."""
        if self.wanted is False or self._is_written(compiled):
            return compiled.notes
        nbytes = compiled.program.memory.nbytes
        return (*compiled.notes, f"{IMAGE_NAME} is left out, which would have {nbytes:,} bytes; --image writes it")

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of the file of weights, by name."""
        return {} if self.weights is None else {"weights": sha256_of(self.weights)}

    def _is_written(self, compiled: StepProgram) -> bool:
        if self.wanted is None and self.weights is None:
            return compiled.program.memory.nbytes <= MOST_IMAGE_BYTES
        return self.wanted is not False


def write_program(
    folder: Path, compiled: StepProgram, operands: ImageOperands | None, notes: tuple[str, ...]
) -> tuple[ProgramDocument, list[Path]]:
    """Write program, listing, map and, with ``operands``, image into ``folder``, each whole or not at all.

    Return the document of the map, which has ``notes``, and the paths.
    """
    program, mark = compiled.program, folder / RESULT_MARKS["compile"]
    document = ProgramDocument.of(compiled, _image_row(operands), notes)
    mark.unlink(missing_ok=True)  # written last: where the map stands, it is that of the files beside it
    written = [
        write_atomically(folder / PROGRAM_NAME, program_bytes(program.words, compiled.work.design)),
        write_pieces(folder / LISTING_NAME, (line for section in program.sections for line in _lines(section))),
    ]
    if operands is None:
        (folder / IMAGE_NAME).unlink(missing_ok=True)  # an earlier run's, of another program
    else:
        blocks = operand_blocks(program, operands.weights, operands.seed, compiled.work.step.operand)
        written.append(_write_image(folder / IMAGE_NAME, program.memory.nbytes, blocks))
    written.append(document.write(mark))
    return document, written


def _image_row(operands: ImageOperands | None) -> ImageRow | None:
    if operands is None:
        return None
    weights = None if operands.weights_file is None else str(operands.weights_file)
    return ImageRow(file=IMAGE_NAME, seed=operands.seed, weights=weights)


def _write_image(path: Path, nbytes: int, blocks: Iterable[Block]) -> Path:
    """Write ``blocks`` and zeros between them; where the file system can, zeros take no room."""
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        for address, content in blocks:
            file.seek(address)
            file.write(content.tobytes())
        file.truncate(nbytes)
    return path


def _lines(section: Section) -> Iterator[str]:
    if section.remark:
        yield f"# {section.remark}\n"
    for line in listing(section.words):
        yield f"{line}\n"
