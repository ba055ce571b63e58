"""What the tests do with any pass that they compile: run its program on a memory that is noise but for its operands."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from heddle.arch.design import Design
from heddle.dataflow.program.compiler import Program
from heddle.dataflow.program.memory_image import Image
from heddle.sim.program.execute import execute


class ProgramRun(ABC):
    """A pass on a design, with operands drawn by ``seed``."""

    design: Design
    seed: int

    @abstractmethod
    def compiled(self) -> Program:
        """The program of the pass."""

    @abstractmethod
    def write_operands(self, program: Program, image: Image) -> None:
        """Write what the program reads where it belongs."""

    def image(self, program: Program) -> Image:
        """The memory before the program runs: operands where they belong, noise everywhere else."""
        image = np.random.default_rng(self.seed).integers(0, 256, program.memory.nbytes, np.uint8)
        self.write_operands(program, image)
        return image

    def executed(self) -> tuple[Program, Image, Image]:
        """The program, and the memory before and after it."""
        program = self.compiled()
        before = self.image(program)
        after = before.copy()
        execute(program.instructions, after, self.design)
        return program, before, after
