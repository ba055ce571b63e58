"""The register map as a C header: offsets, masks and causes, for a driver or a bench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from heddle.arch.design import Design
from heddle.arch.instructions import VERSION
from heddle.arch.port_parts import PortParts
from heddle.arch.program_file import digest
from heddle.arch.register_map import DESIGN_WORDS, IDENTIFICATION, MAP_VERSION, REGISTER_BITS, REGISTERS
from heddle.hls.array.command import Cause
from heddle.hls.control.instruction import Stop

REGISTER_HEADER_NAME = "heddle_registers.h"


def register_header(design: Design) -> str:
    """Return ``heddle_registers.h`` of the accelerator of ``design``, in C and C++ alike."""
    return "\n".join(
        [
            "/* Registers of heddle_accelerator at its port s_axi_control; heddle generate wrote this. */",
            "#ifndef HEDDLE_REGISTERS_H",
            "#define HEDDLE_REGISTERS_H",
            "",
            "/* Byte offsets; of each field its bits in the register, and the lowest of them. */",
            *_offsets(),
            "",
            "/* What the accelerator of this design reads as. */",
            *_expected(design),
            "",
            "/* Memory: its channels, and the bytes after which an address goes on in the next of them. */",
            *_memory(design),
            "",
            "/* Why a program was stopped: the field stop. */",
            *_causes("STOP", Stop),
            "",
            "/* Why the array refused a command: the field array_cause. */",
            *_causes("ARRAY_CAUSE", Cause),
            "",
            "#endif",
            "",
        ]
    )


def _offsets() -> Iterator[str]:
    for register in REGISTERS:
        yield _define(f"{register.name}_OFFSET", f"0x{register.offset:03x}u")
        for field in register.fields:
            if field.width != REGISTER_BITS:
                yield _define(f"{field.name}_MASK", f"0x{field.mask:08x}u")
                yield _define(f"{field.name}_SHIFT", str(field.bit))


def _expected(design: Design) -> Iterator[str]:
    words = {"IDENTIFICATION": IDENTIFICATION, "INSTRUCTION_SET": VERSION, "REGISTER_MAP": MAP_VERSION}
    for word in range(DESIGN_WORDS):
        words[f"DESIGN_{word}"] = digest(design) >> word * REGISTER_BITS & ((1 << REGISTER_BITS) - 1)
    for name, value in words.items():
        yield _define(f"EXPECTED_{name}", f"0x{value:08x}u")


def _memory(design: Design) -> Iterator[str]:
    parts = PortParts.of(design)
    yield _define("MEMORY_CHANNELS", f"{parts.channels}u")
    yield _define("MEMORY_STRIPE_BYTES", f"{parts.word_bytes // parts.channels}u")


def _causes(prefix: str, causes: Any) -> Iterator[str]:
    """``causes``: an enumeration with a shape, whose type says nothing of its members."""
    for cause in causes:
        yield _define(f"{prefix}_{cause.name}", str(cause.value))


def _define(name: str, value: str) -> str:
    return f"#define HEDDLE_{name.upper()} {value}"
