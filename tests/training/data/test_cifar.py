"""CIFAR from files of both published versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from cifar_files import binary_records, images_and_labels, python2_pickle, write_cifar10_python

from heddle.arch.errors import HeddleError
from heddle.training.data import DataSet, Samples, load_data

CIFAR10_MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
CIFAR10_DEVIATION = torch.tensor([0.2470, 0.2435, 0.2616]).view(3, 1, 1)


def everything(samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    return samples.batch(np.arange(len(samples)))


def same(one: DataSet, other: DataSet) -> bool:
    pairs = zip(
        (*everything(one.train), *everything(one.test)),
        (*everything(other.train), *everything(other.test)),
        strict=True,
    )
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_five_batches_train_in_order_and_the_sixth_file_tests(tmp_path: Path) -> None:
    parts = write_cifar10_python(tmp_path / "cifar-10-batches-py", images_a_file=4)
    data = load_data("cifar10", tmp_path)
    assert (data.classes, data.shape, len(data.train), len(data.test)) == (10, (3, 32, 32), 20, 4)
    images, labels = everything(data.train)
    assert labels.tolist() == [label for _, part in parts[:5] for label in part]
    assert everything(data.test)[1].tolist() == parts[5][1]
    raw = torch.tensor(np.concatenate([pixels for pixels, _ in parts[:5]])).view(-1, 3, 32, 32) / 255
    torch.testing.assert_close(images, (raw - CIFAR10_MEAN) / CIFAR10_DEVIATION, rtol=1e-5, atol=1e-5)


def test_the_folder_may_be_the_unpacked_one_or_the_one_it_lies_in(tmp_path: Path) -> None:
    write_cifar10_python(tmp_path / "cifar-10-batches-py")
    assert same(load_data("cifar10", tmp_path), load_data("cifar10", tmp_path / "cifar-10-batches-py"))


def test_both_versions_of_cifar10_give_the_same_data_set(tmp_path: Path) -> None:
    parts = write_cifar10_python(tmp_path / "python" / "cifar-10-batches-py")
    folder = tmp_path / "binary" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for name, (pixels, labels) in zip(
        [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"], parts, strict=True
    ):
        (folder / name).write_bytes(binary_records(pixels, labels))
    assert same(load_data("cifar10", tmp_path / "python"), load_data("cifar10", tmp_path / "binary"))


def test_cifar100_takes_the_fine_labels_in_both_versions(tmp_path: Path) -> None:
    python, binary = tmp_path / "python" / "cifar-100-python", tmp_path / "binary" / "cifar-100-binary"
    python.mkdir(parents=True)
    binary.mkdir(parents=True)
    for seed, name in enumerate(["train", "test"]):
        pixels, fine = images_and_labels(6, 100, seed)
        (python / name).write_bytes(python2_pickle(pixels, fine, "fine_labels"))
        (binary / f"{name}.bin").write_bytes(binary_records(pixels, [7] * 6, fine))
    data = load_data("cifar100", tmp_path / "python")
    assert data.classes == 100
    assert everything(data.train)[1].tolist() == images_and_labels(6, 100, 0)[1]
    assert same(data, load_data("cifar100", tmp_path / "binary"))


def test_a_subset_is_drawn_by_the_seed_and_leaves_the_test_samples_alone(tmp_path: Path) -> None:
    write_cifar10_python(tmp_path / "cifar-10-batches-py")
    one, again, other = (load_data("cifar10", tmp_path, seed=seed, train_samples=7) for seed in (0, 0, 1))
    assert same(one, again)
    assert not same(one, other)
    assert (len(one.train), len(one.test)) == (7, 4)
    everyone = {tuple(image) for image in everything(load_data("cifar10", tmp_path).train)[0].flatten(1).tolist()}
    assert {tuple(image) for image in everything(one.train)[0].flatten(1).tolist()} <= everyone
    with pytest.raises(HeddleError, match=r"cifar10: train_samples is 21 \(valid: 1 to 20\)"):
        load_data("cifar10", tmp_path, train_samples=21)


def test_training_batches_are_cropped_and_mirrored_repeatably(tmp_path: Path) -> None:
    write_cifar10_python(tmp_path / "cifar-10-batches-py")
    train = load_data("cifar10", tmp_path).train
    indices = np.arange(8)
    plain, labels = train.batch(indices)
    one, one_labels = train.batch(indices, np.random.default_rng(5))
    again, _ = train.batch(indices, np.random.default_rng(5))
    other, _ = train.batch(indices, np.random.default_rng(6))
    assert torch.equal(labels, one_labels)
    assert torch.equal(one, again)
    assert not torch.equal(one, plain)
    assert not torch.equal(one, other)


def test_a_missing_file_among_the_others_is_named(tmp_path: Path) -> None:
    write_cifar10_python(tmp_path / "cifar-10-batches-py")
    missing = tmp_path / "cifar-10-batches-py" / "data_batch_3"
    missing.unlink()
    with pytest.raises(HeddleError, match=f"cifar10: {missing} is missing beside the other files; unpack the whole"):
        load_data("cifar10", tmp_path)
