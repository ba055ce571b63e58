"""``heddle compile``: a training step as a program of the machine, with the map of its memory."""

from __future__ import annotations

from heddle.arch.run_dir import sha256_of
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.compile import CompileOptions
from heddle.cli.options.shared import MachineOptions, NetworkOptions, PassOptions, TrainingOptions
from heddle.cli.output import print_json, print_notes, print_paths
from heddle.cli.work import load_work
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.work import work_hashes
from heddle.reports.runs.documents.program import ProgramDocument
from heddle.reports.runs.program_files import IMAGE_NAME, MOST_IMAGE_BYTES, ImageOperands, drawn_operands, write_program
from heddle.reports.runs.record import RunRecord, result_folder
from heddle.sim.program.packed_weights import packed_weights


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
    notes = (*compiled.notes, *_image_notes(compilation, compiled))
    operands = _operands(compilation, compiled)
    folder = result_folder(compilation.out, "compile")
    document, written = write_program(folder, compiled, operands, notes)
    written.append(record.write(folder, work_hashes(network.workload, work) | _weights_hash(compilation)))
    print_notes(notes)
    if compilation.json:
        print_json(document.model_dump(mode="json", by_alias=True) | {"files": [str(path) for path in written]})
    else:
        print(_summary(document))
        print_paths(written)
    return SUCCESS


def _operands(compilation: CompileOptions, compiled: StepProgram) -> ImageOperands | None:
    """What the image holds; None where there is none."""
    if not _has_image(compilation, compiled):
        return None
    if compilation.weights is None:
        return drawn_operands(compiled, compilation.seed)
    return ImageOperands(packed_weights(compilation.weights, compiled), compilation.seed, compilation.weights)


def _has_image(compilation: CompileOptions, compiled: StepProgram) -> bool:
    if compilation.image is None and compilation.weights is None:
        return compiled.program.memory.nbytes <= MOST_IMAGE_BYTES
    return compilation.image is not False


def _image_notes(compilation: CompileOptions, compiled: StepProgram) -> list[str]:
    if compilation.image is False or _has_image(compilation, compiled):
        return []
    return [f"{IMAGE_NAME} is left out, which would have {compiled.program.memory.nbytes:,} bytes; --image writes it"]


def _weights_hash(compilation: CompileOptions) -> dict[str, str]:
    return {} if compilation.weights is None else {"weights": sha256_of(compilation.weights)}


def _summary(document: ProgramDocument) -> str:
    step = f"{document.workload}, batch {document.batch}, {document.recipe} {document.sparsity}"
    return (
        f"{step} on {document.design.name}: {document.instructions:,} instructions, "
        f"{len(document.tensors):,} tensors in {document.memory_bytes:,} bytes of memory"
    )
