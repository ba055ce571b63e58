"""The trained weights of a network on disk: a safetensors file, whose layout ``docs/weights.md`` states.

The file holds each weighted layer's right operands of FF and BP as the array takes them, and the network's other
tensors (biases, statistics of normalisations) as they are. Reading checks all of it and runs no code of the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy
from pydantic import ValidationError

from heddle.arch import nm
from heddle.arch.design import Section
from heddle.arch.errors import HeddleError, nearest
from heddle.arch.formats import OPERANDS, FloatFormat, operand_format
from heddle.arch.packed_layer import (
    WEIGHT_PASSES,
    DenseOperand,
    LayerRecord,
    PackedLayer,
    RightOperand,
    WeightPass,
)
from heddle.arch.registry import KeyOf
from heddle.arch.run_dir import tool_version, write_atomically

FORMAT_VERSION = 1

# One entry: safetensors writes several in an order that changes from run to run.
_METADATA_KEY = "heddle"
_STATE = "state/"
_SHOWN_NAMES = 3

#: The types of plain tensors, by their names in the file.
_STATE_TYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    **{f"{kind}{8 * size}": np.dtype(f"{kind.lower()}{size}") for kind in "UI" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": np.dtype(f"f{size}") for size in (2, 4, 8)},
}

Tensors = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class PackedNetwork:
    """A network's trained weights.

    ``operand`` names the format of all patterns, layers stand in the network's order, and ``state`` are its
    other tensors by their names.
    """

    operand: str
    layers: tuple[PackedLayer, ...]
    state: Tensors = field(default_factory=dict)

    def layer_names(self) -> list[str]:
        """Names of the weighted layers, in order."""
        return [layer.record.name for layer in self.layers]


class _Header(Section):
    """The JSON document of the file's metadata."""

    version: int
    tool: str
    operand: Annotated[str, KeyOf(OPERANDS)]
    layers: tuple[LayerRecord, ...]


def write_packed(path: Path, network: PackedNetwork) -> Path:
    """Write ``network`` to ``path``, whole or not at all, and return ``path``; the same network gives the same bytes.

    Raises HeddleError where an operand is not what its record says, a name stands twice, or nothing can be written.
    """
    form = operand_format(network.operand)
    records = tuple(layer.record for layer in network.layers)
    _refuse_repeated_names(records, path)
    tensors: dict[str, npt.NDArray[Any]] = {}
    for layer in network.layers:
        layer.check(form)
        for pass_name in WEIGHT_PASSES:
            tensors |= _operand_tensors(layer.record.name, pass_name, layer.operand(pass_name))
    tensors |= {_STATE + name: _plain(name, array) for name, array in network.state.items()}
    header = _Header(version=FORMAT_VERSION, tool=tool_version(), operand=network.operand, layers=records)
    # What safetensors copies is the memory of an array, whatever its strides.
    in_order = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    content = safetensors.numpy.save(in_order, metadata={_METADATA_KEY: header.model_dump_json()})
    return write_atomically(path, content)


def read_packed(path: str | Path) -> PackedNetwork:
    """Return what ``write_packed`` wrote to ``path``.

    Raises HeddleError, in one line that names the file, where it is missing, damaged, no safetensors file, without
    Heddle's record, of another version, or where tensors are missing, left over or not what the record says.
    """
    file = _opened(Path(path))
    header = _header(file.metadata(), path)
    form = operand_format(header.operand)
    _refuse_repeated_names(header.layers, path)
    names: list[str] = file.keys()
    _check_names(header, names, path)
    layers = tuple(_layer(file, record, form, path) for record in header.layers)
    state = {name.removeprefix(_STATE): _state_tensor(file, name, path) for name in names if _is_state(name)}
    return PackedNetwork(header.operand, layers, state)


def _operand_tensors(layer: str, pass_name: WeightPass, operand: RightOperand) -> dict[str, npt.NDArray[Any]]:
    arrays = (operand.patterns,) if isinstance(operand, DenseOperand) else (operand.values, operand.indices)
    names = _tensor_names(layer, pass_name, packed=isinstance(operand, nm.Packed))
    return dict(zip(names, arrays, strict=True))


