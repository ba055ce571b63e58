"""Tables of docs/arch.md, hls.md, sim.md and explore.md: designs, boards, coefficients, timing, axes of a space."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.docs_tables.pages import Table, table
from heddle.arch import coefficients as c
from heddle.arch.boards import Board, board_names, load_board
from heddle.arch.coefficients import Coefficient
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, preset_names
from heddle.arch.energy import energy_table
from heddle.arch.resources import resources
from heddle.arch.timing import DISPATCH_CYCLES
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine, read_data_clocks
from heddle.hls.axi.write_engine import WriteEngine, write_data_clocks

#: What each preset is for. A preset that is not here has no row in the pages yet.
_PURPOSES = {
    "sat-vcu1525": "our reading of the published SAT/BDWP system (arXiv 2309.13015)",
    "small": "RTL simulation of a whole machine; one channel",
    "tiny": "the smallest machine that has every part",
    "ideal-32x32": "the textbook array: one-cycle multiply-add, direct drain, unlimited memory",
}
_COEFFICIENTS = ("name", "value", "unit", "±", "source")
#: The least coefficient of the energies; what comes before it is of resources and of the clock.
_FIRST_ENERGY = c.FP16_MUL_PJ

#: What each count of a step's activity is multiplied by.
_ACTIVITY = (
    ("macs", "multiply-adds executed on the array", "mac_j"),
    ("buffer_bytes", "bytes read and written, by the mapping's reuse; all as of block RAM", "bram_byte_j"),
    ("link_byte_hops", "bytes × PEs that they pass", "link_byte_hop_j"),
    ("dram_bytes", "bytes over the DRAM interface", "dram_byte_j"),
    ("sore_comparisons", "each pair of a group once", "sore_compare_j"),
    ("wuve_weights", "weights updated", "wuve_weight_j"),
    ("vector_elements", "elements through the vector lanes", "vector_element_j"),
    ("ff_cycles", "flip-flops of the design × cycles of the step: the clock tree", "ff_cycle_j"),
    ("(time of the step)", "leakage", "device_static_w"),
)


def presets() -> Table:
    """The presets: shape and purpose. Raises KeyError for a preset without a purpose here."""
    ordered = [*_PURPOSES, *(name for name in preset_names() if name not in _PURPOSES)]
    heading = ("preset", "array", "N:M", "interleave", "adder stages", "channels", "for")
    return table(heading, [_preset_row(load_design(name)) for name in ordered])


def boards() -> Table:
    """What each board holds."""
    heading = ("board", "part", "LUT", "FF", "DSP", "BRAM36", "URAM", "memory")
    return table(heading, [_board_row(load_board(name)) for name in board_names()])


def preset_resources() -> Table:
    """What the resource model says of the presets that are hardware, on the board of ``sat-vcu1525``."""
    board = load_board("vcu1525")
    rows = []
    for design in map(load_design, _PURPOSES):
        if design.array.drain == "chain":
            used = resources(design, board)
            rows.append([f"`{design.name}`", *_counts((used.lut, used.ff, used.dsp, used.bram36, used.uram))])
    return table((f"preset on {board.name}", "LUT", "FF", "DSP", "BRAM36", "URAM"), rows)


def resource_coefficients() -> Table:
    """The numbers of the parts that are not synthesised."""
    entries = c.coefficients()
    before = entries[: entries.index(c.ROUTED_DELAY)]
    return _coefficients(before)


def clock_coefficients() -> Table:
    """The number behind the limit of the clock."""
    return _coefficients((c.ROUTED_DELAY,))


def energy_inputs() -> Table:
    """The published and assumed numbers that the energies are made of."""
    entries = c.coefficients()
    return _coefficients(entries[entries.index(_FIRST_ENERGY) :])


def energies() -> Table:
    """The energies of the machine's elementary actions."""
    inputs = c.coefficients()
    return _coefficients([entry for entry in energy_table() if entry not in inputs])


def activity_energies() -> Table:
    """What a step counts, the coefficient of each count, and its uncertainty."""
    uncertainty = {entry.name: entry.uncertainty for entry in energy_table()}
    rows = [
        [name if name.startswith("(") else f"`{name}`", counted, f"`{key}`", f"{uncertainty[key]:.0%}"[:-1] + " %"]
        for name, counted, key in _ACTIVITY
    ]
    return table(("`activity`", "counted", "coefficient", "±"), rows)


def array_tiles() -> Table:
    """How many cycles lie between the tiles and the instructions of the array."""
    return table(
        ("", "cycles"),
        [
            ["OS, a tile's operands enter in", "(slots − 1) · max(I, L) + I"],
            ["OS, the next tile follows after", "the larger of that and R·I"],
            [
                "WS, the next tile follows after",
                "the largest of its rows, (R − 1)·L + 1 and, where sums come back as partial sums, "
                "(1 + tail) / column tiles",
            ],
            ["between two instructions", DISPATCH_CYCLES],
            [
                "an OS instruction that goes on from partial sums starts later by",
                "(R − 1)·I, and what its tiles leave of the tail",
            ],
        ],
    )


def memory_latencies() -> Table:
    """Latency and throughput of the blocks on the way to memory, at the machine's port."""
    port = AxiShape()
    walk, spans = PlaceWalk.latency, Coalescer.latency
    read, write = read_data_clocks(port), write_data_clocks(port)
    return table(
        ("block", "takes → gives", "latency in clocks", "throughput"),
        [
            [
                "`PlaceWalk`",
                "`tiles` → `pixels`",
                f"2, and 1 for each bit of the larger of `first_row` and `first_col`: at most {walk}",
                "a pixel a clock",
            ],
            [
                "`Coalescer`",
                "`pixels` → `spans`",
                f"{spans} from the pixel that ends a span",
                "a pixel a clock; a clock more for each page's end within a pixel",
            ],
            [
                "`ReadEngine`",
                "`spans`, R → AR, `words`, `error`",
                f"{ReadEngine.request_latency} from a span to AR; {read} from R to a word",
                "a beat a clock; a clock more where a transfer's last beat begins a word",
            ],
            [
                "`WriteEngine`",
                "`spans`, `words`, B → AW, W, `done`, `error`",
                f"{WriteEngine.request_latency} from a span to AW; {write} to W; "
                f"{WriteEngine.done_latency} from B to `done`",
                "a beat a clock",
            ],
        ],
    )


def _preset_row(design: Design) -> list[object]:
    array, sparsity = design.array, design.sparsity
    return [
        f"`{design.name}`",
        f"{array.rows} × {array.cols}",
        f"{sparsity.n}:{sparsity.m}",
        array.interleave,
        array.adder_stages,
        design.memory.channels,
        _PURPOSES[design.name],
    ]


def _board_row(board: Board) -> list[object]:
    held, memory = board.resources, board.memory
    return [
        f"`{board.name}`",
        f"`{board.part}`",
        *_counts((held.lut, held.ff, held.dsp, held.bram36, held.uram)),
        f"{memory.channels} × {memory.kind}, {memory.peak_bytes_per_s / 1e9:.1f} GB/s",
    ]


def _counts(values: Sequence[int]) -> list[str]:
    return [f"{value:,}" for value in values]


def _coefficients(entries: Sequence[Coefficient]) -> Table:
    rows = [[f"`{e.name}`", f"{e.value:.4g}", e.unit, f"{e.uncertainty:.0%}", e.source] for e in entries]
    return table(_COEFFICIENTS, rows)
