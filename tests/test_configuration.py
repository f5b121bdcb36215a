"""The configuration reader: what it refuses, how it types, and where it says a mistake stands."""

from __future__ import annotations

import time
from datetime import date
from enum import StrEnum
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from lakehouse import configuration
from lakehouse.errors import ConfigurationError


class Colour(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    weight: float
    label: str = ""


class Machine(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    is_on: bool = False
    size: int = 0
    colour: Colour = Colour.GREEN
    built_on: date | None = None
    tags: tuple[str, ...] = ()
    words: dict[str, str] = Field(default_factory=dict)
    parts: dict[str, Part] = Field(default_factory=dict)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "machine.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(folder: Path, text: str | bytes) -> list[str]:
    """What is wrong with the text, each as `line:column message [-> suggestion]`."""
    with pytest.raises(ConfigurationError) as raised:
        configuration.load_model(write(folder, text), Machine)
    return [
        f"{problem.line}:{problem.column} {problem.message}"
        + (f" -> {problem.suggestion}" if problem.suggestion else "")
        for problem in raised.value.problems
    ]


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        pytest.param("NO", "NO", id="country that YAML 1.1 reads as false"),
        pytest.param("010", "010", id="leading zero"),
        pytest.param("22:30", "22:30", id="sexagesimal"),
        pytest.param("3.10", "3.10", id="version number"),
        pytest.param("1_000", "1_000", id="underscore"),
        pytest.param("2020-01-31", "2020-01-31", id="date"),
        pytest.param("true", "true", id="boolean as text"),
        pytest.param("12", "12", id="integer as text"),
        pytest.param("1e3", "1e3", id="exponent"),
        pytest.param("~", "~", id="tilde"),
        pytest.param("'null'", "null", id="quoted null"),
        pytest.param("${HOME} {{7*7}} %s", "${HOME} {{7*7}} %s", id="nothing is substituted"),
        pytest.param("größe", "größe", id="beyond ASCII"),
    ],
)
def test_text_field_gets_the_text_as_written(tmp_path: Path, yaml: str, expected: str) -> None:
    assert configuration.load_model(write(tmp_path, f"name: {yaml}\n"), Machine).name == expected


def test_keys_and_values_of_a_vocabulary_stay_text(tmp_path: Path) -> None:
    machine = configuration.load_model(write(tmp_path, "name: a\nwords: {NO: 010, 1: true, no: off}\n"), Machine)
    assert machine.words == {"NO": "010", "1": "true", "no": "off"}


