"""The embedded digits: their split and their scale."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.training.data import DataSet, Samples, load_data


def everything(samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    return samples.batch(np.arange(len(samples)))


def rows(data: DataSet) -> list[tuple[float, ...]]:
    images = torch.cat([everything(data.train)[0], everything(data.test)[0]])
    return sorted(tuple(row) for row in images.flatten(1).tolist())


def test_pixels_are_counts_over_sixteen() -> None:
    images, labels = everything(load_data("digits").train)
    assert images.dtype == torch.float32
    assert images.shape[1:] == (1, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    assert torch.equal(images * 16, (images * 16).round())
    assert labels.dtype == torch.int64
    assert set(labels.tolist()) == set(range(10))


def test_four_fifths_train_unless_asked_otherwise() -> None:
    data = load_data("digits")
    assert (len(data.train), len(data.test)) == (1437, 360)
    assert data.shape == (1, 8, 8)


@settings(max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), wanted=st.integers(1, 1796))
def test_every_digit_either_trains_or_tests(seed: int, wanted: int) -> None:
    data = load_data("digits", seed=seed, train_samples=wanted)
    assert len(data.train) == wanted
    assert rows(data) == rows(load_data("digits"))


def test_the_seed_decides_the_split_and_fewer_samples_are_the_first_of_more() -> None:
    few, many = (load_data("digits", seed=3, train_samples=n).train for n in (300, 400))
    again = load_data("digits", seed=3, train_samples=300).train
    other = load_data("digits", seed=4, train_samples=300).train
    assert torch.equal(everything(few)[0], everything(again)[0])
    assert torch.equal(everything(few)[0], everything(many)[0][:300])
    assert not torch.equal(everything(few)[0], everything(other)[0])


def test_an_image_keeps_its_label() -> None:
    from sklearn.datasets import load_digits

    bunch_images, bunch_labels = load_digits(return_X_y=True)
    label_of = {tuple(image): int(label) for image, label in zip(bunch_images, bunch_labels, strict=True)}
    images, labels = everything(load_data("digits", seed=1).test)
    for image, label in zip(images.flatten(1) * 16, labels, strict=True):
        assert label_of[tuple(image.tolist())] == int(label)


def test_digits_are_not_augmented() -> None:
    train = load_data("digits").train
    plain, _ = train.batch(np.arange(4))
    augmented, _ = train.batch(np.arange(4), np.random.default_rng(0))
    assert torch.equal(plain, augmented)


@pytest.mark.parametrize("wanted", [0, -1, 1797])
def test_at_least_one_digit_trains_and_one_tests(wanted: int) -> None:
    with pytest.raises(HeddleError, match=rf"digits: train_samples is {wanted} \(valid: 1 to 1796\)"):
        load_data("digits", train_samples=wanted)


def test_a_missing_scikit_learn_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(HeddleError, match=r"digits: scikit-learn is not installed: pip install 'heddle-npu\[train\]'"):
        load_data("digits")
