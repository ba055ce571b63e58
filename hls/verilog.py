"""RTLIL written as Verilog that every tool reads: plain names, and checks behind a define."""

from __future__ import annotations

import re

from amaranth.back.verilog import _convert_rtlil_text  # the public functions take one component, and here are many

#: Define it for the RTL's own checks: immediate assertions, which take SystemVerilog.
CHECKS_DEFINE = "HEDDLE_ASSERT"

_MODULE = re.compile(r"^module .*?^endmodule\n", re.MULTILINE | re.DOTALL)
_ESCAPED = re.compile(r"\\(\S+) ")
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_CHECKS = re.compile(r"^  always @\([^)]*\) begin\n(?:    .*\n)*?      assert .*\n(?:    .*\n)*  end\n", re.MULTILINE)
_SOURCE_LINE = re.compile(r'^ *\(\* src = "[^"]*" \*\)\n', re.MULTILINE)
# A register that yosys reads in every combinational block, so that simulators evaluate each at the start.
_TRIGGER = re.compile(r"\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+")
_TRIGGER_NAME = "at_start"
# A word compared with zero, as yosys writes it; Verilog's logical negation takes one bit.
_LOGICAL_NOT = re.compile(r"(?<= = )! (?=\w)")


def verilog_of(rtlil: str) -> str:
    """Return Verilog-2005 of ``rtlil``: every name a plain identifier, assertions only under ``CHECKS_DEFINE``."""
    text = _convert_rtlil_text(rtlil)
    plain = _MODULE.sub(lambda module: _with_plain_names(_with_checks_behind_define(module[0])), text)
    return _LOGICAL_NOT.sub("~| ", plain)


def without_sources(verilog: str) -> str:
    """Return emitted Verilog without its ``src`` attributes: what caches go by, as lines of Python move often."""
    return _SOURCE_LINE.sub("", verilog)


def _with_checks_behind_define(module: str) -> str:
    return _CHECKS.sub(lambda block: f"`ifdef {CHECKS_DEFINE}\n{block[0]}`endif\n", module)


def _with_plain_names(module: str) -> str:
    """A module with its escaped names, which end in a space, as plain ones that it does not have yet."""
    taken = set(_PLAIN.findall(_ESCAPED.sub(" ", module)))
    plain: dict[str, str] = {}
    for name in dict.fromkeys(_ESCAPED.findall(module)):
        wanted = _plain_name(name)
        while wanted in taken:
            wanted += "_"
        taken.add(wanted)
        plain[name] = wanted
    return _ESCAPED.sub(lambda escaped: plain[escaped[1]], module)


def _plain_name(name: str) -> str:
    """A plain name for an escaped one: a number of Amaranth's, a path within a signal, or a word that Verilog keeps."""
    if _TRIGGER.fullmatch(name):
        return _TRIGGER_NAME
    if name.startswith("$") and name[1:].isdigit():
        return f"_{name[1:]}_"
    return f"{name}_" if _PLAIN.fullmatch(name) else re.sub(r"\W+", "_", name).strip("_")
