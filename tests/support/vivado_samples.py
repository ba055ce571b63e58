"""Vivado's four reports as text, written out from values in the shapes that they have from release to release."""

from collections.abc import Sequence

LONG_RULE = "-" * 96
TOOLS = {
    "2018.3": "Vivado v.2018.3 (lin64) Build 2400000 Thu Dec  6 23:36:41 MST 2018",
    "2020.2": "Vivado v.2020.2 (lin64) Build 3060000 Wed Nov 18 09:12:47 MST 2020",
    "2021.2": "Vivado v.2021.2 (lin64) Build 3360000 Tue Oct 19 02:47:39 MDT 2021",
    "2025.2": "Vivado v.2025.2 (win64) Build 6290000 Fri Nov 14 19:35:11 GMT 2025",
}
VU9P = "xcvu9p-fsgd2104-2L-e"
#: What a sample says where a test does not say otherwise: used and available by the row's name.
AMOUNTS = {
    "CLB LUTs": ("101234", "1182240"),
    "LUT as Logic": ("97112", "1182240"),
    "LUT as Memory": ("4122", "591840"),
    "CLB Registers": ("88018", "2364480"),
    "Register as Flip Flop": ("88016", "2364480"),
    "Register as Latch": ("2", "2364480"),
    "CARRY8": ("5120", "147780"),
    "Block RAM Tile": ("98.5", "2160"),
    "RAMB36/FIFO*": ("90", "2160"),
    "RAMB18": ("17", "4320"),
    "URAM": ("12", "960"),
    "DSPs": ("512", "6840"),
}


def head(command: str, release: str = "2021.2", device: str = VU9P, state: str = "Routed") -> str:
    """The box at the top; a report without a state has no such line."""
    fields = {
        "Tool Version": TOOLS[release],
        "Date": "Mon Mar  3 10:00:00 2025",
        "Host": "bench running 64-bit Linux",
        "Command": f"{command} -file reports/out.rpt -pb out.pb",
        "Design": "heddle_array",
        "Device": device,
        "Speed File": "-2L",
        **({"Design State": state} if state else {}),
    }
    width = max(map(len, fields))
    lines = [f"| {name:<{width}} : {value}" for name, value in fields.items()]
    rights = "Copyright 1986-2022 Xilinx, Inc. All Rights Reserved."
    return "\n".join([rights, LONG_RULE, *lines, LONG_RULE, "", ""])


