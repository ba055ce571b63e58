"""The machine's arithmetic in a layer: bit for bit the definition's chains, and as near to float64 as they allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_training_products import NaiveConvolution, Ratio, matrix_product, rounded
from torch import Tensor
from torch.nn import functional

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.training.machine import MachineConv2d, MachineLinear, machine_matmul
from heddle.training.masks import top_n
from heddle.training.pass_products import OperandPruning

FORMATS = ("fp16", "bf16")
BOTH = pytest.mark.parametrize("operand", FORMATS)
RATIOS: list[Ratio] = [(1, 2), (2, 4), (3, 4), (1, 4)]
Numbers = Callable[..., Tensor]
FP16_UNIT, FP32_UNIT, HALF_SUBNORMAL = 2.0**-11, 2.0**-24, 2.0**-25


def same_bits(result: Tensor, expected: Tensor) -> bool:
    assert result.dtype == torch.float32
    return result.shape == expected.shape and torch.equal(result.view(torch.int32), expected.view(torch.int32))


def random(seed: int, *shape: int) -> Tensor:
    """Numbers of many magnitudes."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator) * 2.0 ** torch.randint(-6, 3, shape, generator=generator)


def cancelling(seed: int, *shape: int) -> Tensor:
    """Numbers whose sums show in 16 bits in which order they were added: large ones that cancel, tiny ones, zeros.

    A product of two large ones is 2^14, next to which FP32 loses the 2^-10 of a large and a tiny one.
    """
    generator = torch.Generator().manual_seed(seed)
    chance, sign = torch.rand(shape, generator=generator), torch.randn(shape, generator=generator)
    large, tiny = 2.0**7 * sign.sign(), 2.0**-17 * sign
    return torch.where(chance < 0.4, large, torch.where(chance < 0.8, tiny, 0.0))


def overflowing(seed: int, *shape: int) -> Tensor:
    """Numbers of which a few are infinite: dense, they would make a NaN of every zero that they meet."""
    generator = torch.Generator().manual_seed(seed + 1000)
    return torch.where(torch.rand(shape, generator=generator) < 0.03, torch.inf, random(seed, *shape))


ALL_KINDS = pytest.mark.parametrize("numbers", [cancelling, overflowing])


def config(ratio: Ratio | None) -> SparsityConfig | None:
    return SparsityConfig(n=ratio[0], m=ratio[1]) if ratio else None


def pruning(operand: str, ratio: Ratio) -> OperandPruning:
    sparsity = SparsityConfig(n=ratio[0], m=ratio[1])
    return OperandPruning("x" if operand == "x" else "dy", sparsity, lambda rows: top_n(rows, sparsity, 0))


# Linear layers


@BOTH
@pytest.mark.parametrize("ratio", [None, *RATIOS])
@pytest.mark.parametrize("leading", [(5,), (2, 3), (1, 2, 2), ()], ids=str)
@ALL_KINDS
def test_a_linear_layer_is_its_chains(
    operand: str, ratio: Ratio | None, leading: tuple[int, ...], numbers: Numbers
) -> None:
    layer = MachineLinear(operand)
    x, weight, dy = numbers(1, *leading, 14), numbers(2, 15, 14), numbers(3, *leading, 15)
    x16, dy16, w16 = (rounded(tensor, operand) for tensor in (x.reshape(-1, 14), dy.reshape(-1, 15), weight))
    for_ff = weight if ratio is None else top_n(weight, SparsityConfig(n=ratio[0], m=ratio[1]), 1)
    expected = rounded(matrix_product(x16, rounded(for_ff, operand).T, 1, ratio), operand)
    assert same_bits(layer.forward(x, for_ff, config(ratio)), expected.reshape(*leading, 15))
    for_bp = weight if ratio is None else top_n(weight, SparsityConfig(n=ratio[0], m=ratio[1]), 0)
    expected = rounded(matrix_product(dy16, rounded(for_bp, operand), 1, ratio), operand)
    assert same_bits(layer.input_gradient(dy, for_bp, x.shape, config(ratio), None), expected.reshape(x.shape))
    expected = rounded(matrix_product(dy16, w16, 0, ratio), operand)
    assert same_bits(layer.input_gradient(dy, weight, x.shape, None, config(ratio)), expected.reshape(x.shape))
    assert same_bits(layer.weight_gradient(x, dy, weight.shape, None), matrix_product(x16.T, dy16).T)
    if ratio is not None:
        for sparse, which in enumerate(("x", "dy")):
            expected = matrix_product(x16.T, dy16, sparse, ratio).T
            assert same_bits(layer.weight_gradient(x, dy, weight.shape, pruning(which, ratio)), expected)


# Convolutions


