"""Drafts: what is written for folders of unknown files, and that it always passes the check."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from lakehouse.generate.generate import generate
from lakehouse.sources.check import check_source
from lakehouse.sources.definition import Source
from lakehouse.sources.infer import infer
from tests.sources.entities import ENTITIES

GOLDEN = Path(__file__).with_name("blumenladen.yml")

FLOWER_SHOP = {
    "Bestellungen_2026-04.csv": (
        "Bestell-Nr.;Kunde;Datum;Status;Versandkosten;Land;Notiz\n"
        "1001;K1;03.04.2026 10:15;bezahlt;4,90;Deutschland;bitte klingeln\n"
        "1002;K2;04.04.2026 11:00;storniert;0,00;Österreich;\n"
        "1003;;14.04.2026 09:30;wartet;4,90;Atlantis;\n"
    ),
    "Positionen_2026-04.csv": (
        "Bestell-Nr.;Pos;Artikelnummer;Bezeichnung;Menge;Einzelpreis\n"
        "1001;1;A-1;Tulpe;3;1.299,50\n"
        "1001;2;A-2;Rose;1;2,00\n"
        "1002;1;A-1;Tulpe;2;1,50\n"
    ),
    "kunden.csv": (
        "Kundennummer;Vorname;Nachname;E-Mail;Geburtsdatum;Geschlecht\n"
        "K1;Jörg;Müller;j@example.com;01.02.1990;m\n"
        "K2;Anna;Maier;a@example.com;31.12.1985;w\n"
    ),
    "zahlungen.jsonl": (
        '{"id": 1, "order_id": 1001, "amount_cents": 5490, "method": "card", "state": "ok", "created": 1775000000}\n'
        '{"id": 2, "order_id": 1002, "amount_cents": 300, "method": "cash", "state": "denied", "created": 1775100000}\n'
    ),
    "gutschriften.csv": "Nr;Bestellnummer;Betrag\n1;1002;3,00\n",
    "wetter.csv": "Ort;Grad\nBerlin;20\n",
}


def drafted(directory: Path, name: str, out: Path) -> Source:
    """The draft as checked source."""
    path = out / f"{name}.yml"
    path.write_text(infer(directory, name, ENTITIES), encoding="utf-8")
    return check_source(path, ENTITIES)


def test_flower_shop(tmp_path: Path) -> None:
    shop = tmp_path / "export"
    shop.mkdir()
    for name, text in FLOWER_SHOP.items():
        (shop / name).write_bytes(text.encode("windows-1252" if name == "kunden.csv" else "utf-8"))
    text = infer(shop, "Blumenladen", ENTITIES)
    if "UPDATE_GOLDEN" in os.environ:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
    assert list(drafted(shop, "blumenladen", tmp_path).entities) == ["orders", "order_lines", "customers", "payments"]


def mapped(directory: Path, entity: str, out: Path) -> dict[str, str]:
    (mapping,) = drafted(directory, "unknown", out).mappings(entity)
    return dict(mapping.fields)


@pytest.mark.parametrize(
    ("file", "text", "entity", "expected"),
    [
        pytest.param(
            "kunden.csv",
            "Kd-Nr;Anschrift;Kunde seit\nK1;k1@example.org;12.01.2024\nK2;k2@example.org;03.02.2024\n",
            "customers",
            {
                "customer_id": "kd_nr",
                "email": "anschrift",
                "registered_at": "timestamp(kunde_seit, 'dd.MM.yyyy')",
            },
            id="an instant is no identifier, an e-mail is known by its content",
        ),
        pytest.param(
            "kartenzahlungen.csv",
            "vorgang,bon,betrag_ct,antwort\n1,B-1,1250,genehmigt\n2,B-2,800,abgelehnt\n",
            "payments",
            {
                "payment_id": "vorgang",
                "order_id": "bon",
                "status": "lookup(antwort, 'payments_status')",
                "amount": "cents(betrag_ct)",
                "currency_code": "'EUR'",
            },
            id="a status is known by its words",
        ),
        pytest.param(
            "artikel.csv",
            "Regal;Teil;Bezeichnung;VK\n1;T-1;Becher;18,50 €\n1;T-2;Kanne;1.059,00 €\n",
            "products",
            {
                "product_id": "teil",
                "product_name": "bezeichnung",
                "unit_price_amount": "decimal(replace(vk, '€', ''), ',', '.')",
            },
            id="the key of a well-known table is the first column that differs",
        ),
        pytest.param(
            "bezoekers.csv",
            "sessie|bezoeker|begin|bron\ns1|v1|2026-02-14 08:55:00|direct\ns2|v1|2026-02-15 09:00:00|mail\n",
            "sessions",
            {
                "session_id": "sessie",
                "visitor_id": "bezoeker",
                "started_at": "timestamp(begin_value)",
                "marketing_channel": "bron",
            },
            id="Dutch",
        ),
    ],
)
def test_what_columns_are_taken_for(
    tmp_path: Path, file: str, text: str, entity: str, expected: dict[str, str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / file).write_text(text, encoding="utf-8")
    assert mapped(tmp_path / "in", entity, tmp_path) == expected


def test_what_a_guess_can_not_know_is_marked(tmp_path: Path) -> None:
    (tmp_path / "artikel.csv").write_text("Teil;Bezeichnung\nT-1;Becher\nT-2;Kanne\n")
    (tmp_path / "orders.csv").write_text("id,date,status,tax\n1,2026-01-02,paid,0.50\n")
    lines = infer(tmp_path, "unknown", ENTITIES).splitlines()
    marked = {line.strip().split(":")[0] for line in lines if " # ?" in line}
    assert marked == {"timezone", "product_id", "currency_code", "tax_amount"}


def test_demo_shop_is_recognised_whole(tmp_path: Path) -> None:
    generate(tmp_path / "landing", days=3, orders_per_day=60, seed=5, start=date(2026, 1, 1))
    source = drafted(tmp_path / "landing", "demo_shop", tmp_path)
    shipped = check_source(Path(__file__).resolve().parents[3] / "conf" / "sources" / "demo_shop.yml", ENTITIES)
    assert source.entities.keys() == shipped.entities.keys()
    for entity in shipped.entities:
        (own,), (theirs,) = source.mappings(entity), shipped.mappings(entity)
        assert own.objects == theirs.objects
        # Only what no column's name can tell is left to a person.
        assert theirs.fields.keys() - own.fields.keys() <= {"is_online"}


@pytest.mark.parametrize(
    ("folder", "entities"),
    [
        ("jaffle_shop_classic/seeds", {"customers", "orders"}),
        ("uci_online_retail_2010-12", {"orders", "order_lines"}),
        ("uci_online_shoppers", set()),
        ("fivetran_dbt_stripe/integration_tests/seeds", {"payments", "refunds", "customers"}),
        ("fivetran_dbt_shopify/integration_tests/seeds", {"orders", "order_lines", "customers", "products"}),
        ("shopify_fixtures/test/fixtures", {"orders", "order_lines", "customers", "products", "payments", "refunds"}),
        ("stripe_mock_fixtures", set()),
        ("metricflow_fixtures", set()),
    ],
)
def test_draft_of_real_files_passes_the_check(
    shared_data: Path, tmp_path: Path, folder: str, entities: set[str]
) -> None:
    assert entities <= drafted(shared_data / folder, "unknown", tmp_path).entities.keys()


def test_orders_are_made_of_their_lines_where_nothing_else_has_them(shared_data: Path, tmp_path: Path) -> None:
    source = drafted(shared_data / "uci_online_retail_2010-12", "unknown", tmp_path)
    (orders,), (lines,) = source.mappings("orders"), source.mappings("order_lines")
    assert orders.group
    assert orders.fields["order_id"] == lines.fields["order_id"] == "invoice_no"
    assert orders.fields["ordered_at"] == "min(timestamp(invoice_date))"
    assert lines.fields["quantity"] == "decimal(quantity)"


@pytest.mark.parametrize(
    "column", ["a: b", "#x", "'quoted'", '"', "- x", "{a}", "yes", "&a", "*b", "@", "a\\b", "%", "null"]
)
def test_any_column_name_can_be_written(tmp_path: Path, column: str) -> None:
    (tmp_path / "in").mkdir()
    quoted = column.replace('"', '""')
    (tmp_path / "in" / "orders.csv").write_text(f'order_id,"{quoted}"\n1,x\n')
    source = drafted(tmp_path / "in", "unknown", tmp_path)
    assert column in source.object("orders").column_paths.values()
