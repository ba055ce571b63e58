"""The Vivado run of a design's core as two files: a batch script, and the constraints of a core without a board.

The run is out of context: the core has far more ports than the device has pins, so it is synthesised, placed and
routed as a block whose ports end inside the device.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.hls.names import ARRAY_MODULE

SCRIPT_NAME = "heddle.tcl"
CONSTRAINTS_NAME = "heddle.xdc"
REPORTS_FOLDER = "reports"

_KINDS = ("utilization", "utilization_hierarchical", "timing_summary", "power")
#: Reports of a whole run, relative to the script: after synthesis, after routing.
REPORT_NAMES = tuple(f"{REPORTS_FOLDER}/{stage}_{kind}.rpt" for stage in ("synth", "route") for kind in _KINDS)

# Words that Tcl takes as they stand.
_PLAIN_WORD = re.compile(r"[\w.-]+", re.ASCII)

_SCRIPT = """\
# Out-of-context run of the core of design @DESIGN@ for the part @PART@. Written for Vivado 2018.1 and later.
#   vivado -mode batch -source @SCRIPT@                  synthesis, placement and routing
#   vivado -mode batch -source @SCRIPT@ -tclargs synth   synthesis alone
# It reads the Verilog and @XDC@ that stand beside it, and writes @REPORTS@/*.rpt, heddle_synth.dcp and
# heddle_route.dcp there. Without Heddle's help: copy the folder, run this, bring @REPORTS@ back.

set here [file dirname [file normalize [info script]]]
set reports [file join $here @REPORTS@]

set goal route
if {[info exists ::argv] && [llength $::argv] > 0} {
    set goal [lindex $::argv 0]
}
if {$goal ni {synth route}} {
    puts "HEDDLE FAILED arguments: unknown goal '$goal' (valid: synth, route)"
    exit 1
}
set step_count [expr {$goal eq "synth" ? 3 : 8}]
set step_number 0

# Says which step begins, takes it, and ends Vivado with the step's name where it fails.
proc heddle_step {name script} {
    global step_number step_count
    incr step_number
    puts "HEDDLE STEP $step_number/$step_count $name"
    flush stdout
    if {[catch {uplevel #0 $script} message]} {
        puts "HEDDLE FAILED $name: [string map {\\n { }} $message]"
        flush stdout
        exit 1
    }
}

proc heddle_reports {stage} {
    global here reports
    report_utilization -file [file join $reports ${stage}_utilization.rpt]
    report_utilization -hierarchical -file [file join $reports ${stage}_utilization_hierarchical.rpt]
    report_timing_summary -delay_type min_max -max_paths 10 -file [file join $reports ${stage}_timing_summary.rpt]
    report_power -file [file join $reports ${stage}_power.rpt]
    write_checkpoint -force [file join $here heddle_${stage}.dcp]
}

heddle_step read_sources {
    # Reports of a run before this one would pass for this one's.
    file mkdir $reports
    foreach name {
@OLD_REPORTS@
    } {
        file delete [file join $here $name]
    }
    create_project -in_memory -part @PART@
    # SystemVerilog, as the core's assertions are: synthesis leaves them out.
@READ_VERILOG@
    read_xdc -mode out_of_context [file join $here @XDC@]
}
heddle_step synth_design {
    synth_design -mode out_of_context -top @TOP@ -part @PART@
}
heddle_step synth_reports {
    heddle_reports synth
}
if {$goal eq "route"} {
    heddle_step opt_design { opt_design }
    heddle_step place_design { place_design }
    heddle_step phys_opt_design { phys_opt_design }
    heddle_step route_design { route_design }
    heddle_step route_reports {
        heddle_reports route
    }
}
puts "HEDDLE DONE"
"""

_CONSTRAINTS = """\
# Constraints of the core by itself: no pins, no board.

create_clock -name clk -period @PERIOD_NS@ [get_ports clk]

# The buffer that drives clk stands outside the core. Without its place Vivado takes the clock network as next to
# ideal: within the core a path keeps nearly its whole period, and skew is not seen. In a design around the core, name
# the buffer to have it counted, and give the delays below the clock's way into the core as well:
#   set_property HD.CLK_SRC BUFGCE_X0Y0 [get_ports clk]

# Each port counts as a register on the same clock, right at the core's edge: a path from or to it has the whole
# period. A neighbour's own clock-to-out or set-up, and the way to it, are not in; a delay other than 0 leaves room for
# them. A false path instead would hide the handshakes, which go from port to port through the core's logic.
set_input_delay 0 -clock [get_clocks clk] [get_ports -filter {DIRECTION == IN && NAME != clk}]
set_output_delay 0 -clock [get_clocks clk] [get_ports -filter {DIRECTION == OUT}]

# Hold at the edge depends on where the neighbours stand, and here they stand nowhere.
set_false_path -hold -from [get_ports -filter {DIRECTION == IN && NAME != clk}]
set_false_path -hold -to [get_ports -filter {DIRECTION == OUT}]
"""


def project_files(design: Design, board: Board, verilog: Mapping[str, str]) -> dict[str, str]:
    """Return the script and the constraints by file name, to be written beside the Verilog.

    ``verilog`` is the text by file name of the core and what it instantiates. The same arguments give the same
    text. Raises HeddleError for a part that cannot be the name of one.
    """
    if not _PLAIN_WORD.fullmatch(board.part):
        raise HeddleError(
            f"board {board.name!r}: part = {board.part!r} is no part of Vivado's "
            "(valid: letters, digits, '-', '.', '_', as xcvu9p-fsgd2104-2L-e)"
        )
    script = {
        "DESIGN": ascii(design.name),
        "PART": board.part,
        "TOP": ARRAY_MODULE,
        "SCRIPT": SCRIPT_NAME,
        "XDC": CONSTRAINTS_NAME,
        "REPORTS": REPORTS_FOLDER,
        "OLD_REPORTS": "\n".join(f"        {name}" for name in REPORT_NAMES),
        "READ_VERILOG": "\n".join(f"    read_verilog -sv [file join $here {name}]" for name in sorted(verilog)),
    }
    return {
        SCRIPT_NAME: _filled(_SCRIPT, script),
        CONSTRAINTS_NAME: _filled(_CONSTRAINTS, {"PERIOD_NS": _period_ns(design.clock_hz)}),
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    """``template`` with each ``@NAME@`` replaced, in one pass: what a value brings is not looked at again."""
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], template)


def _period_ns(clock_hz: float) -> str:
    """The clock's period in whole picoseconds, Vivado's grain; never longer than asked for."""
    return f"{math.floor(1e12 / clock_hz) / 1000:.3f}"
