"""The options of ``heddle doctor``."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.cli.options.values import JsonFlag


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """What ``doctor`` takes."""

    json: JsonFlag = False
