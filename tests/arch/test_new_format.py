"""A third operand format, which only this test knows: a row of the table, and what follows from it everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import naive_float
import numpy as np
import pytest
import safetensors
from amaranth.hdl import Shape
from samples import BOARD, SMALL, conv, network_of, step_of

from heddle.arch.design import Design, SparsityConfig
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16, OPERANDS, FloatFormat
from heddle.arch.packed_file import PackedNetwork, read_packed, write_packed
from heddle.arch.packed_layer import LayerRecord, PackedLayer, right_operand
from heddle.arch.resource_inputs import ResourceInputs
from heddle.dataflow.network import LinearLayer, MatmulLayer, VectorLayer
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import ProductPass, TrainingStep, UpdatePass, VectorPass
from heddle.dataflow.training import StepOptions
from heddle.hls.array.links import group_layout
from heddle.hls.array.stce import left_layout, right_layout
from heddle.hls.emit import emit_block
from heddle.hls.generate import check_generable, sore_block
from heddle.sim.energy import energy_row
from heddle.sim.functional.formats import from_float32, to_float32
from heddle.sim.functional.gemm import multiply
from heddle.verify.operands import DISTRIBUTIONS, Extents, draw

TOY = FloatFormat(exponent_bits=4, fraction_bits=3, name="toy8")
WIDE = FloatFormat(exponent_bits=8, fraction_bits=23, name="wide")
NAIVE = naive_float.Format(4, 3)


@pytest.fixture(autouse=True)
def rows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for row in (TOY, WIDE):
            patch.setitem(OPERANDS, row.name, row)
        yield


def of(operand: FloatFormat) -> Design:
    return override(SMALL, {"numbers.operand": operand.name})


def test_a_design_names_it_and_a_misspelt_one_is_refused() -> None:
    assert of(TOY).numbers.operand_format is TOY
    with pytest.raises(
        HeddleError, match=r"must be 'fp16', 'bf16', 'toy8' or 'wide' \(did you mean 'toy8'\?\), got 'toy9'"
    ):
        override(SMALL, {"numbers.operand": "toy9"})


def test_every_word_stands_for_its_number_and_comes_back() -> None:
    words = np.arange(1 << 8, dtype=np.uint8)
    numbers = to_float32(words, TOY)
    expected = [naive_float.convert(NAIVE, naive_float.FP32, int(word)) for word in words]
    assert numbers.view(np.uint32).tolist() == expected
    is_nan = (words & 0x7F) > TOY.infinity
    assert from_float32(numbers, TOY).tolist() == np.where(is_nan, TOY.canonical_nan, words).tolist()


def test_numbers_round_to_its_nearest_word_and_never_as_bf16() -> None:
    patterns = np.random.default_rng(1).integers(0, 1 << 32, 4000, dtype=np.uint32)
    patterns[:2000] = (patterns[:2000] & 0x80FF_FFFF) | np.uint32(0x3C00_0000) + (patterns[:2000] % 8 << 24)
    expected = [naive_float.convert(naive_float.FP32, NAIVE, int(pattern)) for pattern in patterns]
    assert from_float32(patterns.view(np.float32), TOY).tolist() == expected


def test_products_of_it_are_those_of_its_numbers() -> None:
    for distribution in DISTRIBUTIONS:
        operands = draw(distribution, Extents(3, 8, 4), TOY.name, 0)
        assert (operands.left.dtype, operands.right.dtype) == (np.uint8, np.uint8)
    operands = draw("trained", Extents(3, 8, 4), TOY.name, 0)
    exact = to_float32(operands.left, TOY).astype(np.float64) @ to_float32(operands.right, TOY)
    assert multiply(operands.left, operands.right, TOY.name) == pytest.approx(exact, rel=1e-5)


def test_a_packed_file_takes_a_byte_a_value(tmp_path: Path) -> None:
    record = LayerRecord(name="l", kind="linear", in_channels=16, out_channels=8, ff=SparsityConfig(n=2, m=8))
    words = from_float32(np.zeros((1, 16, 8)), TOY)
    words[0, ::8] = 1
    layer = PackedLayer(record, right_operand(words, record.ff), right_operand(words.swapaxes(1, 2).copy(), None))
    path = write_packed(tmp_path / "toy.safetensors", PackedNetwork(TOY.name, (layer,)))
    with safetensors.safe_open(path, framework="np") as file:
        sizes = {name: file.get_tensor(name).nbytes for name in file.keys()}  # noqa: SIM118
    assert sizes == {"ff/values/l": 2 * 2 * 8, "ff/indices/l": 2 * 2 * 8, "bp/dense/l": 16 * 8}
    assert read_packed(path).operand == TOY.name


def work(operand: FloatFormat) -> TrainingStep:
    network = network_of(
        conv(channels=(16, 16)),
        conv(channels=(16, 16), groups=16, name="depthwise"),
        LinearLayer("linear", 4, 16, 24),
        MatmulLayer("matmul", 8, 16, 8),
        *(
            VectorLayer(op, op, 512, 512, parameters=8 * (op == "batchnorm"))
            for op in ("batchnorm", "layernorm", "smooth_activation", "residual", "softmax", "elementwise")
        ),
    )
    return step_of(network, "bdwp-wu", "2:8", StepOptions(batch=2, operand=operand.name))


def test_every_item_of_a_step_has_half_of_fp16s_bytes_but_for_indices_and_fp32_sums() -> None:
    for item, of_fp16 in zip(work(TOY).items, work(FP16).items, strict=True):
        if isinstance(item, ProductPass) and isinstance(of_fp16, ProductPass):
            for product, other in zip(item.products, of_fp16.products, strict=True):
                assert (product.left.bits, other.left.bits) == (8, 16)
                assert other.right.bits - product.right.bits == 8
                assert (product.out_bits, other.out_bits) in ((8, 16), (32, 32))
                assert (product.out_bits == 32) == (item.pass_name == "wu" and item.layer != "matmul")
        elif isinstance(item, UpdatePass) and isinstance(of_fp16, UpdatePass):
            assert item.read_bytes == of_fp16.read_bytes
            assert of_fp16.write_bytes - item.write_bytes in (item.weights, item.weights // 2)
        elif isinstance(item, VectorPass) and isinstance(of_fp16, VectorPass):
            assert 2 * item.read_bytes == of_fp16.read_bytes
            if item.op == "sore":
                assert item.write_bytes < of_fp16.write_bytes
            elif (item.op, item.pass_name) == ("depthwise", "wu"):
                assert item.write_bytes == of_fp16.write_bytes
            else:
                assert 2 * item.write_bytes == of_fp16.write_bytes


def test_the_scheduler_moves_fewer_bytes_and_refuses_a_step_of_another_width() -> None:
    moved = []
    for operand in (TOY, FP16):
        schedule = schedule_step(work(operand), of(operand), BOARD)
        assert not schedule.failures
        moved.append(sum(entry.mapping.dram_bytes for entry in schedule.by_product.values()))
    assert moved[0] < 0.8 * moved[1]
    with pytest.raises(HeddleError, match=r"the step is of fp16 elements \(16 bits\), but design 'small' has toy8"):
        schedule_step(work(FP16), of(TOY), BOARD)


def test_layouts_of_the_rtl_have_its_width() -> None:
    toy, fp16 = of(TOY), of(FP16)
    groups = SMALL.array.rows * SMALL.sparsity.m
    for layout, words in ((left_layout, groups), (right_layout, SMALL.array.cols), (group_layout, SMALL.sparsity.m)):
        narrow, wide = (Shape.cast(layout(design)).width for design in (toy, fp16))
        assert wide - narrow == 8 * words
    ports = {port.name: port.width for port in emit_block(sore_block(toy)).description.ports}
    assert ports["rows__payload"] == 8 * SMALL.sparsity.m
    inputs = ResourceInputs.of(toy, BOARD)
    assert (int(inputs.operand_bits), int(inputs.recoded_bits), int(inputs.has_bf16)) == (8, 9, 0)


def test_what_is_truly_new_is_said_in_one_line() -> None:
    check_generable(of(TOY))
    with pytest.raises(HeddleError, match=r"operands of wide, whose products do not fit FP32's fraction: there is no"):
        check_generable(of(WIDE))
    with pytest.raises(HeddleError, match=r"the energy of a multiplication of toy8 operands is not known"):
        energy_row(of(TOY), BOARD)


def test_the_presets_name_rows_of_the_table() -> None:
    assert load_design("sat-vcu1525").numbers.operand_format is FP16
