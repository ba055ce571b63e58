"""The array's command as a layout of the RTL: the fields of ``heddle.arch.isa.ArrayCommand``, in their order."""

from __future__ import annotations

from amaranth.lib import data

from heddle.arch.isa import ArrayCommand

COMMAND = data.StructLayout({field.name: field.width for field in ArrayCommand.fields()})
