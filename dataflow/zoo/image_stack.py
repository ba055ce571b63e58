"""A list of layers that grows from an image, keeping track of the feature map at its end."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.errors import HeddleError
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, VectorLayer


@dataclass(frozen=True)
class FeatureMap:
    """Shape of one sample's activations: channels x height x width."""

    channels: int
    height: int
    width: int

    @property
    def elements(self) -> int:
        """Activations of one sample."""
        return self.channels * self.height * self.width


class ImageStack:
    """Layers so far and ``shape``, the feature map that the next layer reads.

    Every method appends layers and moves ``shape`` on; ``rewind`` returns to an earlier feature map, where a
    second branch starts. The flags for training are set later, by ``heddle.dataflow.assemble``.
    """

    def __init__(self, network: str, shape: FeatureMap) -> None:
        self.network = network
        self.shape = shape
        self.layers: list[Layer] = []

    def rewind(self, shape: FeatureMap) -> None:
        """Go on from ``shape``, an earlier feature map."""
        self.shape = shape

    def conv(
        self,
        name: str,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int | None = None,
        groups: int = 1,
        bias: bool = False,
    ) -> None:
        """Append a square convolution; without ``padding`` an odd kernel keeps the size at stride 1."""
        pad = kernel // 2 if padding is None else padding
        out = self._windowed(name, out_channels, kernel, stride, pad)
        self.layers.append(
            ConvLayer(
                name=name,
                in_height=self.shape.height,
                in_width=self.shape.width,
                in_channels=self.shape.channels,
                out_height=out.height,
                out_width=out.width,
                out_channels=out_channels,
                kernel_height=kernel,
                kernel_width=kernel,
                stride_height=stride,
                stride_width=stride,
                groups=groups,
                bias=bias,
            )
        )
        self.shape = out

    def batchnorm(self, name: str) -> None:
        """Append a batch normalisation: scale and shift are learned, the running statistics are not."""
        size = self.shape.elements
        self.layers.append(VectorLayer(name, "batchnorm", size, size, parameters=2 * self.shape.channels))

    def activation(self, name: str) -> None:
        """Append an element-wise activation."""
        self.layers.append(VectorLayer(name, "activation", self.shape.elements, self.shape.elements))

    def residual(self, name: str) -> None:
        """Append the sum of this branch and a shortcut of the same shape."""
        self.layers.append(VectorLayer(name, "residual", 2 * self.shape.elements, self.shape.elements))

    def pool(self, name: str, kernel: int, *, stride: int, padding: int = 0) -> None:
        """Append a square pooling window."""
        out = self._windowed(name, self.shape.channels, kernel, stride, padding)
        self.layers.append(VectorLayer(name, "pool", self.shape.elements, out.elements, window=kernel * kernel))
        self.shape = out

    def adaptive_pool(self, name: str, size: int) -> None:
        """Append a pooling onto a ``size`` x ``size`` map, or nothing where the map has that size already."""
        out = FeatureMap(self.shape.channels, size, size)
        if out == self.shape:
            return
        window = -(-self.shape.height // size) * -(-self.shape.width // size)
        self.layers.append(VectorLayer(name, "pool", self.shape.elements, out.elements, window=window))
        self.shape = out

    def linear(self, name: str, out_features: int, *, bias: bool = True) -> None:
        """Append a linear layer on the flattened feature map."""
        self.layers.append(LinearLayer(name, 1, self.shape.elements, out_features, bias=bias))
        self.shape = FeatureMap(out_features, 1, 1)

    def _windowed(self, name: str, channels: int, kernel: int, stride: int, padding: int) -> FeatureMap:
        height = (self.shape.height + 2 * padding - kernel) // stride + 1
        width = (self.shape.width + 2 * padding - kernel) // stride + 1
        if height < 1 or width < 1:
            raise HeddleError(
                f"{self.network}: the image is too small: {name} sees {self.shape.height} x "
                f"{self.shape.width} and needs at least {kernel - 2 * padding} x {kernel - 2 * padding}"
            )
        return FeatureMap(channels, height, width)
