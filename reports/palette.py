"""The colours of every chart, static or live.

They are those of Okabe and Ito (Color Universal Design, 2008), which people with any common colour blindness tell
apart. Ink, grid and paper are set apart from them so that a page can follow a dark colour scheme.
"""

from __future__ import annotations

INK, MUTED, GRID, PAPER = "#24292f", "#6a737d", "#dde2e8", "#fefefe"
SAMPLE = "#aab2bb"
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7"
YELLOW = "#f0e442"

#: The colour of each part of a step's time.
PART_COLOURS = {"ff": BLUE, "bp": ORANGE, "wu": GREEN, "vector": SAMPLE, "update": PURPLE}
