"""A layer's pass compiled, executed on a memory image, and computed once more without a program.

The second computation spreads whole maps out (``heddle.sim.functional.convolution``) and multiplies whole matrices, its
reduction in the order that the program's tiles give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.dataflow.lowering import NOT_PRUNED, Pruning
from heddle.dataflow.network import ConvLayer, WeightedLayer
from heddle.dataflow.program.compiler import CompiledProduct, LayerPass, Program, compile_passes
from heddle.dataflow.program.layer_products import KernelTaps, LayerMaps, LayerProduct
from heddle.dataflow.program.memory_image import Image, gradient_of, map_of, write_map, write_weights
from heddle.dataflow.program.slots import Bits, kept_slots
from heddle.dataflow.program.tensors import MapTensor, SubMap, TiledGradient, TiledWeights
from heddle.dataflow.step_items import Pass
from heddle.sim.functional.convolution import phase_kernel, phase_windows, windows
from heddle.sim.functional.formats import Float32, from_float32
from heddle.sim.functional.gemm import multiply, multiply_slots
from tests.support.program_runs import ProgramRun


@dataclass(frozen=True)
class LayerRun(ProgramRun):
    """A layer's pass on a design, with operands drawn by ``seed``. ``keep_n`` of the design's M; 0 is dense."""

    layer: WeightedLayer
    pass_name: Pass
    design: Design
    batch: int = 2
    keep_n: int = 0
    seed: int = 0

    @property
    def maps(self) -> LayerMaps:
        return LayerMaps.of(self.layer, self.batch, self.design.numbers.operand_format)

    def compiled(self) -> Program:
        operand, group_m = self.design.numbers.operand_format, self.design.sparsity.m
        pruning = Pruning(self.keep_n, group_m, operand=operand) if self.keep_n else NOT_PRUNED
        of_layer = LayerPass(self.maps, self.pass_name, pruning)
        return compile_passes([of_layer], self.design, load_board(self.design.board))

    @property
    def x(self) -> Bits:
        return self._drawn(self.maps.x, 1)

    @property
    def dy(self) -> Bits:
        return self._drawn(self.maps.dy, 2)

    @property
    def weights(self) -> Bits:
        """[groups, kernel rows, kernel cols, Cin, Cout], those of one group."""
        shape = self.maps.shape
        return self._patterns((shape.groups, *shape.kernel, shape.in_channels, shape.out_channels), 3)

    def write_operands(self, program: Program, image: Image) -> None:
        for placed in program.memory.tensors.values():
            if isinstance(placed.tensor, MapTensor) and placed.tensor.name.endswith((".x", ".dy")):
                write_map(image, placed, self.x if placed.tensor.name.endswith(".x") else self.dy)
        for compiled in program.products:
            if isinstance(compiled.right, TiledWeights):
                write_weights(image, program.memory.tensors[compiled.right.name], self._right(compiled.plan.product))

    def _right(self, product: LayerProduct) -> Bits:
        """[taps, channels, cols] of a product whose right operand are weights."""
        assert isinstance(product.right, KernelTaps)
        taps = [self.weights[product.right.group][tap] for tap in product.right.taps]
        return np.stack(taps if self.pass_name == "ff" else [tap.T for tap in taps])

    def expected(self, compiled: CompiledProduct) -> Bits | Float32:
        """What a product must give: [pixels, cols] patterns, or a gradient [taps, channels, cols] of FP32."""
        plan, operand = compiled.plan, self.design.numbers.operand
        product, number_format = plan.product, self.design.numbers.operand_format
        channels = slice(product.left.channels.start, product.left.channels.stop)
        if product.is_turned:
            right = product.right
            assert isinstance(right, SubMap)
            spread_out = windows(self.x[..., channels], self.maps.geometry)
            gradient = self.dy[..., right.channels.start : right.channels.stop].reshape(len(spread_out), -1)
            sums = multiply(np.ascontiguousarray(spread_out.T), gradient, operand)
            return sums.reshape(-1, len(product.left.channels), product.product.n)
        if self.pass_name == "ff":
            left = windows(self.x[..., channels], self.maps.geometry)
        else:
            number = int(product.name.split(".bp")[1].split(".")[0])
            phase = self.maps.geometry.phases((self.maps.x.height, self.maps.x.width))[number]
            left = phase_windows(self.dy[..., channels], phase)
            assert isinstance(product.right, KernelTaps)
            kernel = phase_kernel(self.weights[product.right.group], phase)
            assert np.array_equal(kernel, self._right(product).reshape(left.shape[1], -1))
        order = np.concatenate(
            [
                np.add.outer(
                    np.arange(share.taps.start, share.taps.stop) * len(product.left.channels),
                    np.arange(share.channels.start, share.channels.stop),
                ).reshape(-1)
                for share in plan.spreads
            ]
        )
        right_matrix = self._right(product).reshape(left.shape[1], -1)[order]
        keep = (self.keep_n, self.design.sparsity.m) if self.keep_n else (1, 1)
        sums = multiply_slots(left[:, order], kept_slots(right_matrix, *keep), operand)
        return from_float32(sums, number_format)

    def found(self, compiled: CompiledProduct, program: Program, image: Image) -> Bits | Float32:
        """What stands in ``image`` where a product's result belongs, in the shape of ``expected``."""
        product = compiled.plan.product
        if isinstance(compiled.out, TiledGradient):
            placed = program.memory.tensors[compiled.out.name]
            taps = product.rows.taps * product.cols.taps
            return gradient_of(image, placed, taps, len(product.left.channels), product.product.n)
        out = compiled.out
        dtype = self.design.numbers.operand_format.pattern_type
        whole = map_of(image, program.memory.tensors[out.tensor.name], dtype)
        picked = whole[
            :,
            out.rows.first :: out.rows.stride,
            out.cols.first :: out.cols.stride,
            out.channels.start : out.channels.stop,
        ]
        return picked.reshape(-1, len(out.channels))

    def _drawn(self, tensor: MapTensor, salt: int) -> Bits:
        return self._patterns((tensor.images, tensor.height, tensor.width, tensor.channels), salt)

    def _patterns(self, shape: tuple[int, ...], salt: int) -> Bits:
        numbers = np.random.default_rng((self.seed, salt)).standard_normal(shape).astype(np.float32)
        return from_float32(numbers, self.design.numbers.operand_format)