def bordered(rows: Sequence[Sequence[str]], columns: Sequence[str] = ()) -> str:
    """A table: names to the left with their indentation, everything else to the right."""
    lines = [*([columns] if columns else []), *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    border = "+" + "+".join("-" * (width + 2) for width in widths) + "+"

    def written(cells: Sequence[str]) -> str:
        first = f" {cells[0]:<{widths[0]}} "
        others = (f" {cell:>{width}} " for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "|" + "|".join([first, *others]) + "|"

    heading = [border, written(columns)] if columns else []
    return "\n".join([*heading, border, *map(written, rows), border, ""])


def contents(titles: Sequence[str], first: int = 1) -> str:
    """The list of contents: the sections' titles as they stand above the sections, but nothing below them."""
    return "\n".join(["Table of Contents", "-----------------", *numbered(titles, first), "", ""])


def numbered(titles: Sequence[str], first: int = 1) -> list[str]:
    """Titles with numbers from ``first`` on; one that begins with a dot is below the one before it."""
    lines, number, part = [], first - 1, 0
    for title in titles:
        number, part = (number, part + 1) if title.startswith(".") else (number + 1, 0)
        lines.append(f"{number}.{part} {title[1:]}" if part else f"{number}. {title}")
    return lines


def sections(parts: Sequence[tuple[str, str]], first: int = 1) -> str:
    titles = numbered([title for title, _ in parts], first)
    texts = [f"{title}\n{'-' * len(title)}\n\n{text}\n\n" for title, (_, text) in zip(titles, parts, strict=True)]
    return contents([title for title, _ in parts], first) + "".join(texts)


def _site_rows(names: Sequence[str], amounts: dict[str, tuple[str, str]], prohibited: bool) -> str:
    columns = ["Site Type", "Used", "Fixed", *(["Prohibited"] if prohibited else []), "Available", "Util%"]
    rows = []
    for name in names:
        key = name.strip()
        if key in amounts or key.rstrip("*") in amounts:
            used, available = amounts.get(key) or amounts[key.rstrip("*")]
            percent = "<0.01" if used in ("2", "12") else "119.52"
            rows.append([name, used, "0", *(["0"] if prohibited else []), available, percent])
        else:
            rows.append([name, "3", "", *([""] if prohibited else []), "", ""])
    return bordered(rows, columns)


def utilisation(
    release: str = "2021.2",
    state: str = "Routed",
    amounts: dict[str, tuple[str, str]] | None = None,
    uram: bool = True,
    only_rows: bool = True,
    first: int = 1,
    device: str = VU9P,
) -> str:
    """report_utilization of an UltraScale+ part, its SLR tables behind; ``only_rows`` are the likes of DSP48E2 only."""
    amounts = {**AMOUNTS, **(amounts or {})}
    prohibited = release >= "2021.2"
    star = "*" if state == "Synthesized" else ""
    logic = [
        f"CLB LUTs{star}",
        "  LUT as Logic",
        "  LUT as Memory",
        "CLB Registers",
        "  Register as Flip Flop",
        "  Register as Latch",
        "CARRY8",
    ]
    distribution = ["CLB", "  CLBL", "LUT as Memory", "  LUT as Distributed RAM", "CLB Registers"]
    memory = ["Block RAM Tile", "  RAMB36/FIFO*", *(["    RAMB36E2 only"] if only_rows else []), "  RAMB18"]
    memory += ["URAM"] if uram else []
    arithmetic = ["DSPs", *(["  DSP48E2 only"] if only_rows else [])]
    registers = bordered([["88016", "Yes", "-", "Reset"]], ["Total", "Clock Enable", "Synchronous", "Asynchronous"])
    slr = bordered(
        [["CLB LUTs", "7", "8", "9"], ["URAM", "1", "2", "3"], ["DSPs", "4", "5", "6"]],
        ["Site Type", "SLR0", "SLR1", "SLR2"],
    )
    note = "* Warning! The final count is typically lower.\n" if star else ""
    return (
        head("report_utilization", release, device, state)
        + "Utilization Design Information\n\n"
        + sections(
            [
                ("CLB Logic", _site_rows(logic, amounts, prohibited) + note),
                (".Summary of Registers by Type", registers),
                ("CLB Logic Distribution", _site_rows(distribution, amounts, prohibited)),
                ("BLOCKRAM", _site_rows(memory, amounts, prohibited) + "* Note: one FIFO a tile\n"),
                ("ARITHMETIC", _site_rows(arithmetic, amounts, prohibited)),
                ("Primitives", bordered([["FDRE", "88016", "Register"]], ["Ref Name", "Used", "Functional Category"])),
                ("Black Boxes", bordered([], ["Ref Name", "Used"])),
                ("SLR CLB Logic and Dedicated Block Utilization", slr),
            ],
            first,
        )
    )


def utilisation_of_7_series(release: str = "2018.3", state: str = "Fully Placed") -> str:
    """report_utilization of a 7-series part: other names of sections and rows, no CARRY8, no URAM."""
    amounts = {
        "Slice LUTs": ("14361", "53200"),
        "LUT as Memory": ("84", "17400"),
        "Slice Registers": ("11372", "106400"),
        "Block RAM Tile": ("98.5", "140"),
        "DSPs": ("192", "220"),
    }
    prohibited = release >= "2021.2"
    logic = ["Slice LUTs", "  LUT as Logic", "  LUT as Memory", "Slice Registers"]
    return (
        head("report_utilization", release, "7z020clg400-1", state)
        + "Utilization Design Information\n\n"
        + sections(
            [
                ("Slice Logic", _site_rows(logic, amounts, prohibited)),
                ("Slice Logic Distribution", _site_rows(["Slice", "LUT as Memory"], amounts, prohibited)),
                ("Memory", _site_rows(["Block RAM Tile", "  RAMB36/FIFO*"], amounts, prohibited)),
                ("DSP", _site_rows(["DSPs", "  DSP48E1 only"], amounts, prohibited)),
            ]
        )
    )


def utilisation_of_versal() -> str:
    """report_utilization of a Versal part: registers and DSPs under other names, LOOKAHEAD8 in place of CARRY8."""
    amounts = {
        "Registers": ("200001", "5148416"),
        "CLB LUTs": ("116420", "2574208"),
        "LUT as Memory": ("16798", "1287104"),
        "LOOKAHEAD8": ("1234", "321776"),
        "Block RAM Tile": ("87.5", "3741"),
        "URAM": ("12", "1925"),
        "DSP Slices": ("345", "10848"),
    }
    registers = ["Registers", "  Register as Flip Flop", "  Register as Latch"]
    luts = ["CLB LUTs", "  LUT as Logic", "  LUT as Memory", "LOOKAHEAD8"]
    return (
        head("report_utilization", "2025.2", "xcv80-lsva4737-2MHP-e-S", "Routed")
        + "Utilization Design Information\n\n"
        + sections(
            [
                ("Netlist Logic", _site_rows([*registers, *luts], amounts, True)),
                ("CLB Distribution", _site_rows(["SLICE", "Register driven from within the SLICE"], amounts, True)),
                ("BLOCKRAM", _site_rows(["Block RAM Tile", "  RAMB36E5", "  RAMB18E5", "URAM"], amounts, True)),
                ("ARITHMETIC", _site_rows(["DSP Slices", "  DSP58"], amounts, True)),
            ]
        )
    )


#: Rows of a small hierarchy: instance, module, LUTs, logic LUTs, LUTRAMs, SRLs, FFs, RAMB36, RAMB18, URAM, DSPs.
TREE = (
    ("heddle_array", "(top)", "300", "290", "10", "0", "400", "2", "1", "3", "8"),
    ("  (heddle_array)", "(top)", "20", "20", "0", "0", "0", "0", "0", "0", "0"),
    ("  pe_0", "heddle_uspe", "140", "135", "5", "0", "200", "1", "1", "0", "4"),
    ("    multiplier|a", "heddle_multiplier", "90", "90", "0", "0", "100", "0", "0", "0", "4"),
    ("  pe_1", "heddle_uspe_1", "140", "135", "5", "0", "200", "1", "0", "3", "4"),
)


def hierarchy(rows: Sequence[Sequence[str]] = TREE, release: str = "2021.2", uram: bool = True) -> str:
    """report_utilization -hierarchical; without ``uram`` as a family without UltraRAM writes it."""
    counts = ["Total LUTs", "Logic LUTs", "LUTRAMs", "SRLs", "FFs", "RAMB36", "RAMB18", "URAM"]
    columns = ["Instance", "Module", *counts, "DSP Blocks" if uram else "DSP48 Blocks"]
    keep = [index for index, column in enumerate(columns) if uram or column != "URAM"]
    table = bordered([[row[index] for index in keep] for row in rows], [columns[index] for index in keep])
    note = "* Note: The sum of lower-level cells may be larger than their parent cells total.\n"
    return (
        head("report_utilization -hierarchical", release)
        + "Utilization Design Information\n\n"
        + sections([("Utilization by Hierarchy", table + note)])
    )


SUMMARY_COLUMNS = [
    name
    for worst, total in (("WNS", "TNS"), ("WHS", "THS"), ("WPWS", "TPWS"))
    for name in (f"{worst}(ns)", f"{total}(ns)", f"{total} Failing Endpoints", f"{total} Total Endpoints")
]
SLACKS = ("-0.321", "-54.700", "271", "190431", "0.011", "0.000", "0", "190427", "1.275", "0.000", "0", "88019")
SLACKS_MET = ("0.321", "0.000", "0", *SLACKS[3:])
CLOCKS = (
    ("clk", "{0.000 2.500}", "5.000", "200.000"),
    ("  clk_out1_wiz[0]", "{0.000 1.666}", "3.333", "300.000"),
    ("jtag", "{0.000 40.690}", "81.380", "12.288"),
)
MET = "All user specified timing constraints are met."
NOT_MET = "Timing constraints are not met."
NO_CONSTRAINTS = "There are no user specified timing constraints."


def _ruled(title: str, text: str) -> str:
    return f"{LONG_RULE}\n| {title}\n| {'-' * len(title)}\n{LONG_RULE}\n\n{text}\n\n"


def _spaced(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[index]) for line in [columns, *rows]) + 2 for index in range(len(columns))]
    rules = ["-" * len(column) for column in columns]
    lines = [columns, rules, *rows]
    return "\n".join("".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines)


