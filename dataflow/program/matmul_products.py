"""Products of two activations (attention's QK^T and PV) over maps in memory: forward, and the gradients of both.

Each image of a map is a matrix: its pixels, which lie in one line, are the rows, its channels the columns. One program
runs the product of every image, and has them in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from heddle.arch.formats import FloatFormat
from heddle.arch.instructions import Axis
from heddle.dataflow.lowering import matmul_products
from heddle.dataflow.network import MatmulLayer, ProductLayer
from heddle.dataflow.program.layer_products import LayerMaps, LayerProduct
from heddle.dataflow.program.tensors import MapTensor, whole_map
from heddle.dataflow.step_items import Pass


@dataclass(frozen=True)
class MatmulMaps:
    """A layer C = A . B at a batch: the maps of A [m x k], B [k x n] and C [m x n], and of their gradients.

    The pixels of a right operand are the reduction. B is one for C = A . B, and ``bt``, B transposed, for
    dA = dC . B^T: memory has both, with the same numbers.
    """

    layer: MatmulLayer
    batch: int
    operand: FloatFormat
    a: MapTensor
    b: MapTensor
    bt: MapTensor
    c: MapTensor
    da: MapTensor
    db: MapTensor
    dc: MapTensor

    @classmethod
    def of(cls, layer: MatmulLayer, batch: int, operand: FloatFormat) -> MatmulMaps:
        """Return the maps of ``layer``, an image for each product of each sample."""

        def map_of(name: str, rows: int, cols: int) -> MapTensor:
            return MapTensor(f"{layer.name}.{name}", layer.count * batch, 1, rows, cols, operand.width_bytes)

        m, k, n = layer.m, layer.k, layer.n
        b = map_of("b", k, n)
        return cls(
            layer,
            batch,
            operand,
            a=map_of("a", m, k),
            b=b,
            bt=replace(map_of("bt", n, k), transposed_of=b.name),
            c=map_of("c", m, n),
            da=map_of("da", m, k),
            db=map_of("db", k, n),
            dc=map_of("dc", m, n),
        )

    @property
    def gradient(self) -> MapTensor:
        """The gradient that its passes are given."""
        return self.dc

    def product(self, pass_name: Pass) -> LayerProduct:
        """Return the product of a pass, of which each image is a repetition."""
        left, right, out = {
            "ff": (self.a, self.b, self.c),
            "bp": (self.dc, self.bt, self.da),
            "wu": (self.a, self.dc, self.db),
        }[pass_name]
        return LayerProduct(
            name=f"{self.layer.name}.{pass_name}",
            product=matmul_products(self.layer, pass_name, self.batch, self.operand)[0],
            rows=_line(1),
            cols=_line(left.width),
            left=whole_map(left, range(left.channels)),
            is_turned=pass_name == "wu",
            right=whole_map(right, range(right.channels)),
            out=whole_map(out, range(out.channels)),
        )


#: The maps of a layer of products.
Maps = LayerMaps | MatmulMaps


def maps_of(layer: ProductLayer, batch: int, operand: FloatFormat) -> Maps:
    """Return the maps of ``layer``. Raises HeddleError as ``LayerMaps.of`` does."""
    if isinstance(layer, MatmulLayer):
        return MatmulMaps.of(layer, batch, operand)
    return LayerMaps.of(layer, batch, operand)


def _line(pixels: int) -> Axis:
    """The walk of a window of one tap over ``pixels`` in turn."""
    return Axis(start=0, tap_step=0, step=1, positions=pixels, size=pixels, taps=1)
