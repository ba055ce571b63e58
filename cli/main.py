"""The ``heddle`` command: its verbs, and what becomes of whatever goes wrong in them.

Bad input is one line on stderr, and so is an interruption, or the end of memory. An exception that is none of them is
a bug, and its traceback is shown.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, TextIO

import typer

from heddle.arch.errors import HeddleError
from heddle.arch.folder_lock import release_folders
from heddle.arch.interruptible import terminable
from heddle.arch.run_dir import tool_version
from heddle.cli import verbs
from heddle.cli.command import takes_options
from heddle.cli.exit_codes import BAD_INPUT, FAILED_CHECK, INTERRUPTED, SUCCESS
from heddle.cli.output import print_error
from heddle.cli.usage import VerbGroup, usage_error

#: A step of many layers holds millions of small records without a circle among them, and each full collection walks
#: over all: at Python's own thresholds that takes a third of the time.
_COLLECTIONS = (200_000, 20, 100)

app = typer.Typer(
    name="heddle",
    cls=VerbGroup,
    help="Co-design of accelerators for N:M sparse DNN training: explore, simulate, generate and verify designs, "
    "train networks.",
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)
_VERBS = (
    verbs.explore,
    verbs.simulate,
    verbs.schedule,
    verbs.compile,
    verbs.generate,
    verbs.verify,
    verbs.synth,
    verbs.report,
    verbs.train,
    verbs.schema,
    verbs.doctor,
)
for _verb in _VERBS:
    app.command()(takes_options(_verb))


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"heddle {tool_version()}")
        raise typer.Exit


@app.callback()
def _heddle(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before the verb."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``heddle`` with ``arguments`` (the process's by default) and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(*_COLLECTIONS)
    atexit.register(gc.freeze)  # else the end searches PyTorch's modules for circles, for seconds after Ctrl-C too
    _open_closed_streams()
    _print_any_text(sys.stdout, sys.stderr)
    try:
        with terminable():
            code = _run(given or ["--help"])
        sys.stdout.flush()
    except KeyboardInterrupt:
        print_error("interrupted")
        return INTERRUPTED
    except (MemoryError, RecursionError) as error:
        print_error(_beyond_this_machine(error))
        return BAD_INPUT
    except BrokenPipeError:
        return _leave_stdout(FAILED_CHECK)
    except OSError as error:
        print_error(_os_problem(error))
        return _leave_stdout(BAD_INPUT)
    finally:
        release_folders()
    return code


def _run(arguments: list[str]) -> int:
    command: Any = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="heddle", standalone_mode=False)
    except HeddleError as error:
        print_error(str(error))
        return BAD_INPUT
    except typer.TyperException as error:
        print_error(str(usage_error(error, arguments)))
        return BAD_INPUT
    return int(code or SUCCESS)


def _open_closed_streams() -> None:
    """Give a process that was started with stdout or stderr closed (``>&-``) somewhere to print to."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - open for the rest of the process


def _print_any_text(*streams: TextIO) -> None:
    """Let names that the terminal's encoding lacks be printed escaped instead of failing."""
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _beyond_this_machine(error: MemoryError | RecursionError) -> str:
    """What is left where the input is too large or nested too deep: limits told earlier are better ones."""
    if isinstance(error, RecursionError):
        return "the input is nested too deep; give one with fewer levels"
    asked = f" ({error})" if str(error) else ""
    return f"out of memory{asked}; give a smaller input, or run on a machine with more memory"


def _os_problem(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else f"cannot write the output: {reason}"


def _leave_stdout(code: int) -> int:
    """Point stdout at nothing, so that the interpreter's own flush at exit does not fail once more."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    os.close(devnull)
    return code


if __name__ == "__main__":
    sys.exit(main())
