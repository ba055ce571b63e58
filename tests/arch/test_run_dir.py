"""A run's folder: files appear whole or not at all, and provenance says what they are of."""

import errno
import hashlib
import os
from contextlib import suppress
from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import (
    atomic_file,
    check_file_target,
    command_line,
    prepare_run_dir,
    sha256_of,
    sha256_of_text,
    write_atomically,
)


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def message_of(call, *args):
    with pytest.raises(HeddleError) as caught:
        call(*args)
    return str(caught.value)


def test_a_run_folder_is_made_with_its_parents_and_left_empty(tmp_path):
    folder = prepare_run_dir(tmp_path / "runs" / "first")
    assert folder.is_dir()
    assert list(folder.iterdir()) == []


def test_a_folder_that_exists_keeps_what_it_holds(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    assert prepare_run_dir(str(tmp_path)) == tmp_path
    assert (tmp_path / "kept.txt").read_text() == "kept"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    file = tmp_path / "out"
    file.write_text("")
    assert message_of(prepare_run_dir, file) == (
        f"{file}: is a file; a run needs a folder (give another path, or move the file)"
    )


def test_a_file_among_the_parents_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    folder = tmp_path / "out" / "run"
    assert message_of(prepare_run_dir, folder) == f"{folder}: cannot make the run folder: not a directory"


def test_a_folder_that_takes_no_files_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", no_space)
    assert message_of(prepare_run_dir, tmp_path) == (
        f"{tmp_path}: cannot write to the run folder: no space left on device"
    )


@pytest.mark.parametrize("target", ["other", "none"])
def test_a_link_that_leads_nowhere_is_no_folder(tmp_path, target):
    link, other = tmp_path / "link", tmp_path / "other"
    link.symlink_to(tmp_path / target)
    if target == "other":  # and that leads back
        other.symlink_to(link)
    assert message_of(prepare_run_dir, link) == (
        f"{link}: is a link that leads nowhere; a run needs a folder (give another path)"
    )


def test_a_file_is_written_whole_and_nothing_stays_beside_it(tmp_path):
    path = write_atomically(tmp_path / "a.bin", b"new")
    assert write_atomically(path, b"newer").read_bytes() == b"newer"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_write_that_fails_keeps_the_old_file_and_says_which(tmp_path, monkeypatch):
    path = write_atomically(tmp_path / "a.bin", b"old")
    monkeypatch.setattr(os, "replace", no_space)
    assert message_of(write_atomically, path, b"new") == (f"{path}: cannot write the file: no space left on device")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_an_interrupted_write_leaves_nothing(tmp_path):
    with suppress(KeyboardInterrupt), atomic_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_hash_is_the_sha256_of_the_bytes(tmp_path):
    content = b"heddle" * 400_000
    path = write_atomically(tmp_path / "a.bin", content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()
    assert sha256_of_text("µ") == hashlib.sha256("µ".encode()).hexdigest()


def test_a_missing_input_has_no_hash(tmp_path):
    path = tmp_path / "none.toml"
    assert message_of(sha256_of, path) == f"{path}: cannot read the file: no such file or directory"


def test_the_command_line_is_text_even_where_its_bytes_are_not(monkeypatch):
    monkeypatch.setattr("sys.argv", ["heddle", "a\udcff"])
    assert command_line() == ["heddle", "a\\udcff"]


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_a_folder_is_no_place_for_a_file(path):
    assert message_of(check_file_target, Path(path)) == f"{path}: is a folder; give the path of a file"
    assert message_of(write_atomically, Path(path), b"x") == f"{path}: is a folder; give the path of a file"


def test_a_device_is_no_place_for_a_file():
    assert message_of(check_file_target, Path(os.devnull)) == (
        f"{os.devnull}: is not a regular file; give the path of a file"
    )


def test_a_file_needs_a_folder_that_takes_it(tmp_path, monkeypatch):
    path = tmp_path / "none" / "a.bin"
    assert message_of(check_file_target, path) == f"{path}: cannot write the file: there is no folder {path.parent}"
    check_file_target(tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(Path, "write_bytes", no_space)
    path = tmp_path / "a.bin"
    assert message_of(check_file_target, path) == f"{path}: cannot write the file: no space left on device"