def test_declared_types_are_read(tmp_path: Path) -> None:
    lines = [
        "name: a",
        "is_on: true",
        "size: -7",
        "colour: yellow",
        "built_on: 2020-01-31",
        "tags: [x, 1]",
        "parts: {p: {weight: 1}}",
    ]
    machine = configuration.load_model(write(tmp_path, "\n".join(lines)), Machine)
    assert machine == Machine(
        name="a",
        is_on=True,
        size=-7,
        colour=Colour.YELLOW,
        built_on=date(2020, 1, 31),
        tags=("x", "1"),
        parts={"p": Part(weight=1.0)},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("is_on: NO", "2:8 expected true or false, not 'NO'", id="NO is no boolean"),
        pytest.param("is_on: 1", "2:8 expected true or false, not '1'", id="1 is no boolean"),
        pytest.param("size: 010", "2:7 expected a whole number, not '010'", id="octal"),
        pytest.param("size: 1_000", "2:7 expected a whole number, not '1_000'", id="underscore"),
        pytest.param("size: '10'", "2:7 expected a whole number, not '10'", id="quoted number"),
        pytest.param("size: 1.5", "2:7 expected a whole number, not '1.5'", id="fraction"),
        pytest.param("size: 22:30", "2:7 expected a whole number, not '22:30'", id="sexagesimal"),
        pytest.param("size: 0x1F", "2:7 expected a whole number, not '0x1F'", id="hexadecimal"),
        pytest.param("colour: yelow", "2:9 must be one of green, yellow -> yellow", id="enum"),
        pytest.param("built_on: 31.01.2020", "2:11 expected a date like 2020-01-31, not '31.01.2020'", id="date"),
        pytest.param("colours: green", "2:1 unknown key 'colours' -> colour", id="unknown key"),
        pytest.param(
            "parts: {p: {weight: 1, lable: x}}", "2:24 unknown key 'lable' -> label", id="unknown key further in"
        ),
        pytest.param("parts:\n  p: {label: x}", "3:3 missing key 'weight'", id="missing key further in"),
        pytest.param("parts: [a]", "2:8 expected keys with values", id="list for a mapping"),
        pytest.param("tags: {a: b}", "2:7 expected a list", id="mapping for a list"),
        pytest.param(
            "size: 1\nsize: 2", "3:1 key 'size' stands here a second time (first in line 2)", id="duplicate key"
        ),
        pytest.param("words: &a {x: y}", "2:8 anchors are not allowed: remove '&a'", id="anchor"),
        pytest.param("words: *a", "2:8 aliases are not allowed: write out what '*a' stands for", id="alias"),
        pytest.param("words: {<<: {x: y}}", "2:9 merge keys are not allowed: write the keys out", id="merge key"),
        pytest.param("size: !!int 3", "2:7 tags are not allowed: remove 'tag:yaml.org,2002:int'", id="standard tag"),
        pytest.param("tags: !mine [a]", "2:7 tags are not allowed: remove '!mine'", id="tag of one's own"),
        pytest.param("words: {? [a] : b}", "2:11 a key must be text", id="list as key"),
        pytest.param("words: {'': b}", "2:9 a key must be text", id="empty key"),
        pytest.param("--- {name: b}", "2:5 only one document is allowed in a file", id="second document"),
        pytest.param("tags: [a", "3:1 not valid YAML: did not find expected ',' or ']'", id="unclosed list"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert problems(tmp_path, f"name: a\n{text}\n") == [expected]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"], ids=["no byte", "comment", "empty document"])
def test_empty_file_misses_what_is_required(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == ["1:1 missing key 'name'"]


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    assert problems(tmp_path, "nam: a\nis_on: NO\nsize: x\ncolour: q\n") == [
        "1:1 missing key 'name'",
        "1:1 unknown key 'nam' -> name",
        "2:8 expected true or false, not 'NO'",
        "3:7 expected a whole number, not 'x'",
        "4:9 must be one of green, yellow",
    ]


def test_number_as_text_does_not_hide_other_mistakes(tmp_path: Path) -> None:
    assert problems(tmp_path, "name: 3.10\nsize: x\n") == ["2:7 expected a whole number, not 'x'"]


def test_python_tag_runs_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    text = f"name: !!python/object/apply:os.system ['touch {canary}']\n"
    assert "tags are not allowed" in problems(tmp_path, text)[0]
    assert not canary.exists()


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(bomb(), "anchors are not allowed", id="billion laughs"),
        pytest.param("a: &a [*a]", "anchors are not allowed", id="recursive alias"),
        pytest.param("a: " + "[" * 900, "nested more than 50 levels deep", id="depth"),
        pytest.param("#" * 5_000_000, "larger than 1,048,576 bytes", id="size"),
        pytest.param("name: grün".encode("latin-1"), "not UTF-8", id="Latin-1"),
        pytest.param(b"name: a\0b", "not valid YAML", id="NUL"),
        pytest.param("- a", "the file must be keys with values", id="list"),
        pytest.param("just text", "the file must be keys with values", id="text"),
    ],
)
def test_hostile_files_are_refused_fast(tmp_path: Path, text: str | bytes, message: str) -> None:
    started = time.monotonic()
    assert message in problems(tmp_path, text)[0]
    assert time.monotonic() - started < 2


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.yml", tmp_path):
        with pytest.raises(ConfigurationError, match="no such file"):
            configuration.load(path)


def test_place_within_a_quoted_text(tmp_path: Path) -> None:
    document = configuration.load(write(tmp_path, "name: plain\nwords: {a: 'quoted'}\n"))
    assert document.problem(("name",), "m", offset=2).column == 9
    assert document.problem(("words", "a"), "m", offset=2).column == 15
    assert document.problem(("words", "a"), "m", at_key=True).column == 9
