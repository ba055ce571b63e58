"""How much external memory a training step needs: what must be kept from the forward pass, gradients, parameters."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.formats import FP16, FloatFormat
from heddle.dataflow.choices import Optimizer
from heddle.dataflow.network import Layer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.updates import STATE_BYTES, moments

#: Vector operations that leave no tensor of their own: they ride on the stream of the one before.
_FUSED = ("activation", "residual")
_GIB = 1 << 30


@dataclass(frozen=True)
class Footprint:
    """Bytes of DRAM, elements in the operand format where nothing else is said.

    ``activations``: every tensor the backward pass reads, kept for the whole step. ``gradients``: the two largest dY
    at once. ``parameters``: FP32 master, gradient and moments, copies for FF and BP.
    """

    activation_bytes: int
    gradient_bytes: int
    parameter_bytes: int

    @property
    def total_bytes(self) -> int:
        """All of it."""
        return self.activation_bytes + self.gradient_bytes + self.parameter_bytes


def step_footprint(network: Network, batch: int, optimizer: Optimizer, operand: FloatFormat = FP16) -> Footprint:
    """Return what one training step of ``network`` keeps in DRAM, nothing recomputed."""
    rows, element_bytes = network.rows, batch * operand.width_bytes
    each = [_kept_elements(layer) * element_bytes for layer in rows.distinct]
    twice = [tensor for tensor, count in zip(each, rows.counts, strict=True) for _ in range(min(count, 2))]
    per_parameter = STATE_BYTES * (2 + moments(optimizer)) + 2 * operand.width_bytes
    return Footprint(
        activation_bytes=rows.sum_of(_kept_elements) * element_bytes,
        gradient_bytes=sum(sorted(twice)[-2:]),
        parameter_bytes=network.parameters * per_parameter,
    )


def capacity_note(footprint: Footprint, have_bytes: int, channels: int) -> str | None:
    """Return a remark for the user where a step does not fit the DRAM of the design's channels, else None."""
    if footprint.total_bytes <= have_bytes:
        return None
    parts = ("activation_bytes", "gradient_bytes", "parameter_bytes")
    activations, gradients, parameters = (getattr(footprint, part) / _GIB for part in parts)
    return (
        f"a step keeps {footprint.total_bytes / _GIB:.1f} GiB in DRAM (activations {activations:.1f}, "
        f"gradients {gradients:.1f}, parameters {parameters:.1f}), but the design's {channels} "
        f"channel{'s have' if channels > 1 else ' has'} {have_bytes / _GIB:.1f} GiB: the figures hold for a machine "
        "with more memory, or with activations computed again"
    )


def _kept_elements(layer: Layer) -> int:
    """Elements of a layer's output for one sample, 0 where it is fused into another tensor."""
    if isinstance(layer, VectorLayer):
        return 0 if layer.op in _FUSED else layer.out_elements
    if isinstance(layer, MatmulLayer):
        return layer.count * layer.m * layer.n
    if isinstance(layer, LinearLayer):
        return layer.rows * layer.out_features
    return layer.out_height * layer.out_width * layer.out_channels
