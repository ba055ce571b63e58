"""VGG-19 (Simonyan and Zisserman 2014, configuration E), as torchvision builds it and with its names."""

from __future__ import annotations

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack

# Width and number of 3 x 3 convolutions of each stage; a 2 x 2 max-pool ends the stage.
_STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
_HEAD_MAP_SIZE = 7
_HEAD_WIDTH = 4096


def build_vgg19(image_size: int = 224, classes: int = 1000) -> Network:
    """VGG-19 without batch normalisation on an RGB image of ``image_size`` x ``image_size``."""
    stack = ImageStack("vgg19", FeatureMap(3, image_size, image_size))
    position = 0
    for width, depth in _STAGES:
        for _ in range(depth):
            stack.conv(f"features.{position}", width, 3, bias=True)
            stack.activation(f"features.{position + 1}")
            position += 2
        stack.pool(f"features.{position}", 2, stride=2)
        position += 1
    stack.adaptive_pool("avgpool", _HEAD_MAP_SIZE)
    stack.linear("classifier.0", _HEAD_WIDTH)
    stack.activation("classifier.1")
    stack.linear("classifier.3", _HEAD_WIDTH)
    stack.activation("classifier.4")
    stack.linear("classifier.6", classes)
    return assemble_network("vgg19", "zoo", stack.layers, first_data_fed(stack.layers))
