"""fact_orders: one row per order, with its amounts in the reporting currency and its place in its customer's life."""

from __future__ import annotations

from lakehouse import verbs
from lakehouse.gold.calendar import OUT_OF_CALENDAR, in_calendar
from lakehouse.gold.conversion import MISSING_RATE, converted, with_rate
from lakehouse.gold.dim_exchange_rates import TABLE as DIM_EXCHANGE_RATES
from lakehouse.gold.first_of_period import GRAINS, flag_fields, flag_name, flags
from lakehouse.gold.identity import identify
from lakehouse.settings import Business
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.silver.order_lines import TABLE as ORDER_LINES
from lakehouse.silver.orders import STATUSES
from lakehouse.silver.orders import TABLE as ORDERS
from lakehouse.silver.payments import TABLE as PAYMENTS
from lakehouse.silver.sessions import TABLE as SESSIONS
from lakehouse.spark import Column, DataFrame, F, Window
from lakehouse.table import (
    AMOUNT,
    BOOLEAN,
    COUNTRY_CODE,
    CURRENCY_CODE,
    DATE,
    INTEGER,
    QUANTITY,
    RATE,
    STRING,
    TIMESTAMP,
    Expectation,
    Field,
    Layer,
    Privacy,
    Severity,
    Table,
)

PARTS = ("gross_amount", "discount_amount", "shipping_amount", "tax_amount")
"""What a total is made of: gross − discount + shipping + tax."""