def _right(columns: Sequence[str], rows: Sequence[Sequence[str]], name: str = "") -> str:
    lines = [columns, ["-" * len(column) for column in columns], *rows]
    names = [name, "-" * len(name), *["clk" if name else "" for _ in rows]]
    texts = (
        "".join(f"{cell:>{len(column) + 4}}" for cell, column in zip(line, columns, strict=True)) for line in lines
    )
    return "\n".join(f"{first:<6}{text}  " for first, text in zip(names, texts, strict=True))


def timing(
    release: str = "2021.2",
    slacks: Sequence[str] = SLACKS,
    clocks: Sequence[Sequence[str]] = CLOCKS,
    verdict: str = NOT_MET,
    paths: int = 2,
) -> str:
    """report_timing_summary with ``paths`` written out; its head names the part without speed and has no state."""
    checks = ["1. checking no_clock (0)", "2. checking loops (0)"]
    path = (
        "Slack (VIOLATED) :        -0.321ns  (required time - arrival time)\n"
        "  Source:                 pe_0/sum_reg[1]/C\n"
        "  Requirement:            5.000ns  (clk rise@5.000ns - clk rise@0.000ns)\n"
        "    SLICE_X26Y34         FDRE                                         r  pe_0/sum_reg[3]/D\n"
        "  -------------------------------------------------------------------\n"
        "                         slack                                 -0.321\n\n"
    )
    return (
        head("report_timing_summary", release, "xcvu9p-fsgd2104", "")
        + "Timing Summary Report\n\n"
        + _ruled("Timer Settings", "  Enable Multi Corner Analysis               :  Yes")
        + "check_timing report\n\nTable of Contents\n-----------------\n"
        + "\n".join([*checks, ""])
        + f"\n{checks[0]}\n{'-' * len(checks[0])}\n There are 0 register/latch pins with no clock.\n\n\n"
        + _ruled("Design Timing Summary", f"{_right(SUMMARY_COLUMNS, [slacks])}\n\n\n{verdict}")
        + _ruled(
            "Clock Summary",
            _spaced(["Clock", "Waveform(ns)", "Period(ns)", "Frequency(MHz)"], clocks) if clocks else "",
        )
        + _ruled("Intra Clock Table", _right(SUMMARY_COLUMNS, [slacks, [""] * 12], "Clock"))
        + _ruled("Inter Clock Table", _right(SUMMARY_COLUMNS[:8], [], "From Clock    To Clock"))
        + _ruled("Timing Details", f"Max Delay Paths\n{LONG_RULE}\n" + path * paths)
    )


