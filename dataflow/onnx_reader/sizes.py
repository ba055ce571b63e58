"""Open sizes and the batch of a graph's inputs: taken from what the user says and what the file makes plain.

Where the file does not make the batch plain, the user is asked: a batch that is taken for tokens, or the other way
round, would change every figure without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.input_sizes import InputSizes

#: A size, or the name of an open one (empty where it has none).
Dim = int | str
#: An input and one of its dimensions.
Place = tuple[str, int]

_BATCH_NAMES = frozenset({"n", "b", "bs", "bsz", "nb"})
_SEQUENCE_WORDS = re.compile(r"seq|len|time|token|frame|step|past|total")
_SEQUENCE_NAMES = frozenset({"l", "s", "t"})
_CACHE_WORDS = re.compile(r"past|total|cache")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/]*")
_IMAGE_RANK = 4
_MOST_COLOURS = 4
_EXAMPLE_SIZE = 128


@dataclass(frozen=True)
class GraphInput:
    """An input that the user feeds, with the dimension that an operator defines as its batch, if any does."""

    name: str
    dims: tuple[Dim, ...]
    defined_axis: int | None = None


@dataclass(frozen=True)
class SettledInputs:
    """Inputs with all sizes fixed; ``batched`` are those that have a batch, of ``batch`` samples."""

    batch: int
    shapes: Mapping[str, tuple[int, ...]]
    batched: frozenset[str]
    notes: tuple[str, ...] = ()


def settle_inputs(path: str, inputs: Sequence[GraphInput], wanted: InputSizes, batch_hint: int) -> SettledInputs:
    """Give every dimension of ``inputs`` a size.

    An open batch takes ``batch_hint``. Raises HeddleError where the batch cannot be told, where a size stays open,
    and where what ``wanted`` says does not fit the inputs.
    """
    sizes = _Sizes(path, inputs)
    for name, shape in wanted.inputs:
        sizes.set_input(name, shape)
    axes = _batch_axes(path, inputs, wanted)
    batch = _batch_size(path, sizes, axes) or (batch_hint if axes else 1)
    for place in axes.items():
        sizes.set(place, batch, "the batch")
    if wanted.image_size is not None:
        sizes.set_all("--image-size", _image_places(inputs), wanted.image_size)
    if wanted.sequence_length is not None:
        sizes.set_all("--sequence-length", _sequence_places(path, inputs, axes), wanted.sequence_length)
    shapes = {given.name: sizes.shape(given, batch) for given in inputs}
    return SettledInputs(batch, shapes, frozenset(axes), _notes(inputs, axes, wanted, batch))


class _Sizes:
    """Sizes of open dimensions: one name has one size, in all inputs; a dimension without a name has its own."""

    def __init__(self, path: str, inputs: Sequence[GraphInput]) -> None:
        self._path = path
        self._inputs = {given.name: given for given in inputs}
        self._sizes: dict[Place | str, int] = {}

    def get(self, place: Place) -> int | None:
        """The size at ``place``; None where it is open still."""
        dim = self._inputs[place[0]].dims[place[1]]
        return dim if isinstance(dim, int) else self._sizes.get(dim or place)

    def set(self, place: Place, size: int, what: str) -> None:
        """Give the dimension a size; raises HeddleError where it has another one."""
        known = self.get(place)
        if known is not None and known != size:
            name, axis = place
            raise HeddleError(f"{self._path}: {what}: dimension {axis} of input {name!r} is {known}, not {size}")
        dim = self._inputs[place[0]].dims[place[1]]
        if isinstance(dim, str):
            self._sizes[dim or place] = size

    def set_input(self, name: str, shape: tuple[int, ...]) -> None:
        """Give all dimensions of an input their sizes."""
        if name not in self._inputs:
            raise unknown(f"input of {self._path}", name, tuple(self._inputs), "--input")
        dims = self._inputs[name].dims
        if len(dims) != len(shape):
            raise HeddleError(
                f"{self._path}: --input: input {name!r} has {len(dims)} dimensions ({_text(dims)}), not {len(shape)}"
            )
        for axis, size in enumerate(shape):
            self.set((name, axis), size, "--input")

    def set_all(self, option: str, places: Sequence[Place], size: int) -> None:
        """Give the dimensions that an option means its size."""
        if not places:
            listed = ", ".join(f"{given.name!r} is {_text(given.dims)}" for given in self._inputs.values())
            raise HeddleError(
                f"{self._path}: {option}: no input has an open dimension that is plainly meant ({listed}); "
                "an open one is set by --input NAME=SIZES"
            )
        for place in places:
            self.set(place, size, option)

    def shape(self, given: GraphInput, batch: int) -> tuple[int, ...]:
        """All sizes of an input; raises HeddleError where one is open."""
        sizes = [self.get((given.name, axis)) for axis in range(len(given.dims))]
        if None in sizes:
            axis = sizes.index(None)
            symbol = f" ({given.dims[axis]!r})" if given.dims[axis] else ""
            example = "x".join(str(size or (batch if not at else _EXAMPLE_SIZE)) for at, size in enumerate(sizes))
            raise HeddleError(
                f"{self._path}: input {given.name!r} has no fixed size at dimension {axis}{symbol}; give its sizes, "
                f"as in --input {given.name}={example}"
            )
        return tuple(size for size in sizes if size is not None)


def _batch_size(path: str, sizes: _Sizes, axes: Mapping[str, int]) -> int | None:
    """The batch that the inputs agree on; None where it is open in all of them."""
    known = {place: size for place in axes.items() if (size := sizes.get(place)) is not None}
    if len(set(known.values())) > 1:
        listed = ", ".join(f"{size} in dimension {axis} of {name!r}" for (name, axis), size in known.items())
        raise HeddleError(
            f"{path}: the batch is not the same in all inputs: {listed}; name the dimension of each input that has a "
            "batch with --batch-axis NAME=AXIS"
        )
    return next(iter(known.values()), None)


def _batch_axes(path: str, inputs: Sequence[GraphInput], wanted: InputSizes) -> dict[str, int]:
    """Which dimension of which input is the batch."""
    if not wanted.has_batch:
        return {}
    if wanted.batch_axes:
        return _named_axes(path, inputs, wanted)
    told = _axes_by_name(inputs) or _defined_axes(inputs) or _open_first_axes(inputs)
    if told:
        return told
    matrices = [given for given in inputs if len(given.dims) > 1] or [given for given in inputs if given.dims]
    if all(given.dims[0] == 1 for given in matrices):
        return {given.name: 0 for given in matrices}
    listed = ", ".join(f"input {given.name!r} is {_text(given.dims)}" for given in matrices)
    raise HeddleError(
        f"{path}: which dimension is the batch cannot be told ({listed}); name it with --batch-axis 0 (1, ...; or "
        "NAME=0 for one input), or give --no-batch where the file is one sample"
    )


def _named_axes(path: str, inputs: Sequence[GraphInput], wanted: InputSizes) -> dict[str, int]:
    ranks = {given.name: len(given.dims) for given in inputs}
    axes: dict[str, int] = {}
    for named in wanted.batch_axes:
        if named.input_name is None:
            axes.update({name: named.axis for name, rank in ranks.items() if rank > named.axis and name not in axes})
    for named in wanted.batch_axes:
        if named.input_name is None:
            continue
        if named.input_name not in ranks:
            raise unknown(f"input of {path}", named.input_name, tuple(ranks), "--batch-axis")
        if named.axis >= ranks[named.input_name]:
            raise HeddleError(
                f"{path}: --batch-axis: input {named.input_name!r} has no dimension {named.axis} "
                f"(valid: 0 to {ranks[named.input_name] - 1})"
            )
        axes[named.input_name] = named.axis
    if not axes:
        raise HeddleError(f"{path}: --batch-axis: no input has so many dimensions")
    return axes


def _axes_by_name(inputs: Sequence[GraphInput]) -> dict[str, int]:
    """Dimensions that are called the batch."""
    return {
        given.name: axis
        for given in inputs
        for axis, dim in reversed(list(enumerate(given.dims)))
        if _is_batch_name(dim)
    }


def _defined_axes(inputs: Sequence[GraphInput]) -> dict[str, int]:
    """Dimensions that an operator defines as the batch, and first ones of other inputs that are as large, or open."""
    defined = {given.name: given.defined_axis for given in inputs if given.defined_axis is not None}
    sizes = {given.dims[defined[given.name]] for given in inputs if given.name in defined}
    others = {given.name: 0 for given in inputs if given.dims and given.dims[0] in sizes}
    return {**others, **defined} if defined else {}


def _open_first_axes(inputs: Sequence[GraphInput]) -> dict[str, int]:
    """Open first dimensions, unless they are named after something else, or apart from each other."""
    first = {given.name: given.dims[0] for given in inputs if given.dims and isinstance(given.dims[0], str)}
    symbols = set(first.values())
    if len(symbols) != 1 or any(_is_sequence_name(symbol) for symbol in symbols):
        return {}
    return dict.fromkeys(first, 0)


def _image_places(inputs: Sequence[GraphInput]) -> list[Place]:
    """Open heights and widths: of four dimensions the last two, or the middle two before three colours."""
    places = []
    for given in inputs:
        if len(given.dims) != _IMAGE_RANK:
            continue
        last = given.dims[3]
        before_colours = isinstance(last, int) and last <= _MOST_COLOURS and isinstance(given.dims[1], str)
        axes = (1, 2) if before_colours else (2, 3)
        places += [(given.name, axis) for axis in axes if isinstance(given.dims[axis], str)]
    return places


def _sequence_places(path: str, inputs: Sequence[GraphInput], axes: Mapping[str, int]) -> list[Place]:
    """Open dimensions that are called after a sequence, else the one after the batch of a matrix or a stack."""
    opened = [place for place in _open_places(inputs) if axes.get(place[0]) != place[1]]
    dims = {given.name: given.dims for given in inputs}
    named = [place for place in opened if _is_sequence_name(dims[place[0]][place[1]])]
    named = [place for place in named if not _CACHE_WORDS.search(str(dims[place[0]][place[1]]).casefold())]
    meant = named or [place for place in opened if place[1] == 1 and len(dims[place[0]]) in (2, 3)]
    symbols = sorted({str(dims[name][axis]) for name, axis in meant})
    if len(symbols) > 1:
        raise HeddleError(
            f"{path}: --sequence-length: it may mean {', '.join(map(repr, symbols))}; set them by --input NAME=SIZES"
        )
    return meant


def _open_places(inputs: Sequence[GraphInput]) -> Iterator[Place]:
    return ((given.name, axis) for given in inputs for axis, dim in enumerate(given.dims) if isinstance(dim, str))


def _is_batch_name(dim: Dim) -> bool:
    if not isinstance(dim, str) or not _PLAIN_NAME.fullmatch(dim):
        return False
    name = dim.casefold()
    return "batch" in name or name in _BATCH_NAMES


def _is_sequence_name(dim: Dim) -> bool:
    if not isinstance(dim, str) or not _PLAIN_NAME.fullmatch(dim) or _is_batch_name(dim):
        return False
    name = dim.casefold()
    return bool(_SEQUENCE_WORDS.search(name)) or name in _SEQUENCE_NAMES


def _notes(inputs: Sequence[GraphInput], axes: Mapping[str, int], wanted: InputSizes, batch: int) -> tuple[str, ...]:
    """A remark where the file fixes a batch above one."""
    if batch == 1 or wanted.batch_axes or not axes:
        return ()
    fixed = [given for given in inputs if given.name in axes and given.dims[axes[given.name]] == batch]
    return tuple(
        f"dimension {axes[given.name]} of input {given.name!r}, {batch}, is taken as the batch" for given in fixed[:1]
    )


def _text(dims: Sequence[Dim]) -> str:
    return "x".join(str(dim) if dim else "?" for dim in dims) or "a scalar"
