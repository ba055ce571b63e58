"""A compiled step executed on its image, and each product computed once more without a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.instructions import Instruction
from heddle.dataflow.program.memory_image import Image
from heddle.dataflow.program.step_program import StepProgram
from heddle.dataflow.program.tensors import MapTensor
from heddle.sim.functional.formats import Bits
from heddle.sim.program.execute import execute
from heddle.sim.program.operands import Weights, drawn_map
from tests.support.layer_programs import LayerRun


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


def unlike(
    compiled: StepProgram, instructions: Sequence[Instruction], image: Image, seed: int, source: Weights
) -> list[str]:
    """Execute ``instructions`` on ``image``; return the products of ``compiled`` whose results are not as they must."""
    work, program = compiled.work, compiled.program
    after = image.copy()
    execute(instructions, after, work.design)
    wrong = []
    for each in program.passes:
        of_layer = each.of_layer
        kept = of_layer.pruning
        keep_n = kept.keep_n if kept.keep_n < kept.group_m else 0
        layer, pass_name = of_layer.maps.layer, of_layer.pass_name
        run = ImageRun(layer, pass_name, work.design, work.step.batch, keep_n, seed, source)
        wrong += [
            product.plan.product.name
            for product in each.products
            if run.expected(product).tobytes() != run.found(product, program, after).tobytes()
        ]
    return wrong
