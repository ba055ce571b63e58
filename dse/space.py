"""Spaces: the values that each parameter of a design may take, and the designs that they span.

A space is a TOML file that ships in ``dse/spaces``, or the user's own. Its points are all combinations of its
axes; what the axes leave out (``overlap_tiles``, ``drain``, the AXI width, the number formats) is the same
in every point.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from heddle.arch.design import Design, InterleaveAxes, Section, SparsityConfig
from heddle.arch.errors import HeddleError, KeyValueError
from heddle.arch.names import printable
from heddle.arch.sparsity import parse_sparsity
from heddle.arch.toml_file import check_model, load_model, locate, shipped_names

SPACES = Path(__file__).resolve().parent / "spaces"
DEFAULT_SPACE = "default"

#: Width of every AXI port of an explored design, in bits: the widest that the memory controllers take.
AXI_BITS = 512
#: More points than this are refused: at a million a second they would take a quarter of an hour or more.
MAX_POINTS = 1_000_000_000

#: Axes that the shape of a mapping depends on, the slowest first; those of ``GROUP_AXES`` make up a group.
STRUCTURE_AXES = (
    "sparsities",
    "rows",
    "cols",
    "buffers",
    "adder_stages",
    "multiplier_stages",
    "interleave",
    "interleave_axes",
    "group_ports",
    "dataflows",
)
GROUP_AXES = STRUCTURE_AXES[:4]
#: Axes that only turn work into time, the slowest first.
RATE_AXES = ("clock_hz", "channels", "vector_lanes", "sore_lanes", "wuve_lanes")
AXES = STRUCTURE_AXES + RATE_AXES


def _sparsity(value: object) -> SparsityConfig:
    if isinstance(value, SparsityConfig):
        return value
    if not isinstance(value, str):
        raise ValueError(f"a sparsity is a text of the form N:M, as in '2:8', got {value!r}")
    try:
        return parse_sparsity(value)
    except HeddleError as error:
        raise ValueError(str(error)) from None


#: Of every axis a value that a design has, whatever the others are: each axis is checked beside it by itself.
_SMALLEST: Mapping[str, Any] = {
    "sparsities": SparsityConfig(n=1, m=2),
    "rows": 1,
    "cols": 1,
    "buffers": (1, 1, 1),
    "adder_stages": 1,
    "multiplier_stages": 1,
    "interleave": 1,
    "interleave_axes": "both",
    "group_ports": 1,
    "dataflows": "os+ws",
    "clock_hz": 1e8,
    "channels": 1,
    "vector_lanes": 1,
    "sore_lanes": 1,
    "wuve_lanes": 1,
}

Counts = Annotated[tuple[int, ...], Field(min_length=1)]
_SparsityWord = Annotated[
    SparsityConfig,
    BeforeValidator(_sparsity),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+:[0-9]+$", "description": "N:M, as in 2:8"}),
]
DataflowSet = Literal["os", "ws", "os+ws"]


class Space(Section):
    """The axes of a space, each with its values in the order of the points.

    ``buffers`` are triples of bytes: activation, weight and output buffer. ``dataflows`` are what the array
    supports. ``group_ports`` are 1 where a file says nothing of them. A value must be one that a Design accepts, and
    stands once on its axis.
    """

    name: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(printable)]
    sparsities: Annotated[tuple[_SparsityWord, ...], Field(min_length=1)]
    rows: Counts
    cols: Counts
    buffers: Annotated[tuple[tuple[int, int, int], ...], Field(min_length=1)]
    adder_stages: Counts
    multiplier_stages: Counts
    interleave: Counts
    interleave_axes: Annotated[tuple[InterleaveAxes, ...], Field(min_length=1)]
    group_ports: Counts = (1,)
    dataflows: Annotated[tuple[DataflowSet, ...], Field(min_length=1)]
    clock_hz: Annotated[tuple[float, ...], Field(min_length=1)]
    channels: Counts
    vector_lanes: Counts
    sore_lanes: Counts
    wuve_lanes: Counts

    @model_validator(mode="after")
    def _every_value_makes_a_design(self) -> Self:
        for axis in AXES:
            seen: set[Any] = set()
            for index, value in enumerate(self.axis(axis)):
                if value in seen:
                    raise KeyValueError(f"{axis}: {shown(value)} stands there twice", axis, index)
                seen.add(value)
                try:
                    make_design({**_SMALLEST, axis: value}, self.name, "any")
                except HeddleError as error:
                    raise KeyValueError(str(error), axis, index) from None
        if self.points > MAX_POINTS:
            raise ValueError(f"the axes span {self.points:,} points; at most {MAX_POINTS:,} are explored")
        return self

    def axis(self, name: str) -> tuple[Any, ...]:
        """Return the values of one of ``AXES``."""
        values: tuple[Any, ...] = getattr(self, name)
        return values

    def lengths(self, axes: Sequence[str]) -> tuple[int, ...]:
        """Return how many values each of ``axes`` has."""
        return tuple(len(self.axis(name)) for name in axes)

    @property
    def points(self) -> int:
        """Combinations of all axes, whether they fit a board or not."""
        return math.prod(self.lengths(AXES))


def shown(value: object) -> str:
    """Return an axis' value as a person writes it."""
    return f"{value.n}:{value.m}" if isinstance(value, SparsityConfig) else f"{value!r}"


def make_design(values: Mapping[str, Any], name: str, board: str) -> Design:
    """Return the design with ``values`` of all ``AXES``; raises HeddleError when one is out of range."""
    activation_bytes, weight_bytes, output_bytes = values["buffers"]
    data = {
        "name": name,
        "board": board,
        "clock_hz": values["clock_hz"],
        "array": {
            "rows": values["rows"],
            "cols": values["cols"],
            "dataflows": tuple(values["dataflows"].split("+")),
            "interleave": values["interleave"],
            "interleave_axes": values["interleave_axes"],
            "adder_stages": values["adder_stages"],
            "multiplier_stages": values["multiplier_stages"],
        },
        "sparsity": values["sparsities"],
        "lanes": {name: values[f"{name}_lanes"] for name in ("sore", "wuve", "vector")},
        "buffers": {
            "activation_bytes": activation_bytes,
            "weight_bytes": weight_bytes,
            "output_bytes": output_bytes,
            "group_ports": values["group_ports"],
        },
        "memory": {"channels": values["channels"], "axi_bits": AXI_BITS},
    }
    return check_model(Design, data, f"a design of {name!r}")


def space_names() -> tuple[str, ...]:
    """Return the names of the spaces that ship with the tool, sorted."""
    return shipped_names(SPACES)


def default_space() -> Space:
    """Return the space that is explored where none is named."""
    return load_space(DEFAULT_SPACE)


def load_space(name_or_path: str) -> Space:
    """Return a space by name, or one from a TOML file.

    Raises HeddleError, in one line, for an unknown space, a file that cannot be read or is not TOML, and a
    key that is unknown, missing or holds a value that no design has.
    """
    path = locate(name_or_path, "space", SPACES)
    return load_model(Space, path)


def with_sparsities(space: Space, sparsities: Sequence[SparsityConfig]) -> Space:
    """Return ``space`` with another sparsity axis; raises HeddleError when it is empty or one stands twice."""
    values = {axis: space.axis(axis) for axis in AXES}
    return check_model(Space, values | {"name": space.name, "sparsities": tuple(sparsities)}, "sparsity")
