"""Programs against PyTorch in FP64: what a pass computes, whatever the order of its additions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from heddle.arch import nm
from heddle.arch.design_io import load_design, override
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.network import ConvLayer, MatmulLayer
from heddle.dataflow.program.memory_image import gradient_of, map_of, write_map
from heddle.dataflow.program.tensors import TiledGradient
from heddle.dataflow.step_items import Pass
from heddle.sim.functional.formats import to_float32
from heddle.sim.program.execute import execute
from tests.support.layer_programs import LayerRun
from tests.support.matmul_programs import MatmulRun

torch = pytest.importorskip("torch")
gradients = pytest.importorskip("torch.nn.grad")

SMALL = override(load_design("tiny"), {"array.rows": 3, "array.cols": 5})
STRIDED = ConvLayer("conv", 7, 6, 16, 4, 3, 24, 3, 3, 2, 2, groups=2)
WIDE = ConvLayer("conv", 5, 5, 8, 5, 5, 12, 5, 5)
POINT = ConvLayer("conv", 6, 6, 8, 3, 3, 4, 1, 1, 2, 2)


@dataclass(frozen=True)
class Exact:
    """A layer's operands as FP64 tensors, channels first, and its three products by PyTorch."""

    run: LayerRun

    def tensor(self, patterns: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(to_float32(patterns, self.run.design.numbers.operand_format).astype(np.float64))

    def maps(self, patterns: np.ndarray) -> torch.Tensor:
        return self.tensor(patterns).permute(0, 3, 1, 2)

    def kernel(self, axis: int) -> torch.Tensor:
        """[Cout of all groups, Cin of one, rows, cols], pruned along its Cin (axis 3) or its Cout (axis 4)."""
        weights = self.run.weights
        if self.run.keep_n:
            weights = nm.unpack(nm.pack(weights, self.run.keep_n, self.run.design.sparsity.m, axis=axis), axis=axis)
        return self.tensor(weights).permute(0, 4, 3, 1, 2).flatten(0, 1)

    def product(self, magnitudes: bool) -> torch.Tensor:
        """The pass's result, channels last, or what it is with every operand's magnitude."""
        x, dy = self.maps(self.run.x), self.maps(self.run.dy)
        kernel = self.kernel(axis=3 if self.run.pass_name == "ff" else 4)
        if magnitudes:
            x, dy, kernel = x.abs(), dy.abs(), kernel.abs()
        geometry = self.run.maps.geometry
        window = {"stride": geometry.stride, "padding": geometry.padding, "groups": self.run.maps.shape.groups}
        if self.run.pass_name == "ff":
            return torch.nn.functional.conv2d(x, kernel, **window).permute(0, 2, 3, 1)
        if self.run.pass_name == "bp":
            return gradients.conv2d_input(x.shape, kernel, dy, **window).permute(0, 2, 3, 1)
        return gradients.conv2d_weight(x, kernel.shape, dy, **window).permute(2, 3, 1, 0)


@pytest.mark.parametrize("layer", [STRIDED, WIDE, POINT], ids=["strided", "wide", "point"])
@pytest.mark.parametrize(("pass_name", "keep_n"), [("ff", 0), ("ff", 2), ("bp", 0), ("bp", 1), ("wu", 0)])
def test_a_pass_is_pytorchs_within_the_rounding_of_its_additions(
    layer: ConvLayer, pass_name: Pass, keep_n: int
) -> None:
    run = LayerRun(layer, pass_name, SMALL, batch=2, keep_n=keep_n, seed=7)
    program = run.compiled()
    after = run.image(program)
    if pass_name == "bp":  # as the host does, once: no instruction writes the pixels that no tap meets
        write_map(after, program.memory.tensors["conv.dx"], np.zeros_like(run.x))
    execute(program.instructions, after, SMALL)
    exact = Exact(run)
    wanted, magnitudes = exact.product(False).numpy(), exact.product(True).numpy()
    additions = max(compiled.plan.product.product.k for compiled in program.products)
    allowed = magnitudes * additions * 2.0**-24
    if pass_name == "wu":
        shape = run.maps.shape
        found = np.concatenate(
            [
                gradient_of(
                    after,
                    program.memory.tensors[compiled.out.name],
                    shape.taps,
                    shape.in_channels,
                    shape.out_channels,
                )
                for compiled in program.products
                if isinstance(compiled.out, TiledGradient)
            ],
            axis=2,
        ).reshape(wanted.shape)
    else:
        name = "conv.y" if pass_name == "ff" else "conv.dx"
        number_format = run.design.numbers.operand_format
        patterns = map_of(after, program.memory.tensors[name], number_format.pattern_type)
        found = to_float32(np.ascontiguousarray(patterns), number_format)
        allowed = allowed + np.abs(wanted) * 2.0**-11 + 2.0**-25
    assert np.all(np.abs(found - wanted) <= allowed)


def exact_products(run: MatmulRun) -> dict[Pass, torch.Tensor]:
    """A @ B for each image, and the gradients that PyTorch takes of it."""
    number_format = run.design.numbers.operand_format
    a, b, dc = (
        torch.from_numpy(to_float32(np.ascontiguousarray(run.matrices(name)), number_format).astype(np.float64))
        for name in ("a", "b", "dc")
    )
    a.requires_grad_()
    b.requires_grad_()
    c = a @ b
    c.backward(dc)
    return {"ff": c.detach(), "bp": a.grad, "wu": b.grad}


@pytest.mark.parametrize("dataflow", ["os", "ws"])
@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
def test_a_product_of_two_activations_and_its_gradients_are_pytorchs(pass_name: Pass, dataflow: DataflowChoice) -> None:
    run = MatmulRun(MatmulLayer("qk", 19, 13, 22, count=3), pass_name, SMALL, seed=7, dataflow=dataflow)
    program, _, after = run.executed()
    found = to_float32(np.ascontiguousarray(run.found(program, after)), SMALL.numbers.operand_format)
    wanted = exact_products(run)[pass_name].numpy()
    left, right = (
        np.abs(to_float32(np.ascontiguousarray(each), SMALL.numbers.operand_format)) for each in run.operands()
    )
    allowed = left @ right * left.shape[2] * 2.0**-24 + np.abs(wanted) * 2.0**-11 + 2.0**-25
    assert np.all(np.abs(found - wanted) <= allowed)