@dataclass(frozen=True)
class Conv:
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    size: tuple[int, int] = (4, 3)
    channels: tuple[int, int] = (4, 4)  # of one group
    batch: int = 1
    seed: int = 0
    numbers: Numbers = random

    def machine(self, operand: str) -> MachineConv2d:
        return MachineConv2d(operand, self.stride, self.padding, self.dilation, self.groups)

    @property
    def naive(self) -> NaiveConvolution:
        return NaiveConvolution(self.stride, self.padding, self.dilation, self.groups)

    @property
    def weight(self) -> Tensor:
        return self.numbers(self.seed, self.channels[1] * self.groups, self.channels[0], *self.kernel)

    @property
    def x(self) -> Tensor:
        return self.numbers(self.seed + 1, self.batch, self.channels[0] * self.groups, *self.size)

    def reference(self, x: Tensor, weight: Tensor) -> Tensor:
        return functional.conv2d(x, weight, None, self.stride, self.padding, self.dilation, self.groups)

    @property
    def dy(self) -> Tensor:
        return self.numbers(self.seed + 2, *self.reference(self.x, self.weight).shape)


def pair(least: int, most: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(least, most), st.integers(least, most))


@st.composite
def convs(draw: st.DrawFn) -> Conv:
    kernel, dilation, padding = draw(pair(1, 3)), draw(pair(1, 2)), draw(pair(0, 2))
    least = [max(1, (k - 1) * d + 1 - 2 * p) for k, d, p in zip(kernel, dilation, padding, strict=True)]
    return Conv(
        kernel,
        draw(pair(1, 3)),
        padding,
        dilation,
        groups=draw(st.integers(1, 2)),
        size=(draw(st.integers(least[0], least[0] + 2)), draw(st.integers(least[1], least[1] + 2))),
        channels=draw(st.sampled_from([(4, 4), (2, 4), (4, 2)])),
        batch=draw(st.integers(1, 2)),
        seed=draw(st.integers(0, 99)),
        numbers=draw(st.sampled_from([cancelling, overflowing])),
    )


def check_all_products(conv: Conv, operand: str, ratio: Ratio | None) -> None:
    machine, naive, x, dy = conv.machine(operand), conv.naive, conv.x, conv.dy
    x16, dy16 = rounded(x, operand), rounded(dy, operand)
    out_size = (dy.shape[2], dy.shape[3])
    for_ff = conv.weight if ratio is None else top_n(conv.weight, SparsityConfig(n=ratio[0], m=ratio[1]), 1)
    expected = rounded(naive.forward(x16, rounded(for_ff, operand), out_size, ratio), operand)
    assert same_bits(machine.forward(x, for_ff, config(ratio)), expected)
    for_bp = conv.weight if ratio is None else top_n(conv.weight, SparsityConfig(n=ratio[0], m=ratio[1]), 0)
    expected = rounded(naive.input_gradient(dy16, rounded(for_bp, operand), x.shape, 1, ratio), operand)
    assert same_bits(machine.input_gradient(dy, for_bp, x.shape, config(ratio), None), expected)
    expected = rounded(naive.input_gradient(dy16, rounded(conv.weight, operand), x.shape, 0, ratio), operand)
    assert same_bits(machine.input_gradient(dy, conv.weight, x.shape, None, config(ratio)), expected)
    for sparse, which in enumerate(("x", "dy")):
        expected = naive.weight_gradient(x16, dy16, conv.weight.shape, sparse, ratio)
        how = None if ratio is None else pruning(which, ratio)
        assert same_bits(machine.weight_gradient(x, dy, conv.weight.shape, how), expected)


@settings(max_examples=12)
@given(conv=convs(), operand=st.sampled_from(FORMATS), ratio=st.sampled_from([None, (1, 2)]))
def test_a_convolution_is_its_chains(conv: Conv, operand: str, ratio: Ratio | None) -> None:
    check_all_products(conv, operand, ratio)


@BOTH
@pytest.mark.parametrize("ratio", [None, *RATIOS])
@ALL_KINDS
def test_a_strided_convolution_in_groups_is_its_chains(operand: str, ratio: Ratio | None, numbers: Numbers) -> None:
    check_all_products(Conv(stride=(2, 1), groups=2, size=(5, 4), numbers=numbers), operand, ratio)


def test_a_depthwise_convolution_is_its_chains() -> None:
    check_all_products(Conv(groups=3, channels=(1, 1), numbers=cancelling), "fp16", None)


def test_of_an_odd_number_of_pixels_the_partial_last_group_keeps_at_most_n() -> None:
    conv = Conv(size=(3, 3))
    machine, x, dy = conv.machine("fp16"), torch.ones(conv.x.shape), torch.ones(conv.dy.shape)
    gradient = machine.weight_gradient(x, dy, conv.weight.shape, pruning("dy", (3, 4)))
    assert (gradient[:, :, 1, 1] == 3 + 3 + 1).all()


