"""From option values to objects: network, recipe, design, board and the training step that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, number_range, override
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.fit import check_fit
from heddle.arch.run_dir import sha256_of, sha256_of_text
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.options import MachineOptions, NetworkOptions, PassOptions, TrainingOptions, check_range
from heddle.dataflow.footprint import capacity_note, step_footprint
from heddle.dataflow.network import Network
from heddle.dataflow.recipes import Recipe, recipe_named
from heddle.dataflow.scheduler import DataflowChoice
from heddle.dataflow.step_items import PASSES, Pass, ProductPass, TrainingStep
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.updates import Optimizer

Word = TypeVar("Word", bound=str)

OPTIMIZERS: tuple[Optimizer, ...] = ("sgd", "adam")
DATAFLOWS: tuple[DataflowChoice, ...] = ("auto", "os", "ws")

_KIB = 1024
# Counts stand in 64-bit integers; sums over a step's products stay below this for any step that is accepted.
_LARGEST_PRODUCT = 1 << 56

#: Option, the design's key that it sets, and the factor from the option's unit to the key's.
_OVERRIDES: tuple[tuple[str, str, float], ...] = (
    ("rows", "array.rows", 1),
    ("cols", "array.cols", 1),
    ("interleave", "array.interleave", 1),
    ("adder_stages", "array.adder_stages", 1),
    ("multiplier_stages", "array.multiplier_stages", 1),
    ("clock_mhz", "clock_hz", 1e6),
    ("channels", "memory.channels", 1),
    ("axi_bits", "memory.axi_bits", 1),
    ("sore_lanes", "lanes.sore", 1),
    ("wuve_lanes", "lanes.wuve", 1),
    ("vector_lanes", "lanes.vector", 1),
    ("activation_kib", "buffers.activation_bytes", _KIB),
    ("weight_kib", "buffers.weight_bytes", _KIB),
    ("output_kib", "buffers.output_bytes", _KIB),
)


@dataclass(frozen=True)
class Work:
    """One training step of a network on one design. ``recipe`` is what ``step`` was made with."""

    network: Network
    recipe: Recipe
    design: Design
    board: Board
    step: TrainingStep
    options: StepOptions
    dataflow: DataflowChoice

    @property
    def notes(self) -> tuple[str, ...]:
        """What the importer assumed, and whether the step is too large for the design's memory."""
        if self.design.memory.unlimited:
            return self.network.notes
        channels = self.design.memory.channels
        footprint = step_footprint(self.network, self.options.batch, self.options.optimizer)
        too_large = capacity_note(footprint, channels * self.board.memory.bytes_per_channel, channels)
        return (*self.network.notes, *([too_large] if too_large else []))

    def step_under(self, recipe: Recipe) -> TrainingStep:
        """Return the same step trained by another recipe."""
        return training_step(self.network, recipe, self.design.sparsity, self.options)


def load_work(network: NetworkOptions, training: TrainingOptions, step: PassOptions, machine: MachineOptions) -> Work:
    """Return the work that the options name.

    Raises HeddleError for an unknown word, a value out of range, a file that cannot be read, a design that does
    not fit its board, and a step too large to count.
    """
    recipe = recipe_named(training.recipe)
    dataflow = one_of(step.dataflow, DATAFLOWS, "--dataflow", "dataflow")
    options = StepOptions(
        batch=network.batch,
        optimizer=one_of(training.optimizer, OPTIMIZERS, "--optimizer", "optimizer"),
        pregenerate=training.pregenerate,
        passes=_passes(step.passes),
    )
    design, board = load_machine(machine, step.sparsity)
    made = network_of(network)
    work = training_step(made, recipe, design.sparsity, options)
    check_countable(work)
    return Work(made, recipe, design, board, work, options, dataflow)


def load_machine(options: MachineOptions, sparsity: str | None) -> tuple[Design, Board]:
    """Return the design that the options make, and its board; raises HeddleError, also where it does not fit."""
    design, board = load_buildable(options, sparsity)
    check_fit(design, board)
    return design, board


