"""Small machines, networks and products for the tests, fixed ones and Hypothesis strategies."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.recipes import RECIPES, recipe_named
from heddle.dataflow.step_items import PASSES, TrainingStep
from heddle.dataflow.training import StepOptions, training_step

BOARD = load_board("vcu1525")
TINY = load_design("tiny")
SMALL = load_design("small")
SAT = load_design("sat-vcu1525")
IDEAL = load_design("ideal-32x32")

SPARSITIES = ("1:2", "2:4", "1:4", "2:8", "1:8", "4:4")


def network_of(*layers: Layer) -> Network:
    return Network("sample", "test", layers)


def conv(
    *,
    size: int = 8,
    channels: tuple[int, int] = (8, 8),
    kernel: int = 3,
    stride: int = 1,
    groups: int = 1,
    input_gradient: bool = True,
    keep_dense: bool = False,
    name: str = "conv",
) -> ConvLayer:
    """A square convolution padded by half its kernel."""
    out = (size + 2 * (kernel // 2) - kernel) // stride + 1
    return ConvLayer(
        name=name,
        in_height=size,
        in_width=size,
        in_channels=channels[0],
        out_height=out,
        out_width=out,
        out_channels=channels[1],
        kernel_height=kernel,
        kernel_width=kernel,
        stride_height=stride,
        stride_width=stride,
        groups=groups,
        input_gradient=input_gradient,
        keep_dense=keep_dense,
    )


def single_product(m: int, k: int, n: int) -> TrainingStep:
    """The dense product [m x k] . [k x n] alone: the forward pass of one linear layer."""
    layer = LinearLayer("l", rows=m, in_features=k, out_features=n)
    options = StepOptions(batch=1, passes=("ff",))
    return training_step(Network("g", "test", (layer,)), recipe_named("dense"), parse_sparsity("2:8"), options)


def step_of(
    network: Network, recipe: str = "bdwp", sparsity: str = "2:8", options: StepOptions | None = None
) -> TrainingStep:
    """A training step, of one sample unless ``options`` say otherwise."""
    return training_step(network, recipe_named(recipe), parse_sparsity(sparsity), options or StepOptions(batch=1))


def of_width(channel_data_bits: int) -> Board:
    """The sample board with channels of another width, and so with another burst."""
    memory = BOARD.memory.model_copy(update={"channel_data_bits": channel_data_bits})
    return BOARD.model_copy(update={"memory": memory})


def boards() -> st.SearchStrategy[Board]:
    """Boards whose bursts differ: 16 to 128 bytes."""
    return st.sampled_from([of_width(bits) for bits in (16, 32, 64, 128)])


@st.composite
def machines(draw: st.DrawFn) -> Design:
    """Machines of at most 4 x 4 PEs with buffers that small products overflow."""
    dataflows = draw(st.sampled_from((["os", "ws"], ["os"], ["ws"])))
    rows, drain = draw(st.integers(1, 4)), draw(st.sampled_from(("chain", "direct")))
    cuts = draw(st.sets(st.integers(1, rows - 1), max_size=2)) if rows > 1 and drain == "chain" else ()
    return override(
        TINY,
        {
            "array.rows": rows,
            "array.slr_cuts": sorted(cuts),
            "array.cols": draw(st.integers(1, 4)),
            "array.dataflows": dataflows,
            "array.interleave": draw(st.sampled_from((1, 2, 4, 6))),
            "array.interleave_axes": draw(st.sampled_from(("rows", "cols", "both"))),
            "array.adder_stages": draw(st.integers(1, 4)),
            "array.multiplier_stages": draw(st.integers(0, 2)),
            "array.overlap_tiles": draw(st.booleans()),
            "array.drain": drain,
            "buffers.activation_bytes": draw(st.integers(400, 6000)),
            "buffers.weight_bytes": draw(st.integers(400, 6000)),
            "buffers.output_bytes": draw(st.integers(400, 6000)),
            "buffers.group_ports": draw(st.sampled_from((1, 2, 4, 16))),
            "memory.channels": draw(st.integers(1, 4)),
            "memory.axi_bits": draw(st.sampled_from((64, 512))),
            "lanes.vector": draw(st.integers(1, 8)),
            "lanes.sore": draw(st.integers(1, 4)),
        },
    )


@st.composite
def conv_layers(draw: st.DrawFn) -> ConvLayer:
    """Convolutions of a few pixels; the channels of a group are multiples of 4, or else stay dense."""
    kernel, stride = draw(st.sampled_from((1, 3, 5))), draw(st.integers(1, 3))
    size = draw(st.integers(max(kernel, stride), 8))
    groups = draw(st.sampled_from((1, 1, 2)))
    channels = tuple(groups * draw(st.sampled_from((1, 3, 4, 8, 16))) for _ in range(2))
    square = conv(
        size=size,
        channels=(channels[0], channels[1]),
        kernel=kernel,
        stride=stride,
        groups=groups,
        input_gradient=draw(st.booleans()),
    )
    return replace(square, kernel_height=1) if draw(st.booleans()) else square


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """A small layer of any kind."""
    kind = draw(st.sampled_from(("conv", "conv", "linear", "matmul", "vector", "depthwise")))
    if kind == "conv":
        return draw(conv_layers())
    if kind == "depthwise":
        return conv(size=draw(st.integers(3, 6)), channels=(8, 8), groups=8)
    sizes = st.sampled_from((1, 4, 8, 12, 16))
    if kind == "linear":
        return LinearLayer("linear", draw(sizes), draw(sizes), draw(sizes))
    if kind == "matmul":
        return MatmulLayer("matmul", draw(sizes), draw(sizes), draw(sizes), draw(st.integers(1, 3)))
    op = draw(st.sampled_from(("batchnorm", "activation", "smooth_activation", "pool", "residual", "softmax")))
    elements = draw(st.integers(1, 4000))
    return VectorLayer("vector", op, elements, elements, parameters=draw(st.sampled_from((0, 16))))


@st.composite
def steps(draw: st.DrawFn) -> TrainingStep:
    """A training step of one to three small layers under any recipe."""
    network = network_of(*draw(st.lists(layers(), min_size=1, max_size=3)))
    options = StepOptions(
        batch=draw(st.integers(1, 3)),
        optimizer=draw(st.sampled_from(("sgd", "adam"))),
        pregenerate=draw(st.booleans()),
        passes=PASSES,
    )
    return step_of(network, draw(st.sampled_from(sorted(RECIPES))), draw(st.sampled_from(SPARSITIES)), options)