def test_an_input_pixel_that_no_tap_meets_has_no_gradient() -> None:
    conv = Conv(kernel=(1, 1), stride=(2, 2), padding=(0, 0), size=(4, 4))
    gradient = conv.machine("fp16").input_gradient(torch.ones(conv.dy.shape), conv.weight, conv.x.shape, None, None)
    assert (gradient[:, :, 1::2] == 0).all()
    assert (gradient[:, :, :, 1::2] == 0).all()


# Numbers


@pytest.mark.parametrize("ratio", [None, (1, 4)])
def test_what_exceeds_16_bits_is_infinite_and_pruned_elements_have_no_part_in_it(ratio: Ratio | None) -> None:
    layer, large = MachineLinear("fp16"), torch.full((1, 4), 60_000.0)
    weight = torch.tensor([[2.0, 0.0, 0.0, 0.0]])
    assert layer.forward(large, weight, config(ratio)).tolist() == [[torch.inf]]
    x = torch.tensor([[1.0, 1e6, 1.0, 1.0]])  # infinite once rounded: dense, it meets a zero
    result = layer.forward(x, weight, config(ratio))
    assert result.isnan().all() if ratio is None else result.tolist() == [[2.0]]


def test_outputs_leave_as_16_bit_numbers_and_weight_gradients_as_fp32() -> None:
    conv = Conv(size=(6, 6), batch=2)
    machine, x, dy = conv.machine("fp16"), conv.x, conv.dy
    for tensor in (machine.forward(x, conv.weight, None), machine.input_gradient(dy, conv.weight, x.shape, None, None)):
        assert torch.equal(tensor, rounded(tensor, "fp16"))
    gradient = machine.weight_gradient(x, dy, conv.weight.shape, None)
    assert not torch.equal(gradient, rounded(gradient, "fp16"))
    assert torch.equal(machine.operand(x), rounded(x, "fp16"))


@pytest.mark.parametrize("conv", [Conv(size=(9, 7), batch=3), Conv(stride=(2, 2), size=(8, 9), dilation=(1, 2))])
def test_results_are_as_near_to_float64_as_their_roundings_allow(conv: Conv) -> None:
    machine, dy = conv.machine("fp16"), conv.dy
    x, weight = (rounded(tensor, "fp16").double().requires_grad_() for tensor in (conv.x, conv.weight))
    y = conv.reference(x, weight)
    y.backward(rounded(dy, "fp16").double())
    sizes = [tensor.detach().abs().requires_grad_() for tensor in (x, weight)]
    y_size = conv.reference(sizes[0], sizes[1])
    y_size.backward(rounded(dy, "fp16").double().abs())
    assert x.grad is not None
    assert weight.grad is not None
    results = [
        machine.forward(conv.x, conv.weight, None),
        machine.input_gradient(dy, conv.weight, conv.x.shape, None, None),
        machine.weight_gradient(conv.x, dy, conv.weight.shape, None),
    ]
    exact, size = [y.detach(), x.grad, weight.grad], [y_size.detach(), sizes[0].grad, sizes[1].grad]
    for result, right, magnitude, k, unit, least in zip(
        results,
        exact,
        size,
        (9 * conv.channels[0], 9 * conv.channels[1], dy[:, 0].numel()),
        (FP16_UNIT, FP16_UNIT, 0),
        (HALF_SUBNORMAL, HALF_SUBNORMAL, 0),
        strict=True,
    ):
        # Higham, Accuracy and Stability of Numerical Algorithms, section 3.1: k additions, then one rounding to FP16.
        assert magnitude is not None
        accumulated = k * FP32_UNIT / (1 - k * FP32_UNIT) * magnitude
        bound = accumulated + unit * (right.abs() + accumulated) + least
        assert ((result - right).abs() <= bound).all()


# Threads, layouts, devices


@pytest.mark.compiled
def test_bits_do_not_depend_on_the_number_of_threads() -> None:
    conv = Conv(size=(16, 15), channels=(32, 48), batch=8)
    machine, linear = conv.machine("bf16"), MachineLinear("bf16")
    x, dy, wide, tall = conv.x, conv.dy, random(1, 128, 704), random(2, 400, 704)
    left, right = random(3, 16, 96, 96), random(4, 16, 96, 192)
    threads = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(
                [
                    machine.forward(x, conv.weight, None),
                    machine.weight_gradient(x, dy, conv.weight.shape, None),
                    linear.forward(wide, tall, SparsityConfig(n=4, m=8)),
                    machine_matmul(left, right, "bf16"),
                ]
            )
    finally:
        torch.set_num_threads(threads)
    assert all(same_bits(one, other) for others in found[1:] for one, other in zip(found[0], others, strict=True))


