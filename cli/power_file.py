"""``--power FILE``: a Vivado power report whose watts stand in for the model's energy on chip."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.reports.energy_source import on_chip_watts
from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import PowerReport


def load_power(path: Path) -> PowerReport:
    """Return the power report in ``path``; raises HeddleError where the file holds none, several, or no watts."""
    found = read_report(path)
    problems = "; ".join(unread.reason for unread in found.unread if unread.path == path)
    if not found.power:
        raise HeddleError(f"--power {path}: {problems or 'is another report of Vivado'} (valid: by report_power)")
    if len(found.power) > 1:
        raise HeddleError(f"--power {path}: holds {len(found.power)} power reports, and which is meant is open")
    (power,) = found.power
    if not on_chip_watts(power):
        reason = f" ({problems})" if problems else ""
        raise HeddleError(f"--power {path}: states neither dynamic and static watts nor their total{reason}")
    return power
