"""Two designs, or two runs, held against each other: what differs between them, and what comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.fit import check_fit, is_idealised, usable
from heddle.arch.resources import RESOURCE_NAMES, resources
from heddle.reports.units import bytes_, count, engineering, factor, joules, percent, seconds
from heddle.sim.result import PassResult, StepResult

_SMALL_RATIO = 0.1


@dataclass(frozen=True)
class Side:
    """One of the two: a design on a board and, where something ran on it, the step, the same step dense, its words.

    ``conditions`` say what ran and how (workload, batch, recipe, ...), by name; empty where nothing did.
    """

    name: str
    design: Design
    board: Board
    result: StepResult | None
    dense: StepResult | None
    conditions: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """A key of the design, or a condition of the run, that differs; "" where one side has none."""

    key: str
    a: str
    b: str


@dataclass(frozen=True)
class FigureRow:
    """A figure of both sides in its own unit. ``ratio`` is B over A; None where A is 0 or a side has no figure."""

    name: str
    a: float | None
    b: float | None
    text: Callable[[float], str]

    @property
    def ratio(self) -> float | None:
        """B over A."""
        return self.b / self.a if self.a and self.b is not None else None

    @property
    def cells(self) -> tuple[str, str, str]:
        """A, B and the ratio as text."""
        a, b = ("" if value is None else self.text(value) for value in (self.a, self.b))
        return a, b, ratio_text(self.ratio)


@dataclass(frozen=True)
class ResourceRow:
    """What both designs take of a resource, and what can be used of it on the board of each."""

    resource: str
    a: int
    b: int
    usable_a: int
    usable_b: int

    @property
    def ratio(self) -> float | None:
        """B over A; None where A takes nothing."""
        return self.b / self.a if self.a else None


@dataclass(frozen=True)
class TimeRow:
    """The time that a layer, or one pass of it, adds to the step, in seconds; None where a side does not run it."""

    layer: str
    pass_name: str
    a_s: float | None
    b_s: float | None

    @property
    def ratio(self) -> float | None:
        """B over A."""
        return self.b_s / self.a_s if self.a_s and self.b_s is not None else None

    @property
    def difference_s(self) -> float:
        """B less A; what a side does not run takes no time."""
        return (self.b_s or 0.0) - (self.a_s or 0.0)


@dataclass(frozen=True)
class Comparison:
    """Two sides and what differs. ``passes`` and ``layers``, empty unless both ran, have the largest change first.

    ``fit_a`` and ``fit_b`` say in a line whether each design fits its board.
    """

    a: Side
    b: Side
    changed: tuple[Change, ...]
    conditions: tuple[Change, ...]
    figures: tuple[FigureRow, ...]
    resources: tuple[ResourceRow, ...]
    fit_a: str
    fit_b: str
    layers: tuple[TimeRow, ...]
    passes: tuple[TimeRow, ...]


def compare(a: Side, b: Side) -> Comparison:
    """Return ``a`` and ``b`` held against each other."""
    return Comparison(
        a=a,
        b=b,
        changed=design_changes(a.design, b.design),
        conditions=_changes(a.conditions, b.conditions) if a.conditions and b.conditions else (),
        figures=tuple(_figures(a, b)),
        resources=_resources(a, b),
        fit_a=fit_line(a.design, a.board),
        fit_b=fit_line(b.design, b.board),
        layers=_times(a, b, lambda item: (item.layer, "")),
        passes=_times(a, b, lambda item: (item.layer, _pass_name(item))),
    )


def design_changes(a: Design, b: Design) -> tuple[Change, ...]:
    """Return the keys (``array.rows``) in which two designs differ, but for their name, in a design file's order."""
    return _changes(_words(a), _words(b))


def ratio_text(ratio: float | None) -> str:
    """Return a ratio as text, "1.85×", small ones with three digits; empty where there is none."""
    if ratio is None:
        return ""
    return f"{ratio:.3g}×" if 0 < ratio < _SMALL_RATIO else factor(ratio)


def fit_line(design: Design, board: Board) -> str:
    """Return whether ``design`` fits ``board``, as ``heddle.arch.fit`` checks it, in a line."""
    if is_idealised(design):
        return "idealised: a textbook design, not to be built"
    try:
        check_fit(design, board)
    except HeddleError as error:
        return f"no: {error}"
    return f"fits {board.name} (estimate)"


def _pass_name(item: PassResult) -> str:
    """A pass whatever its dataflow, which may differ between the two: "FF", "BP vector", "update"."""
    if item.engine == "update":
        return "update"
    name = item.pass_name.upper()
    return name if item.on_array else f"{name} {item.engine}"


