"""A pass of products of two activations compiled, executed on a memory image, and computed anew as whole matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.network import MatmulLayer
from heddle.dataflow.program.compiler import LayerPass, Program, compile_passes
from heddle.dataflow.program.matmul_products import MatmulMaps
from heddle.dataflow.program.memory_image import Image, map_of, write_map
from heddle.dataflow.program.slots import Bits
from heddle.dataflow.program.tensors import MapTensor
from heddle.dataflow.step_items import Pass
from heddle.sim.functional.formats import from_float32
from heddle.sim.functional.gemm import multiply
from tests.support.program_runs import ProgramRun

#: What each pass multiplies: a map and whether its matrices are turned, twice; and the map of its result.
PRODUCTS: dict[Pass, tuple[tuple[str, bool], tuple[str, bool], str]] = {
    "ff": (("a", False), ("b", False), "c"),
    "bp": (("dc", False), ("b", True), "da"),
    "wu": (("a", True), ("dc", False), "db"),
}


@dataclass(frozen=True)
class MatmulRun(ProgramRun):
    """A pass of C = A . B on a design, with operands drawn by ``seed``."""

    layer: MatmulLayer
    pass_name: Pass
    design: Design
    batch: int = 2
    seed: int = 0
    dataflow: DataflowChoice = "auto"

    @property
    def maps(self) -> MatmulMaps:
        return MatmulMaps.of(self.layer, self.batch, self.design.numbers.operand_format)

    def compiled(self) -> Program:
        of_layer = LayerPass(self.maps, self.pass_name)
        return compile_passes([of_layer], self.design, load_board(self.design.board), self.dataflow)

    def write_operands(self, program: Program, image: Image) -> None:
        for name in ("a", "b", "dc"):
            placed = program.memory.tensors.get(f"{self.layer.name}.{name}")
            if placed is not None:
                write_map(image, placed, self.matrices(name)[:, np.newaxis])
        turned = program.memory.tensors.get(f"{self.layer.name}.bt")
        if turned is not None:
            write_map(image, turned, self.matrices("b").swapaxes(1, 2)[:, np.newaxis])

    def matrices(self, name: str) -> Bits:
        """The drawn matrices of a map [images, rows, cols]."""
        tensor: MapTensor = getattr(self.maps, name)
        shape = tensor.images, tensor.width, tensor.channels
        numbers = np.random.default_rng((self.seed, len(name), ord(name[-1]))).standard_normal(shape)
        return from_float32(numbers.astype(np.float32), self.design.numbers.operand_format)

    def operands(self) -> tuple[Bits, Bits]:
        """The left and the right matrices of the pass."""
        left, right = (
            self.matrices(name).swapaxes(1, 2) if is_turned else self.matrices(name)
            for name, is_turned in PRODUCTS[self.pass_name][:2]
        )
        return left, right

    def expected(self) -> Bits:
        """The pass's results [images, rows, cols], rounded."""
        number_format = self.design.numbers.operand_format
        return np.stack(
            [
                from_float32(
                    multiply(np.ascontiguousarray(left), np.ascontiguousarray(right), number_format.name), number_format
                )
                for left, right in zip(*self.operands(), strict=True)
            ]
        )

    def found(self, program: Program, image: Image) -> Bits:
        """What stands in ``image`` where they belong."""
        placed = program.memory.tensors[f"{self.layer.name}.{PRODUCTS[self.pass_name][2]}"]
        return map_of(image, placed, self.design.numbers.operand_format.pattern_type)[:, 0]
