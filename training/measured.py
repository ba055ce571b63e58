"""Which operand of WU a layer can do without: measured in its first steps, then kept to."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn

Operand = Literal["dy", "x"]

#: Backward passes with a dense WU while both errors are measured.
MEASURED_STEPS = 8


class MeasuredOperand(nn.Module):
    """Sums each candidate's squared error of dW over ``MEASURED_STEPS`` calls; a tie goes to dY."""

    def __init__(self) -> None:
        super().__init__()
        self.errors: dict[Operand, float] = {"dy": 0.0, "x": 0.0}
        self.calls = 0

    @property
    def chosen(self) -> Operand | None:
        """The operand with the smaller error, once enough has been seen."""
        if self.calls < MEASURED_STEPS:
            return None
        return "x" if self.errors["x"] < self.errors["dy"] else "dy"

    def measure(self, dense: Tensor, by_operand: dict[Operand, Tensor]) -> None:
        """Add the errors of the gradients that pruning each operand gives, in shares of the dense gradient's size."""
        size = float(torch.sum(dense.double() ** 2))
        errors = {
            name: float(torch.sum((pruned.double() - dense.double()) ** 2)) for name, pruned in by_operand.items()
        }
        if not all(map(math.isfinite, (size, *errors.values()))):
            return  # the loss scale was too large: such a pass says nothing, and its step is left out
        for operand, error in errors.items():
            self.errors[operand] += error / size if size > 0 else 0.0
        self.calls += 1

    def get_extra_state(self) -> dict[str, Any]:
        """Return what was measured, for ``state_dict``."""
        return {"errors": dict(self.errors), "calls": self.calls}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Go on from what was saved."""
        self.errors = {"dy": float(state["errors"]["dy"]), "x": float(state["errors"]["x"])}
        self.calls = int(state["calls"])
