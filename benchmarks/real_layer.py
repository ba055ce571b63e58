"""A real layer on the RTL: the FF, BP and WU products of ResNet-18's layer3.0.conv2 (256 to 256 channels, 14 x 14).

``python -m benchmarks.real_layer [--design sat-vcu1525] [--quick]`` lowers one image's training step of the layer to
its three products, weights pruned by the design's N:M along input channels for FF and along output channels for BP,
and runs each as the scheduler maps it. Every bit must be that of ``heddle.sim.functional`` and every cycle that of the
engines; and every result must lie as near to a float64 convolution, made without those matrices, as the rounding of
its additions allows. ``--quick`` cuts the layer to 32 channels, on ``small`` unless another design is named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.convolution import (
    Double,
    Gemm,
    backward_gemm,
    draw_layer,
    forward,
    forward_gemm,
    input_gradient,
    pruned,
    weight_gradient,
    weight_gradient_gemm,
)
from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.dataflow.lowering import (
    NOT_PRUNED,
    LayerShape,
    Pruning,
    backward_products,
    forward_products,
    weight_gradient_products,
)
from heddle.dataflow.network import ConvLayer
from heddle.dataflow.scheduler import ProductSchedule
from heddle.dataflow.step_items import Product
from heddle.dataflow.zoo import zoo_network
from heddle.hls.generate import array_rtl
from heddle.verify.product_cases import GivenProduct, operand_case
from heddle.verify.results import Verdict
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model

LAYER = "layer3.0.conv2"
QUICK_CHANNELS = 32
BATCH = 1
SEED = 0
_IN_CHANNELS_AXIS, _OUT_CHANNELS_AXIS = 2, 3
_FP32_UNIT = 2.0**-24


@dataclass(frozen=True)
class LayerPass:
    """One pass: its product and operands; ``exact`` its result in float64, ``magnitude`` that of all operands' |x|."""

    name: str
    product: Product
    gemm: Gemm
    exact: Double
    magnitude: Double


@dataclass(frozen=True)
class Outcome:
    """A pass on the RTL. ``error_share``: the largest error over what the roundings of its additions can make."""

    layer_pass: LayerPass
    schedule: ProductSchedule
    verdict: Verdict
    error_share: float
    seconds: float

    @property
    def passed(self) -> bool:
        """True when bits and cycles are the simulator's and no result is too far from float64."""
        return self.verdict.passed and self.error_share <= 1

    @property
    def row(self) -> str:
        """The pass's line of the table."""
        product, verdict = self.layer_pass.product, self.verdict
        bits = "equal" if verdict.bit_exact else "DIFFER"
        return (
            f"| {self.layer_pass.name} | {product.m} × {product.k} × {product.n} | {product.sparsity_text} "
            f"| {self.schedule.mapping.dataflow} | {verdict.rtl_cycles or 0:,} | {verdict.sim_cycles or 0:,} | {bits} "
            f"| {100 * self.error_share:.2g} % | {self.seconds:.1f} s |"
        )


def layer_passes(layer: ConvLayer, n: int, m: int) -> Iterator[LayerPass]:
    """Yield FF, BP and WU of ``layer``, its weights N:M in the first two."""
    shape, data = LayerShape.of(layer, BATCH), draw_layer(layer, BATCH, SEED)
    for_ff = pruned(data.weights, n, m, _IN_CHANNELS_AXIS)
    for_bp = pruned(data.weights, n, m, _OUT_CHANNELS_AXIS)
    (product,) = forward_products(shape, Pruning(n, m))
    yield LayerPass("FF", product, forward_gemm(data), forward(data.x, for_ff), forward(np.abs(data.x), np.abs(for_ff)))
    (product,) = backward_products(shape, "weight", Pruning(n, m))
    magnitude = input_gradient(np.abs(data.gradient), np.abs(for_bp))
    yield LayerPass("BP", product, backward_gemm(data), input_gradient(data.gradient, for_bp), magnitude)
    (product,) = weight_gradient_products(shape, None, NOT_PRUNED)
    magnitude = weight_gradient(np.abs(data.x), np.abs(data.gradient))
    yield LayerPass("WU", product, weight_gradient_gemm(data), weight_gradient(data.x, data.gradient), magnitude)


def check(layer_pass: LayerPass, design: Design, folder: Path) -> Outcome:
    """Run one pass on the RTL of ``design``; files go to ``folder``."""
    board = load_board(design.board)
    left, right = layer_pass.gemm.left.view(np.uint16), layer_pass.gemm.right.view(np.uint16)
    given = GivenProduct(layer_pass.name, layer_pass.product, left, right)
    case, error = operand_case(given, design, board), np.abs(given.result(design) - layer_pass.exact)
    model = build_verilator_model(array_rtl(design))
    begun = time.perf_counter()
    (verdict,) = run_cases(model, [case], folder, lambda done, total: None)
    seconds = time.perf_counter() - begun
    return Outcome(layer_pass, given.schedule(design, board), verdict, _share(error, layer_pass), seconds)


def _share(error: Double, layer_pass: LayerPass) -> float:
    """The largest ``error`` over its bound: k u / (1 - k u) of the sum of magnitudes, k additions and u = 2^-24.

    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1; FP16 products are exact in FP32.)
    """
    rounded = layer_pass.product.slots * _FP32_UNIT
    bound = rounded / (1 - rounded) * layer_pass.magnitude
    return float(np.max(error / np.maximum(bound, np.finfo(np.float64).tiny)))


def _layer(quick: bool) -> ConvLayer:
    (layer,) = (layer for layer in zoo_network("resnet18").layers if layer.name == LAYER)
    if not isinstance(layer, ConvLayer):
        raise TypeError(f"{LAYER} is no convolution")
    if quick:
        return replace(layer, in_channels=QUICK_CHANNELS, out_channels=QUICK_CHANNELS)
    return layer


def main() -> int:
    """Print a line for each pass; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--design", help="preset or design file (default: sat-vcu1525, with --quick small)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_CHANNELS} channels instead of 256")
    options = parser.parse_args()
    design = load_design(options.design or ("small" if options.quick else "sat-vcu1525"))
    if design.numbers.operand != "fp16":
        parser.error(f"the layer's data is FP16, the operands of {design.name} are {design.numbers.operand}")
    print("| pass | M × K × N | right operand | dataflow | RTL cycles | engines' | bits | error of bound | run |")
    print("|---|---|---|---|---|---|---|---|---|")
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for layer_pass in layer_passes(_layer(options.quick), design.sparsity.n, design.sparsity.m):
            outcomes.append(check(layer_pass, design, Path(folder)))
            print(outcomes[-1].row, flush=True)
    for outcome in outcomes:
        for problem in outcome.verdict.problems:
            print(f"{outcome.layer_pass.name}: {problem}", file=sys.stderr)
    return int(not all(outcome.passed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
