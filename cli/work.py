"""From option values to objects: network, recipe, design, board and the training step that they make."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar, cast

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, number_range, override
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.fit import check_fit
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.options.shared import MachineOptions, NetworkOptions, PassOptions, TrainingOptions
from heddle.cli.options.values import check_range
from heddle.dataflow.choices import DATAFLOW_CHOICES, MINIMISE_CHOICES, OPTIMIZERS
from heddle.dataflow.layer_sparsity import with_layer_sparsities
from heddle.dataflow.network_choice import NetworkChoice
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.step_items import PASSES, Pass
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import StepWork, step_work

Word = TypeVar("Word", bound=str)

_KIB = 1024

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
    ("group_ports", "buffers.group_ports", 1),
)


def load_work(
    network: NetworkOptions, training: TrainingOptions, step: PassOptions, machine: MachineOptions
) -> StepWork:
    """Return the work that the options name.

    Raises HeddleError for an unknown word, a value out of range, a file that cannot be read, a design that does
    not fit its board, and a step too large to count.
    """
    recipe = recipe_named(training.recipe)
    dataflow = one_of(step.dataflow, DATAFLOW_CHOICES, "--dataflow", "dataflow")
    minimise = one_of(step.minimise, MINIMISE_CHOICES, "--minimise", "figure to minimise")
    options = StepOptions(
        batch=network.batch,
        optimizer=one_of(training.optimizer, OPTIMIZERS, "--optimizer", "optimizer"),
        pregenerate=training.pregenerate,
        passes=pass_names(step.passes, PASSES),
    )
    design, board = load_machine(machine, step.sparsity)
    loaded = network_choice(network).load()
    if training.layer_sparsity:
        loaded, own = with_layer_sparsities(loaded, design.sparsity)
        options = replace(options, layer_sparsities=own)
    return step_work(loaded, recipe, design, board, options, dataflow, minimise)


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


def network_choice(options: NetworkOptions) -> NetworkChoice:
    """Return the network that the options name, not read yet."""
    return NetworkChoice(
        workload=options.workload,
        batch=options.batch,
        image_size=options.image_size,
        classes=options.classes,
        sequence_length=options.sequence_length,
        inputs=tuple(options.input or ()),
        batch_axis=tuple(options.batch_axis or ()),
        no_batch=options.no_batch,
    )


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


def pass_names(text: str, valid: Sequence[Pass]) -> tuple[Pass, ...]:
    """Return those of ``valid`` that a comma-separated ``--passes`` names; raises HeddleError for others."""
    chosen = {one_of(word, valid, "--passes", "pass") for word in words(text, "--passes")}
    return tuple(name for name in valid if name in chosen)


def option_name(field: str) -> str:
    """Return how the option of a field is typed."""
    return f"--{field.replace('_', '-')}"


def _check_override(option: str, value: float, key: str, factor: float) -> None:
    """Refuse a value outside the range of the design's ``key``, in the option's own unit."""
    bounds = number_range(key)
    if bounds is not None:
        low, high = bounds
        check_range(option, value, math.ceil(low / factor), math.floor(high / factor))
