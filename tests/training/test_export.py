"""Trained weights out of a model, into a file, and into a model again."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
from naive_weights import backward_operand, forward_operand
from torch import nn

from heddle.arch import nm
from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.formats import operand_format
from heddle.arch.packed_file import read_packed
from heddle.arch.packed_layer import DenseOperand, PackedLayer, dense_patterns
from heddle.sim.functional.formats import from_float32, to_float32
from heddle.training.export import export_weights, import_weights
from heddle.training.policy import Policy
from heddle.training.sparsifying import sparsify

ALL = Policy(first_convolution=False, classifier=False)


def network(seed: int = 0) -> nn.Sequential:
    """Convolutions with groups, stride and every way to pad; a normalisation with statistics; a linear layer."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.Conv2d(8, 16, (3, 2), stride=2, padding="valid", bias=False),
        nn.ReLU(),
        nn.Conv2d(16, 8, (2, 3), padding="same", groups=2, padding_mode="reflect"),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 12),
    )
    model.train()(images())  # the statistics are those of a batch
    return model.eval()


def images() -> torch.Tensor:
    return torch.randn(4, 3, 9, 8, generator=torch.Generator().manual_seed(1))


def briefly_trained(model: nn.Module) -> nn.Module:
    """``model`` after three updates."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    model.train()
    for _ in range(3):
        optimiser.zero_grad()
        model(images()).square().sum().backward()
        optimiser.step()
    return model.eval()


def rounded(weight: torch.Tensor, operand: str) -> np.ndarray:
    return from_float32(weight.detach().numpy(), operand_format(operand))


def stored_layer(path: Path, name: str) -> PackedLayer:
    return next(layer for layer in read_packed(path).layers if layer.record.name == name)


@pytest.mark.parametrize("operand", ["fp16", "bf16"])
def test_every_layer_is_stored_as_its_passes_use_it(tmp_path: Path, operand: str) -> None:
    model = sparsify(network(), "bdwp", "2:4")
    path = export_weights(model, tmp_path / "w.safetensors", operand)
    file = read_packed(path)
    assert file.operand == operand
    assert file.layer_names() == ["0", "2", "4", "7"]
    assert [(layer.record.ff, layer.record.bp) for layer in file.layers] == [
        (None, None),
        (SparsityConfig(n=2, m=4), SparsityConfig(n=2, m=4)),
        (SparsityConfig(n=2, m=4), SparsityConfig(n=2, m=4)),
        (None, None),
    ]
    for name, groups in (("2", 1), ("4", 2)):
        layer, stored = model.get_submodule(name), stored_layer(path, name)
        ff, bp = layer.operands()  # type: ignore[operator]
        assert np.array_equal(dense_patterns(stored.ff), forward_operand(rounded(ff.tensor, operand), groups))
        assert np.array_equal(dense_patterns(stored.bp), backward_operand(rounded(bp.tensor, operand), groups))


def test_layers_that_stay_dense_are_stored_dense(tmp_path: Path) -> None:
    model = network()
    path = export_weights(model, tmp_path / "w.safetensors")
    linear = stored_layer(path, "7")
    assert isinstance(linear.ff, DenseOperand)
    assert isinstance(linear.bp, DenseOperand)
    bits = rounded(model[7].weight, "fp16")
    assert np.array_equal(linear.ff.patterns, bits.T[np.newaxis])
    assert np.array_equal(linear.bp.patterns, bits[np.newaxis])


def test_the_record_tells_how_the_window_moves(tmp_path: Path) -> None:
    path = export_weights(network(), tmp_path / "w.safetensors")
    strided, padded = stored_layer(path, "2").record, stored_layer(path, "4").record
    assert (strided.kernel, strided.stride, strided.padding) == ((3, 2), (2, 2), (0, 0, 0, 0))
    assert (padded.kernel, padded.groups, padded.padding, padded.padding_mode) == ((2, 3), 2, (0, 1, 1, 1), "reflect")


def test_ff_and_bp_operands_compute_the_layers_output_and_gradient(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(4, 8, (3, 2), bias=False))
    with torch.no_grad():
        model[0].weight.copy_(model[0].weight.half())
    layer = stored_layer(export_weights(model, tmp_path / "w.safetensors"), "0")
    x = torch.randint(-4, 5, (1, 4, 3, 2)).float().requires_grad_()  # one window: its output is a row times FF
    y = model(x)
    dy = torch.randint(-4, 5, y.shape).float()
    y.backward(dy)
    fp16 = operand_format("fp16")
    row = x.detach().numpy().transpose(0, 2, 3, 1).reshape(1, -1)
    assert np.allclose(
        row @ to_float32(dense_patterns(layer.ff)[0], fp16), y.detach().numpy().reshape(1, -1), atol=1e-4
    )
    turned = dy.numpy().reshape(1, 8) @ to_float32(dense_patterns(layer.bp)[0], fp16).reshape(6, 8, 4)
    gradient = turned[::-1].reshape(3, 2, 4)  # the falling taps meet the window's pixels in rising order
    assert np.allclose(gradient, x.grad.numpy()[0].transpose(1, 2, 0), atol=1e-4)


@pytest.mark.parametrize(
    "recipe", ["dense", "bdwp", "sr-ste", "sdwp", "sdgp", "asp", "random", "transposable", "bi-mask"]
)
def test_a_model_that_imports_evaluates_as_the_exported_one_with_rounded_ff_weights(
    tmp_path: Path, recipe: str
) -> None:
    trained = briefly_trained(sparsify(network(), recipe, "2:4", steps=4))
    path = export_weights(trained, tmp_path / "w.safetensors")
    expected = network(seed=5)
    expected.load_state_dict(trained.state_dict(), strict=False)
    with torch.no_grad():
        for name in ("0", "2", "4", "7"):
            layer = trained.get_submodule(name)
            weight = layer.operands()[0].tensor if hasattr(layer, "operands") else layer.weight  # type: ignore[operator]
            expected.get_submodule(name).weight.copy_(weight.half())  # type: ignore[operator, union-attr]
    imported = import_weights(network(seed=9), path).eval()
    assert torch.equal(imported(images()), expected(images()))


def test_exporting_what_was_imported_gives_the_same_forward_weights(tmp_path: Path) -> None:
    first = export_weights(sparsify(network(), "bdwp", "2:4"), tmp_path / "first.safetensors")
    again = import_weights(sparsify(network(seed=3), "bdwp", "2:4"), first)
    second = export_weights(again, tmp_path / "second.safetensors")
    for a, b in zip(read_packed(first).layers, read_packed(second).layers, strict=True):
        assert a.record == b.record
        assert np.array_equal(dense_patterns(a.ff), dense_patterns(b.ff))


def test_the_model_stays_as_it_was_and_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    model = sparsify(network(), "bi-mask", "2:4")
    before = deepcopy({name: value for name, value in model.state_dict().items() if isinstance(value, torch.Tensor)})
    a = export_weights(model, tmp_path / "a.safetensors")
    b = export_weights(model, tmp_path / "b.safetensors")
    assert a.read_bytes() == b.read_bytes()
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())


def test_one_dimensional_convolutions_have_one_row(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv1d(8, 4, 3, padding=1, stride=2))
    path = export_weights(sparsify(model, "bdwp", "2:4", policy=ALL), tmp_path / "w.safetensors")
    record = stored_layer(path, "0").record
    assert (record.kind, record.kernel, record.stride, record.padding) == ("conv1d", (1, 3), (1, 2), (0, 0, 1, 1))
    other = import_weights(nn.Sequential(nn.Conv1d(8, 4, 3, padding=1, stride=2)), path)
    assert torch.equal(other[0].weight, model[0].operands()[0].tensor.half().float())  # type: ignore[index]


def test_bfloat16_state_is_stored_as_fp32(tmp_path: Path) -> None:
    path = export_weights(nn.Sequential(nn.Linear(4, 4)).bfloat16(), tmp_path / "w.safetensors", "bf16")
    assert read_packed(path).state["0.bias"].dtype == np.float32
    model = nn.Sequential(nn.Linear(4, 4)).bfloat16()
    assert import_weights(model, path)[0].bias.dtype == torch.bfloat16  # type: ignore[index]


def test_a_fading_mask_is_stored_dense_until_it_is_binary(tmp_path: Path) -> None:
    model = sparsify(nn.Sequential(nn.Linear(8, 8)), "mdgf-linear", "2:4", policy=ALL, steps=10)
    assert isinstance(stored_layer(export_weights(model, tmp_path / "w.safetensors"), "0").ff, DenseOperand)


def test_bdwp_is_packed_with_the_weights_that_its_masks_keep(tmp_path: Path) -> None:
    model = sparsify(nn.Sequential(nn.Linear(16, 8)), "bdwp", "2:8", policy=ALL)
    layer = stored_layer(export_weights(model, tmp_path / "w.safetensors"), "0")
    bits = rounded(model[0].weight, "fp16")  # type: ignore[index]
    for operand, along in ((layer.ff, bits), (layer.bp, bits.T)):
        assert isinstance(operand, nm.Packed)
        for column, row in enumerate(along):
            for group in range(len(row) // 8):
                best = sorted(range(8), key=lambda i: -(int(row[8 * group + i]) & 0x7FFF))[:2]
                assert sorted(best) == operand.indices[0, column, group].tolist()
                assert row[8 * group + operand.indices[0, column, group]].tolist() == (
                    operand.values[0, column, group].tolist()
                )


def refused_export(model: nn.Module, folder: Path, operand: str = "fp16") -> str:
    with pytest.raises(HeddleError) as caught:
        export_weights(model, folder / "w.safetensors", operand)
    assert not list(folder.iterdir())
    return str(caught.value)


def test_what_cannot_be_exported_is_refused_in_one_line(tmp_path: Path) -> None:
    linear = nn.Sequential(nn.Linear(4, 4))
    assert refused_export(linear, tmp_path, "fp32") == ("unknown operand format 'fp32' (valid: fp16, bf16)")
    assert refused_export(nn.ReLU(), tmp_path) == "the model has no linear layer and no convolution to export"
    assert refused_export(nn.Linear(4, 4), tmp_path) == (
        "the model is itself a layer, without a name; put it into an nn.Sequential"
    )
    volume = sparsify(nn.Sequential(nn.Conv3d(4, 4, 1), nn.Linear(4, 4)), "bdwp", "2:4", policy=ALL)
    assert refused_export(volume, tmp_path) == "layer '0' is a 3-D convolution, which a file of weights cannot hold"
    tied = nn.Sequential(nn.Embedding(6, 4), nn.Linear(4, 6))
    tied[1].weight = tied[0].weight
    assert refused_export(tied, tmp_path) == (
        "tensor '0.weight' is also the weight of a layer; a file of weights holds it once"
    )


def small(hidden: int = 4, name: str = "fc1", **more: nn.Module) -> nn.Sequential:
    model = nn.Sequential()
    model.add_module(name, nn.Linear(4, hidden))
    for other, module in more.items():
        model.add_module(other, module)
    return model


def test_a_model_of_other_layers_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    path = export_weights(small(), tmp_path / "w.safetensors")
    cases = [
        (small(name="fc2"), "for this model: unknown layer 'fc1'; did you mean 'fc2'? (valid: fc2)"),
        (small(fc10=nn.Linear(4, 4)), "has no layer 'fc10', which the model has; the nearest is 'fc1'"),
        (small(hidden=5), "layer 'fc1' has out_channels 4, the model's has 5"),
        (small(norm=nn.LayerNorm(4)), "has no tensor 'norm.weight', which the model has"),
    ]
    for model, message in cases:
        before = deepcopy(model.state_dict())
        with pytest.raises(HeddleError) as caught:
            import_weights(model, path)
        assert str(caught.value) == f"{path}: {message}"
        assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())
    with_norm = export_weights(small(norm=nn.LayerNorm(4)), tmp_path / "norm.safetensors")
    with pytest.raises(HeddleError, match=r"for this model: unknown tensor 'norm.bias' \(valid: fc1.bias\)"):
        import_weights(small(), with_norm)
    with pytest.raises(HeddleError, match=r"tensor 'norm.weight' has shape \(4,\), the model's has \(5,\)"):
        import_weights(small(norm=nn.LayerNorm(5)), with_norm)


def test_a_sparsified_model_that_holds_masks_is_no_place_for_other_weights(tmp_path: Path) -> None:
    path = export_weights(small(), tmp_path / "w.safetensors")
    with pytest.raises(HeddleError) as caught:
        import_weights(sparsify(small(), "asp", "2:4", policy=ALL, steps=10), path)
    assert str(caught.value) == (
        "layer 'fc1' of the model holds a mask of its own (recipe 'asp'); import into the dense model"
    )


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"none.safetensors: no such file"):
        import_weights(small(), tmp_path / "none.safetensors")
