"""Cases on disk: how they reach the process that the RTL simulator runs in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from heddle.verify.cases import Case, InputStream, Jump, OutputStream

_TEXT = "text"  # the .npz entry of everything that is no array


def save_cases(path: Path, cases: Iterable[Case]) -> None:
    """Write ``cases`` to ``path``, an .npz file: arrays as they are, the rest as one JSON text."""
    arrays: dict[str, NDArray[Any]] = {}
    text = [_case_text(case, str(number), arrays) for number, case in enumerate(cases)]
    np.savez(path, **{_TEXT: np.array(json.dumps(text))}, **arrays)  # type: ignore[arg-type]  # numpy types them as flags


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read what ``save_cases`` wrote."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    return tuple(_case(entry, str(number), arrays) for number, entry in enumerate(json.loads(str(arrays[_TEXT]))))


def _case_text(case: Case, key: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The JSON part of a case; its arrays go into ``arrays`` under names that begin with ``key``."""
    for stream in case.inputs:
        arrays[f"{key}/{stream.name}/words"] = stream.words
        if stream.source is not None:
            arrays[f"{key}/{stream.name}/source"] = stream.source
    for output in case.outputs:
        arrays[f"{key}/{output.name}/expected"] = output.expected
        arrays[f"{key}/{output.name}/place"] = output.place
    return {
        "name": case.name,
        "inputs": [{"name": stream.name, "idle": stream.idle} for stream in case.inputs],
        "outputs": [_output_text(output) for output in case.outputs],
        "sim_cycles": case.sim_cycles,
        "limit_cycles": case.limit_cycles,
        "seed": case.seed,
        "constants": dict(case.constants),
        "status": dict(case.status),
        "reset_after_cycles": case.reset_after_cycles,
        "jumps": [asdict(jump) for jump in case.jumps],
        "rerun": case.rerun,
    }


def _output_text(output: OutputStream) -> dict[str, Any]:
    return {
        "name": output.name,
        "lane_bits": output.lane_bits,
        "columns": output.columns,
        "backpressure": output.backpressure,
    }


def _case(entry: dict[str, Any], key: str, arrays: dict[str, NDArray[Any]]) -> Case:
    return Case(
        name=entry["name"],
        inputs=tuple(_input(stream, f"{key}/{stream['name']}", arrays) for stream in entry["inputs"]),
        outputs=tuple(_output(output, f"{key}/{output['name']}", arrays) for output in entry["outputs"]),
        sim_cycles=entry["sim_cycles"],
        limit_cycles=entry["limit_cycles"],
        seed=entry["seed"],
        constants=entry["constants"],
        status=entry["status"],
        reset_after_cycles=entry["reset_after_cycles"],
        jumps=tuple(Jump(**jump) for jump in entry["jumps"]),
        rerun=entry["rerun"],
    )


def _input(entry: dict[str, Any], key: str, arrays: dict[str, NDArray[Any]]) -> InputStream:
    return InputStream(entry["name"], arrays[f"{key}/words"], arrays.get(f"{key}/source"), entry["idle"])


def _output(entry: dict[str, Any], key: str, arrays: dict[str, NDArray[Any]]) -> OutputStream:
    return OutputStream(
        name=entry["name"],
        expected=arrays[f"{key}/expected"],
        lane_bits=entry["lane_bits"],
        place=arrays[f"{key}/place"],
        columns=entry["columns"],
        backpressure=entry["backpressure"],
    )


def word_integers(words: NDArray[np.uint8]) -> Sequence[int]:
    """Return each row of ``words`` as one integer."""
    width = words.shape[1]
    content = np.ascontiguousarray(words).tobytes()
    return [int.from_bytes(content[at : at + width], "little") for at in range(0, len(content), width)]
