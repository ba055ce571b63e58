"""``python -m benchmarks.buffer_area``: what double buffers of a few sizes take, as a Markdown table.

Each buffer is counted as ``heddle synth`` counts it: the buffer and each of its slice modules mapped once, multiplied
by how often they stand. FF counts flip-flops and LUT logic cells, inverters among them.
"""

from __future__ import annotations

from collections import Counter

from heddle.hls.emit import emit_block
from heddle.hls.generate import buffer_block, slice_blocks
from heddle.hls.memory.buffer_shape import BufferShape, RamKind
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import map_blocks
from heddle.synth.yosys.run import own_cells
from heddle.synth.yosys.sources import hierarchy

_RAMS = ("RAMB36E2", "RAMB18E2", "URAM288")
#: Word bits, words a half, kind of RAM, and whose buffer it is.
SIZES: tuple[tuple[int, int, RamKind, str], ...] = (
    (36, 256, "block", ""),
    (152, 863, "block", ""),
    (1024, 256, "block", ""),
    (608, 3450, "block", "weights of `sat-vcu1525`"),
    (4096, 1024, "ultra", "activations of `sat-vcu1525`"),
    (2048, 2048, "ultra", "outputs of `sat-vcu1525`"),
    (256, 5000, "ultra", ""),
)


def cells_of(buffer: BufferShape) -> Counter[str]:
    """Return the mapped cells by type, of the buffer and all slices that it instantiates."""
    blocks = [buffer_block("measured", buffer), *slice_blocks(buffer)]
    modules = hierarchy(blocks[0].name, [emit_block(block).verilog for block in blocks])
    cells: Counter[str] = Counter()
    for name, block in map_blocks(modules, 1).items():
        for cell, count in own_cells(block, modules).items():
            cells[cell] += count * modules.counts[name]
    return cells


def main() -> None:
    """Print the table."""
    print(f"| word bits | words a half | kind | {' | '.join(_RAMS)} | FF | LUT |\n|---|---|---|---|---|---|---|---|")
    for bits, words, kind, owner in SIZES:
        cells = cells_of(BufferShape(bits, words, kind))
        usage = usage_of(cells, "buffer")
        named = f"{bits} ({owner})" if owner else str(bits)
        counts = [*(cells[cell] for cell in _RAMS), usage.ff, usage.lut]
        print(f"| {named} | {words:,} | {kind} | {' | '.join(f'{count:,}' for count in counts)} |", flush=True)


if __name__ == "__main__":
    main()