def test_tensors_need_not_be_contiguous_and_results_are() -> None:
    conv = Conv(size=(5, 4), batch=2)
    machine, dy = conv.machine("fp16"), conv.dy
    apart = conv.x.to(memory_format=torch.channels_last), conv.weight.transpose(2, 3).contiguous().transpose(2, 3)
    forward = machine.forward(*apart, None)
    assert forward.is_contiguous()
    assert same_bits(forward, machine.forward(conv.x, conv.weight, None))
    for kept, kept_dy in ((None, None), (None, SparsityConfig(n=1, m=4))):
        assert machine.input_gradient(dy, apart[1], conv.x.shape, kept, kept_dy).is_contiguous()
        assert (
            MachineLinear("fp16")
            .input_gradient(dy[0, 0], random(1, 4, 6), torch.Size((5, 6)), kept, kept_dy)
            .is_contiguous()
        )
    for how in (None, pruning("x", (1, 4)), pruning("dy", (1, 4))):
        assert machine.weight_gradient(apart[0], dy, conv.weight.shape, how).is_contiguous()


def test_windows_are_pruned_with_their_columns_as_channels_times_taps() -> None:
    seen = []

    def look(rows: Tensor) -> Tensor:
        seen.append(rows)
        return rows

    conv = Conv(kernel=(2, 2), padding=(0, 0), groups=2, channels=(2, 2), size=(3, 3))
    how = OperandPruning("x", SparsityConfig(n=4, m=4), look)
    conv.machine("fp16").weight_gradient(conv.x, conv.dy, conv.weight.shape, how)
    assert torch.equal(seen[0], functional.unfold(rounded(conv.x, "fp16"), (2, 2)).mT.reshape(4, 16))


# Products of two activations


@BOTH
def test_a_product_of_activations_and_its_gradients_are_their_chains(operand: str) -> None:
    a, b, dy = cancelling(1, 2, 3, 4, 15), cancelling(2, 2, 3, 15, 16), cancelling(3, 2, 3, 4, 16)
    a.requires_grad_()
    b.requires_grad_()
    y = machine_matmul(a, b, operand)
    y.backward(dy)
    a16, b16, dy16 = (rounded(tensor, operand) for tensor in (a, b, dy))
    assert a.grad is not None
    assert b.grad is not None
    for item in ((0, 0), (0, 1), (1, 2)):
        assert same_bits(y.detach()[item], rounded(matrix_product(a16[item], b16[item]), operand))
        assert same_bits(a.grad[item], rounded(matrix_product(dy16[item], b16[item].T), operand))
        assert same_bits(b.grad[item], rounded(matrix_product(a16[item].T, dy16[item]), operand))


def test_only_gradients_that_are_needed_are_made() -> None:
    a, b = random(1, 2, 3).requires_grad_(), random(2, 3, 4)
    machine_matmul(a, b, "fp16").sum().backward()
    assert a.grad is not None
    assert b.grad is None


def test_gradients_of_gradients_are_refused() -> None:
    a, b = random(1, 2, 3).requires_grad_(), random(2, 3, 4).requires_grad_()
    (gradient,) = torch.autograd.grad(machine_matmul(a, b, "fp16").square().sum(), a, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


# Refusals


def test_an_unknown_format_is_refused() -> None:
    for make in (lambda: MachineLinear("fp8"), lambda: MachineConv2d("fp8", (1, 1), (0, 0), (1, 1), 1)):
        with pytest.raises(HeddleError, match="unknown operand format 'fp8'"):
            make()
    with pytest.raises(HeddleError, match="unknown operand format 'fp8'"):
        machine_matmul(torch.ones(1, 1), torch.ones(1, 1), "fp8")


def test_groups_of_m_that_would_span_two_taps_are_refused() -> None:
    conv = Conv(channels=(2, 6))
    with pytest.raises(HeddleError, match="input channels: groups of M = 4 along 2 of them would span two taps"):
        conv.machine("fp16").forward(conv.x, conv.weight, SparsityConfig(n=2, m=4))
    for kept, kept_dy in ((SparsityConfig(n=2, m=4), None), (None, SparsityConfig(n=2, m=4))):
        with pytest.raises(HeddleError, match="output channels: groups of M = 4 along 6 of them would span two taps"):
            conv.machine("fp16").input_gradient(conv.dy, conv.weight, conv.x.shape, kept, kept_dy)


def test_activations_that_do_not_fit_are_refused() -> None:
    for a, b in (((2, 3), (2, 3)), ((4, 2, 3), (3, 3, 2)), ((3,), (3, 2))):
        with pytest.raises(HeddleError, match=r"shapes .* do not fit \[..., m, k\] and \[..., k, n\]"):
            machine_matmul(torch.ones(a), torch.ones(b), "fp16")
