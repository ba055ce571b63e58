"""Any instruction, drawn: every number anywhere in its range."""

from __future__ import annotations

from hypothesis import strategies as st

from heddle.arch.instructions import INSTRUCTIONS, Instruction
from heddle.arch.isa import Encoded, Field


def _numbers(field: Field) -> st.SearchStrategy[int]:
    ends = st.sampled_from((field.valid[0], field.valid[-1], 0))
    return ends | st.integers(field.valid[0], field.valid[-1])


def encoded(kind: type[Encoded]) -> st.SearchStrategy[Encoded]:
    """Draw a ``kind`` with any numbers that its fields hold."""
    return st.builds(
        kind,
        **{field.name: _numbers(field) if field.inner is None else encoded(field.inner) for field in kind.fields()},
    )


def _of_kind(kind: type[Instruction]) -> st.SearchStrategy[Instruction]:
    return encoded(kind).map(lambda made: kind.decode(made.encode() >> 4 << 4 | kind.opcode_of))


def instructions() -> st.SearchStrategy[Instruction]:
    """Draw an instruction of any kind, its opcode its own."""
    return st.one_of([_of_kind(kind) for kind in INSTRUCTIONS.values()])
