"""The words that a training step's user chooses among; apart from the scheduler, so that help texts can list them."""

from __future__ import annotations

from typing import Literal, get_args

Optimizer = Literal["sgd", "adam"]
OPTIMIZERS: tuple[Optimizer, ...] = get_args(Optimizer)

#: ``auto`` takes the better of a design's dataflows for each product.
DataflowChoice = Literal["auto", "os", "ws"]
DATAFLOW_CHOICES: tuple[DataflowChoice, ...] = get_args(DataflowChoice)

#: What a product's mapping is chosen by: see ``heddle.dataflow.mapping_choice``.
Minimise = Literal["time", "bytes", "energy", "edp"]
MINIMISE_CHOICES: tuple[Minimise, ...] = get_args(Minimise)
