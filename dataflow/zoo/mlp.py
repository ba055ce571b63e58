"""A multilayer perceptron on flattened images: 784-512-512-10 at its defaults (MNIST's 28 x 28)."""

from __future__ import annotations

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack

_HIDDEN = 512


def build_mlp(image_size: int = 28, classes: int = 10) -> Network:
    """Three linear layers on a grey ``image_size`` x ``image_size`` image."""
    stack = ImageStack("mlp", FeatureMap(1, image_size, image_size))
    stack.linear("fc1", _HIDDEN)
    stack.activation("relu1")
    stack.linear("fc2", _HIDDEN)
    stack.activation("relu2")
    stack.linear("fc3", classes)
    return assemble_network("mlp", "zoo", stack.layers, first_data_fed(stack.layers))