SUMMARY_OF_POWER = (
    ("Total On-Chip Power (W)", "12.718"),
    ("Design Power Budget (W)", "Unspecified*"),
    ("Power Budget Margin (W)", "NA"),
    ("Dynamic (W)", "10.021"),
    ("Device Static (W)", "2.697"),
    ("Effective TJA (C/W)", "0.8"),
    ("Max Ambient (C)", "89.9"),
    ("Junction Temperature (C)", "35.1"),
    ("Confidence Level", "Medium"),
    ("Setting File", "---"),
    ("Simulation Activity File", "---"),
    ("Design Nets Matched", "NA"),
)
ON_CHIP = (
    ("Clocks", "0.966", "3", "---", "---"),
    ("CLB Logic", "2.150", "203988", "---", "---"),
    ("  LUT as Logic", "1.921", "97112", "1182240", "8.21"),
    ("  LUT as Shift Register", "<0.001", "84", "591840", "0.01"),
    ("  Others", "0.000", "793", "---", "---"),
    ("Block RAM", "1.249", "98.5", "2160", "4.56"),
    ("DSPs", "0.236", "512", "6840", "7.49"),
    ("Static Power", "2.697", "", "", ""),
    ("Total", "12.718", "", "", ""),
)


def power(
    release: str = "2021.2",
    summary: Sequence[tuple[str, str]] = SUMMARY_OF_POWER,
    on_chip: Sequence[Sequence[str]] = ON_CHIP,
    first: int = 1,
    with_head: bool = True,
) -> str:
    """report_power: a summary of two columns without heading, the on-chip table, and tables that nobody reads."""
    values = max(len(value) for _, value in summary)
    table = bordered([(name, f"{value:<{values}}") for name, value in summary])
    columns = ["On-Chip", "Power (W)", "Used", "Available", "Utilization (%)"]
    top = (
        head("report_power", release, "xcvu9p-fsgd2104-2L-e (Vivado)", "routed") + "Power Report\n\n"
        if with_head
        else ""
    )
    return top + sections(
        [
            ("Summary", table + "* Specify Design Power Budget using, set_operating_conditions\n"),
            (".On-Chip Components", bordered(on_chip, columns)),
            (".Confidence Level", bordered([["Design State", "High"]], ["User Input Data", "Confidence"])),
            ("Environment", bordered([["Ambient Temp (C)", "25.0"], ["Airflow (LFM)", "250"]])),
            ("By Hierarchy", bordered([["heddle_array", "10.021"]], ["Name", "Power (W)"])),
        ],
        first,
    )


#: One of each kind, by the kind's name in VivadoReports.
EACH = {"utilisation": utilisation(), "hierarchy": hierarchy(), "timing": timing(), "power": power()}
