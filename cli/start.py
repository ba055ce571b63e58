"""The installed ``heddle`` program: an interruption while Python still reads the command's modules is one line too.

``main`` hears an interruption before it reads any of them. To come here Python has read ``heddle`` and ``heddle.cli``,
which read nothing else, and its own modules.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing takes longer to read than all that stands here
    from typing import NoReturn

#: As ``heddle.cli.exit_codes`` has it, which may not be read yet.
_INTERRUPTED = 130


def main() -> int:
    """Run ``heddle`` with the process's arguments and return the exit code."""
    try:
        from signal import SIGINT, default_int_handler, getsignal, signal

        is_heard = getsignal(SIGINT) is default_int_handler  # a job in the background ignores it
        if is_heard:
            signal(SIGINT, lambda number, frame: _leave())
        from heddle.cli.main import main as run

        if is_heard:
            signal(SIGINT, default_int_handler)
        return run()
    except KeyboardInterrupt:
        _leave()


def _leave() -> NoReturn:
    """End the process at once: nothing has begun that needs tidying.

    An exception would be lost where Python calls back while it imports, and the command would go on.
    """
    os.write(2, b"heddle: error: interrupted\n")
    os._exit(_INTERRUPTED)
