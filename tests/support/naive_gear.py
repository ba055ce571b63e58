"""What goes into the gearboxes and what must come out of them, by the simulator's own loads and stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.formats import FP16
from heddle.arch.instructions import NO_TOKENS, Load, Opcode, Places
from heddle.arch.nm import index_bits
from heddle.sim.program.transfers import Image, load_left, load_right

Word = dict[str, int]


def as_words(image: Image, bus_bytes: int) -> list[Word]:
    """The words of a transfer of all of ``image``; bytes past its end are noise."""
    noise = np.random.default_rng(len(image)).integers(0, 256, -len(image) % bus_bytes, np.uint8)
    padded = np.concatenate([image, noise])
    return [
        {
            "data": int.from_bytes(padded[start : start + bus_bytes].tobytes(), "little"),
            "bytes": min(bus_bytes, len(image) - start),
            "last": int(start + bus_bytes >= len(image)),
        }
        for start in range(0, len(image), bus_bytes)
    ]


def in_a_row(pixels: int, elements: int, element_bytes: int = 2) -> Places:
    """Pixels that follow each other from address 0 on."""
    nbytes = elements * element_bytes
    return Places(
        address=0,
        first_row=0,
        first_col=0,
        row_positions=1,
        col_positions=pixels,
        col_stride=nbytes,
        row_stride=nbytes * pixels,
        image_stride=nbytes * pixels,
        pixels=pixels,
        elements=elements,
    )


@dataclass(frozen=True)
class Tile:
    """A tile to load: ``pixels`` x ``elements`` FP16 patterns of noise, by ``group_elements`` of up to ``group_m``."""

    pixels: int
    elements: int
    group_elements: int
    group_m: int

    @property
    def image(self) -> Image:
        """Its bytes."""
        noise = np.random.default_rng([self.pixels, self.elements])
        return noise.integers(0, 256, 2 * self.pixels * self.elements, np.uint8)

    @property
    def settings(self) -> dict[str, int]:
        """What a gearbox is told."""
        return {"pixels": self.pixels, "elements": self.elements, "group_elements": self.group_elements}

    @property
    def index_image(self) -> Image:
        """The bytes of its packed indices: noise, also in the bits between two slots."""
        slot_bytes = -(-self.elements * index_bits(self.group_m) // 8)
        return np.random.default_rng([1, self.pixels, self.elements]).integers(
            0, 256, self.pixels * slot_bytes, np.uint8
        )

    def load(self, weight: int, packed: int = 0) -> Load:
        """The instruction."""
        return Load(
            opcode=Opcode.LOAD,
            tokens=NO_TOKENS,
            weight=weight,
            half=0,
            packed=packed,
            places=in_a_row(self.pixels, self.elements),
            index_address=2 * self.pixels * self.elements,
            group_elements=self.group_elements,
        )

    def group_words(self, lanes: int) -> list[list[list[int]]]:
        """The groups of each word of the left gearbox: a word ends after ``lanes`` of them, and after a short one."""
        words: list[list[list[int]]] = [[]]
        short = self.elements % self.group_elements
        for pixel in load_left(self.load(weight=0), self.image, self.group_m, FP16).groups.tolist():
            for place, group in enumerate(pixel):
                words[-1].append(group)
                if len(words[-1]) == lanes or (short and place == len(pixel) - 1):
                    words.append([])
        return [word for word in words if word]

    def right_words(self, cols: int) -> list[list[int]]:
        """The values of each word of the right gearbox."""
        return in_words(load_right(self.load(weight=1), self.image, self.group_m, FP16).values, cols)

    def index_words(self, cols: int) -> list[list[int]]:
        """The indices of each word, from their packed plane."""
        image = np.concatenate([self.image, self.index_image])
        return in_words(load_right(self.load(weight=1, packed=1), image, self.group_m, FP16).indices, cols)

    def counted_words(self, cols: int) -> list[list[int]]:
        """The indices of each word, counted."""
        return in_words(load_right(self.load(weight=1), self.image, self.group_m, FP16).indices, cols)


def in_words(rows: npt.NDArray[Any], cols: int) -> list[list[int]]:
    """The rows, each in words of ``cols``, the last one with zeros."""
    words = []
    for row in rows.tolist():
        for start in range(0, len(row), cols):
            word = row[start : start + cols]
            words.append(word + [0] * (cols - len(word)))
    return words
