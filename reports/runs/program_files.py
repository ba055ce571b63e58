"""What ``heddle compile --out`` writes: the program, its listing, and the map of its memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from heddle.arch.assembly import listing
from heddle.arch.program_file import program_bytes
from heddle.arch.run_dir import write_atomically, write_pieces
from heddle.dataflow.program.compiler import Section
from heddle.dataflow.program.step_program import StepProgram
from heddle.reports.runs.documents.program import ProgramDocument
from heddle.reports.runs.record import RESULT_MARKS

PROGRAM_NAME, LISTING_NAME, IMAGE_NAME = "program.bin", "listing.txt", "memory.bin"


def write_program(folder: Path, compiled: StepProgram, document: ProgramDocument) -> list[Path]:
    """Write program, listing and map into ``folder``, each whole or not at all, and return the paths."""
    program = compiled.program
    return [
        write_atomically(folder / PROGRAM_NAME, program_bytes(program.words, compiled.work.design)),
        write_pieces(folder / LISTING_NAME, (line for section in program.sections for line in _lines(section))),
        document.write(folder / RESULT_MARKS["compile"]),
    ]


def _lines(section: Section) -> Iterator[str]:
    if section.remark:
        yield f"# {section.remark}\n"
    for line in listing(section.words):
        yield f"{line}\n"
