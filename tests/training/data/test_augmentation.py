"""Random crops and mirrors of training images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.training.data.augmentation import central_square, crop_and_flip, draw_crops
from heddle.training.data.samples import Pixels


def naive_candidates(image: Pixels) -> set[bytes]:
    """Every crop of the padded image, mirrored and not."""
    channels, height, width = image.shape
    padded = np.zeros((channels, height + 8, width + 8), np.uint8)
    padded[:, 4:-4, 4:-4] = image
    found = set()
    for top in range(9):
        for left in range(9):
            crop = padded[:, top : top + height, left : left + width]
            found |= {crop.tobytes(), crop[..., ::-1].tobytes()}
    return found


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), height=st.integers(1, 6), width=st.integers(1, 6))
def test_a_changed_image_is_a_crop_of_the_padded_one(seed: int, height: int, width: int) -> None:
    generator = np.random.default_rng(seed)
    images = generator.integers(1, 256, (3, 2, height, width), dtype=np.uint8)
    for image, changed in zip(images, crop_and_flip(images, generator), strict=True):
        assert changed.tobytes() in naive_candidates(image)


def test_every_offset_and_both_directions_occur() -> None:
    image = np.arange(1, 76, dtype=np.uint8).reshape(3, 5, 5)
    changed = crop_and_flip(np.repeat(image[None], 4000, axis=0), np.random.default_rng(0))
    seen = {one.tobytes() for one in changed}
    assert seen == naive_candidates(image)
    unmoved = sum(one.tobytes() == image.tobytes() for one in changed)
    assert unmoved == pytest.approx(4000 / 162, rel=0.6)


@given(seed=st.integers(0, 1000), width=st.integers(1, 500), height=st.integers(1, 500))
def test_a_random_part_lies_inside_the_image(seed: int, width: int, height: int) -> None:
    for crop in draw_crops(5, np.random.default_rng(seed)):
        box = crop.box(width, height)
        assert box.left >= 0
        assert box.top >= 0
        assert box.left + box.width <= width
        assert box.top + box.height <= height


def test_parts_have_the_stated_areas_and_ratios() -> None:
    boxes = [crop.box(400, 300) for crop in draw_crops(500, np.random.default_rng(0))]
    areas = [box.width * box.height / (400 * 300) for box in boxes]
    ratios = [box.width / box.height for box in boxes]
    assert 0.075 < min(areas) < 0.15
    assert 0.85 < max(areas) <= 1
    assert 0.74 < min(ratios) < 0.8
    assert 1.25 < max(ratios) < 1.35
    assert 0.4 < np.mean([box.mirrored for box in boxes]) < 0.6


def test_an_image_too_long_for_any_part_gives_its_central_square() -> None:
    for crop in draw_crops(20, np.random.default_rng(0)):
        assert crop.box(1000, 1) == central_square(1000, 1, mirrored=crop.mirrored)
