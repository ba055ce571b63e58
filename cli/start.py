"""The installed ``heddle`` program: an interruption while Python still reads the command's modules is one line too."""

from __future__ import annotations

import sys

from heddle.cli.exit_codes import INTERRUPTED


def main() -> int:
    """Run ``heddle`` with the process's arguments and return the exit code."""
    try:
        from heddle.cli.main import main as run
    except KeyboardInterrupt:
        print("heddle: error: interrupted", file=sys.stderr)
        return INTERRUPTED
    return run()