def _plain(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.dtype not in _STATE_TYPES.values():
        types = ", ".join(str(kind) for kind in _STATE_TYPES.values())
        raise HeddleError(f"tensor {name!r} is {array.dtype}, which the file cannot hold (valid: {types})")
    return array


def _tensor_names(layer: str, pass_name: WeightPass, *, packed: bool) -> tuple[str, ...]:
    parts = ("values", "indices") if packed else ("dense",)
    return tuple(f"{pass_name}/{part}/{layer}" for part in parts)


def _is_state(name: str) -> bool:
    return name.startswith(_STATE)


def _opened(path: Path) -> Any:
    """The file, its header read and checked against its length by safetensors."""
    try:
        if not path.exists():
            raise HeddleError(f"{path}: no such file{_neighbour(path)}")
        if not path.is_file():
            raise HeddleError(f"{path}: is not a regular file; a .safetensors file is needed")
        return safetensors.safe_open(path, framework="np")
    except safetensors.SafetensorError as error:
        raise HeddleError(f"{path}: is not a whole safetensors file: {_shortened(str(error))}") from None
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {error.strerror or error}") from None


def _neighbour(path: Path) -> str:
    """A guess at the file beside ``path`` that was meant; empty where none is like it."""
    close = nearest(path.stem, sorted(entry.stem for entry in path.parent.glob("*.safetensors")))
    return f"; did you mean {str(path.parent / f'{close}.safetensors')!r}?" if close else ""


def _shortened(text: str, characters: int = 100) -> str:
    return text if len(text) <= characters else text[: characters - 3] + "..."


def _header(metadata: Mapping[str, str] | None, path: str | Path) -> _Header:
    text = (metadata or {}).get(_METADATA_KEY)
    if text is None:
        raise HeddleError(
            f"{path}: is a safetensors file without Heddle's record (metadata entry {_METADATA_KEY!r}); "
            "training.export writes one that has it"
        )
    _refuse_other_version(text, path)
    try:
        return _Header.model_validate_json(text)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "record"
        message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        raise HeddleError(f"{path}: its record is damaged: {place}: {_shortened(message)}") from None


def _refuse_other_version(text: str, path: str | Path) -> None:
    """Told before all else: another version's record is not damaged."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return  # the record's own check says what is wrong
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version != FORMAT_VERSION:
        given = _shortened(str(version))
        raise HeddleError(f"{path}: has version {given} of the format; this tool reads version {FORMAT_VERSION}")


def _refuse_repeated_names(records: tuple[LayerRecord, ...], path: str | Path) -> None:
    names = [record.name for record in records]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise HeddleError(f"{path}: layer {repeated[0]!r} stands twice")


def _check_names(header: _Header, given: list[str], path: str | Path) -> None:
    """Raise HeddleError unless the file has the tensors of its records, and besides them only state."""
    expected = {
        name
        for record in header.layers
        for pass_name in WEIGHT_PASSES
        for name in _tensor_names(record.name, pass_name, packed=record.sparsity(pass_name) is not None)
    }
    missing = sorted(expected.difference(given))
    extra = sorted(name for name in given if name not in expected and not _is_state(name))
    if missing:
        raise HeddleError(f"{path}: its record asks for tensors that are missing: {_some(missing)}")
    if extra:
        raise HeddleError(f"{path}: holds tensors that its record does not know: {_some(extra)}")


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_SHOWN_NAMES])
    rest = len(names) - _SHOWN_NAMES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _layer(file: Any, record: LayerRecord, form: FloatFormat, path: str | Path) -> PackedLayer:
    ff, bp = (_operand(file, record, pass_name, form, path) for pass_name in WEIGHT_PASSES)
    layer = PackedLayer(record, ff, bp)
    try:
        layer.check(form)
    except HeddleError as error:
        raise HeddleError(f"{path}: {error}") from None
    return layer


def _operand(
    file: Any, record: LayerRecord, pass_name: WeightPass, form: FloatFormat, path: str | Path
) -> RightOperand:
    sparsity = record.sparsity(pass_name)
    names = _tensor_names(record.name, pass_name, packed=sparsity is not None)
    arrays = [_tensor(file, name, (kind,), path) for name, kind in zip(names, (f"U{form.width}", "U8"), strict=False)]
    if sparsity is None:
        return DenseOperand(arrays[0])
    return nm.Packed(arrays[0], arrays[1], sparsity.n, sparsity.m)


def _state_tensor(file: Any, name: str, path: str | Path) -> npt.NDArray[Any]:
    return _tensor(file, name, tuple(_STATE_TYPES), path)


def _tensor(file: Any, name: str, types: tuple[str, ...], path: str | Path) -> npt.NDArray[Any]:
    kind = file.get_slice(name).get_dtype()
    if kind not in types:
        raise HeddleError(f"{path}: tensor {name!r} is {kind} (valid: {', '.join(types)})")
    array: npt.NDArray[Any] = file.get_tensor(name)
    return array
