"""Names of emitted modules, for those who need no component."""

from __future__ import annotations

#: The array's core, top of the Verilog and of the Vivado run.
ARRAY_MODULE = "heddle_array"
