"""From options to work: closed sets of words, lists of words, and what two runs are compared by."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.cli.options.shared import MachineOptions, NetworkOptions, PassOptions, TrainingOptions
from heddle.cli.work import load_work, one_of, words
from heddle.dataflow.recipes import DENSE
from heddle.dataflow.work import StepWork, network_hash, work_hashes
from heddle.dataflow.zoo import zoo_network


def work(machine: MachineOptions | None = None) -> StepWork:
    return load_work(
        NetworkOptions(workload="mlp"),
        TrainingOptions(),
        PassOptions(),
        machine or MachineOptions(design="tiny"),
    )


def test_a_word_is_taken_in_any_case() -> None:
    assert one_of("AUTO", ("auto", "os"), "--dataflow", "dataflow") == "auto"


def test_spaces_around_the_commas_of_a_list_do_not_matter() -> None:
    assert words("ff , bp", "--passes") == ["ff", "bp"]


def test_a_list_that_ends_in_a_comma_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^--passes: 'ff,' has an empty entry"):
        words("ff,", "--passes")


def test_the_same_step_can_be_had_under_another_recipe() -> None:
    dense = work().step_under(DENSE)
    assert dense.recipe == "dense"
    assert dense.macs == dense.dense_macs == work().step.dense_macs


def test_a_board_given_for_a_run_is_the_designs_board() -> None:
    made = work(MachineOptions(design="tiny", board="alveo-u250"))
    assert made.design.board == made.board.name == "alveo-u250"


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "net.csv"
    file.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert network_hash(str(file), zoo_network("mlp")) == empty


def test_hashes_change_with_what_they_stand_for() -> None:
    plain, wide = work(), work(MachineOptions(design="tiny", rows=8))
    assert work_hashes("mlp", plain)["workload"] == work_hashes("mlp", wide)["workload"]
    assert work_hashes("mlp", plain)["design"] != work_hashes("mlp", wide)["design"]


def test_a_step_too_large_for_the_memory_is_noted_and_an_ideal_memory_takes_any() -> None:
    huge = NetworkOptions(workload="vgg19", batch=4096)
    made = load_work(huge, TrainingOptions(), PassOptions(), MachineOptions(design="tiny"))
    assert [note.split(" in DRAM")[0] for note in made.notes] == ["a step keeps 176.2 GiB"]
    assert work().notes == ()
    assert load_work(huge, TrainingOptions(), PassOptions(), MachineOptions(design="ideal-32x32")).notes == ()
