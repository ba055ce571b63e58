"""Icarus Verilog as a second opinion on emitted Verilog: slower by far, but another reading of the language."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from cocotb_tools.runner import get_runner

from heddle.arch.errors import HeddleError
from heddle.hls.emit import Rtl
from heddle.verify.model import Model


def build_icarus_model(rtl: Rtl, folder: Path, *, waves: bool = False) -> Model:
    """Return the Icarus model of ``rtl``, compiled into ``folder``, without the RTL's own checks.

    Icarus goes on after a failed assertion, so that no case could be told to have failed by it: Verilator checks them.
    Raises HeddleError when Icarus is missing or, naming the log, when it fails.
    """
    if shutil.which("iverilog") is None or shutil.which("vvp") is None:
        raise HeddleError("iverilog is not on PATH (apt install iverilog, or take --simulator verilator)")
    place = folder.absolute()  # the compiler and the model run in folders of their own
    sources = place / "rtl"
    sources.mkdir(parents=True, exist_ok=True)
    for name, text in rtl.verilog.items():
        (sources / name).write_text(text)
    log = place / "build.log"
    logging.getLogger("Icarus").setLevel(logging.WARNING)
    try:
        get_runner("icarus").build(
            sources=[sources / name for name in rtl.verilog],
            hdl_toplevel=rtl.top,
            build_dir=place / "model",
            timescale=("1ns", "1ps"),  # Verilog that states none needs one
            always=True,
            waves=waves,
            log_file=log,
        )
    except (RuntimeError, SystemExit) as error:
        raise HeddleError(f"iverilog cannot build {rtl.top}; its log is {log}") from error
    return Model("icarus", place / "model", rtl.top, waves)
