"""Checkpoints: what is written comes back, and whatever else lies there is one line that says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from torch import nn

from heddle.arch.errors import HeddleError
from heddle.training.checkpoint import Checkpoint, EpochPoint, load_checkpoint, save_checkpoint
from heddle.training.settings import TrainSettings

SETTINGS = TrainSettings(model="mlp", data="digits")
POINTS = (EpochPoint(1, 2, 0.1 + 0.2, 50.0, 0), EpochPoint(2, 4, 0.1, 60.0, 1))


def checkpoint() -> Checkpoint:
    model = nn.Linear(4, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    return Checkpoint(model.state_dict(), optimizer.state_dict(), {"scale": 2.0}, torch.get_rng_state(), POINTS)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, SETTINGS, checkpoint())
    return path


def test_everything_comes_back_to_the_bit(tmp_path: Path) -> None:
    path, written = tmp_path / "checkpoint.pt", checkpoint()
    save_checkpoint(path, SETTINGS, written)
    read = load_checkpoint(path, SETTINGS)
    assert read is not None
    assert read.points == POINTS
    assert read.scaler == written.scaler
    assert torch.equal(read.random_state, written.random_state)
    assert all(torch.equal(read.model[name], tensor) for name, tensor in written.model.items())
    momenta = [state["state"][0]["momentum_buffer"] for state in (read.optimizer, written.optimizer)]
    assert torch.equal(*momenta)


def test_the_same_state_gives_the_same_bytes(tmp_path: Path) -> None:
    state = checkpoint()
    for name in ("a", "b"):
        save_checkpoint(tmp_path / name, SETTINGS, state)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "checkpoint.pt", SETTINGS) is None


def test_the_checkpoint_of_another_run_is_refused(saved: Path) -> None:
    other = SETTINGS.model_copy(update={"epochs": 31})
    message = f"{saved}: is the checkpoint of a run with other settings; give another --out, or remove it"
    with pytest.raises(HeddleError, match=f"^{re.escape(message)}$"):
        load_checkpoint(saved, other)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip file", b"\xff\xfe\x00", b"heddle-checkpoint-1 cut"])
def test_a_foreign_file_is_refused(content: bytes, saved: Path) -> None:
    saved.write_bytes(content)
    message = f"{saved}: is no checkpoint of this tool; remove it to start the run anew"
    with pytest.raises(HeddleError, match=f"^{re.escape(message)}$"):
        load_checkpoint(saved, SETTINGS)


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_cut_or_changed_file_is_refused_wherever_the_damage_is(saved: Path, data: st.DataObject) -> None:
    save_checkpoint(saved, SETTINGS, checkpoint())
    content = bytearray(saved.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    saved.write_bytes(content)
    with pytest.raises(HeddleError, match=r"^\S+: is (no checkpoint|damaged|the checkpoint of a run)") as caught:
        load_checkpoint(saved, SETTINGS)
    assert str(saved) in str(caught.value)


def test_a_damaged_file_is_told_as_such(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes()[:-1])
    message = f"{saved}: is damaged or cut short; remove it to start the run anew"
    with pytest.raises(HeddleError, match=f"^{re.escape(message)}$"):
        load_checkpoint(saved, SETTINGS)


def test_a_folder_in_its_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r": cannot be read: is a directory$"):
        load_checkpoint(tmp_path, SETTINGS)


def test_a_place_that_takes_no_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"gone/checkpoint.pt: cannot write the file: no such file or directory$"):
        save_checkpoint(tmp_path / "gone" / "checkpoint.pt", SETTINGS, checkpoint())
