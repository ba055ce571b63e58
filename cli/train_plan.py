"""From the options of ``heddle train`` to checked words and objects, as far as that needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.train import TrainOptions
from heddle.cli.work import load_machine, one_of, words
from heddle.dataflow.choices import OPTIMIZERS, Optimizer
from heddle.training.catalogue import ARITHMETICS, DATA_SETS, DEVICES, IMAGE_FOLDER, MODELS, RATIO_RULES, RatioRule

# Where no design says otherwise.
_OPERAND_FORMAT = FP16.name


@dataclass(frozen=True)
class TrainPlan:
    """The options as checked words and objects; ``machine`` is None where no design is simulated."""

    model: str
    data: str
    optimizer: Optimizer
    arithmetic: str
    device: str
    dense: tuple[str, ...]
    sparsity: SparsityConfig
    ratios: RatioRule
    machine: tuple[Design, Board] | None


def train_plan(options: TrainOptions) -> TrainPlan:
    """Return what the options name; raises HeddleError for all that can be told without PyTorch."""
    data = one_of(options.data, list(DATA_SETS), "--data", "data set")
    if options.image_size is not None and data != IMAGE_FOLDER:
        raise HeddleError(f"--image-size is for --data {IMAGE_FOLDER}; the images of {data} have one size")
    sparsity = parse_sparsity(options.sparsity)
    arithmetic = one_of(options.arithmetic, ARITHMETICS, "--arithmetic", "arithmetic")
    machine = MachineOptions(design=options.design) if options.design is not None else None
    loaded = load_machine(machine, options.sparsity) if machine is not None else None
    operand = loaded[0].numbers.operand if loaded is not None else _OPERAND_FORMAT
    return TrainPlan(
        model=one_of(options.model, list(MODELS), "--model", "model"),
        data=data,
        optimizer=one_of(options.optimizer, OPTIMIZERS, "--optimizer", "optimizer"),
        arithmetic=operand if arithmetic == "machine" else arithmetic,
        device=one_of(options.device, DEVICES, "--device", "device"),
        dense=tuple(words(options.keep_dense, "--keep-dense")) if options.keep_dense is not None else (),
        sparsity=sparsity,
        ratios=one_of(options.ratios, RATIO_RULES, "--ratios", "rule"),
        machine=loaded,
    )
