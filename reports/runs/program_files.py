"""What ``heddle compile --out`` writes: the program, its listing, the map of its memory, and its image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.assembly import listing
from heddle.arch.program_file import program_bytes
from heddle.arch.run_dir import atomic_file, write_atomically, write_pieces
from heddle.dataflow.program.compiler import Section
from heddle.dataflow.program.step_program import StepProgram
from heddle.reports.runs.documents.program import ImageRow, ProgramDocument
from heddle.reports.runs.record import RESULT_MARKS
from heddle.sim.program.image import Block, operand_blocks
from heddle.sim.program.operands import DrawnWeights, Weights

#: An image of up to so many bytes is written unasked.
MOST_IMAGE_BYTES = 1 << 30

PROGRAM_NAME, LISTING_NAME, IMAGE_NAME = "program.bin", "listing.txt", "memory.bin"


@dataclass(frozen=True)
class ImageOperands:
    """What the image holds: maps drawn by ``seed``, and ``weights``, which may be of the file ``weights_file``."""

    weights: Weights
    seed: int
    weights_file: Path | None = None


def drawn_operands(compiled: StepProgram, seed: int) -> ImageOperands:
    """Return operands all of which are drawn by ``seed``."""
    return ImageOperands(DrawnWeights(seed, compiled.work.step.operand), seed)


def write_program(
    folder: Path, compiled: StepProgram, operands: ImageOperands | None, notes: tuple[str, ...]
) -> tuple[ProgramDocument, list[Path]]:
    """Write program, listing, map and, with ``operands``, image into ``folder``, each whole or not at all.

    Return the document of the map, which has ``notes``, and the paths.
    """
    program = compiled.program
    document = ProgramDocument.of(compiled, _image_row(operands), notes)
    written = [
        write_atomically(folder / PROGRAM_NAME, program_bytes(program.words, compiled.work.design)),
        write_pieces(folder / LISTING_NAME, (line for section in program.sections for line in _lines(section))),
    ]
    if operands is None:
        (folder / IMAGE_NAME).unlink(missing_ok=True)  # an earlier run's, of another program
    else:
        blocks = operand_blocks(program, operands.weights, operands.seed, compiled.work.step.operand)
        written.append(_write_image(folder / IMAGE_NAME, program.memory.nbytes, blocks))
    written.append(document.write(folder / RESULT_MARKS["compile"]))
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
