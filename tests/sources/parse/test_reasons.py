from __future__ import annotations

import pytest

from lakehouse.sources.parse.reasons import Code, explain, file_reason, name_list, notice, row_reason


@pytest.mark.parametrize("code", Code)
def test_every_code_has_one_plain_sentence(code: Code) -> None:
    assert code == code.name.lower()
    assert code.sentence.endswith(".")
    assert code.sentence[0].isupper()
    for reason in (file_reason(code), file_reason(code, "some:detail"), row_reason(code), notice(code, "a")):
        assert explain(reason) == code.sentence


def test_a_reason_of_another_origin_is_not_explained() -> None:
    with pytest.raises(ValueError, match="cast_failed"):
        explain("row:cast_failed")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["b", "a"], "a, b"),
        (["", "a\nb"], "(no name), a?b"),
        (["x" * 100], "x" * 64),
        ([f"c{n:02}" for n in range(22)], ", ".join(f"c{n:02}" for n in range(20)) + " and 2 more"),
    ],
    ids=["sorted", "printable", "shortened", "counted"],
)
def test_names_in_details(names: list[str], shown: str) -> None:
    assert name_list(names) == shown
