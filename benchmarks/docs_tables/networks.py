"""Tables of docs/networks.md and explore.md: the networks of the zoo, and the axes of the default space."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from benchmarks.docs_tables.pages import Table, table
from heddle.dataflow.zoo import zoo_names, zoo_network
from heddle.dse.space import DEFAULT_SPACE, Space, load_space

_IMAGE = "224 × 224 RGB, 1000 classes"
#: Input, published parameters and GMACs, and the source of the published figures.
_PUBLISHED = {
    "mlp": ("28 × 28 grey, 10 classes", "–", "784-512-512-10, by its definition"),
    "resnet9": ("32 × 32 RGB, 10 classes", "–", "FFCV's CIFAR-10 network at twice its width"),
    "resnet18": (_IMAGE, "11,689,512; 1.81", "torchvision documentation, ResNet18_Weights"),
    "resnet50": (_IMAGE, "25,557,032; 4.09", "torchvision documentation, ResNet50_Weights"),
    "vgg19": (_IMAGE, "143,667,240; 19.63", "torchvision documentation, VGG19_Weights"),
    "vit-small": (_IMAGE, "22.1 M; 4.6", "model card of DeiT-S, the same shape: attention included"),
    "mobilenetv2": (_IMAGE, "3,504,872; 0.30", "torchvision documentation, MobileNet_V2_Weights"),
    "bert-base": (
        "128 tokens",
        "109,482,240; 1.86 GFLOP a layer",
        "Hugging Face's BertModel, as counted in google-research/bert issue 1225; H. Mohammadzadeh, "
        '"Details of the BERT Model": attention included, two FLOPs to a MAC',
    ),
}
_GIGA = 1e9
_SMALL_GMACS = 0.001
_KIB = 1024


def zoo() -> Table:
    """Parameters and multiply-adds of every network, beside published figures. Raises KeyError where none are here."""
    rows = []
    for name in zoo_names():
        network, (size, published, source) = zoo_network(name), _PUBLISHED[name]
        gmacs = network.macs / _GIGA
        shown = f"{gmacs:.6f}" if gmacs < _SMALL_GMACS else f"{gmacs:.3f}"
        rows.append([f"`{name}`", size, f"{network.parameters:,}", shown, published, source])
    heading = ("name", "input", "parameters", "GMACs", "published", "source of the published figures")
    return table(heading, rows)


def space_axes() -> Table:
    """What varies in the default space."""
    space = load_space(DEFAULT_SPACE)
    rows = [
        [
            "`sparsities`",
            "N:M of the recipe, and M of the machine",
            _listed([f"{s.n}:{s.m}" for s in space.sparsities]),
        ],
        ["`rows`, `cols`", "the array", f"{_both(space)} each"],
        ["`buffers`", "bytes of the activation, weight and output buffer", _buffers(space)],
        ["`group_ports`", "activation groups that a read gives", _listed(space.group_ports)],
        [
            "`adder_stages`, `multiplier_stages`",
            "pipeline of a PE",
            f"{space.adder_stages[0]} to {space.adder_stages[-1]}; {_listed(space.multiplier_stages)}",
        ],
        [
            "`interleave`, `interleave_axes`",
            "outputs that a PE keeps in rotation in OS, and along which axes",
            f"{_listed(space.interleave)}; {_listed(space.interleave_axes)}",
        ],
        ["`dataflows`", "what the array supports", _listed([f"`{each}`" for each in space.dataflows])],
        ["`clock_hz`", "clock", _clocks(space)],
        ["`channels`", "DRAM channels", _listed(space.channels)],
        [
            "`vector_lanes`, `sore_lanes`, `wuve_lanes`",
            "lanes beside the array",
            "; ".join(_listed(lanes) for lanes in (space.vector_lanes, space.sore_lanes, space.wuve_lanes)),
        ],
    ]
    return table(("axis", "what varies", f"in `{DEFAULT_SPACE}`"), rows)


def _sparsities(space: Space) -> str:
    return _listed([f"{each.n}:{each.m}" for each in space.sparsities])


def _both(space: Space) -> str:
    if space.rows != space.cols:
        raise ValueError("the page gives rows and columns one list")
    return _listed(space.rows)


def _buffers(space: Space) -> str:
    kib = [[size / _KIB for size in sizes] for sizes in space.buffers]
    doubled = [[size * 2**step for size in kib[0]] for step in range(len(kib))]
    if kib != doubled:
        raise ValueError("the page says that the buffers double")
    words = ("one size", "two sizes", "three sizes", "four sizes", "five sizes", "six sizes")
    return f"{words[len(kib) - 1]} from {_listed([f'{size:g}' for size in kib[0]])} KiB up, doubling"


def _clocks(space: Space) -> str:
    megahertz = [hertz / 1e6 for hertz in space.clock_hz]
    steps = {after - before for before, after in pairwise(megahertz)}
    if len(steps) != 1:
        raise ValueError("the page says that the clocks have one step")
    return f"{megahertz[0]:g} to {megahertz[-1]:g} MHz in steps of {steps.pop():g}"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