def unwritten(program: Program) -> npt.NDArray[np.bool_]:
    """Of each byte of a program's memory, whether it is of no product's result."""
    bytes_left = np.ones(program.memory.nbytes, bool)
    for out in (compiled.out for compiled in program.products):
        tensor = out.tensor if isinstance(out, SubMap) else out
        address = program.memory.address(tensor.name)
        of_tensor = bytes_left[address : address + tensor.nbytes]
        if isinstance(out, SubMap):
            width = out.tensor.element_bytes
            pixels = of_tensor.reshape(out.tensor.images, out.tensor.height, out.tensor.width, -1)
            rows, cols = (slice(picked.first, None, picked.stride) for picked in (out.rows, out.cols))
            pixels[:, rows, cols, out.channels.start * width : out.channels.stop * width] = False
        else:
            of_tensor[:] = False
    return bytes_left


def met_pixels(layer: ConvLayer) -> npt.NDArray[np.bool_]:
    """Of each pixel of the input map, whether a tap of any window reads it."""
    assert layer.padding is not None
    met = np.zeros((layer.in_height, layer.in_width), bool)
    top, _, left, _ = layer.padding
    for window in np.ndindex(layer.out_height, layer.out_width):
        for tap in np.ndindex(layer.kernel_height, layer.kernel_width):
            row = window[0] * layer.stride_height + tap[0] * layer.dilation[0] - top
            col = window[1] * layer.stride_width + tap[1] * layer.dilation[1] - left
            if 0 <= row < layer.in_height and 0 <= col < layer.in_width:
                met[row, col] = True
    return met


#: Layers of whose input maps some pixels meet no tap, and one whose every window lies in the padding.
SPARSELY_MET = {
    "1 x 1 at stride 2": ConvLayer("conv", 6, 8, 8, 3, 4, 8, 1, 1, 2, 2, padding=(0, 0, 0, 0)),
    "2 x 2 at stride 3, in groups": ConvLayer("conv", 8, 5, 8, 3, 2, 16, 2, 2, 3, 3, groups=2, padding=(0, 0, 0, 0)),
    "1 x 3 of which columns are left out": ConvLayer("conv", 4, 9, 8, 4, 2, 8, 1, 3, 1, 5, padding=(0, 0, 0, 0)),
    "2 x 2 dilated by the stride": ConvLayer(
        "conv", 6, 7, 8, 2, 3, 8, 2, 2, 2, 2, dilation=(2, 2), padding=(0, 0, 0, 0)
    ),
    "windows in the padding": ConvLayer("conv", 1, 1, 8, 1, 2, 8, 1, 1, 2, 2, padding=(0, 0, 1, 1)),
}
