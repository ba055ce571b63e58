"""The table of registers in docs/accelerator.md."""

from __future__ import annotations

from benchmarks.docs_tables.pages import Table, table
from heddle.arch.register_map import BitField, Register, fields


def register_map() -> Table:
    """Every field of every register: where it stands, what a host may do with it, and what it means."""
    heading = ("offset", "register", "bits", "field", "host", "")
    return table(heading, [_row(register, field) for register, field in fields()])


def _row(register: Register, field: BitField) -> list[str]:
    is_first, last = field is register.fields[0], field.bit + field.width - 1
    return [
        f"0x{register.offset:03x}" if is_first else "",
        f"`{register.name}`" if is_first else "",
        f"{field.bit}" if field.width == 1 else f"{field.bit} to {last}",
        f"`{field.name}`",
        field.access.value,
        field.meaning,
    ]