def load_buildable(options: MachineOptions, sparsity: str | None) -> tuple[Design, Board]:
    """Return the design that the options make, and its board, whether it fits or not; raises HeddleError."""
    design = load_design(options.design)
    for field, key, factor in _OVERRIDES:
        value = getattr(options, field)
        if value is not None:
            _check_override(option_name(field), value, key, factor)
            design = override(design, {key: value * factor}, option_name(field))
    if sparsity is not None:
        kept = parse_sparsity(sparsity)
        design = override(design, {"sparsity.n": kept.n, "sparsity.m": kept.m}, "--sparsity")
    board = load_board(options.board or design.board)
    if options.board:
        design = override(design, {"board": board.name}, "--board")
    return design, board


def network_of(options: NetworkOptions) -> Network:
    """Return the network that the options name; raises HeddleError."""
    sizes = {
        "image_size": options.image_size,
        "classes": options.classes,
        "sequence_length": options.sequence_length,
    }
    given = [name for name, size in sizes.items() if size is not None]
    if not given:
        from heddle.dataflow.load import load_network

        return load_network(options.workload, options.batch)
    from heddle.dataflow.zoo import zoo_names, zoo_network

    if options.workload not in zoo_names():
        raise unknown("network of the zoo", options.workload, zoo_names(), option_name(given[0]))
    return zoo_network(options.workload, **sizes)


def network_hash(workload: str, network: Network) -> str:
    """Return the SHA-256 of the file that ``workload`` names, or of the zoo network's layers."""
    path = Path(workload)
    return sha256_of(path) if path.is_file() else sha256_of_text(repr(network.layers))


def work_hashes(workload: str, work: Work) -> dict[str, str]:
    """Return the SHA-256 of each input of ``work`` by name; design and board as they are after all options."""
    return {
        "workload": network_hash(workload, work.network),
        "design": sha256_of_text(work.design.model_dump_json()),
        "board": sha256_of_text(work.board.model_dump_json()),
    }


def one_of(given: str, valid: Sequence[Word], option: str, what: str) -> Word:
    """Return ``given`` (case folded) as one of the words ``valid``; raises HeddleError with the nearest."""
    word = given.casefold()
    if word not in valid:
        raise unknown(what, given, valid, option)
    return cast(Word, word)


def words(text: str, option: str) -> list[str]:
    """Return the words of a comma-separated option; raises HeddleError for an empty or a repeated one."""
    found = [word.strip() for word in text.split(",")]
    if not all(found):
        raise HeddleError(f"{option}: {text!r} has an empty entry; give words with a comma between, as in a,b")
    repeated = next((word for word in found if found.count(word) > 1), None)
    if repeated is not None:
        raise HeddleError(f"{option}: {repeated!r} is named more than once")
    return found


def option_name(field: str) -> str:
    """Return how the option of a field is typed."""
    return f"--{field.replace('_', '-')}"


def _passes(text: str) -> tuple[Pass, ...]:
    chosen = {one_of(word, PASSES, "--passes", "pass") for word in words(text, "--passes")}
    return tuple(name for name in PASSES if name in chosen)


def _check_override(option: str, value: float, key: str, factor: float) -> None:
    """Refuse a value outside the range of the design's ``key``, in the option's own unit."""
    bounds = number_range(key)
    if bounds is not None:
        low, high = bounds
        check_range(option, value, math.ceil(low / factor), math.floor(high / factor))


def check_countable(step: TrainingStep) -> None:
    """Refuse a step whose products overflow 64-bit counts instead of printing what they wrap round to."""
    for item in step.items:
        if isinstance(item, ProductPass):
            for product in item.products:
                if product.dense_macs > _LARGEST_PRODUCT:
                    raise HeddleError(
                        f"layer {item.layer!r} multiplies {product.count} x [{product.m} x {product.k}] by "
                        f"[{product.k} x {product.n}], which is more than 2^56 multiply-adds; lower --batch"
                    )
