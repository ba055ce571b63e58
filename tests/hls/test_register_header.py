"""The C header of the registers: what a C compiler reads in it is the table, and the causes of the RTL."""

from __future__ import annotations

import subprocess
from pathlib import Path

from heddle.arch.design_io import load_design, override
from heddle.arch.instructions import VERSION
from heddle.arch.program_file import digest
from heddle.arch.register_map import IDENTIFICATION, REGISTERS, fields
from heddle.hls.array.command import Cause
from heddle.hls.control.instruction import Stop
from heddle.hls.register_header import REGISTER_HEADER_NAME, register_header

TINY = override(load_design("tiny"), {"memory.channels": 4})


def defined(folder: Path) -> dict[str, int]:
    """The macros that a C compiler finds, each once, as numbers."""
    (folder / REGISTER_HEADER_NAME).write_text(register_header(TINY))
    includes = f'#include "{REGISTER_HEADER_NAME}"\n' * 2
    command = ["gcc", "-x", "c", "-std=c99", "-Wall", "-Werror", "-dM", "-E", f"-I{folder}", "-"]
    done = subprocess.run(command, input=includes, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines() if " HEDDLE_" in line]
    return {line[1].removeprefix("HEDDLE_"): int(line[2].rstrip("u"), 0) for line in lines if len(line) == 3}


def test_a_c_compiler_reads_the_table_and_the_causes(tmp_path: Path) -> None:
    found = defined(tmp_path)
    expected = {f"{register.name}_OFFSET": register.offset for register in REGISTERS}
    partial = [field for _, field in fields() if field.width != 32]
    expected |= {f"{field.name}_MASK": field.mask for field in partial}
    expected |= {f"{field.name}_SHIFT": field.bit for field in partial}
    expected |= {f"stop_{cause.name}": cause.value for cause in Stop}
    expected |= {f"array_cause_{cause.name}": cause.value for cause in Cause}
    expected |= {"MEMORY_CHANNELS": 4, "MEMORY_STRIPE_BYTES": 16}
    words = {name: value for name, value in found.items() if name.startswith("EXPECTED_")}
    assert {name: value for name, value in found.items() if name not in words} == {
        name.upper(): value for name, value in expected.items()
    }
    assert sum(words[f"EXPECTED_DESIGN_{place}"] << 32 * place for place in range(4)) == digest(TINY)
    assert (words["EXPECTED_IDENTIFICATION"], words["EXPECTED_INSTRUCTION_SET"]) == (IDENTIFICATION, VERSION)
