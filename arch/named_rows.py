"""Rows of which many differ in nothing but their names: what is distinct stands once, names and order are columns.

A network of a million layers has a few hundred shapes. Whoever walks over such rows sees a plain sequence; whoever
computes does so once for each distinct row, and spreads the result by ``which``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row", bound=Hashable)
Other = TypeVar("Other", bound=Hashable)

#: Places in a list, a number a row.
Places = npt.NDArray[np.int32]

#: Rows whose text is made at once.
_PIECE_ROWS = 1 << 13


class NamedRows(Sequence[Row], Generic[Row]):
    """An immutable sequence of dataclass objects that have a name in ``field``.

    Row i is ``distinct[which[i]]`` under the name ``names[owner[i]]``; the names that the distinct rows have themselves
    mean nothing. Each distinct row is used, and they stand in the order in which the rows first use them.
    """

    __slots__ = ("distinct", "field", "names", "owner", "which")

    def __init__(
        self, field: str, distinct: Sequence[Row], which: npt.ArrayLike, names: Sequence[str], owner: npt.ArrayLike
    ) -> None:
        """Keep the rows; distinct ones that ``which`` does not use are dropped."""
        used, self.which = first_seen(np.asarray(which, np.int32))
        self.field = field
        self.distinct = tuple(distinct[kind] for kind in used)
        self.names = names
        self.owner = np.asarray(owner, np.int32)

    @classmethod
    def of(cls, rows: Sequence[Row], field: str) -> NamedRows[Row]:
        """Return ``rows`` with equal ones found; rows that are in this form already are returned as they are."""
        if isinstance(rows, NamedRows):
            return rows
        kinds: dict[Row, int] = {}
        which = [kinds.setdefault(_named(row, field, ""), len(kinds)) for row in rows]
        return cls(field, tuple(kinds), which, [getattr(row, field) for row in rows], np.arange(len(rows)))

    def row_names(self) -> Iterator[str]:
        """Yield the name of every row."""
        return map(self.names.__getitem__, self.owner.tolist())

    @property
    def counts(self) -> list[int]:
        """How many rows each distinct one stands for."""
        return [int(count) for count in np.bincount(self.which, minlength=len(self.distinct))]

    def map(self, change: Callable[[Row], Other]) -> NamedRows[Other]:
        """Return the rows with each distinct one changed."""
        return NamedRows(self.field, [change(row) for row in self.distinct], self.which, self.names, self.owner)

    def where(self, kept: npt.NDArray[np.bool_]) -> NamedRows[Row]:
        """Return the rows for which ``kept`` (one entry a row) is true."""
        if kept.all():
            return self
        return NamedRows(self.field, self.distinct, self.which[kept], self.names, self.owner[kept])

    def each(self, parts: Callable[[Row], Sequence[Other]], field: str) -> NamedRows[Other]:
        """Return, for each row in turn, all its parts, which have its name in their ``field``."""
        found = [parts(row) for row in self.distinct]
        sizes = np.array([len(some) for some in found], np.int32)
        first = np.cumsum(sizes, dtype=np.int32) - sizes
        size = sizes[self.which]
        row = np.repeat(np.arange(len(self), dtype=np.int32), size)
        begin = np.cumsum(size, dtype=np.int32) - size
        which = (first[self.which] - begin)[row] + np.arange(len(row), dtype=np.int32)
        return NamedRows(field, list(chain.from_iterable(found)), which, self.names, self.owner[row])

    def backwards(self) -> NamedRows[Row]:
        """Return the rows from the last to the first."""
        return NamedRows(self.field, self.distinct, self.which[::-1], self.names, self.owner[::-1])

    def followed_by(self, others: NamedRows[Row]) -> NamedRows[Row]:
        """Return these rows and then ``others``, which have names of the same list."""
        which = np.concatenate((self.which, others.which + len(self.distinct)))
        owner = np.concatenate((self.owner, others.owner))
        return NamedRows(self.field, (*self.distinct, *others.distinct), which, self.names, owner)

    def frame(self, records: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Return a row a row, with its name in the column ``field``; ``records`` are those of the distinct rows."""
        import pandas as pd  # takes a while to load, and only a frame needs it

        frame = pd.DataFrame(records, columns=columns).take(self.which).reset_index(drop=True)
        return frame.assign(**{self.field: list(self.row_names())})

    def taking(self, distinct: Sequence[Other], which: npt.ArrayLike) -> NamedRows[Other]:
        """Return other rows under the same names."""
        return NamedRows(self.field, distinct, which, self.names, self.owner)

    def sum_of(self, figure: Callable[[Row], int]) -> int:
        """Return the exact sum of a whole number over all rows."""
        return sum(figure(row) * count for row, count in zip(self.distinct, self.counts, strict=True))

    def spread(self, figure: Callable[[Row], float]) -> npt.NDArray[np.float64]:
        """Return a figure of every row."""
        return np.array([figure(row) for row in self.distinct], np.float64)[self.which]

    def text(self, names: Sequence[str], distinct: Sequence[str]) -> Iterator[str]:
        """Yield the text of all rows in pieces: for each row that of its name, and then that of its distinct row.

        ``names`` and ``distinct`` are the texts of the lists of that name.
        """
        for first in range(0, len(self), _PIECE_ROWS):
            piece = slice(first, first + _PIECE_ROWS)
            name = map(names.__getitem__, self.owner[piece].tolist())
            row = map(distinct.__getitem__, self.which[piece].tolist())
            yield "".join(chain.from_iterable(zip(name, row, strict=True)))

    def __len__(self) -> int:
        return len(self.which)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, at: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(at, slice):
            return tuple(self[place] for place in range(*at.indices(len(self))))
        return self._row(int(self.which[at]), int(self.owner[at]))

    def __iter__(self) -> Iterator[Row]:
        return map(self._row, self.which.tolist(), self.owner.tolist())

    def __reversed__(self) -> Iterator[Row]:
        return map(self._row, self.which[::-1].tolist(), self.owner[::-1].tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedRows | tuple):
            return NotImplemented
        return len(self) == len(other) and all(one == its for one, its in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def _row(self, kind: int, owner: int) -> Row:
        return _named(self.distinct[kind], self.field, self.names[owner])


def first_seen(kinds: Places) -> tuple[list[int], Places]:
    """Return the kinds in the order in which they first come, and the place of each of ``kinds`` in that order."""
    first = first_rows(kinds)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(kinds))]
    place = np.zeros(len(first), np.int32)
    place[order] = np.arange(len(order))
    return order.tolist(), place[kinds]


def first_rows(kinds: Places) -> npt.NDArray[np.int64]:
    """Return for each number up to the largest of ``kinds`` where it first stands, their length where it does not."""
    first = np.full(int(kinds.max(initial=-1)) + 1, len(kinds), np.int64)
    first[kinds[::-1]] = np.arange(len(kinds) - 1, -1, -1)  # of several writes to one place the last stays
    return first


def sum_in_order(values: npt.NDArray[np.float64]) -> float:
    """Return the sum of ``values``, added one after another from the first."""
    return float(np.add.accumulate(values)[-1]) if len(values) else 0.0


def _named(row: Any, field: str, name: str) -> Any:
    return row if getattr(row, field) == name else replace(row, **{field: name})
