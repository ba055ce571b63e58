"""``heddle compile``: a training step as a program of the machine, with the map of its memory."""

from __future__ import annotations

from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.compile import CompileOptions
from heddle.cli.options.shared import MachineOptions, NetworkOptions, PassOptions, TrainingOptions
from heddle.cli.output import print_document, print_notes, print_paths, print_status
from heddle.cli.work import load_work
from heddle.dataflow.program.step_program import step_program
from heddle.dataflow.work import work_hashes
from heddle.reports.runs.documents.program import PrintedProgram, ProgramDocument
from heddle.reports.runs.program_files import IMAGE_NAME, MOST_IMAGE_BYTES, ImageChoice, write_program
from heddle.reports.runs.record import RunRecord, result_folder


def run(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    compilation: CompileOptions,
) -> int:
    """Compile, write and print as the options ask; raises HeddleError, having written nothing, for bad input."""
    record = RunRecord()
    work = load_work(network, training, step, machine)
    compiled = step_program(work)
    choice = ImageChoice(compilation.image, compilation.seed, compilation.weights)
    operands, notes = choice.operands(compiled), choice.notes(compiled)
    folder = result_folder(compilation.out, "compile")
    nbytes = compiled.program.memory.nbytes
    if operands is not None and nbytes > MOST_IMAGE_BYTES:
        print_status(f"drawing {IMAGE_NAME}, {nbytes:,} bytes")
    document, written = write_program(folder, compiled, operands, notes)
    written.append(record.write(folder, work_hashes(network.workload, work) | choice.hashes))
    print_notes(notes)
    if compilation.json:
        print_document(PrintedProgram.beside(document, written))
    else:
        print(_summary(document))
        print_paths(written)
    return SUCCESS


def _summary(document: ProgramDocument) -> str:
    step = f"{document.workload}, batch {document.batch}, {document.recipe} {document.sparsity}"
    return (
        f"{step} on {document.design.name}: {document.instructions:,} instructions, "
        f"{len(document.tensors):,} tensors in {document.memory_bytes:,} bytes of memory"
    )
