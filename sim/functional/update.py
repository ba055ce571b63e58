"""The weight update in FP32, bit for bit as the WUVE lanes compute it: SGD with momentum, and Adam.

Every elementary operation (+, -, x, /, square root) is one IEEE 754 binary32 operation: rounded to nearest even,
subnormals kept, never fused with the next. Any NaN that leaves is the canonical one, 0x7FC00000. The operations and
their order are those of PyTorch's torch.optim.SGD and torch.optim.Adam (coupled weight decay, no dampening, no
Nesterov, no AMSGrad), parenthesised as each function says.

Scalars that depend on the step number are the host's: it computes them in double precision, once a step, and rounds
each once to FP32.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np

from heddle.arch.errors import HeddleError
from heddle.arch.jit import kernel
from heddle.sim.functional.formats import CANONICAL_NAN, Float32

_NAN = CANONICAL_NAN.view(np.float32)


@dataclass(frozen=True)
class SgdScalars:
    """What an SGD step needs beside the arrays; each is rounded to FP32 where it is used.

    ``gradient_scale`` undoes the loss scaling: 1 / loss scale.
    """

    gradient_scale: float
    weight_decay: float
    momentum: float
    learning_rate: float


@dataclass(frozen=True)
class AdamScalars:
    """What an Adam step needs beside the arrays, bias corrections folded in; each is rounded to FP32 where used.

    ``mean_rate`` is 1 - beta1, ``variance_rate`` 1 - beta2, ``root_scale`` 1 / sqrt(1 - beta2^t) and ``step_size``
    learning rate / (1 - beta1^t), for step t = 1, 2, …
    """

    gradient_scale: float
    weight_decay: float
    mean_rate: float
    variance_decay: float
    variance_rate: float
    root_scale: float
    epsilon: float
    step_size: float


@dataclass(frozen=True)
class AdamHyperparameters:
    """Adam as a user states it (defaults: torch.optim.Adam's)."""

    learning_rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    gradient_scale: float = 1.0

    def scalars(self, step: int) -> AdamScalars:
        """Return the scalars of ``step``, which counts from 1. Raises HeddleError for a smaller one."""
        if step < 1:
            raise HeddleError(f"Adam's step is {step}; it counts from 1, or the bias corrections divide by zero")
        return AdamScalars(
            gradient_scale=self.gradient_scale,
            weight_decay=self.weight_decay,
            mean_rate=1 - self.beta1,
            variance_decay=self.beta2,
            variance_rate=1 - self.beta2,
            root_scale=1 / math.sqrt(1 - self.beta2**step),
            epsilon=self.epsilon,
            step_size=self.learning_rate / (1 - self.beta1**step),
        )


@dataclass(frozen=True)
class SgdState:
    """FP32 master weights and their momentum, of one shape."""

    master: Float32
    momentum: Float32


@dataclass(frozen=True)
class AdamState:
    """FP32 master weights and the running mean and (uncentred) variance of their gradients, of one shape."""

    master: Float32
    mean: Float32
    variance: Float32


def sgd(gradient: Float32, state: SgdState, scalars: SgdScalars) -> SgdState:
    """Return the state after one step of SGD; all arrays are float32 of one shape.

    d = (gradient_scale x gradient) + (weight_decay x master);  momentum' = (scalars.momentum x momentum) + d;
    master' = master - (learning_rate x momentum').

    Torch takes the first step's momentum to be d itself: start from zeros (equal but for the sign of a zero).
    Raises HeddleError for arrays of another type or of different shapes.
    """
    gradients, master, momentum = _flat({"gradient": gradient, "master": state.master, "momentum": state.momentum})
    with np.errstate(all="ignore"):  # overflow and invalid operations have their IEEE results; only the uncompiled warn
        master, momentum = _sgd(gradients, master, momentum, _fp32(astuple(scalars)))
    return SgdState(master.reshape(gradient.shape), momentum.reshape(gradient.shape))


def adam(gradient: Float32, state: AdamState, scalars: AdamScalars) -> AdamState:
    """Return the state after one step of Adam; all arrays are float32 of one shape.

    g = (gradient_scale x gradient) + (weight_decay x master);  mean' = mean + (mean_rate x (g - mean));
    variance' = (variance_decay x variance) + ((variance_rate x g) x g);
    denominator = (sqrt(variance') x root_scale) + epsilon;
    master' = master - ((step_size x mean') / denominator).

    Raises HeddleError for arrays of another type or of different shapes.
    """
    arrays = {"gradient": gradient, "master": state.master, "mean": state.mean, "variance": state.variance}
    gradients, master, mean, variance = _flat(arrays)
    with np.errstate(all="ignore"):  # as in sgd
        master, mean, variance = _adam(gradients, master, mean, variance, _fp32(astuple(scalars)))
    shape = gradient.shape
    return AdamState(master.reshape(shape), mean.reshape(shape), variance.reshape(shape))


def _fp32(scalars: tuple[float, ...]) -> Float32:
    return np.array(scalars, dtype=np.float32)


def _flat(arrays: dict[str, Float32]) -> tuple[Float32, ...]:
    shape = arrays["gradient"].shape
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise HeddleError(f"weight update: {name} is {array.dtype}; it must be float32")
        if array.shape != shape:
            raise HeddleError(f"weight update: {name} has shape {array.shape}, the gradient {shape}; they must agree")
    return tuple(array.ravel() for array in arrays.values())


# The kernels are the formulas of sgd and adam as written there: Numba neither fuses nor reorders floating point.


@kernel
def _canonical(value: np.float32) -> np.float32:
    return value if value == value else _NAN


@kernel
def _sgd(gradient: Float32, master: Float32, momentum: Float32, scalars: Float32) -> tuple[Float32, Float32]:
    gradient_scale, weight_decay, momentum_decay, learning_rate = scalars
    new_master, new_momentum = np.empty_like(master), np.empty_like(master)
    for i in range(len(gradient)):
        decayed = gradient_scale * gradient[i] + weight_decay * master[i]
        velocity = momentum_decay * momentum[i] + decayed
        new_master[i] = _canonical(master[i] - learning_rate * velocity)
        new_momentum[i] = _canonical(velocity)
    return new_master, new_momentum


@kernel
def _adam(
    gradient: Float32, master: Float32, mean: Float32, variance: Float32, scalars: Float32
) -> tuple[Float32, Float32, Float32]:
    scale, weight_decay, mean_rate, variance_decay, variance_rate, root_scale, epsilon, step_size = scalars
    new_master, new_mean, new_variance = np.empty_like(master), np.empty_like(master), np.empty_like(master)
    for i in range(len(gradient)):
        g = scale * gradient[i] + weight_decay * master[i]
        moved_mean = mean[i] + mean_rate * (g - mean[i])
        moved_variance = variance_decay * variance[i] + variance_rate * g * g
        denominator = np.sqrt(moved_variance) * root_scale + epsilon
        new_master[i] = _canonical(master[i] - step_size * moved_mean / denominator)
        new_mean[i] = _canonical(moved_mean)
        new_variance[i] = _canonical(moved_variance)
    return new_master, new_mean, new_variance
