"""A workload as the user names it: a network of the zoo, an ONNX file or a SCALE-Sim topology."""

from __future__ import annotations

import logging
from pathlib import Path

from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.input_sizes import InputSizes
from heddle.dataflow.network import Network
from heddle.dataflow.scalesim_import import read_scalesim
from heddle.dataflow.zoo import zoo_names, zoo_network

_log = logging.getLogger(__name__)

_EXTENSIONS = (".onnx", ".csv")


def load_network(workload: str, batch: int | None = None, sizes: InputSizes | None = None) -> Network:
    """Return the network behind a name of the zoo, or read it from an ``.onnx`` or ``.csv`` file.

    ``batch`` and ``sizes`` are for ONNX files alone: the value of an open batch while shapes are inferred (1 where
    None), and other open sizes (``input_sizes`` makes them from the words of the command line). The layers' sizes are
    per sample whatever the batch is. Raises HeddleError for an unknown name (with the nearest one), a missing file,
    another extension, and whatever is wrong inside the file.

    >>> len(heddle.load_network("mlp").layers)
    5
    """
    if sizes not in (None, InputSizes()) and Path(workload).suffix.lower() != ".onnx":
        raise HeddleError(f"sizes and batch of inputs are for .onnx files, and {workload!r} is none")
    if workload in zoo_names():
        _log.debug("network %s: of the zoo", workload)
        return zoo_network(workload)
    _log.debug("network %s: a file", workload)
    extension = Path(workload).suffix.lower()
    if extension == ".onnx":
        from heddle.dataflow.onnx_reader.importer import (
            read_onnx,
        )  # onnx takes longer to import than a simulation to run

        return read_onnx(workload, 1 if batch is None else batch, sizes or InputSizes())
    if extension == ".csv":
        return read_scalesim(workload)
    if _looks_like_a_path(workload):
        raise HeddleError(
            f"workload {workload!r}: a file's extension is one of {', '.join(_EXTENSIONS)}; "
            f"or name a network of the zoo: {', '.join(zoo_names())}"
        )
    raise unknown("workload", workload, (*zoo_names(), *(f"a path to a {end} file" for end in _EXTENSIONS)))


def _looks_like_a_path(workload: str) -> bool:
    return "/" in workload or "\\" in workload or bool(Path(workload).suffix)
