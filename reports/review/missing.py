"""What a folder lacks for a whole page, and the command lines that make it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, preset_names, to_toml
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import write_atomically
from heddle.reports.review.content import Missing
from heddle.reports.runs.work_file import WorkFile
from heddle.training.catalogue import MODELS

#: The resources of the design's parts, by the model at least: always there, as the design itself is.
HARDWARE = "hardware"
#: The sections that need results of their own.
FRONT, STEP, STAGES, AGREEMENT, ACCURACY, VIVADO = "front", "step", "stages", "agreement", "accuracy", "vivado"
SECTIONS = (FRONT, STEP, STAGES, AGREEMENT, ACCURACY, VIVADO)

# What a command names where nothing in the folder says: a network of the zoo, and a model that trains in a minute.
_WORKLOAD, _MODEL = "resnet18", "mlp"

_REASONS = {
    FRONT: "no exploration is in the folder",
    STEP: "no simulated training step is in the folder",
    AGREEMENT: "the design's RTL has not been run against the simulator",
    STAGES: "the design has not been synthesised; its resources are estimates",
    ACCURACY: "no training is in the folder",
    VIVADO: "no report of Vivado is in the folder",
}

# How long the command takes on a few cores, and on what: so that nobody starts an hour's work unawares.
_TAKES = {
    FRONT: "seconds to a minute",
    STEP: "seconds; a minute for a large network",
    STAGES: "minutes, with yosys",
    ACCURACY: "minutes, on scikit-learn's 8 × 8 digits; a large model takes hours, and other data are named by --data",
    VIVADO: "an hour or more, with AMD Vivado installed",
}
# The RTL against the simulator, by the PEs of the array: 1 and 2 minutes for 4 x 4 and 8 x 8, 10 for 32 x 32.
_FEW_PES, _MANY_PES = 64, 512


@dataclass(frozen=True)
class Commands:
    """The command lines that fill the page of ``folder``; ``design_word`` names its design, ``saved`` its work."""

    folder: Path
    design_word: str
    design: Design
    saved: WorkFile | None

    def of(self, section: str) -> str:
        """Return the command line that makes what ``section`` shows."""
        machine = ["--design", self.design_word, *self._board()]
        words = {
            FRONT: ["explore", *self._network(), *self._board()],
            STEP: ["simulate", *self._network(), *self._own_step(), *machine],
            AGREEMENT: ["verify", *machine],
            STAGES: ["synth", *machine],
            ACCURACY: ["train", *self._model(), "--design", self.design_word],
            VIVADO: ["synth", "--tool", "vivado", *machine],
        }[section]
        folders = {FRONT: "explore", STEP: "simulate", AGREEMENT: "verify", STAGES: "synth", ACCURACY: "train"}
        return shlex.join(["heddle", *words, "--out", str(self.folder / folders.get(section, section))])

    def takes(self, section: str) -> str:
        """Return how long that command takes, and on what."""
        if section != AGREEMENT:
            return _TAKES[section]
        pes = self.design.array.rows * self.design.array.cols
        time = "a minute or two" if pes <= _FEW_PES else "minutes" if pes <= _MANY_PES else "ten minutes or more"
        return f"{time}, with Verilator and g++"

    def _board(self) -> list[str]:
        """The board where it is not the one that the design names."""
        word = self.saved.board_word if self.saved else ""
        return ["--board", word] if word and word != self.design.board else []

    def _network(self) -> list[str]:
        if self.saved is None:
            return ["--workload", _WORKLOAD]
        saved = self.saved
        sizes = {
            "--image-size": saved.image_size,
            "--classes": saved.classes,
            "--sequence-length": saved.sequence_length,
        }
        given = [word for option, size in sizes.items() if size is not None for word in (option, str(size))]
        given += [word for text in saved.inputs for word in ("--input", text)]
        given += [word for text in saved.batch_axis for word in ("--batch-axis", text)]
        given += ["--no-batch"] if saved.no_batch else []
        unlike_default = ["--optimizer", saved.optimizer] if saved.optimizer != "sgd" else []
        unlike_default += [] if saved.pregenerate else ["--no-pregenerate"]
        network = ["--workload", saved.workload, "--batch", str(saved.batch), *given]
        unlike_default += ["--layer-sparsity"] if saved.layer_sparsity else []
        return [*network, "--recipe", saved.recipe, *unlike_default]

    def _own_step(self) -> list[str]:
        """What the step of the folder ran with, unlike the defaults."""
        if self.saved is None or self.saved.step is None:
            return []
        minimise = self.saved.step.minimise
        return ["--minimise", minimise] if minimise != "time" else []

    def _model(self) -> list[str]:
        workload = self.saved.workload if self.saved else _MODEL
        recipe = self.saved.recipe if self.saved else "bdwp"
        sparsity = self.design.sparsity
        model = workload if workload in MODELS else _MODEL
        return ["--model", model, "--recipe", recipe, "--sparsity", f"{sparsity.n}:{sparsity.m}"]


def missing_sections(present: frozenset[str], reasons: dict[str, str], commands: Commands) -> Iterator[Missing]:
    """Yield the sections that are not ``present``, in the page's order; ``reasons`` are those known to be special."""
    for section in SECTIONS:
        if section not in present:
            reason = reasons.get(section, _REASONS[section])
            yield Missing(section, reason, commands.of(section), commands.takes(section))


def design_word(design: Design, row: int | None, folder: Path) -> str:
    """Return how a command names ``design``: a preset, or a file of ``folder``, which is written if need be.

    ``row`` is that of the front that it stands in, None without one. Raises HeddleError where nothing can be written.
    """
    for name in preset_names():
        if load_design(name) == design:
            return name
    path = folder / (f"design-{row}.toml" if row is not None else "design.toml")
    if row is None and path.exists() and not _holds(path, design):
        path = folder / "design-of-report.toml"
    if not _holds(path, design):
        write_atomically(path, to_toml(design).encode())
    return str(path)


def _holds(path: Path, design: Design) -> bool:
    try:
        return load_design(str(path)) == design
    except HeddleError:
        return False
