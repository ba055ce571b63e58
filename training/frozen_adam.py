"""Adam whose variance stops changing: the optimiser of STEP.

Lu et al. 2023 ("STEP: Learning N:M Structured Sparsity Masks from Scratch with Precondition") train densely until the
second moment is reliable, then switch masks on and keep it as it is: gradients through masks would spoil it. The masks
are a recipe's (``WeightPruning(..., begins=0.5)``), the rest is here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class FrozenVarianceAdam(torch.optim.Adam):
    """PyTorch's Adam until ``freeze``; then steps divide by the variance that it had.

    Options beside learning rate, betas, eps and weight decay are not for it.
    """

    def freeze(self) -> None:
        """Keep the second moments as they are from the next step on; ``state_dict`` has it too."""
        for group in self.param_groups:
            group["frozen"] = True

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make one update; return what ``closure`` returns, if there is one."""
        if not all(group.get("frozen", False) for group in self.param_groups):
            return super().step(closure)
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._frozen_step(weight, group)
        return loss

    def _frozen_step(self, weight: torch.Tensor, group: dict[str, Any]) -> None:
        state, (beta1, beta2) = self.state[weight], group["betas"]
        gradient = weight.grad if not group["weight_decay"] else weight.grad + group["weight_decay"] * weight
        if "divisor" not in state:
            variance = state["exp_avg_sq"] / (1 - beta2 ** float(state["step"]))
            state["divisor"] = variance.sqrt() + group["eps"]
        state["step"] += 1
        state["exp_avg"].lerp_(gradient, 1 - beta1)
        mean = state["exp_avg"] / (1 - beta1 ** float(state["step"]))
        weight.sub_(group["lr"] * mean / state["divisor"])
