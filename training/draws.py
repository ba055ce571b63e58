"""Uniform numbers that are the same on every device and are made where they are used.

PyTorch's generators give other numbers on other devices, and numbers drawn on the CPU have to be moved. So each is made
of its place by a hash (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", SplitMix64).
"""

from __future__ import annotations

import torch
from torch import Tensor

# The constants of SplitMix64, as the signed integers that PyTorch has.
_GOLDEN = 0x9E3779B97F4A7C15 - (1 << 64)
_FIRST = 0xBF58476D1CE4E5B9 - (1 << 64)
_SECOND = 0x94D049BB133111EB - (1 << 64)
_MANTISSA_BITS = 53


def uniforms(shape: torch.Size, generator: torch.Generator, device: torch.device) -> Tensor:
    """Return numbers in [0, 1), FP64 on ``device``; one draw of ``generator``, of the CPU, decides them all."""
    key = torch.randint(1 << 62, (1,), generator=generator)
    mixed = (torch.arange(1, shape.numel() + 1, device=device) * _GOLDEN + key.to(device)).reshape(shape)
    mixed = (mixed ^ _shifted(mixed, 30)) * _FIRST
    mixed = (mixed ^ _shifted(mixed, 27)) * _SECOND
    mixed = mixed ^ _shifted(mixed, 31)
    return _shifted(mixed, 64 - _MANTISSA_BITS).to(torch.float64) * 2.0**-_MANTISSA_BITS


def _shifted(numbers: Tensor, places: int) -> Tensor:
    """``numbers`` as unsigned ones, shifted right."""
    return (numbers >> places) & ((1 << (64 - places)) - 1)
