"""What a layer remembers between steps: how many updates it has seen, and what its selections hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.graph import increment_version
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.weak import WeakTensorKeyDictionary

from heddle.training.masks import KeepRatio
from heddle.training.selections import NEVER, Selection


def step_generator(seed: int, layer: int, step: int, purpose: int, draw: int = 0) -> torch.Generator:
    """Return a CPU generator that depends on these numbers alone, so that nothing of it need be saved."""
    numbers = (seed, layer, step, purpose, draw) if draw else (seed, layer, step, purpose)
    state = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]) >> 1)


_counted = WeakTensorKeyDictionary()


def _give_new_versions(optimizer: Optimizer, arguments: Any, keywords: Any) -> None:
    """Give counted weights a new version after a step of any optimiser: its fused kernels do not."""
    if bool(getattr(optimizer, "found_inf", False)):  # a fused kernel skips such a step by itself
        return
    updated = (weight for group in optimizer.param_groups for weight in group["params"] if weight.grad is not None)
    increment_version([weight for weight in updated if weight in _counted])


register_optimizer_step_post_hook(_give_new_versions)


class Clock(nn.Module):
    """Counts the updates of a weight, whoever makes them: every change in place gives a tensor a new version.

    Several forward passes between two updates (accumulated gradients, checkpointed activations) count as one step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.step = 0
        self._seen: int | None = None

    def advance(self, weight: Tensor) -> int:
        """Return the number of the step that uses ``weight`` now."""
        _counted[weight] = None
        version = weight._version
        if self._seen is not None and version != self._seen:
            self.step += 1
        self._seen = version
        return self.step

    def __getstate__(self) -> dict[str, Any]:
        """Leave the version out of copies: theirs are other tensors."""
        return self.__dict__ | {"_seen": None}

    def take_as_seen(self) -> None:
        """Count no step for whatever version the weight has when it is next looked at: it was loaded or moved."""
        self._seen = None

    def get_extra_state(self) -> dict[str, Any]:
        """Return the step, for ``state_dict``."""
        return {"step": self.step}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Go on from a saved step."""
        self.step = int(state["step"])
        self.take_as_seen()


class HeldTensor(nn.Module):
    """What a selection holds: a mask or a permutation, and the step that it was made at."""

    tensor: Tensor

    def __init__(self, selection: Selection, tensor: Tensor, every: int) -> None:
        """``tensor`` stands until the selection is first used; ``every`` steps it is made anew, or ``NEVER``."""
        super().__init__()
        self.selection = selection
        self.every = every
        self.held_at: int | None = None
        self.register_buffer("tensor", tensor)

    def renew(self, step: int, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> None:
        """Make it anew where it is due at ``step``."""
        if self.held_at is None or (self.every != NEVER and step - self.held_at >= self.every):
            self.tensor = self._made(weight, ratio, generator)
            self.held_at = step

    def look(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor:
        """Return what is held, or what would be where no step has used it yet: the weights may have been loaded."""
        return self.tensor if self.held_at is not None else self._made(weight, ratio, generator)

    def _made(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor:
        made = self.selection.hold(weight, ratio, generator)
        assert made is not None  # it held something when it was built
        return made

    def get_extra_state(self) -> dict[str, Any]:
        """Return the step that it was made at, for ``state_dict``."""
        return {"held_at": self.held_at}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Go on from what was saved."""
        self.held_at = None if state["held_at"] is None else int(state["held_at"])
