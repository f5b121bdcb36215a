"""Wrong configuration ends with 2 before an engine starts: every mistake with its place and the nearest right name."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.command import CONF, lakehouse, lakehouse_process


@dataclass(frozen=True)
class Mistake:
    """`old` becomes `new` in a file of the configuration; what is said of it, at the place of `at`."""

    file: str
    old: str
    new: str
    at: str
    message: str

    def make(self, conf: Path) -> None:
        path = conf / self.file
        text = path.read_text()
        assert self.old in text
        path.write_text(text.replace(self.old, self.new, 1))

    def told(self, conf: Path) -> str:
        text = (conf / self.file).read_text()
        before = text[: text.index(self.new) + self.new.index(self.at)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return f"{conf / self.file}:{line}:{column}: {self.message}"


LOCAL, SHOP = "environments/local.yml", "sources/demo_shop.yml"
ORDERS, PAYMENTS = "metrics/orders.yml", "metrics/payments.yml"
DECIDED_PAYMENTS = """\
  decided_payments:
    type: derived
    business_name: Decided Payments
    description: Payment attempts that succeeded or failed.
    add: [successful_payments"""
MISTAKES = {
    "unknown setting": Mistake(
        LOCAL, "engine: sail", "enigne: sail", "enigne", "unknown key 'enigne' (did you mean 'engine'?)"
    ),
    "unknown setting of the business": Mistake(
        LOCAL, "currency: EUR", "curency: EUR", "curency", "unknown key 'curency' (did you mean 'currency'?)"
    ),
    "setting twice": Mistake(
        LOCAL,
        "  currency: EUR",
        "  currency: EUR\n  currency: USD",
        "currency: USD",
        "key 'currency' stands here a second time (first in line 6)",
    ),
    "unknown engine": Mistake(
        LOCAL,
        "engine: sail",
        "engine: sial",
        "sial",
        "unknown engine 'sial': it is sail, spark or an address sc://host:port (did you mean 'sail'?)",
    ),
    "unknown zone": Mistake(
        LOCAL,
        "Europe/Berlin",
        "Europe/Berln",
        "Europe/Berln",
        "unknown time zone 'Europe/Berln' (did you mean 'Europe/Berlin'?)",
    ),
    "unknown country": Mistake(
        LOCAL, "holidays: DE", "holidays: XX", "XX", "unknown country 'XX' (did you mean 'XK'?)"
    ),
    "unknown region": Mistake(
        LOCAL, "holidays: DE", "holidays: DE-BYX", "DE-BYX", "unknown region 'BYX' of DE (did you mean 'BY'?)"
    ),
    "unknown entity": Mistake(
        SHOP,
        "\n  products:\n    from",
        "\n  produkts:\n    from",
        "produkts",
        "there is no entity 'produkts' (did you mean 'products'?)",
    ),
    "unknown field": Mistake(SHOP, "      city: city", "      town: city", "town", "customers has no field 'town'"),
    "unknown column": Mistake(
        SHOP, "      city: city", "      city: citty", "citty", "unknown column 'citty' (did you mean 'city'?)"
    ),
    "unknown function": Mistake(
        SHOP, "date(birth_date)", "dat(birth_date)", "dat(", "unknown function 'dat' (did you mean 'date'?)"
    ),
    "wrong type": Mistake(
        SHOP, "sku: sku", "sku: boolean(sku)", "boolean", "sku is text but the expression gives a boolean"
    ),
    "column twice": Mistake(
        SHOP,
        "      - sku\n",
        "      - sku\n      - sku # again\n",
        "sku # again",
        "column 'sku' stands here a second time",
    ),
    "unknown metric": Mistake(
        PAYMENTS,
        "denominator: decided_payments",
        "denominator: decided_payment",
        "decided_payment",
        "unknown metric 'decided_payment' (did you mean 'decided_payments'?)",
    ),
    "circle": Mistake(
        PAYMENTS,
        f"{DECIDED_PAYMENTS}, failed_payments]",
        f"{DECIDED_PAYMENTS}, decided_payments]",
        "decided_payments:",
        "metrics go in a circle: decided_payments → decided_payments",
    ),
    "unknown fact": Mistake(
        ORDERS,
        "table: fact_orders",
        "table: fact_order",
        "fact_order",
        "unknown fact table 'fact_order' (did you mean 'fact_orders'?)",
    ),
    "unknown field of a fact": Mistake(
        ORDERS,
        "field: item_quantity",
        "field: item_quantitty",
        "item_quantitty",
        "fact_orders has no field 'item_quantitty' (did you mean 'item_quantity'?)",
    ),
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return shutil.copytree(CONF, tmp_path / "conf")


def run(conf: Path, *more: str) -> tuple[str | Path, ...]:
    away = conf.parent / "away"
    return ("run", "--lake", away / "lake", "--landing", away, "--source", "demo_shop", "--conf", conf, *more)


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistake_is_told_with_its_place(conf: Path, mistake: Mistake) -> None:
    mistake.make(conf)
    ended = lakehouse(*run(conf))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: {mistake.told(conf)}\n"


def test_all_mistakes_of_all_files_are_told_at_once_before_an_engine_starts(conf: Path) -> None:
    names = ("unknown setting", "unknown country", "unknown column", "wrong type", "unknown metric", "unknown fact")
    for name in names:
        MISTAKES[name].make(conf)
    ended, engines = lakehouse_process(*run(conf))
    assert (ended.code, ended.out) == (2, "")
    assert sorted(ended.err.removeprefix("error: ").splitlines()) == sorted(MISTAKES[name].told(conf) for name in names)
    assert engines == set()
    assert not (conf.parent / "away").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ("--env", "locl"),
            "{conf}/environments/locl.yml: there is no environment 'locl' (did you mean 'local'?)",
            id="environment",
        ),
        pytest.param(
            ("--source", "shopfy"),
            "{conf}/sources/shopfy.yml: there is no such source (did you mean 'shopify'?)",
            id="source",
        ),
        pytest.param(
            ("--engine", "sprak"),
            "--engine: unknown engine 'sprak': it is sail, spark or an address sc://host:port (did you mean 'spark'?)",
            id="engine",
        ),
        pytest.param(("--conf", "no/such"), "no/such: there is no such configuration folder", id="configuration"),
    ],
)
def test_unknown_name_on_the_command_line(conf: Path, arguments: tuple[str, ...], message: str) -> None:
    ended = lakehouse(*run(conf, *arguments))
    assert (ended.code, ended.err) == (2, f"error: {message.format(conf=conf)}\n")


def test_nothing_to_load_from_or_into_is_told(conf: Path) -> None:
    missing: dict[str, tuple[str | Path, ...]] = {
        "no source is named": ("--lake", conf / "lake", "--landing", conf),
        "no landing is named": ("--lake", conf / "lake", "--source", "demo_shop"),
        "no lake is named": ("--landing", conf, "--source", "demo_shop"),
    }
    for message, arguments in missing.items():
        ended = lakehouse("run", "--conf", conf, *arguments)
        assert ended.code == 2
        assert message in ended.err


@pytest.mark.parametrize("command", [("query", "total_orders"), ("status",), ("quarantine", "list")], ids=" ".join)
def test_readers_tell_wrong_settings_too(conf: Path, lake: Path, command: tuple[str, ...]) -> None:
    MISTAKES["unknown zone"].make(conf)
    ended = lakehouse(*command, "--lake", lake, "--conf", conf)
    assert (ended.code, ended.err) == (2, f"error: {MISTAKES['unknown zone'].told(conf)}\n")


def test_checks_tell_what_a_run_would_tell(conf: Path) -> None:
    for name, command in {"unknown column": "sources", "circle": "metrics"}.items():
        MISTAKES[name].make(conf)
        ended = lakehouse(command, "check", "--conf", conf)
        assert (ended.code, ended.err) == (2, f"error: {MISTAKES[name].told(conf)}\n")
