"""Products of two activations as modules, so that the machine's arithmetic can take their place."""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.machine import machine_matmul


class Matmul(nn.Module):
    """``a @ b``: attention's QK^T and PV. They have no weights, so they are dense in every recipe."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product, batched over leading dimensions."""
        return a @ b


class MachineMatmul(Matmul):
    """The same on the machine's arithmetic."""

    operand_format: str

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the product as the array computes it."""
        return machine_matmul(a, b, self.operand_format)
