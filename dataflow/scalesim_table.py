"""A SCALE-Sim topology file as checked rows: the header decides the form, every cell has a line and a column."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from heddle.arch.errors import HeddleError, nearest
from heddle.arch.named_rows import NamedRows, Places

TopologyForm = Literal["convolution", "GEMM"]

CONVOLUTION_HEADER = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides"
GEMM_HEADER = "Layer, M, N, K"

_LARGEST_SIZE = (1 << 31) - 1
_LARGEST_SIZE_DIGITS = 10

# Column names without case, spaces and underscores. The last two stand for one stride per direction.
_COLUMNS = {
    "layername": "name",
    "layer": "name",
    "name": "name",
    "ifmapheight": "ifmap_height",
    "ifmapwidth": "ifmap_width",
    "filterheight": "filter_height",
    "filterwidth": "filter_width",
    "channels": "channels",
    "numfilter": "num_filter",
    "numfilters": "num_filter",
    "strides": "stride",
    "stride": "stride",
    "strideheight": "stride_height",
    "strideh": "stride_height",
    "stridewidth": "stride_width",
    "stridew": "stride_width",
    "m": "m",
    "n": "n",
    "k": "k",
    "batch": "batch",
    "sparsity": "sparsity",
}
_CONVOLUTION_SIZES = ("ifmap_height", "ifmap_width", "filter_height", "filter_width", "channels", "num_filter")
_GEMM_SIZES = ("m", "n", "k")
# Where SCALE-Sim itself, which reads no titles, takes each field from.
_CONVOLUTION_ORDER = ("name", *_CONVOLUTION_SIZES, "stride")
_GEMM_ORDER = ("name", *_GEMM_SIZES)
_LINE = re.compile(r"([^\r\n]*)(?:\r\n?|\n|\Z)")
_RATIO = re.compile(r"([1-9][0-9]{0,2}):([1-9][0-9]{0,2})", re.ASCII)


@dataclass(frozen=True)
class TopologyRow:
    """One layer of the file: its name, whole-number sizes by field, and N:M ratio if it has one."""

    name: str
    sizes: Mapping[str, int]
    sparsity: str | None


@dataclass(frozen=True)
class Topology:
    """A checked topology file. ``lines`` are the line numbers of its rows.

    ``unused_columns`` are header names that the format does not define. ``by_position`` says why the columns were
    read by their position and not by the header's names; empty where the names served.
    """

    form: TopologyForm
    rows: NamedRows[TopologyRow]
    lines: Places
    unused_columns: tuple[str, ...]
    by_position: str


@dataclass(frozen=True)
class _Header:
    form: TopologyForm
    titles: tuple[str, ...]
    fields: tuple[str | None, ...]
    by_position: str = ""

    @property
    def width_needed(self) -> int:
        """Cells that a row must have at least."""
        return 1 + max(i for i, field in enumerate(self.fields) if field in self.required)

    @property
    def required(self) -> tuple[str, ...]:
        """Fields that every row must give."""
        if self.form == "GEMM":
            return ("name", *_GEMM_SIZES)
        strides = ("stride",) if "stride" in self.fields else ("stride_height", "stride_width")
        return ("name", *_CONVOLUTION_SIZES, *strides)


def parse_topology(path: str, text: str) -> Topology:
    """Parse the text of a topology file; ``path`` is only named in errors.

    Blank lines, a byte order mark, any line ending, spaces around cells, cells in quotes, trailing commas, and
    comments (a closing cell or a whole line that starts with ``#``) are accepted. Raises HeddleError with file, line
    and column for anything else.
    """
    filled = _filled_lines(path, text.removeprefix("\ufeff"))
    first = next(filled, None)
    if first is None:
        raise HeddleError(f"{path}: the file is empty; its first line is the header: {_valid_headers()}")
    header = _parse_header(path, *first)
    rows, lines = _parse_rows(path, filled, header)
    if not rows:
        raise HeddleError(f"{path}: there is no layer below the header")
    unused = [title for title, named in zip(header.titles, header.fields, strict=True) if named is None and title]
    return Topology(header.form, rows, lines, tuple(unused), header.by_position)


def _filled_lines(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of every line that has any."""
    for number, line in enumerate(_LINE.finditer(text), start=1):
        cells = _cells(path, number, line[1])
        if cells:
            yield number, cells


def _parse_rows(
    path: str, filled: Iterable[tuple[int, list[str]]], header: _Header
) -> tuple[NamedRows[TopologyRow], Places]:
    """Return the rows and their line numbers; rows that differ in nothing but their name are looked into once."""
    kinds: dict[tuple[str, ...], int] = {}
    distinct: list[TopologyRow] = []
    names: list[str] = []
    which, lines = array("i"), array("i")
    name_at = header.fields.index("name")
    for number, cells in filled:
        name = cells[name_at] if len(cells) > name_at else ""
        key = (*cells[:name_at], *cells[name_at + 1 :])
        kind = kinds.get(key)
        if kind is None or not name:
            kind = kinds[key] = len(distinct)
            distinct.append(_parse_row(path, number, cells, header))
        names.append(name)
        which.append(kind)
        lines.append(number)
    return NamedRows("name", distinct, which, names, np.arange(len(names))), np.array(lines, np.int32)


def _cells(path: str, number: int, line: str) -> list[str]:
    """Cells of a line without surrounding spaces and quotes, empty cells at the end and comments."""
    if line.lstrip().startswith("#"):
        return []
    cells = [cell.strip() for cell in (_unquoted(path, number, line) if '"' in line else line.split(","))]
    if len(cells) > 1 and cells[-1].startswith("#"):
        cells.pop()
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _unquoted(path: str, number: int, line: str) -> list[str]:
    try:
        # Spaces before a quote are the reader's to skip, those behind one are not.
        (cells,) = csv.reader([re.sub(r'"\s+(?=,|$)', '"', line)], skipinitialspace=True, strict=True)
    except csv.Error:
        raise HeddleError(f"{path}:{number}: a quoted cell does not end on its line: found {_shown(line)}") from None
    return cells


def _valid_headers() -> str:
    return f"'{CONVOLUTION_HEADER}' or '{GEMM_HEADER}'"


def _parse_header(path: str, line: int, titles: list[str]) -> _Header:
    fields = [_COLUMNS.get(re.sub(r"[\s_]", "", title).casefold()) for title in titles]
    named = [field for field in fields if field is not None]
    is_gemm = len(set(_GEMM_SIZES) & set(named)) > len(set(_CONVOLUTION_SIZES) & set(named))
    header = _Header("GEMM" if is_gemm else "convolution", tuple(titles), tuple(fields))
    missing = [field for field in header.required if field not in named]
    if len(missing) > len(header.required) // 2:
        raise HeddleError(
            f"{path}:{line}: this is not the header of a SCALE-Sim topology: found {_shown(', '.join(titles))}; "
            f"valid: {_valid_headers()}"
        )
    twice = next((field for field in named if named.count(field) > 1), None)
    if not missing and twice is None:
        return header
    wrong = f"names the column '{_title_of(twice)}' twice" if twice else _lacked(missing[0], titles, fields)
    read = _by_position(header, wrong)
    if read is None:
        valid = GEMM_HEADER if is_gemm else CONVOLUTION_HEADER
        raise HeddleError(f"{path}:{line}: the header {wrong}; valid: '{valid}'")
    return read


def _lacked(field: str, titles: list[str], fields: list[str | None]) -> str:
    title = "Strides" if field == "stride_height" else _title_of(field)
    close = nearest(title, [t for t, known in zip(titles, fields, strict=True) if known is None and t])
    return f"lacks the column '{title}'" + (f" (found {_shown(close)})" if close else "")


def _by_position(header: _Header, wrong: str) -> _Header | None:
    """``header`` read by the positions of SCALE-Sim's own form, which ``wrong`` makes necessary.

    None where a title stands in the place of another one, so that positions and names contradict each other, or where
    columns are missing.
    """
    order = _GEMM_ORDER if header.form == "GEMM" else _CONVOLUTION_ORDER
    fields, beyond = header.fields[: len(order)], header.fields[len(order) :]
    known = {field for field, place in zip(fields, order, strict=False) if field == place}
    strayed = [field for field, place in zip(fields, order, strict=False) if field not in (None, place)]
    if len(fields) < len(order) or not known.issuperset(strayed) or any(field in order for field in beyond):
        return None
    return replace(header, fields=(*order, *beyond), by_position=wrong)


def _title_of(field: str) -> str:
    """The usual title of a field, as the format's own headers write it."""
    usual = {"name": "Layer name", "stride": "Strides", "m": "M", "n": "N", "k": "K"}
    return usual.get(field, field.replace("_", " ").title().replace("Ifmap", "IFMAP"))


def _parse_row(path: str, line: int, cells: list[str], header: _Header) -> TopologyRow:
    if len(cells) < header.width_needed:
        raise HeddleError(
            f"{path}:{line}: column '{header.titles[len(cells)]}' is missing: the row has {len(cells)} cells, "
            f"the header {header.width_needed}"
        )
    name = ""
    sparsity = None
    sizes: dict[str, int] = {}
    for column, cell in enumerate(cells):
        beyond = column >= len(header.fields)
        field = header.fields[column] if not beyond else "sparsity" if cell else None
        title = header.titles[column] if not beyond else str(column + 1)
        if field == "name":
            name = cell
        elif field == "sparsity":
            sparsity = _ratio(path, line, title, cell)
        elif field == "batch" and not cell:
            continue
        elif field is not None:
            sizes[field] = _size(path, line, title, cell)
    if not name:
        raise HeddleError(f"{path}:{line}: column '{_title_of('name')}': found an empty cell; valid: a name")
    return TopologyRow(name, sizes, sparsity)


def _size(path: str, line: int, title: str, cell: str) -> int:
    digits = cell.lstrip("0")
    is_whole = cell.isascii() and cell.isdigit() and len(digits) <= _LARGEST_SIZE_DIGITS
    value = int(digits or "0") if is_whole else 0
    if not 1 <= value <= _LARGEST_SIZE:
        raise HeddleError(
            f"{path}:{line}: column '{title}': found {_shown(cell)}; valid: a whole number from 1 to {_LARGEST_SIZE}"
        )
    return value


def _ratio(path: str, line: int, title: str, cell: str) -> str | None:
    if not cell:
        return None
    match = _RATIO.fullmatch(cell)
    if match is None or int(match[1]) > int(match[2]):
        raise HeddleError(
            f"{path}:{line}: column '{title}': found {_shown(cell)}; valid: a ratio N:M such as 2:4, with N from 1 to M"
        )
    return cell


def _shown(text: str) -> str:
    """The text in quotes, cut where it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
