"""A folder for the files of an outside tool: gone with the run, kept where an error names a log in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heddle.arch.errors import HeddleError


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A new folder in the system's temporary one, named after ``purpose``.

    It goes when the block ends, with Ctrl-C and faults too. After a HeddleError it stays: the message names a log.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"heddle-{purpose}-"))
    try:
        yield folder
    except HeddleError:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
