"""fact_order_lines: one row per order line; the lines of an order add up to its amounts to the cent."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.conversion import converted, with_rate
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.dim_products_history import TABLE as DIM_PRODUCTS_HISTORY
from lakehouse.gold.fact_orders import PARTS, extended_amount, total
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.settings import Business
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.table import (
    AMOUNT,
    BOOLEAN,
    COUNTRY_CODE,
    CURRENCY_CODE,
    DATE,
    INTEGER,
    QUANTITY,
    STRING,
    UNIT_PRICE,
    UNKNOWN_KEY,
    Expectation,
    Field,
    Layer,
    Privacy,
    Table,
)

MISSING_ORDER = "missing_order"

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_order_lines",
    grain="One row per order line; an order that came without lines has one line of the unknown product.",
    inputs=(ORDER_LINES, ORDERS, FACT_ORDERS, DIM_PRODUCTS_HISTORY, DIM_EXCHANGE_RATES),
    fields=(
        Field("order_line_key", STRING, "Surrogate key of the line."),
        Field("order_line_id", STRING, "Order line, qualified by its source.", nullable=True),
        Field("order_key", STRING, "Order it belongs to.", references="fact_orders.order_key"),
        Field("order_id", STRING, "Order it belongs to, qualified by its source."),
        Field("line_number", INTEGER, "Position within the order, from 1."),
        Field("product_key", STRING, "Product sold.", references="dim_products.product_key"),
        Field("product_id", STRING, "Product sold, qualified by its source.", nullable=True),
        Field(
            "customer_key",
            STRING,
            "Who ordered.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("order_date", DATE, "Business day of the order.", references="dim_dates.calendar_date"),
        Field("is_qualifying", BOOLEAN, "Whether its order counts."),
        Field("sales_channel", STRING, "Where the order was sold."),
        Field("country_code", STRING, "Country the order is shipped to; ZZ where unknown.", form=COUNTRY_CODE),
        Field("quantity", QUANTITY, "Units sold."),
        Field("unit_price_amount", UNIT_PRICE, "Price of one unit in the order's currency.", nullable=True),
        Field("gross_amount", AMOUNT, "Price × quantity, before discounts and without tax."),
        Field("discount_amount", AMOUNT, "Its own discount and its share of the order's."),
        Field("shipping_amount", AMOUNT, "Its share of the order's shipping."),
        Field("tax_amount", AMOUNT, "Its own tax and its share of the order's."),
        Field("total_amount", AMOUNT, "Its share of what the customer was charged."),
        Field("cost_amount", AMOUNT, "What the goods cost the shop when sold; null where unknown.", nullable=True),
        Field("currency_code", STRING, "Reporting currency, in which the amounts are.", form=CURRENCY_CODE),
        Field("order_week", DATE, "First day of the week of order_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("order_line_key",),
    partition_by=("order_week",),
    scope_by="order_id",
    expectations=(
        Expectation(
            "total_is_sum_of_parts",
            "total_amount = gross_amount - discount_amount + shipping_amount + tax_amount",
        ),
    ),
)


OF_ORDERS = (
    "order_id",
    "order_key",
    "customer_key",
    "ordered_at",
    "order_date",
    "order_week",
    "is_qualifying",
    "sales_channel",
    "country_code",
    "currency_code",
    "exchange_rate",
    *PARTS,
)
"""What a line takes from its order."""

_SPREAD = (
    *OF_ORDERS,
    "order_line_id",
    "line_number",
    "product_id",
    "quantity",
    "unit_price_amount",
)


def transform(
    order_lines: DataFrame,
    orders: DataFrame,
    fact_orders: DataFrame,
    dim_products_history: DataFrame,
    dim_exchange_rates: DataFrame,
    business: Business,
) -> DataFrame:
    """Spread each order's amounts over its lines, first in the order's currency, then in the reporting one."""
    lines = _lines(order_lines)
    heads = _heads(fact_orders, orders, lines)
    # Apart from the start: a condition on what windows give would have them made for all rows, twice.
    exact, others = (_transaction_parts(heads.where(which), lines) for which in ("_is_exact", "not _is_exact"))
    spread = _as_they_are(exact).unionByName(_converted(others))
    costed = _with_cost(spread, dim_products_history, dim_exchange_rates, business)
    return costed.select(
        F.coalesce(
            verbs.surrogate_key(F.col("order_line_id")),
            verbs.surrogate_key(F.concat(F.lit("remainder:"), F.col("order_id"))),
        ).alias("order_line_key"),
        *(F.col(name) for name in TABLE.field_names if name not in {"order_line_key", "product_key"}),
        F.coalesce(verbs.surrogate_key(F.col("product_id")), F.lit(UNKNOWN_KEY)).alias("product_key"),
    )


def set_aside(order_lines: DataFrame, fact_orders: DataFrame) -> DataFrame:
    """(row_id, reason) of each live line whose order is not in fact_orders: not delivered, or itself set aside."""
    return (
        order_lines.where(~F.col("_is_deleted"))
        .join(fact_orders.select("order_id"), "order_id", "left_anti")
        .select(F.col("order_line_id").alias("row_id"), F.lit(MISSING_ORDER).alias("reason"))
    )


def _lines(order_lines: DataFrame) -> DataFrame:
    return order_lines.where(~F.col("_is_deleted")).select(
        "order_line_id",
        "order_id",
        "line_number",
        "product_id",
        "quantity",
        "unit_price_amount",
        extended_amount().alias("_extended"),
        F.col("discount_amount").alias("_line_discount"),
        F.col("tax_amount").alias("_line_tax"),
    )


def _heads(fact_orders: DataFrame, orders: DataFrame, lines: DataFrame) -> DataFrame:
    """Orders with their parts in both currencies, and `_is_exact`: its lines' parts add up to its own as they are.

    They do where nothing is converted and a line has a price, so that the order's amounts come from its lines.
    """
    priced = lines.groupBy("order_id").agg(F.max(F.col("_extended").isNotNull()).alias("_is_priced"))
    in_transaction = orders.select(
        "order_id",
        "is_tax_included",
        *(F.col(name).alias(f"_head_{name}") for name in PARTS if name != "gross_amount"),
    )
    own = fact_orders.select(
        *(name for name in OF_ORDERS if name not in PARTS),
        *(F.col(name).alias(f"_order_{name}") for name in PARTS),
    )
    is_exact = (F.col("exchange_rate") == 1) & F.coalesce("_is_priced", F.lit(False))
    joined = own.join(in_transaction, "order_id").join(priced, "order_id", "left")
    return joined.withColumn("_is_exact", is_exact)


def _transaction_parts(heads: DataFrame, lines: DataFrame) -> DataFrame:
    """Lines with their position and their parts `_gross_amount` … in the order's currency, beside their order's."""
    zero = F.lit(0).cast(AMOUNT)
    order = [F.col("line_number").asc_nulls_last(), F.col("order_line_id").asc_nulls_last()]
    joined = (
        heads.join(lines, "order_id", "left")
        .withColumns({name: F.coalesce(name, zero) for name in ("_extended", "_line_discount", "_line_tax")})
        .withColumn("quantity", F.coalesce("quantity", F.lit(0)).cast(QUANTITY))
        .withColumn("line_number", F.row_number().over(Window.partitionBy("order_id").orderBy(*order)).cast("int"))
    )
    net = joined.withColumn("_net", (F.col("_extended") - F.col("_line_discount")).cast(AMOUNT))
    shares = {f"_shared_{name}": (f"_head_{name}", "_net") for name in PARTS[1:]}
    shared = verbs.allocate(net, shares, ["order_id"], "line_number")
    tax = (F.col("_line_tax") + F.col("_shared_tax_amount")).cast(AMOUNT)
    return shared.withColumns(
        {
            "_gross_amount": (F.col("_extended") - F.when(F.col("is_tax_included"), tax).otherwise(zero)).cast(AMOUNT),
            "_discount_amount": (F.col("_line_discount") + F.col("_shared_discount_amount")).cast(AMOUNT),
            "_shipping_amount": F.col("_shared_shipping_amount"),
            "_tax_amount": tax,
        }
    )


def _as_they_are(lines: DataFrame) -> DataFrame:
    return _with_total(lines.withColumns({name: F.col(f"_{name}") for name in PARTS}))


def _converted(lines: DataFrame) -> DataFrame:
    """Each line's parts converted, and the cents by which their rounding misses the order's parts spread over them."""
    own = lines.withColumns({f"_converted_{name}": converted(F.col(f"_{name}")) for name in PARTS})
    missed = own.withColumns(
        {f"_missed_{name}": _missed(name) for name in PARTS}
        | {f"_size_{name}": F.abs(f"_converted_{name}") for name in PARTS}
    )
    shares = {f"_spread_{name}": (f"_missed_{name}", f"_size_{name}") for name in PARTS}
    spread = verbs.allocate(missed, shares, ["order_id"], "line_number")
    parts = {name: (F.col(f"_converted_{name}") + F.col(f"_spread_{name}")).cast(AMOUNT) for name in PARTS}
    return _with_total(spread.withColumns(parts))


def _with_total(lines: DataFrame) -> DataFrame:
    return lines.select(*_SPREAD).withColumn("total_amount", total(*(F.col(name) for name in PARTS)))


def _missed(part: str) -> Column:
    reached = verbs.bounded_sum(F.col(f"_converted_{part}"), window=Window.partitionBy("order_id"))
    return (F.col(f"_order_{part}") - reached).cast(AMOUNT)


def _with_cost(lines: DataFrame, products: DataFrame, rates: DataFrame, business: Business) -> DataFrame:
    """Cost of the goods by the product version that held when the order was placed, at that day's rate."""
    versions = products.where(F.col("unit_cost_amount").isNotNull()).select(
        F.col("product_id").alias("_product_id"),
        F.col("valid_from").alias("_valid_from"),
        F.col("valid_to").alias("_valid_to"),
        F.col("unit_cost_amount").alias("_unit_cost"),
        F.coalesce("currency_code", F.lit(business.currency)).alias("_cost_currency"),
    )
    held = (
        (F.col("product_id") == F.col("_product_id"))
        & (F.col("ordered_at") >= F.col("_valid_from"))
        & (F.col("ordered_at") < F.col("_valid_to"))
    )
    costed = with_rate(
        lines.join(versions, held, "left"), rates, business, currency="_cost_currency", date="order_date"
    )
    return costed.withColumn(
        "cost_amount",
        verbs.multiply(
            verbs.multiply(F.col("_unit_cost"), F.col("quantity"), precision=19, scale=7),
            F.col("exchange_rate"),
            precision=18,
            scale=2,
        ),
    )
