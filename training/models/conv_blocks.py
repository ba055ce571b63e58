"""What the convolutional models share: convolution, normalisation and ReLU in a row, and their initialisation."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn


def conv_norm_relu(
    in_channels: int, width: int, kernel: int, *, stride: int = 1, padding: int | None = None
) -> nn.Sequential:
    """Return modules ``conv`` (no bias), ``bn`` and ``relu``; without ``padding`` stride 1 keeps the size."""
    pad = kernel // 2 if padding is None else padding
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(in_channels, width, kernel, stride=stride, padding=pad, bias=False),
            bn=nn.BatchNorm2d(width),
            relu=nn.ReLU(),
        )
    )


class ResidualPair(nn.Sequential):
    """Two blocks in a row, and their input added to their output."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of ``x`` [B, C, H, W] and what the two blocks make of it."""
        branch = x
        for block in self:
            branch = block(branch)
        return branch + x


def initialise_convolutions(model: nn.Module) -> None:
    """Draw the convolutions' weights as He et al. 2015 do (normal, by fan-out, for ReLU); biases are zero.

    Batch normalisations keep scale 1 and shift 0, linear layers PyTorch's default. It draws from torch's
    global generator.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
