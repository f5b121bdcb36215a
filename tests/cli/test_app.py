"""What holds for every command: help with an example, one line of JSON, errors as a message and an exit code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from lakehouse.cli.app import app, main
from tests.cli.command import CONF, lakehouse


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command: ("run",), ("metrics", "list"), …"""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from ((name, own) for own in inner) if inner else ((name,),)


COMMANDS = list(commands())


def test_there_are_commands() -> None:
    assert {("run",), ("query",), ("status",), ("metrics", "show"), ("quarantine", "list")} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_that_can_be_typed(command: tuple[str, ...]) -> None:
    shown = lakehouse(*command, "--help")
    assert shown.code == 0
    # The help is wrapped at the terminal's edge, the docstring it comes from is not.
    text = re.sub(r"\s+", " ", shown.out)
    example = re.search(r"Example: lakehouse (.+?) (?=Arguments|Options)", text)
    assert example, text
    words = shlex.split(example[1])
    assert tuple(words[: len(command)]) == command
    options = set(re.findall(r"--[a-z-]+", shown.out.split("Options", 1)[1]))
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_speaks_json(command: tuple[str, ...]) -> None:
    assert "--json" in lakehouse(*command, "--help").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("rnu",), "No such command 'rnu'", id="command"),
        pytest.param(("run", "--sources", "x"), "No such option: --sources", id="option"),
        pytest.param(("query",), "Missing argument", id="argument"),
        pytest.param(("query", "total_orders", "--grain", "monthly"), "'month', 'quarter'", id="grain"),
        pytest.param(("query", "total_orders", "--format", "xml"), "'csv', 'json'", id="format"),
        pytest.param(("query", "total_orders", "--from", "31.12.2025"), "'%Y-%m-%d'", id="date"),
        pytest.param(("generate", "--out", "x", "--days", "many"), "--days", id="number"),
    ],
)
def test_what_can_not_be_typed_is_a_configuration_error(arguments: tuple[str, ...], message: str) -> None:
    ended = lakehouse(*arguments)
    assert ended.code == 2
    assert message in ended.err
    assert ended.out == ""


def test_without_a_command_help_is_shown() -> None:
    ended = lakehouse()
    assert "Usage: lakehouse" in ended.out + ended.err
    assert "quarantine" in ended.out + ended.err


def test_what_the_system_refuses_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = lakehouse("docs", "--out", tmp_path / "file" / "docs", "--conf", CONF)
    assert (ended.code, ended.out) == (6, "")
    assert ended.err.startswith("error: ")
    assert str(tmp_path / "file") in ended.err


def test_unexpected_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("lakehouse.runs.workspace.configuration_folder", fail)
    with pytest.raises(ZeroDivisionError):
        main(["metrics", "list"])
