"""Expressions: what is understood and of which type it is, what is refused, where, and with which hint."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakehouse.sources.expressions import Scope, columns_of, possible_texts
from lakehouse.sources.functions import FUNCTIONS, ValueType
from lakehouse.sources.reader import read

SCOPE = Scope(
    columns=("amount", "country", "order_date", "status", "quantity"),
    vocabularies={"order_status": {"done": "fulfilled", "void": None, "*": "placed"}},
)
GROUP = Scope(SCOPE.columns, SCOPE.vocabularies, may_aggregate=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status", ValueType.STRING),
        ("'x'", ValueType.STRING),
        ("'it''s'", ValueType.STRING),
        ("12", ValueType.INTEGER),
        ("1.50", ValueType.DECIMAL),
        ("true", ValueType.BOOLEAN),
        ("null", ValueType.NULL),
        ("decimal(amount, ',', '.')", ValueType.DECIMAL),
        ("-decimal(amount) * 2", ValueType.DECIMAL),
        ("integer(quantity) + 1", ValueType.INTEGER),
        ("integer(quantity) + 1.5", ValueType.DECIMAL),
        ("round(decimal(amount) * decimal(quantity), 2)", ValueType.DECIMAL),
        ("cents(amount)", ValueType.DECIMAL),
        ("minor_units(amount, 'JPY')", ValueType.DECIMAL),
        ("boolean(status)", ValueType.BOOLEAN),
        ("timestamp(order_date)", ValueType.TIMESTAMP),
        ("timestamp(order_date, 'dd.MM.yyyy', 'Europe/Berlin')", ValueType.TIMESTAMP),
        ("date(order_date)", ValueType.DATE),
        ("epoch_millis(order_date)", ValueType.TIMESTAMP),
        ("lookup(status, 'order_status')", ValueType.STRING),
        ("ref('shop', status)", ValueType.REFERENCE),
        ("coalesce(ref('shop', status), amount)", ValueType.REFERENCE),
        ("sequence_within(status, amount)", ValueType.INTEGER),
        ("row_number()", ValueType.INTEGER),
        ("file_name()", ValueType.STRING),
        ("status || '-' || row_number()", ValueType.STRING),
        ("concat(status, 1)", ValueType.STRING),
        ("length(status) > 3", ValueType.BOOLEAN),
        ("decimal(amount) > 5 and not status = 'x' or status is null", ValueType.BOOLEAN),
        ("status in ('a', 'b')", ValueType.BOOLEAN),
        ("status not in ('a', 'b')", ValueType.BOOLEAN),
        ("decimal(amount) between 1 and 2", ValueType.BOOLEAN),
        ("status like 'C%'", ValueType.BOOLEAN),
        ("status not like 'C%'", ValueType.BOOLEAN),
        ("regexp_like(status, '^[0-9]+$')", ValueType.BOOLEAN),
        ("case when status = 'x' then 1 else decimal(amount) end", ValueType.DECIMAL),
        ("case status when 'x' then 'a' when 'y' then 'b' end", ValueType.STRING),
        ("case when status is null then true else status = 'x' end", ValueType.BOOLEAN),
        ("nullif(status, '-')", ValueType.STRING),
        ("coalesce(null, 1)", ValueType.INTEGER),
        ('"status"', ValueType.STRING),
        ("(status)", ValueType.STRING),
        ("abs(decimal(amount))", ValueType.DECIMAL),
    ],
)
def test_type(text: str, expected: ValueType) -> None:
    tree, mistakes = read(text, SCOPE)
    assert mistakes == ()
    assert tree.type is expected


@pytest.mark.parametrize(
    ("text", "offset", "message", "suggestion"),
    [
        pytest.param("ammount", 0, "unknown column 'ammount'", "amount", id="column"),
        pytest.param("1 + decimal(ammount)", 12, "unknown column 'ammount'", "amount", id="column further in"),
        pytest.param("Status", 0, "unknown column 'Status'", "status", id="case of a column"),
        pytest.param("orders.status", 0, "unknown column 'orders.status'", "status", id="qualified column"),
        pytest.param("lowr(status)", 0, "unknown function 'lowr'", "lower", id="function"),
        pytest.param(
            "lookup(status, 'orders_status')", 15, "unknown vocabulary 'orders_status'", "order_status", id="vocabulary"
        ),
        pytest.param(
            "timestamp(order_date, 'yyyy-MM-dd', 'Europe/Berln')",
            36,
            "unknown time zone 'Europe/Berln'",
            "Europe/Berlin",
            id="zone",
        ),
        pytest.param(
            "date(order_date, 'yyyy-QQ')", 17, "unknown letters 'QQ' in pattern 'yyyy-QQ'", None, id="pattern"
        ),
        pytest.param(
            "date(order_date, status)", 17, "pattern must be a text in quotes, written out", None, id="literal"
        ),
        pytest.param(" and ".join(["status = 'x'"] * 500), 0, "nested too deeply", None, id="chain of 500"),
        pytest.param(
            "quantity > 5", 0, "an integer is compared with text: write integer(quantity)", None, id="compared"
        ),
        pytest.param(
            "amount + 1", 0, "a number is needed here, and this is text: write decimal(amount)", None, id="added"
        ),
        pytest.param(
            "decimal(integer(amount))", 8, "text is needed here, and this is an integer", None, id="read twice"
        ),
        pytest.param(
            "not status", 4, "a condition is needed here, and this is text: write boolean(status)", None, id="condition"
        ),
        pytest.param(
            "case when true then 'a' else 1.5 end",
            20,
            "the results are of several types: a decimal, text",
            None,
            id="branches",
        ),
        pytest.param(
            "status = null", 0, "nothing is ever equal to null: write x is null or x is not null", None, id="= null"
        ),
        pytest.param("status is true", 0, "after 'is' comes null or not null", None, id="is true"),
        pytest.param("status in ()", 0, "after 'in' comes a list of values in parentheses", None, id="empty in"),
        pytest.param("status like amount", 0, "the pattern of like must be a text in quotes", None, id="like column"),
        pytest.param("boolean(status) > true", 0, "'>' needs values that have an order", None, id="order of booleans"),
        pytest.param(
            "decimal()",
            0,
            "decimal is written decimal(x[, decimal_separator][, group_separator]), like decimal(preis, ',', '.')",
            None,
            id="too few arguments",
        ),
        pytest.param(
            "lower(status, 'x')", 0, "lower is written lower(x), like lower(email)", None, id="too many arguments"
        ),
        pytest.param("decimal(amount, '.', '.')", 0, "decimal: '.' can not mean both", None, id="same separators"),
        pytest.param("decimal(amount, 'de')", 16, "a separator is one sign, like ','", None, id="locale as separator"),
        pytest.param("substring(status, 0)", 18, "must be a whole number from 1", None, id="position 0"),
        pytest.param("round(decimal(amount), 9)", 23, "must be a whole number from 0 to 8", None, id="nine digits"),
        pytest.param(
            r"regexp_like(status, '\d+')",
            20,
            r"'\d' does not mean the same on every engine: write out the characters, like [0-9] or [A-Za-z]",
            None,
            id="regular expression that differs",
        ),
        pytest.param(
            "regexp_like(status, '(?=x)')",
            20,
            "'(?' does not mean the same on every engine: write out the characters, like [0-9] or [A-Za-z]",
            None,
            id="look-ahead",
        ),
        pytest.param("sum(decimal(amount))", 0, "sum: needs group: true, and a field outside the key", None, id="sum"),
        pytest.param("1e5", 0, "'1e5' is not a plain number", None, id="exponent"),
        pytest.param("9" * 19, 0, f"'{'9' * 19}' is not a plain number", None, id="too many digits"),
        pytest.param("0." + "1" * 13, 0, f"'0.{'1' * 13}' is not a plain number", None, id="too fine"),
        pytest.param(
            "case when status then 1 end",
            10,
            "a condition is needed here, and this is text: write boolean(status)",
            None,
            id="text for a condition",
        ),
        pytest.param(
            "timestamp(status, 5)", 18, "pattern must be a text in quotes, written out", None, id="number for a pattern"
        ),
        pytest.param(
            "true || 'x'", 0, "an integer or text is needed here, and this is a boolean", None, id="boolean in a text"
        ),
        pytest.param(
            "decimal(amount) like '1%'", 0, "text is needed here, and this is a decimal", None, id="like of a number"
        ),
    ],
)
def test_mistake(text: str, offset: int, message: str, suggestion: str | None) -> None:
    _, mistakes = read(text, SCOPE)
    assert [(each.offset, each.message, each.suggestion) for each in mistakes] == [(offset, message, suggestion)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status; drop table orders", "write one expression, without ';'"),
        ("drop table orders", "statements are not allowed"),
        ("create table x (a int)", "statements are not allowed"),
        ("insert into x values (1)", "statements are not allowed"),
        ("delete from orders", "statements are not allowed"),
        ("select 1", "a query is not allowed"),
        ("(select max(amount) from orders)", "a query is not allowed"),
        ("status in (select status from orders)", "after 'in' comes a list"),
        ("exists(select 1)", "a query is not allowed"),
        ("java_method('java.lang.Runtime', 'getRuntime')", "unknown function 'java_method'"),
        ("reflect('java.lang.System', 'exit', 1)", "unknown function 'reflect'"),
        ("input_file_name()", "unknown function 'input_file_name'"),
        ("current_user()", "unknown function 'current_user'"),
        ("rand()", "unknown function 'rand'"),
        ("current_date", "unknown column 'current_date'"),
        ("sum(amount) over ()", "window functions are not allowed"),
        ("cast(amount as int)", "unknown function 'cast'"),
        ("amount::int", "casts are not allowed"),
        ("date '2020-01-01'", "casts are not allowed"),
        ("interval 1 day", "is not allowed in an expression"),
        ("decimal(amount) / 2", "division is not allowed"),
        ("integer(amount) % 2", "is not allowed in an expression"),
        ("status rlike 'x'", "write regexp_like"),
        ("status ilike 'x'", "write lower(x) like"),
        ("amount[0]", "is not allowed in an expression"),
        ("{status}", "is not allowed in an expression"),
        ("?", "is not allowed in an expression"),
        (":amount", "is not allowed in an expression"),
        ("@amount", "is not allowed in an expression"),
        ("*", "'*' is not allowed"),
        ("status amount", "one expression is wanted"),
        ("`status`", "not an expression"),
        ("'open", "not an expression"),
        ("lower(upper(status)", "not an expression"),
        ("amount +", "not an expression"),
        ("", "write one expression"),
        ("(" * 3000 + "status" + ")" * 3000, "nested too deeply"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, message: str) -> None:
    _, mistakes = read(text, SCOPE)
    assert mistakes
    assert message in mistakes[0].message


def test_all_mistakes_of_an_expression_are_told() -> None:
    _, mistakes = read("decimal(ammount) + decimal(quantty) > lenght(status)", SCOPE)
    assert [each.suggestion for each in mistakes] == ["amount", "quantity", "length"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("status", "'status' may differ between the rows of a group: write first(status), or another aggregate"),
        ("row_number()", "row_number differs between the rows of a group"),
        ("first(max(status))", "max: aggregates do not stand inside each other"),
        ("sum(status)", "a number is needed here"),
    ],
)
def test_mistake_in_a_group(text: str, message: str) -> None:
    _, mistakes = read(text, GROUP)
    assert message in mistakes[0].message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max(timestamp(order_date))", ValueType.TIMESTAMP),
        ("sum(decimal(amount)) - min(decimal(amount))", ValueType.DECIMAL),
        ("count(status)", ValueType.INTEGER),
        ("upper(first(status))", ValueType.STRING),
        ("'GBP'", ValueType.STRING),
    ],
)
def test_type_in_a_group(text: str, expected: ValueType) -> None:
    tree, mistakes = read(text, GROUP)
    assert mistakes == ()
    assert tree.type is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'paid'", {"paid"}),
        ("null", set()),
        ("lookup(status, 'order_status')", {"fulfilled", "placed"}),
        (
            "case when status = 'x' then 'a' when true then null else lookup(status, 'order_status') end",
            {"a", "fulfilled", "placed"},
        ),
        ("coalesce('a', nullif('b', status))", {"a", "b"}),
        ("status", None),
        ("lower('A')", None),
        ("case when true then 'a' else status end", None),
    ],
)
def test_possible_texts(text: str, expected: set[str] | None) -> None:
    tree, _ = read(text, SCOPE)
    assert possible_texts(tree, SCOPE) == expected


def test_columns_of() -> None:
    tree, _ = read("case when status = 'x' then decimal(amount) else 1 end", SCOPE)
    assert columns_of(tree) == {"status", "amount"}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_example_of_every_function_is_right(function: object) -> None:
    example = FUNCTIONS[function.name].example  # type: ignore[attr-defined]
    names = {"preis", "qty", "amount", "currency", "newsletter", "order_date", "geburtstag", "created", "ts", "status"}
    names |= {"order_reference", "invoice_no", "email", "name", "code", "sku", "price", "full_name", "a", "b", "city"}
    names |= {"quantity", "discount", "country", "paid_at"}
    _, mistakes = read(example, Scope(names, SCOPE.vocabularies, may_aggregate=FUNCTIONS[function.name].is_aggregate))  # type: ignore[attr-defined]
    assert mistakes == ()


@given(st.text(alphabet="abdeimnrstu_ ()',.+-*=<>|'\"0123456789%;\\\n", max_size=60))
def test_any_text_gives_a_tree_or_mistakes_and_never_an_error(text: str) -> None:
    tree, mistakes = read(text, SCOPE)
    assert mistakes or tree.type is not ValueType.UNKNOWN


def test_reading_long_expressions_is_fast() -> None:
    started = time.monotonic()
    _, mistakes = read(f"status in ({', '.join(['status'] * 2000)})", SCOPE)
    assert mistakes == ()
    assert time.monotonic() - started < 5
