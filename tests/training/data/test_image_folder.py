"""Folders of images in ImageNet's and Tiny ImageNet's layouts, written here."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from heddle.arch.errors import HeddleError
from heddle.training.data import Samples, load_data

CLASSES = ("apple", "bird", "cat")
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def paint(path: Path, grey: int, size: tuple[int, int] = (20, 10), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size, grey).convert(mode).save(path)


def grey_of(images: torch.Tensor) -> list[int]:
    raw = (images * DEVIATION + MEAN) * 255
    return [round(float(value)) for value in raw.mean((1, 2, 3))]


def everything(samples: Samples) -> tuple[torch.Tensor, torch.Tensor]:
    return samples.batch(np.arange(len(samples)))


@pytest.fixture
def imagenet(tmp_path: Path) -> Path:
    for label, name in enumerate(reversed(CLASSES)):
        for number in range(2):
            paint(tmp_path / "train" / name / f"{number}.png", 100 * (2 - label) + number)
        paint(tmp_path / "val" / name / "9.png", 100 * (2 - label) + 9)
    return tmp_path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    for label, name in enumerate(CLASSES):
        paint(tmp_path / "train" / name / "images" / f"{name}_0.PNG", 100 * label, (64, 64))
        (tmp_path / "train" / name / f"{name}_boxes.txt").write_text(f"{name}_0.PNG\t0\t0\t9\t9\n")
    paint(tmp_path / "val" / "images" / "val_0.PNG", 209, (64, 64))
    paint(tmp_path / "val" / "images" / "val_1.PNG", 9, (64, 64))
    (tmp_path / "val" / "val_annotations.txt").write_text("val_0.PNG\tcat\t0\t0\t9\t9\nval_1.PNG\tapple\t0\t0\t9\t9\n")
    return tmp_path


def test_class_folders_are_classes_in_alphabetical_order(imagenet: Path) -> None:
    data = load_data("imagefolder", imagenet, image_size=8)
    assert (data.classes, data.shape) == (3, (3, 8, 8))
    images, labels = everything(data.train)
    assert images.dtype == torch.float32
    assert labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert grey_of(images) == [0, 1, 100, 101, 200, 201]
    images, labels = everything(data.test)
    assert (grey_of(images), labels.tolist()) == ([9, 109, 209], [0, 1, 2])


def test_tiny_imagenets_layout_has_its_test_labels_in_a_list(tiny: Path) -> None:
    data = load_data("imagefolder", tiny)
    assert (data.classes, data.shape) == (3, (3, 64, 64))
    images, labels = everything(data.train)
    assert (grey_of(images), labels.tolist()) == ([0, 100, 200], [0, 1, 2])
    images, labels = everything(data.test)
    assert (grey_of(images), labels.tolist()) == ([209, 9], [2, 0])


def test_images_come_out_at_224_unless_asked_otherwise(imagenet: Path) -> None:
    assert load_data("imagefolder", imagenet).shape == (3, 224, 224)
    with pytest.raises(HeddleError, match=r"imagefolder: image_size is 0 \(valid: 1 to 1024\)"):
        load_data("imagefolder", imagenet, image_size=0)


@pytest.mark.parametrize("size", [(30, 10), (10, 30)])
def test_the_central_square_is_taken(imagenet: Path, size: tuple[int, int]) -> None:
    image = np.zeros((size[1], size[0], 3), np.uint8)
    rows, columns = (slice(10, 20), slice(0, 10)) if size[1] > size[0] else (slice(0, 10), slice(10, 20))
    image[rows, columns] = 200
    Image.fromarray(image).save(imagenet / "val" / "apple" / "9.png")
    images, _ = load_data("imagefolder", imagenet, image_size=10).test.batch(np.array([0]))
    assert grey_of(images) == [200]


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_images_of_other_kinds_become_rgb(imagenet: Path, mode: str) -> None:
    (imagenet / "val" / "apple" / "9.png").unlink()
    paint(imagenet / "val" / "apple" / ("9.jpg" if mode == "CMYK" else "9.png"), 80, mode=mode)
    images, _ = load_data("imagefolder", imagenet, image_size=4).test.batch(np.array([0]))
    assert images.shape == (1, 3, 4, 4)
    assert grey_of(images)[0] == pytest.approx(80, abs=2)


def test_training_images_are_cropped_at_random_and_repeatably(imagenet: Path) -> None:
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(imagenet / "train" / "apple" / "0.png")
    train = load_data("imagefolder", imagenet, image_size=16).train
    indices = np.array([0, 3, 0])
    one, labels = train.batch(indices, np.random.default_rng(1))
    again, _ = train.batch(indices, np.random.default_rng(1))
    assert labels.tolist() == [0, 1, 0]
    assert torch.equal(one, again)
    assert not torch.equal(one[0], one[2])


def test_a_mirrored_image_is_the_plain_one_from_right_to_left(imagenet: Path) -> None:
    ramp = np.tile(np.arange(0, 160, 4, dtype=np.uint8)[None, :, None], (40, 1, 3))
    Image.fromarray(ramp).save(imagenet / "train" / "apple" / "0.png")
    train = load_data("imagefolder", imagenet, image_size=8).train
    images, _ = train.batch(np.zeros(40, np.int64), np.random.default_rng(0))
    rising = [bool(image[0, 0, 0] < image[0, 0, -1]) for image in images]
    assert 10 < sum(rising) < 30


def test_fewer_training_images_are_drawn_by_the_seed(imagenet: Path) -> None:
    drawn = [load_data("imagefolder", imagenet, seed=seed, train_samples=3, image_size=4).train for seed in (0, 0, 5)]
    greys = [grey_of(everything(samples)[0]) for samples in drawn]
    assert greys[0] == greys[1] != greys[2]
    assert len(greys[0]) == 3


@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty"])
def test_a_broken_image_is_named(imagenet: Path, damage: str) -> None:
    path = imagenet / "train" / "bird" / "1.png"
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    content = {"truncated": path.read_bytes()[:2000], "foreign": b"no image at all", "empty": b""}[damage]
    path.write_bytes(content)
    train = load_data("imagefolder", imagenet, image_size=4).train
    with pytest.raises(HeddleError, match=f"{path}: the image cannot be read: "):
        train.batch(np.arange(6))


def test_a_class_that_only_val_has_is_told(imagenet: Path) -> None:
    paint(imagenet / "val" / "birds" / "1.png", 0)
    with pytest.raises(
        HeddleError, match=r"val/birds: class 'birds' is not among the 3 of train; did you mean 'bird'\?"
    ):
        load_data("imagefolder", imagenet)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("val_0.PNG\tdog\t0\t0\t9\t9", "line 1: class 'dog' is not among the 3 of train"),
        ("val_7.PNG\tcat", "line 1: there is no image 'val_7.PNG' in "),
        ("../images/val_0.PNG\tcat", "line 1: there is no image '../images/val_0.PNG' in "),
        ("val_0.PNG cat", "line 1: no tab between image and class"),
        ("", "line 1: no tab"),
    ],
)
def test_a_bad_line_of_the_test_labels_is_told(tiny: Path, line: str, message: str) -> None:
    (tiny / "val" / "val_annotations.txt").write_text(line + "\n")
    with pytest.raises(HeddleError, match=message):
        load_data("imagefolder", tiny)


def test_an_empty_list_of_test_labels_is_told(tiny: Path) -> None:
    (tiny / "val" / "val_annotations.txt").write_text("")
    with pytest.raises(HeddleError, match=r"val_annotations.txt lists no images"):
        load_data("imagefolder", tiny)


def test_missing_parts_are_told(imagenet: Path, tmp_path: Path) -> None:
    with pytest.raises(
        HeddleError, match=rf"there is no folder {tmp_path}/none/train; {tmp_path}/none is to hold train/CLASS"
    ):
        load_data("imagefolder", tmp_path / "none")
    (imagenet / "val" / "apple" / "9.png").rename(imagenet / "val" / "9.png")
    with pytest.raises(HeddleError, match=r"val holds images that are in no class folder; it is to hold CLASS/"):
        load_data("imagefolder", imagenet)
    (imagenet / "val" / "9.png").unlink()
    with pytest.raises(HeddleError, match=r"imagefolder: .*val/apple holds no images"):
        load_data("imagefolder", imagenet)


def test_a_train_folder_without_classes_is_told(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "val").mkdir()
    with pytest.raises(HeddleError, match=r"imagefolder: .*train holds no class folders"):
        load_data("imagefolder", tmp_path)


def test_a_missing_pillow_is_told_with_the_remedy(imagenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(HeddleError, match=r"imagefolder: Pillow is not installed: pip install 'heddle-npu\[train\]'"):
        load_data("imagefolder", imagenet)
