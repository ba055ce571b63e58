"""The Vivado run of a design's core as two files: a batch script, and the constraints of a core without a board.

The run is out of context: the core has far more ports than the device has pins, so it is synthesised, placed and
routed as a block whose ports end inside the device, a register at each of them (``heddle.synth.vivado.wrapper``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.hls.names import CORE_MODULE

SCRIPT_NAME = "heddle.tcl"
CONSTRAINTS_NAME = "heddle.xdc"
REPORTS_FOLDER = "reports"

_KINDS = ("utilization", "utilization_hierarchical", "timing_summary", "power")
#: Reports of a whole run, relative to the script: after synthesis, after routing.
REPORT_NAMES = tuple(f"{REPORTS_FOLDER}/{stage}_{kind}.rpt" for stage in ("synth", "route") for kind in _KINDS)

#: What an engineer asks next, by name: reports that nothing here reads, so that a Vivado without one of them goes on.
ADVICE = {
    "methodology": "report_methodology",
    "drc": "report_drc",
    "control_sets": "report_control_sets -verbose",
    "high_fanout_nets": "report_high_fanout_nets -timing -load_types -max_nets 50",
    "ram_utilization": "report_ram_utilization",
    "qor_suggestions": "report_qor_suggestions",
    "congestion": "report_design_analysis -congestion",
}
#: Files of the advice, .txt so that nobody takes one for a report of figures. Congestion takes a placed design.
ADVICE_NAMES = tuple(
    f"{REPORTS_FOLDER}/{stage}_{name}.txt"
    for stage in ("synth", "route")
    for name in ADVICE
    if (stage, name) != ("synth", "congestion")
)

#: The script's exit code where the clock is not met; all reports are there then.
NOT_MET = 2

# Words that Tcl takes as they stand.
_PLAIN_WORD = re.compile(r"[\w.-]+", re.ASCII)

_SCRIPT = """\
# Out-of-context run of the core of design @DESIGN@ for the part @PART@. Written for Vivado 2018.1 and later.
#   vivado -mode batch -source @SCRIPT@                  synthesis, placement and routing
#   vivado -mode batch -source @SCRIPT@ -tclargs synth   synthesis alone
# It reads the Verilog and @XDC@ that stand beside it, and writes @REPORTS@/*.rpt (figures), @REPORTS@/*.txt
# (advice), heddle_synth.dcp and heddle_route.dcp there. It ends with 1 where a step fails, with @NOT_MET@ where the
# clock is not met. Without Heddle's help: copy the folder, run this, bring @REPORTS@ back.

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
set step_count [expr {$goal eq "synth" ? 3 : 9}]
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
    foreach {name command} {
@ADVICE@
    } {
        # Congestion is known once cells have places.
        if {$stage eq "synth" && $name eq "congestion"} { continue }
        if {[catch { {*}$command -file [file join $reports ${stage}_${name}.txt] } message]} {
            puts "HEDDLE NOTE no $name report: [string map {\\n { }} $message]"
        }
    }
}

# Slack of the worst path in ns, of setup (max) or hold (min); nothing where there is no path.
proc heddle_slack {delay_type} {
    return [get_property -quiet SLACK [get_timing_paths -quiet -delay_type $delay_type -max_paths 1]]
}

# The buffer that drives clk stands outside the core. Where it stands decides the clock's delay and skew within, so one
# in the device's middle stands for it. In a design around the core, name that design's own.
proc heddle_place_clock {} {
    set buffers [get_sites -quiet -filter {SITE_TYPE == BUFGCE || SITE_TYPE == BUFGCTRL}]
    if {[llength $buffers] > 0} {
        set_property HD.CLK_SRC [lindex $buffers [expr {[llength $buffers] / 2}]] [get_ports clk]
    }
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
@READ_VERILOG@
    read_xdc -mode out_of_context [file join $here @XDC@]
}
heddle_step synth_design {
    synth_design -mode out_of_context -top @TOP@ -part @PART@
    heddle_place_clock
}
heddle_step synth_reports {
    heddle_reports synth
}
if {$goal eq "route"} {
    heddle_step opt_design { opt_design }
    heddle_step place_design { place_design }
    heddle_step phys_opt_design { phys_opt_design }
    heddle_step route_design { route_design }
    heddle_step phys_opt_routed { phys_opt_design }
    heddle_step route_reports {
        heddle_reports route
    }
    set setup_slack [heddle_slack max]
    set hold_slack [heddle_slack min]
    foreach slack [list $setup_slack $hold_slack] {
        if {$slack ne "" && $slack < 0} {
            puts "HEDDLE NOT MET the clock: worst slack of setup $setup_slack ns, of hold $hold_slack ns"
            flush stdout
            exit @NOT_MET@
        }
    }
}
puts "HEDDLE DONE"
"""

_CONSTRAINTS = """\
# Constraints of the core by itself: no pins, no board.

create_clock -name clk -period @PERIOD_NS@ [get_ports clk]

# A register stands at each port (heddle_core.v): all of the core's paths go from register to register, and are timed.
# The ways between a port and its register end nowhere on the device and are not.
set_false_path -from [get_ports -filter {DIRECTION == IN && NAME != clk}]
set_false_path -to [get_ports -filter {DIRECTION == OUT}]
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
        "TOP": CORE_MODULE,
        "NOT_MET": str(NOT_MET),
        "ADVICE": "\n".join(f"        {name} {{{command}}}" for name, command in ADVICE.items()),
        "SCRIPT": SCRIPT_NAME,
        "XDC": CONSTRAINTS_NAME,
        "REPORTS": REPORTS_FOLDER,
        "OLD_REPORTS": "\n".join(f"        {name}" for name in (*REPORT_NAMES, *ADVICE_NAMES)),
        "READ_VERILOG": "\n".join(f"    read_verilog [file join $here {name}]" for name in sorted(verilog)),
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
