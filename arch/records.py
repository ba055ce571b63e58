"""Records of the compiled kernels: a typed dictionary names the fields, and the NumPy type of its rows follows from it.

A kernel reads a row by the names of its fields, as a dictionary. So a record is typed as one, though its rows lie in
NumPy arrays, and a wrong name or a row of another record is an error of the type checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

#: Rows of a record, one after another. Which record, the name or the docstring says.
Rows: TypeAlias = npt.NDArray[np.void]

_NUMBERS: dict[Any, type[np.generic]] = {int: np.int64, float: np.float64}


def record_dtype(record: type) -> np.dtype[np.void]:
    """Return the NumPy type of a typed dictionary's rows: fields are int, float, or records themselves.

    An array is annotated with what it is made of and how many: ``Annotated[Ints, int, 8]``.
    """
    return np.dtype([(name, *_field(kind)) for name, kind in get_type_hints(record, include_extras=True).items()])


def _field(kind: Any) -> tuple[Any, ...]:
    """What NumPy is told of a field behind its name."""
    if get_origin(kind) is Annotated:
        _, made_of, count = get_args(kind)
        return (*_field(made_of), (count,))
    return (_NUMBERS.get(kind) or record_dtype(kind),)


def rows_of(kind: np.dtype[np.void], records: Sequence[Mapping[str, Any]]) -> Rows:
    """Return ``records``, each with a value for every field of ``kind``, as rows of it."""
    rows = np.zeros(len(records), kind)
    _fill(rows, records)
    return rows


def _fill(rows: Rows, records: Sequence[Mapping[str, Any]]) -> None:
    for name in rows.dtype.names or ():
        values = [record[name] for record in records]
        if rows.dtype[name].names:
            _fill(rows[name], values)
        else:
            rows[name] = values
