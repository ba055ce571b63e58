"""slang's lint of emitted Verilog: a second reading of the language, with more rules than Verilator's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from heddle.hls.emit import Rtl
from heddle.hls.verilog import CHECKS_DEFINE

# Not -Wconversion: yosys writes every net without sign, and signed arithmetic within an expression.
_RULES = ("-Wextra", "-Wpedantic")


def slang_complaints(rtl: Rtl) -> str:
    """Return what slang says of ``rtl``, read without its checks and with them; empty where it has no complaint."""
    return _complaints(rtl) + _complaints(rtl, f"-D{CHECKS_DEFINE}")


def _complaints(rtl: Rtl, *options: str) -> str:
    from pyslang.driver import Driver  # not every machine has a wheel of it

    driver = Driver()
    driver.addStandardArgs()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in rtl.verilog.items():
            (Path(folder) / name).write_text(text)
        files = [os.path.join(folder, name) for name in rtl.verilog]
        words = ["slang", *files, "--top", rtl.top, *_RULES, *options]
        if not (driver.parseCommandLine(" ".join(words)) and driver.processOptions() and driver.parseAllSources()):
            return f"slang does not take {words}"
        driver.reportCompilation(driver.createCompilation(), True)
    found = driver.diagEngine.numErrors + driver.diagEngine.numWarnings
    return f"{found} complaints of slang, which stand on stderr\n" if found else ""
