"""The memory that a program starts on: its operands where the map says, zeros everywhere else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from heddle.arch.formats import FloatFormat
from heddle.dataflow.program.compiler import CompiledPass, Program
from heddle.dataflow.program.layer_products import KernelTaps, LayerMaps
from heddle.dataflow.program.memory_image import Image, blank_image, write_weights
from heddle.dataflow.program.tensors import MapTensor, SubMap, TiledWeights
from heddle.sim.program.operands import Weights, drawn_map, product_weights


class Block(NamedTuple):
    """Bytes that stand in memory from ``address`` on."""

    address: int
    content: Image


def operand_blocks(program: Program, weights: Weights, seed: int, operand: FloatFormat) -> Iterator[Block]:
    """Yield what a program reads and does not write: maps of activations and gradients drawn by ``seed``, ``weights``.

    A large map comes in several blocks, so that the image of a long step is written with little memory.
    """
    drawn: set[str] = set()
    for compiled in program.passes:
        maps = compiled.of_layer.maps
        for tensor in _maps_read(compiled):
            if tensor.name not in drawn:
                drawn.add(tensor.name)
                address = program.memory.address(tensor.name)
                for elements in drawn_map(tensor, seed, operand, is_gradient=tensor == maps.gradient):
                    yield Block(address, elements.view(np.uint8))
                    address += elements.nbytes
        yield from _weight_blocks(compiled, program, weights)


def operand_image(program: Program, weights: Weights, seed: int, operand: FloatFormat) -> Image:
    """Return the memory with the blocks of ``operand_blocks``."""
    image = blank_image(program.memory)
    for address, content in operand_blocks(program, weights, seed, operand):
        image[address : address + len(content)] = content
    return image


def _maps_read(compiled: CompiledPass) -> Iterator[MapTensor]:
    """The maps that a pass's products read: none where no window meets a pixel."""
    for product in compiled.products:
        yield product.plan.product.left.tensor
        if isinstance(product.right, SubMap):
            yield product.right.tensor


def _weight_blocks(compiled: CompiledPass, program: Program, weights: Weights) -> Iterator[Block]:
    maps, pass_name = compiled.of_layer.maps, compiled.of_layer.pass_name
    if pass_name == "wu" or not isinstance(maps, LayerMaps):
        return
    kernel = weights.kernel(maps, pass_name)
    for product in compiled.products:
        tensor, taps = product.right, product.plan.product.right
        assert isinstance(tensor, TiledWeights)
        assert isinstance(taps, KernelTaps)
        placed = program.memory.tensors[tensor.name]
        own = replace(placed, address=0, index_address=placed.index_address - placed.address if tensor.is_packed else 0)
        image = np.zeros(own.index_address + tensor.index_bytes if tensor.is_packed else tensor.value_bytes, np.uint8)
        write_weights(image, own, product_weights(kernel, taps))
        yield Block(placed.address, image)
