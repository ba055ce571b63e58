"""What a shell offers for an option's value."""

from __future__ import annotations

import click
import pytest
import typer

from heddle.cli.main import app


@pytest.mark.parametrize(
    ("verb", "option", "typed", "offered"),
    [
        ("simulate", "--design", "s", ["sat-vcu1525", "small"]),
        ("simulate", "--workload", "resnet", ["resnet9", "resnet18", "resnet50"]),
        ("schedule", "--recipe", "bdwp-", ["bdwp-wu", "bdwp-wu-x"]),
        ("simulate", "--level", "e", ["estimate", "engines"]),
        ("explore", "--board", "v", ["vcu1525"]),
        ("train", "--model", "vit", ["vit-tiny", "vit-small"]),
        ("train", "--recipe", "bdwp-wu-", ["bdwp-wu-x", "bdwp-wu-sampled", "bdwp-wu-x-sampled", "bdwp-wu-measured"]),
        ("explore", "--space", "s", ["small"]),
        ("report", "--workload", "resnet", ["resnet9", "resnet18", "resnet50"]),
        ("train", "--data", "f", ["fashion-mnist"]),
        ("synth", "--tool", "", ["yosys", "vivado"]),
        ("verify", "--simulator", "i", ["icarus"]),
    ],
)
def test_words_of_a_value_are_completed(verb: str, option: str, typed: str, offered: list[str]) -> None:
    command = typer.main.get_command(app).commands[verb]  # type: ignore[attr-defined]
    (parameter,) = [each for each in command.params if option in each.opts]
    context = click.Context(click.Command(verb))
    assert [item.value for item in parameter.shell_complete(context, typed)] == offered


@pytest.mark.parametrize("option", ["--workload", "--recipe", "--design", "--board", "--model", "--data"])
def test_words_are_completed_in_every_verb_that_takes_them(option: str) -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    context = click.Context(click.Command("any"))
    found = {
        verb: bool(each.shell_complete(context, ""))
        for verb, command in verbs.items()
        for each in command.params
        if option in each.opts
    }
    assert found
    assert all(found.values()), found
