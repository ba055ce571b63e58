"""Boards: what the files say, where it comes from, and how a wrong file is refused."""

import pytest

from heddle.arch.boards import BOARDS, board_names, load_board
from heddle.arch.errors import HeddleError


def altered(tmp_path, old, new):
    path = tmp_path / "card.toml"
    path.write_text((BOARDS / "vcu1525.toml").read_text().replace(old, new))
    return path


def message_of(path):
    with pytest.raises(HeddleError) as caught:
        load_board(str(path))
    return str(caught.value)


def test_the_boards_are_these():
    assert board_names() == ("alveo-u250", "vcu1525")


@pytest.mark.parametrize("name", board_names())
def test_a_board_carries_the_name_of_its_file(name):
    assert load_board(name).name == name


def test_the_vcu1525_has_what_its_sources_say():
    board = load_board("vcu1525")
    held = board.resources
    assert (held.lut, held.lut_as_memory, held.ff) == (1_182_240, 591_840, 2_364_480)
    assert (held.carry8, held.bram36, held.uram, held.dsp, held.slrs) == (147_780, 2_160, 960, 6_840, 3)
    assert (board.part, board.board_part) == ("xcvu9p-fsgd2104-2L-e", "xilinx.com:vcu1525:part0:1.3")


def test_four_ddr4_2400_channels_peak_at_76_8_gigabytes_a_second():
    memory = load_board("vcu1525").memory
    assert memory.channel_bytes_per_s == 19.2e9
    assert memory.peak_bytes_per_s == 76.8e9
    assert memory.channels * memory.bytes_per_channel == 64 << 30


def test_eight_bits_of_carry_stand_by_every_eight_luts():
    for name in board_names():
        assert load_board(name).resources.carry8 * 8 == load_board(name).resources.lut


def test_an_unknown_board_names_the_nearest():
    assert message_of("vcu1552") == "unknown board 'vcu1552'; did you mean 'vcu1525'? (valid: alveo-u250, vcu1525)"


def test_an_unknown_key_names_file_key_and_nearest(tmp_path):
    path = altered(tmp_path, "slrs", "slr")
    assert message_of(path) == (
        f"{path}:18:1: unknown key 'resources.slr'; did you mean 'resources.slrs'? (valid: resources.lut, "
        "resources.lut_as_memory, resources.ff, resources.carry8, resources.bram36, resources.uram, resources.dsp, "
        "resources.slrs) (and 1 more)"
    )


def test_a_key_inside_an_optional_table_is_checked_too(tmp_path):
    path = altered(tmp_path, "generation", "generations")
    assert message_of(path).startswith(f"{path}:28:1: unknown key 'pcie.generations'; did you mean 'pcie.generation'?")


def test_the_host_link_may_be_left_out(tmp_path):
    path = altered(tmp_path, "[pcie]\ngeneration = 3\nlanes = 16\n", "")
    assert load_board(str(path)).pcie is None


def test_a_negative_count_is_refused(tmp_path):
    path = altered(tmp_path, "dsp = 6_840", "dsp = -1")
    assert message_of(path) == f"{path}:17:1: resources.dsp: must be greater than 0, got -1"


def test_a_memory_without_a_timing_model_is_refused(tmp_path):
    path = altered(tmp_path, "DDR4-2400", "DDR4-3200")
    assert message_of(path) == f"{path}:21:1: memory.kind: must be 'DDR4-2400', got 'DDR4-3200'"


def test_a_data_rate_that_is_not_the_kinds_is_refused(tmp_path):
    path = altered(tmp_path, "2.4e9", "3.2e9")
    assert message_of(path) == f"{path}:24:1: memory: data_rate_per_s of DDR4-2400 is 2.4e+09, got 3.2e+09"


def test_the_width_of_a_channel_is_that_of_its_timing(tmp_path):
    memory = load_board(str(altered(tmp_path, "channel_data_bits = 64", "channel_data_bits = 32"))).memory
    assert memory.timing.burst_bytes == 32
    assert memory.channel_bytes_per_s == 9.6e9
