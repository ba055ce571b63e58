"""A run of Vivado, by programs of that name which say what Vivado says and end as it does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_vivado import put_on_path
from samples import BOARD, TINY
from waiting import wait_until

from heddle.arch.errors import HeddleError
from heddle.synth.vivado import batch
from heddle.synth.vivado.batch import find_vivado, run_vivado
from heddle.synth.vivado.project import REPORT_NAMES, SCRIPT_NAME, project_files

#: Runs the script in the folder with Vivado's commands as stubs.
RUN_SCRIPT = """
from fake_vivado import TclVivado
vivado = TclVivado(failing={failing!r}, answers={answers!r})
code = vivado.run(Path("heddle.tcl"))
for line in vivado.said:
    say(line)
sys.exit(code)
"""


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "run"
    made.mkdir()
    for name, text in project_files(TINY, BOARD, {"heddle_array.v": ""}).items():
        (made / name).write_text(text)
    return made


@pytest.fixture
def vivado(monkeypatch, tmp_path):
    return lambda behaviour: put_on_path(monkeypatch, tmp_path / "bin", behaviour)


def failure(folder):
    with pytest.raises(HeddleError) as caught:
        run_vivado(folder)
    return str(caught.value)


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid):
    wait_until(lambda: not is_running(pid))


def test_without_vivado_the_error_says_how_to_run_it_elsewhere(monkeypatch, folder, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        HeddleError, match=r"^vivado is not on PATH \(source .*settings64.sh; or copy .*run to where .*report .*run`\)$"
    ):
        find_vivado(Path("run"))
    with pytest.raises(HeddleError, match="vivado is not on PATH"):
        run_vivado(folder)


def test_vivado_is_found_on_path(vivado, tmp_path):
    program = vivado("")
    assert find_vivado(tmp_path) == program


def test_a_folder_without_the_script_is_refused(vivado, tmp_path):
    vivado("")
    with pytest.raises(HeddleError, match=r": there is no heddle\.tcl to run$"):
        run_vivado(tmp_path)


def test_the_generated_script_s_steps_become_progress(vivado, folder):
    pytest.importorskip("tkinter")
    vivado(RUN_SCRIPT.format(failing="", answers={}))
    reported = []
    run_vivado(folder, lambda done, total: reported.append((done, total)))
    assert reported == [(done, 9) for done in range(10)]
    assert all((folder / name).is_file() for name in REPORT_NAMES)
    assert "HEDDLE DONE" in (folder / "vivado.log").read_text()


def test_a_clock_that_is_not_met_is_no_failure_of_the_run(vivado, folder):
    pytest.importorskip("tkinter")
    vivado(RUN_SCRIPT.format(failing="", answers={"get_property": "-0.3"}))
    run_vivado(folder)
    assert all((folder / name).is_file() for name in REPORT_NAMES)
    assert "HEDDLE NOT MET the clock" in (folder / "vivado.log").read_text()


def test_an_end_with_the_code_of_a_missed_clock_and_without_its_line_is_a_failure(vivado, folder):
    vivado(
        f"""
        for name in {REPORT_NAMES!r}:
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text("new")
        sys.exit(2)
        """
    )
    assert "it said nothing (exit code 2)" in failure(folder)


def test_vivado_is_started_as_a_batch_that_writes_its_log_in_the_folder(vivado, folder):
    vivado("say(f'{sys.argv[1:]} in {os.getcwd()}'); sys.exit(1)")
    failure(folder)
    arguments = ["-mode", "batch", "-source", "heddle.tcl", "-nojournal", "-log", "vivado.log"]
    assert (folder / "vivado.log").read_text() == f"{arguments} in {folder}\n"


def test_a_step_that_fails_in_the_generated_script_is_named_with_its_message_and_the_log(vivado, folder):
    pytest.importorskip("tkinter")
    vivado(RUN_SCRIPT.format(failing="place_design", answers={}))
    assert failure(folder) == (
        f"{folder}: Vivado failed in step place_design: [Common 17-69] Command failed: see the log (exit code 1) "
        f"(log: {folder}/vivado.log)"
    )


def test_the_first_error_of_vivado_s_own_is_the_one_told(vivado, folder):
    vivado(
        """
        say("HEDDLE STEP 2/9 synth_design")
        say("WARNING: [Synth 8-1] a net has no driver")
        say("ERROR: [Synth 8-439] module 'heddle_uspe' not found [/tmp/heddle_array.v:7]")
        say("ERROR: [Common 17-69] Command failed: Synthesis failed")
        say("HEDDLE FAILED synth_design: ERROR: [Common 17-69] Command failed: Synthesis failed")
        sys.exit(1)
        """
    )
    assert failure(folder) == (
        f"{folder}: Vivado failed in step synth_design: [Synth 8-439] module 'heddle_uspe' not found "
        f"[/tmp/heddle_array.v:7] (exit code 1) (log: {folder}/vivado.log)"
    )


def test_a_failure_before_the_first_step_tells_the_last_line(vivado, folder):
    vivado(
        """
        os.remove("vivado.log")
        print("loading", file=sys.stderr)
        print("libtinfo.so.5: cannot open shared object file", file=sys.stderr)
        sys.exit(127)
        """
    )
    assert failure(folder) == (
        f"{folder}: Vivado failed before its first step: libtinfo.so.5: cannot open shared object file (exit code 127) "
        "(it left no log)"
    )


def test_a_silent_failure_is_told_as_one(vivado, folder):
    vivado("sys.exit(3)")
    assert "before its first step: it said nothing (exit code 3)" in failure(folder)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(137)"])
def test_a_vivado_that_is_killed_is_told_as_killed(end, vivado, folder):
    vivado(f"say('HEDDLE STEP 5/9 place_design'); {end}")
    assert failure(folder) == f"{folder}: Vivado was ended by SIGKILL in step place_design (log: {folder}/vivado.log)"


def test_an_end_without_reports_is_a_failure_even_over_reports_of_a_run_before(vivado, folder):
    (folder / "reports").mkdir()
    for name in REPORT_NAMES:
        (folder / name).write_text("old")
    vivado(
        """
        for name in ("synth_utilization", "synth_power"):
            Path(f"reports/{name}.rpt").write_text("new")
        say("HEDDLE STEP 3/9 synth_reports")
        """
    )
    message = failure(folder)
    assert "Vivado ended in step synth_reports without writing reports/synth_utilization_hierarchical.rpt," in message
    assert "reports/synth_power.rpt" not in message


def test_output_that_is_no_text_does_no_harm(vivado, folder):
    vivado("sys.stdout.buffer.write(b'\\xff\\xfe\\nERROR: [X 1] caf\\xe9\\n'); sys.exit(1)")
    assert "[X 1] caf\ufffd" in failure(folder)


def test_what_a_dead_vivado_left_running_does_not_hold_the_run(vivado, folder):
    vivado(
        """
        left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100_000)"])
        Path("left").write_text(str(left.pid))
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert "ended by SIGKILL" in failure(folder)  # and is told while what is left would still run for a day
    wait_until_gone(int((folder / "left").read_text()))


