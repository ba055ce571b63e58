"""A training step of a network on a design, with the checks on it and the hashes that tell two steps apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.named_rows import first_rows
from heddle.arch.run_dir import sha256_of, sha256_of_text
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.footprint import capacity_note, step_footprint
from heddle.dataflow.network import Network
from heddle.dataflow.recipes import Recipe
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.dataflow.training import StepOptions, training_step

# Counts stand in 64-bit integers; sums over a step's products stay below this for any step that is accepted.
_LARGEST_PRODUCT = 1 << 56


@dataclass(frozen=True)
class StepWork:
    """One training step of a network on one design. ``recipe`` is what ``step`` was made with.

    ``dataflow`` and ``minimise`` are what its products' mappings are chosen among and by.
    """

    network: Network
    recipe: Recipe
    design: Design
    board: Board
    step: TrainingStep
    options: StepOptions
    dataflow: DataflowChoice
    minimise: Minimise = "time"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the importer assumed, and whether the step is too large for the design's memory."""
        if self.design.memory.unlimited:
            return self.network.notes
        channels = self.design.memory.channels
        footprint = step_footprint(self.network, self.options.batch, self.options.optimizer, self.step.operand)
        too_large = capacity_note(footprint, channels * self.board.memory.bytes_per_channel, channels)
        return (*self.network.notes, *([too_large] if too_large else []))

    def step_under(self, recipe: Recipe) -> TrainingStep:
        """Return the same step trained by another recipe."""
        return training_step(self.network, recipe, self.design.sparsity, self.options)


def step_work(
    network: Network,
    recipe: Recipe,
    design: Design,
    board: Board,
    options: StepOptions,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
) -> StepWork:
    """Return one training step of ``network`` on ``design``; raises HeddleError for a step too large to count."""
    options = replace(options, operand=design.numbers.operand)
    step = training_step(network, recipe, design.sparsity, options)
    check_countable(step)
    return StepWork(network, recipe, design, board, step, options, dataflow, minimise)


def check_countable(step: TrainingStep) -> None:
    """Refuse a step whose products overflow 64-bit counts instead of printing what they wrap round to."""
    for at, item in zip(first_rows(step.rows.which).tolist(), step.rows.distinct, strict=True):
        if isinstance(item, ProductPass):
            for product in item.products:
                if product.dense_macs > _LARGEST_PRODUCT:
                    raise HeddleError(
                        f"layer {step.rows[at].layer!r} multiplies {product.count} x [{product.m} x {product.k}] by "
                        f"[{product.k} x {product.n}], which is more than 2^56 multiply-adds; lower --batch"
                    )


def network_hash(workload: str, network: Network) -> str:
    """Return the SHA-256 of the file that ``workload`` names, or of the zoo network's layers."""
    path = Path(workload)
    return sha256_of(path) if path.is_file() else sha256_of_text(repr(network.layers))


def machine_hashes(design: Design, board: Board) -> dict[str, str]:
    """Return the SHA-256 of design and board by name, as they are after all options."""
    return {"design": sha256_of_text(design.model_dump_json()), "board": sha256_of_text(board.model_dump_json())}


def work_hashes(workload: str, work: StepWork) -> dict[str, str]:
    """Return the SHA-256 of each input of ``work`` by name."""
    return {"workload": network_hash(workload, work.network), **machine_hashes(work.design, work.board)}