TABLE = Table(
    layer=Layer.GOLD,
    name="fact_orders",
    grain="One row per order.",
    inputs=(ORDERS, ORDER_LINES, PAYMENTS, SESSIONS, CUSTOMERS, DIM_EXCHANGE_RATES),
    fields=(
        Field("order_key", STRING, "Surrogate key of the order."),
        Field("order_id", STRING, "Order, qualified by its source."),
        Field(
            "customer_key",
            STRING,
            "Who ordered.",
            references="dim_customers.customer_key",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field(
            "customer_id",
            STRING,
            "Customer account; null for a guest without one.",
            nullable=True,
            privacy=Privacy.PII_INDIRECT,
        ),
        Field("session_key", STRING, "Session in which it was placed.", nullable=True),
        Field("ordered_at", TIMESTAMP, "When it was placed, UTC."),
        Field("order_date", DATE, "Business day it was placed on.", references="dim_dates.calendar_date"),
        Field("order_hour", INTEGER, "Local hour of the day it was placed in, 0 to 23."),
        Field(
            "conversion_date",
            DATE,
            "Business day of its session; its own where it has none.",
            references="dim_dates.calendar_date",
        ),
        Field("status", STRING, "Where the order stands.", values=STATUSES),
        Field("paid_at", TIMESTAMP, "When it was first paid, UTC.", nullable=True),
        Field("cancelled_at", TIMESTAMP, "When it was cancelled, UTC.", nullable=True),
        Field("is_cancelled", BOOLEAN, "Whether a placed, real order was cancelled."),
        Field("is_test", BOOLEAN, "Whether it is only a test."),
        Field(
            "is_qualifying",
            BOOLEAN,
            "Whether it counts: it was placed, is no test, and was not cancelled before it was paid.",
        ),
        Field("is_online", BOOLEAN, "Whether it was placed online."),
        Field("sales_channel", STRING, "Where it was sold."),
        Field(
            "country_code", STRING, "Country it is shipped to, ISO 3166-1 alpha-2; ZZ where unknown.", form=COUNTRY_CODE
        ),
        Field("coupon_code", STRING, "Coupon used.", nullable=True),
        Field("line_count", INTEGER, "Lines of the order."),
        Field("item_quantity", QUANTITY, "Units ordered."),
        Field("gross_amount", AMOUNT, "Price × quantity of its goods, before discounts and without tax."),
        Field("discount_amount", AMOUNT, "Discounts on its lines and on the order."),
        Field("shipping_amount", AMOUNT, "Shipping charged."),
        Field("tax_amount", AMOUNT, "Tax charged."),
        Field("total_amount", AMOUNT, "What the customer was charged: goods − discounts + shipping + tax."),
        Field("currency_code", STRING, "Reporting currency, in which the amounts above are.", form=CURRENCY_CODE),
        Field("exchange_rate", RATE, "Reporting currency units for one unit of the order's currency."),
        Field("transaction_total_amount", AMOUNT, "Total in the currency the customer was charged in."),
        Field("transaction_currency_code", STRING, "Currency the customer was charged in.", form=CURRENCY_CODE),
        Field("declared_total_amount", AMOUNT, "Total as the source states it, in that currency.", nullable=True),
        Field("customer_order_number", INTEGER, "It is its customer's n-th qualifying order.", nullable=True),
        Field("previous_order_date", DATE, "Business day of the customer's qualifying order before.", nullable=True),
        Field("days_since_previous_order", INTEGER, "Business days from that order to this one.", nullable=True),
        Field("is_first_order", BOOLEAN, "Whether it is its customer's first qualifying order ever."),
        *flag_fields("customer", "qualifying order"),
        Field("order_week", DATE, "First day of the week of order_date.", privacy=Privacy.PUBLIC),
    ),
    primary_key=("order_key",),
    partition_by=("order_week",),
    scope_by="order_id",
    expectations=(
        Expectation(
            "total_is_sum_of_parts",
            "total_amount = gross_amount - discount_amount + shipping_amount + tax_amount",
        ),
        Expectation("total_is_not_negative", "total_amount >= 0", Severity.WARN),
        Expectation(
            "total_is_as_declared",
            "declared_total_amount is null or declared_total_amount = transaction_total_amount",
            Severity.WARN,
        ),
    ),
)


HISTORY = (
    "customer_order_number",
    "previous_order_date",
    "days_since_previous_order",
    "is_first_order",
    *map(flag_name, GRAINS),
)
"""Fields that depend on the customer's other orders."""

OWN = tuple(name for name in TABLE.field_names if name not in HISTORY)


def transform(
    orders: DataFrame,
    order_lines: DataFrame,
    payments: DataFrame,
    sessions: DataFrame,
    customers: DataFrame,
    dim_exchange_rates: DataFrame,
    business: Business,
) -> DataFrame:
    """Every live order that has a rate and a place in the calendar, with amounts, identity and history."""
    own = own_values(orders, order_lines, payments, sessions, customers, dim_exchange_rates, business)
    return with_history(own, business)


def set_aside(orders: DataFrame, dim_exchange_rates: DataFrame, business: Business) -> DataFrame:
    """(row_id, reason) of each live order that is not in the fact: it has no rate or lies out of the calendar."""
    dated = _dated(orders, dim_exchange_rates, business)
    return dated.select(F.col("order_id").alias("row_id"), _set_aside_reason(business).alias("reason")).where(
        F.col("reason").isNotNull()
    )


def own_values(
    orders: DataFrame,
    order_lines: DataFrame,
    payments: DataFrame,
    sessions: DataFrame,
    customers: DataFrame,
    dim_exchange_rates: DataFrame,
    business: Business,
) -> DataFrame:
    """What an order is apart from its customer's other orders."""
    dated = _dated(orders, dim_exchange_rates, business).where(_set_aside_reason(business).isNull())
    priced = _with_amounts(dated, order_lines)
    paid = _with_payment(_with_session(identify(priced, customers), sessions, business), payments)
    return paid.withColumns(
        {
            "order_key": verbs.surrogate_key(F.col("order_id")),
            "order_hour": verbs.local_hour(F.col("ordered_at"), business.timezone).cast("int"),
            "country_code": F.coalesce("country_code", F.lit("ZZ")),
            "currency_code": F.lit(business.currency),
            "order_week": verbs.start_of(F.col("order_date"), "week", business.week_start),
        }
    ).select(*OWN)


def _dated(orders: DataFrame, rates: DataFrame, business: Business) -> DataFrame:
    dated = orders.where(~F.col("_is_deleted")).withColumn(
        "order_date", verbs.business_date(F.col("ordered_at"), business.timezone)
    )
    return with_rate(dated, rates, business, currency="currency_code", date="order_date")


def _set_aside_reason(business: Business) -> Column:
    return F.when(~in_calendar(F.col("order_date"), business), F.lit(OUT_OF_CALENDAR)).when(
        F.col("exchange_rate").isNull(), F.lit(MISSING_RATE)
    )


def _with_amounts(orders: DataFrame, order_lines: DataFrame) -> DataFrame:
    """Transaction amounts from lines and head, then each part in the reporting currency."""
    lines = (
        order_lines.where(~F.col("_is_deleted"))
        .groupBy("order_id")
        .agg(
            F.count(F.lit(1)).cast("int").alias("_line_count"),
            verbs.bounded_sum(F.col("quantity"), 18, 3).alias("_quantity"),
            verbs.bounded_sum(extended_amount()).alias("_extended"),
            verbs.bounded_sum(F.col("discount_amount")).alias("_line_discount"),
            verbs.bounded_sum(F.col("tax_amount")).alias("_line_tax"),
        )
    )
    zero = F.lit(0).cast(AMOUNT)
    tax = F.col("tax_amount") + F.coalesce("_line_tax", zero)
    discount = F.col("discount_amount") + F.coalesce("_line_discount", zero)
    tax_on_top = F.when(F.col("is_tax_included"), zero).otherwise(tax)
    from_declared = F.col("declared_total_amount") + discount - F.col("shipping_amount") - tax_on_top
    extended = F.coalesce("_extended", from_declared, zero)
    parts = {
        "gross_amount": extended - F.when(F.col("is_tax_included"), tax).otherwise(zero),
        "discount_amount": discount,
        "shipping_amount": F.col("shipping_amount"),
        "tax_amount": tax,
    }
    in_transaction = (
        orders.join(lines, "order_id", "left")
        .withColumns({f"_{name}": part.cast(AMOUNT) for name, part in parts.items()})
        .withColumns(
            {
                "line_count": F.coalesce("_line_count", F.lit(0)).cast("int"),
                "item_quantity": F.coalesce("_quantity", F.lit(0)).cast(QUANTITY),
                "transaction_total_amount": total(*(F.col(f"_{name}") for name in PARTS)),
                "transaction_currency_code": F.col("currency_code"),
            }
        )
    )
    return in_transaction.withColumns({name: converted(F.col(f"_{name}")) for name in PARTS}).withColumn(
        "total_amount", total(*(F.col(name) for name in PARTS))
    )


def extended_amount() -> Column:
    """Unit price × quantity of an order line, rounded half up to the cent."""
    return verbs.multiply(F.col("unit_price_amount"), F.col("quantity"), precision=18, scale=2)


def total(gross: Column, discount: Column, shipping: Column, tax: Column) -> Column:
    """The sum of an amount's four parts."""
    return (gross - discount + shipping + tax).cast(AMOUNT)


def _with_session(orders: DataFrame, sessions: DataFrame, business: Business) -> DataFrame:
    known = sessions.where(~F.col("_is_deleted")).select(
        F.col("session_id").alias("_session_id"),
        verbs.business_date(F.col("started_at"), business.timezone).alias("_session_date"),
    )
    return orders.join(known, F.col("session_id") == F.col("_session_id"), "left").withColumns(
        {
            "session_key": verbs.surrogate_key(F.col("_session_id")),
            "conversion_date": F.when(in_calendar(F.col("_session_date"), business), F.col("_session_date")).otherwise(
                F.col("order_date")
            ),
        }
    )


def _with_payment(orders: DataFrame, payments: DataFrame) -> DataFrame:
    """When the order was first paid, and with that whether it qualifies."""
    first_paid = (
        payments.where(~F.col("_is_deleted") & (F.col("status") == "succeeded") & F.col("order_id").isNotNull())
        .groupBy("order_id")
        .agg(F.min("attempted_at").alias("_first_paid_at"), F.lit(True).alias("_has_payment"))
    )
    without_time = F.when(F.col("_has_payment"), F.col("ordered_at"))
    paid = orders.join(first_paid, "order_id", "left").withColumn(
        "paid_at", F.coalesce("paid_at", "_first_paid_at", without_time)
    )
    was_cancelled = (F.col("status") == "cancelled") | F.col("cancelled_at").isNotNull()
    is_real = (F.col("status") != "draft") & ~F.col("is_test")
    before_paid = F.col("paid_at").isNull() | F.coalesce(F.col("cancelled_at") < F.col("paid_at"), F.lit(False))
    return paid.withColumns(
        {"is_cancelled": is_real & was_cancelled, "is_qualifying": is_real & ~(was_cancelled & before_paid)}
    )


def with_history(own: DataFrame, business: Business, carried: DataFrame | None = None) -> DataFrame:
    """Orders with their place among their customer's qualifying orders.

    `own` are all orders of each customer from some time on. `carried` (customer_key, carried_order_count,
    carried_order_date) has, of customers with qualifying orders before, how many and the business day of the last one.
    """
    history = Window.partitionBy("customer_key", "is_qualifying").orderBy("ordered_at", "order_id")
    qualifies = F.col("is_qualifying")
    number, previous = F.row_number().over(history), F.lag("order_date").over(history)
    if carried is not None:
        own = own.join(carried, "customer_key", "left")
        number = number + F.coalesce("carried_order_count", F.lit(0))
        previous = F.coalesce(previous, F.col("carried_order_date"))
    numbered = own.withColumns(
        {
            "customer_order_number": F.when(qualifies, number).cast("int"),
            "previous_order_date": F.when(qualifies, previous),
        }
    )
    return numbered.withColumns(
        {
            "days_since_previous_order": verbs.days_between(F.col("previous_order_date"), F.col("order_date")),
            "is_first_order": F.coalesce(F.col("customer_order_number") == 1, F.lit(False)),
            **flags(F.col("previous_order_date"), F.col("order_date"), business, applies=qualifies),
        }
    ).select(*TABLE.field_names)