@pytest.mark.parametrize("ignored", ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN)"])
def test_an_interrupt_ends_vivado_and_nothing_else(ignored, vivado, folder, monkeypatch):
    monkeypatch.setattr(batch, "_GRACE_S", 0.3)
    vivado(
        f"""
        {ignored}
        Path("pid").write_text(str(os.getpid()))
        Path("group").write_text(str(os.getpgid(0)))
        say("HEDDLE STEP 1/9 read_sources")
        time.sleep(100_000)
        """
    )

    def interrupt(done, total):
        raise KeyboardInterrupt

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        with pytest.raises(KeyboardInterrupt):
            run_vivado(folder, interrupt)
        assert bystander.poll() is None
        bystander.communicate(b"\n")
    pid = int((folder / "pid").read_text())
    assert int((folder / "group").read_text()) == pid != os.getpgid(0)
    wait_until_gone(pid)


def test_a_program_that_cannot_be_started_is_told_in_a_line(vivado, folder):
    program = vivado("")
    program.write_text("#!/no/such/interpreter\n")
    with pytest.raises(HeddleError, match=r"bin/vivado: cannot be started: no such file or directory$"):
        run_vivado(folder)


def test_old_reports_that_cannot_be_removed_are_named(vivado, folder):
    vivado("")
    (folder / REPORT_NAMES[0]).mkdir(parents=True)
    with pytest.raises(HeddleError, match=r"synth_utilization\.rpt: cannot remove the file of an earlier run: is a"):
        run_vivado(folder)
    assert (folder / SCRIPT_NAME).is_file()


def test_a_real_ctrl_c_reaches_the_caller_and_not_vivado(vivado, folder):
    vivado(
        """
        Path("pid").write_text(str(os.getpid()))
        signal.signal(signal.SIGINT, lambda *_: Path("interrupted").touch())
        say("HEDDLE STEP 1/9 read_sources")
        time.sleep(100_000)
        """
    )
    code = (
        "import os, signal, sys; from pathlib import Path; from heddle.synth.vivado.batch import run_vivado\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try: run_vivado(Path(sys.argv[1]), lambda done, total: os.killpg(0, signal.SIGINT))\n"
        "except KeyboardInterrupt: print('interrupted')\n"
    )
    root = Path(batch.__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=root, capture_output=True, text=True, start_new_session=True
    )
    assert done.stdout == "interrupted\n"
    assert not (folder / "interrupted").exists()
    wait_until_gone(int((folder / "pid").read_text()))
