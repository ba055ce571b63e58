"""Names and paths in a table: where they must go on in another line, they break between their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

#: A part of ``layer1.0.conv1`` or ``/usr/bin/yosys`` ends behind one of these signs, or at a blank.
_PART = re.compile(r"[^./_\-:\\\s]*(?:[./_\-:\\]+|\s+|$)")


@dataclass(frozen=True)
class Breakable:
    """A name that a table may break behind a dot, slash, dash, underscore or colon; within a part only if it must."""

    name: str

    @property
    def parts(self) -> list[str]:
        """The name cut into what stays together."""
        return [part for part in _PART.findall(self.name) if part]

    def lines(self, width: int) -> list[str]:
        """Return the name in lines of at most ``width`` cells, a longer part in one of its own."""
        lines = [""]
        for part in self.parts:
            if lines[-1] and cell_len(lines[-1]) + cell_len(part.rstrip()) > width:
                lines.append("")
            lines[-1] += part
        return [line.rstrip() for line in lines]

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Say between which widths the name can be shown."""
        longest = max((cell_len(part.rstrip()) for part in self.parts), default=1)
        return Measurement(min(longest, options.max_width), min(cell_len(self.name), options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; as Text and not str, for a name may hold what rich would read as markup."""
        yield Text("\n".join(self.lines(options.max_width)), overflow="fold", justify="left")
