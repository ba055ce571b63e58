"""How pruning sets in over training: groups that narrow frame by frame, or pruned weights that fade away.

Both are the progressive gradient flow of Bambhaniya et al. 2024 ("Progressive Gradient Flow for Robust N:M Sparsity
Training in Transformers"): SDGF (structure decays) and MDGF (the mask decays). There the rates are given per step
(about 1e-4); here they follow from the share of training at which the final, binary N:M mask is reached.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from heddle.training.masks import KeepRatio


@dataclass(frozen=True)
class Frame:
    """N of M kept for a part of the training; M may be any whole number."""

    n: int
    m: int


class FrameOrder(Enum):
    """Which frames lead to N:M."""

    STEPWISE = "(M-1):M, then half as many each time: M/2:M, M/4:M, ... N:M"
    GEOMETRIC = "8N:8M, 4N:4M, 2N:2M, N:M"


_WIDEST_FACTORS = (8, 4, 2)


@dataclass(frozen=True)
class Frames:
    """Frames of equal length up to ``until`` (share of training), from where on it is N:M.

    With ``until`` None the last frame, N:M itself, is as long as each of the others, as in the authors' code.
    """

    order: FrameOrder
    until: float | None = 0.5

    def at(self, progress: float, final: KeepRatio, channels: int) -> Frame:
        """Return the frame at ``progress`` of an axis of ``channels``, which M divides."""
        ramp = self.ramp(final, channels)
        until = len(ramp) / (len(ramp) + 1) if self.until is None else self.until
        if progress >= until or not ramp:
            return Frame(final.n, final.m)
        return ramp[min(int(progress / until * len(ramp)), len(ramp) - 1)]

    def ramp(self, final: KeepRatio, channels: int) -> tuple[Frame, ...]:
        """Return the frames before N:M; a group that the channels do not make whole is left out."""
        if self.order is FrameOrder.GEOMETRIC:
            wide = (Frame(factor * final.n, factor * final.m) for factor in _WIDEST_FACTORS)
            return tuple(frame for frame in wide if channels % frame.m == 0)
        kept, frames = final.m // 2, []
        if final.m - 1 > final.n:
            frames.append(Frame(final.m - 1, final.m))
        while kept > final.n:
            if kept < final.m - 1:
                frames.append(Frame(kept, final.m))
            kept //= 2
        return tuple(frames)


class FadeLaw(Enum):
    """How the factor of pruned weights falls."""

    LINEAR = "1 - c t"
    EXPONENTIAL = "e^(-c t)"


#: What the exponential has come down to where it is cut off to the binary mask.
_LAST_SHARE = 1e-3


@dataclass(frozen=True)
class Fade:
    """Pruned weights stay with a factor that falls from 1 to 0 at ``until`` (share of training)."""

    law: FadeLaw
    until: float = 0.5

    def share(self, progress: float) -> float:
        """Return the factor at ``progress``: W x (mask + (1 - mask) x factor)."""
        if progress >= self.until:
            return 0.0
        if self.law is FadeLaw.LINEAR:
            return 1.0 - progress / self.until
        return math.exp(math.log(_LAST_SHARE) * progress / self.until)