def _words(design: Design) -> dict[str, str]:
    """Every value of a design as a design file has it, by its dotted key."""
    words: dict[str, str] = {}
    for key, value in design.model_dump(mode="json", exclude={"name"}).items():
        inner = value if isinstance(value, dict) else {"": value}
        words |= {f"{key}.{name}".rstrip("."): _word(each) for name, each in inner.items()}
    return words


def _word(value: object) -> str:
    if isinstance(value, list):
        return "+".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _changes(a: Mapping[str, str], b: Mapping[str, str]) -> tuple[Change, ...]:
    keys = dict.fromkeys((*a, *b))
    return tuple(Change(key, a.get(key, ""), b.get(key, "")) for key in keys if a.get(key) != b.get(key))


def _resources(a: Side, b: Side) -> tuple[ResourceRow, ...]:
    need_a, need_b = resources(a.design, a.board), resources(b.design, b.board)
    return tuple(
        ResourceRow(name, getattr(need_a, name), getattr(need_b, name), usable(a.board, name), usable(b.board, name))
        for name in RESOURCE_NAMES
    )


Figure = Callable[[Side], float | None]


def _of_step(figure: Callable[[StepResult], float]) -> Figure:
    return lambda side: figure(side.result) if side.result is not None else None


def _speedup(side: Side) -> float | None:
    """How many times faster than the same step dense; None where the two did not run the same passes."""
    result, dense = side.result, side.dense
    if result is None or dense is None or not result.cycles or len(result.failures) != len(dense.failures):
        return None
    return dense.cycles / result.cycles


def _memory_bytes_per_s(side: Side) -> float | None:
    """The lesser of what DRAM and AXI ports give together; None for a memory without limit."""
    memory = side.design.memory
    if memory.unlimited:
        return None
    port = memory.axi_bits / 8 * side.design.clock_hz
    return memory.channels * min(port, side.board.memory.channel_bytes_per_s)


def _rate(value: float) -> str:
    return engineering(value, "FLOP/s")


def _byte_rate(value: float) -> str:
    return engineering(value, "B/s")


def _hertz(value: float) -> str:
    return engineering(value, "Hz")


_FIGURES: tuple[tuple[str, Callable[[float], str], Figure], ...] = (
    ("time of a step", seconds, _of_step(lambda step: step.time_s)),
    ("speed-up over dense", factor, _speedup),
    ("array utilisation", percent, _of_step(lambda step: step.utilisation)),
    ("achieved rate", _rate, _of_step(lambda step: 2.0 * step.macs / step.time_s if step.time_s else math.nan)),
    ("energy of a step", joules, _of_step(lambda step: step.energy_j)),
    ("DRAM traffic", bytes_, _of_step(lambda step: step.dram_bytes)),
    ("multiply-adds executed", lambda value: engineering(value, "MAC"), _of_step(lambda step: step.macs)),
    ("processing elements", count, lambda side: side.design.array.processing_elements),
    ("clock", _hertz, lambda side: side.design.clock_hz),
    ("peak rate", _rate, lambda side: 2.0 * side.design.peak_macs_per_second),
    ("peak DRAM rate", _byte_rate, _memory_bytes_per_s),
)


def _figures(a: Side, b: Side) -> Iterator[FigureRow]:
    for name, text, figure in _FIGURES:
        of_a, of_b = (_finite(figure(side)) for side in (a, b))
        if of_a is not None or of_b is not None:
            yield FigureRow(name, of_a, of_b, text)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _times(a: Side, b: Side, key: Callable[[PassResult], tuple[str, str]]) -> tuple[TimeRow, ...]:
    """Times by ``key``, the largest difference first; rows that differ alike stay in the step's order."""
    if a.result is None or b.result is None:
        return ()
    of_a, of_b = _seconds_by(a.result, key), _seconds_by(b.result, key)
    rows = [TimeRow(*name, of_a.get(name), of_b.get(name)) for name in dict.fromkeys((*of_a, *of_b))]
    return tuple(sorted(rows, key=lambda row: -abs(row.difference_s)))


def _seconds_by(result: StepResult, key: Callable[[PassResult], tuple[str, str]]) -> dict[tuple[str, str], float]:
    cycles: dict[tuple[str, str], float] = {}
    for item in result.passes:
        cycles[key(item)] = cycles.get(key(item), 0.0) + item.cycles
    return {name: value / result.design.clock_hz for name, value in cycles.items()}
