"""A compiled step executed on its image, and each product computed once more without a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.instructions import Instruction
from heddle.dataflow.program.compiler import CompiledPass
from heddle.dataflow.program.matmul_products import MatmulMaps
from heddle.dataflow.program.memory_image import Image
from heddle.dataflow.program.step_program import StepProgram
from heddle.dataflow.program.tensors import MapTensor
from heddle.sim.functional.formats import Bits
from heddle.sim.program.execute import execute
from heddle.sim.program.operands import Weights, drawn_map
from tests.support.layer_programs import LayerRun
from tests.support.matmul_programs import MatmulRun


@dataclass(frozen=True)
class ImageRun(LayerRun):
    """A layer's pass with the operands of an image: maps drawn by ``seed``, weights of ``source``."""

    source: Weights | None = None

    @property
    def weights(self) -> Bits:
        assert self.source is not None
        kernel = self.source.kernel(self.maps, self.pass_name)
        return kernel if self.pass_name == "ff" else kernel.swapaxes(3, 4)

    def _drawn(self, tensor: MapTensor, salt: int) -> Bits:
        elements = drawn_map(tensor, self.seed, self.design.numbers.operand_format, tensor.name.endswith(".dy"))
        return np.concatenate(list(elements)).reshape(tensor.images, tensor.height, tensor.width, tensor.channels)


@dataclass(frozen=True)
class ImageMatmul(MatmulRun):
    """A pass of products of two activations with the operands of an image, drawn by ``seed``."""

    def matrices(self, name: str) -> Bits:
        tensor: MapTensor = getattr(self.maps, name)
        elements = drawn_map(tensor, self.seed, self.design.numbers.operand_format, name == "dc")
        return np.concatenate(list(elements)).reshape(tensor.images, tensor.width, tensor.channels)


def unlike(
    compiled: StepProgram, instructions: Sequence[Instruction], image: Image, seed: int, source: Weights
) -> list[str]:
    """Execute ``instructions`` on ``image``; return the products of ``compiled`` whose results are not as they must."""
    after = image.copy()
    execute(instructions, after, compiled.work.design)
    return [name for each in compiled.program.passes for name in _unlike(compiled, each, after, seed, source)]


def _unlike(compiled: StepProgram, of_pass: CompiledPass, after: Image, seed: int, source: Weights) -> list[str]:
    """The products of a pass whose results are not as they must be."""
    work, program, of_layer = compiled.work, compiled.program, of_pass.of_layer
    maps, pass_name, kept = of_layer.maps, of_layer.pass_name, of_layer.pruning
    if isinstance(maps, MatmulMaps):
        matmul = ImageMatmul(maps.layer, pass_name, work.design, work.step.batch, seed)
        is_right = matmul.expected().tobytes() == matmul.found(program, after).tobytes()
        return [] if is_right else [product.plan.product.name for product in of_pass.products]
    keep_n = kept.keep_n if kept.keep_n < kept.group_m else 0
    run = ImageRun(maps.layer, pass_name, work.design, work.step.batch, keep_n, seed, source)
    return [
        product.plan.product.name
        for product in of_pass.products
        if run.expected(product).tobytes() != run.found(product, program, after).tobytes()
    ]
