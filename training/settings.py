"""What one training run is made with: everything that its result depends on, and nothing else."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from heddle.arch.run_dir import sha256_of_text, tool_version
from heddle.dataflow.choices import Optimizer
from heddle.training.catalogue import RatioRule

_NOTHING_PRUNED = "2:2"  # N = M


class SharedSettings(BaseModel):
    """What the runs of one training share: model, data, recipe and hyperparameters.

    The learning rate falls along half a cosine from ``learning_rate`` to 0. ``arithmetic`` is ``float``, or the
    operand format of the machine's (``fp16``, ``bf16``). ``dense`` are patterns of layers that stay dense beside the
    usual ones. ``ratios`` says how ``sparsity`` is spread over the layers (``heddle.training.ratios``). ``threads``
    are those of PyTorch: other numbers of them may add in another order.
    ``recipe_sha256`` is that of a user's recipe file, and ``data_folder`` where the data's files lie: of a large set
    the content would take minutes to read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    data: str
    recipe: str = "dense"
    sparsity: str = "2:8"
    ratios: RatioRule = "uniform"
    arithmetic: str = "float"
    dense: tuple[str, ...] = ()
    epochs: Annotated[int, Field(ge=1)] = 30
    batch: Annotated[int, Field(ge=1)] = 64
    optimizer: Optimizer = "sgd"
    learning_rate: Annotated[float, Field(gt=0)] = 0.05
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 5e-4
    train_samples: Annotated[int, Field(ge=1)] | None = None
    image_size: Annotated[int, Field(ge=1)] | None = None
    device: str = "cpu"
    threads: Annotated[int, Field(ge=1)] = 1
    recipe_sha256: str = ""
    data_folder: str = ""


class TrainSettings(SharedSettings):
    """One run: the settings, and the seed of initialisation, split and order of samples."""

    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def as_dense(self) -> TrainSettings:
        """The same run without pruning: what it is compared with, at whatever N:M."""
        changes = {
            "recipe": "dense",
            "sparsity": _NOTHING_PRUNED,
            "ratios": "uniform",
            "dense": (),
            "recipe_sha256": "",
        }
        return self.model_copy(update=changes)

    @property
    def digest(self) -> str:
        """A SHA-256 of all of it and of the tool's version; runs of one digest are the same run."""
        text = json.dumps({"version": tool_version(), **self.model_dump(mode="json")}, sort_keys=True)
        return sha256_of_text(text)

    @property
    def name(self) -> str:
        """A name for the run's folder that a person can read and no other run has."""
        recipe = self.recipe.rsplit("/", 1)[-1]
        ratio = "" if self.sparsity == _NOTHING_PRUNED else "-" + self.sparsity.replace(":", "of")
        spread = "" if self.ratios == "uniform" else f"-{self.ratios}"
        return f"{self.model}-{self.data}-{recipe}{ratio}{spread}-seed{self.seed}-{self.digest[:10]}"
