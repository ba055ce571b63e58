"""Data sets by name, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.training.data import data_names, load_data


def test_the_first_data_set_needs_no_files() -> None:
    assert data_names() == ("digits", "fashion-mnist", "cifar10", "cifar100", "imagefolder")
    assert load_data(data_names()[0]).classes == 10


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(HeddleError, match=r"unknown data set 'cifar-10'; did you mean 'cifar10'\? \(valid: digits, "):
        load_data("cifar-10")


@pytest.mark.parametrize("name", ["digits", "cifar10"])
def test_only_image_files_have_a_size_to_choose(name: str) -> None:
    with pytest.raises(HeddleError, match=f"{name}: its images have one size; image_size is for imagefolder"):
        load_data(name, image_size=16)


@pytest.mark.parametrize(
    ("name", "path"), [("cifar10", "cifar-10-batches-py/data_batch_1"), ("cifar100", "cifar-100-python/train")]
)
def test_missing_files_are_told_with_what_to_put_where(name: str, path: str, tmp_path: Path) -> None:
    where = tmp_path / path
    with pytest.raises(
        HeddleError, match=f"{name}: no data set in {tmp_path}; download cifar-.*-python.tar.gz and "
    ) as error:
        load_data(name, tmp_path)
    assert str(error.value).endswith(f"unpack it so that {where} exists")
    with pytest.raises(HeddleError, match=f"{name}: there is no folder {tmp_path / 'none'}; download "):
        load_data(name, tmp_path / "none")


@pytest.mark.parametrize("name", ["cifar10", "cifar100", "imagefolder"])
def test_a_data_set_of_files_asks_for_their_folder(name: str) -> None:
    with pytest.raises(HeddleError, match=f"{name}: it is read from files: give their folder with --data-dir; "):
        load_data(name)
