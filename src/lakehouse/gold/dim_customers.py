"""dim_customers: one row per customer that any fact names, with what is known of them and of their orders."""

from __future__ import annotations

from functools import reduce

from lakehouse import verbs
from lakehouse.gold.fact_orders import TABLE as FACT_ORDERS
from lakehouse.gold.fact_payments import TABLE as FACT_PAYMENTS
from lakehouse.gold.fact_sessions import TABLE as FACT_SESSIONS
from lakehouse.gold.identity import customer_key
from lakehouse.settings import Business
from lakehouse.silver.customers import GENDERS
from lakehouse.silver.customers import TABLE as CUSTOMERS
from lakehouse.spark import Column, DataFrame, F
from lakehouse.table import (
    AMOUNT,
    BOOLEAN,
    COUNTRY_CODE,
    DATE,
    INTEGER,
    STRING,
    TIMESTAMP,
    UNKNOWN_KEY,
    Field,
    Layer,
    Privacy,
    Table,
)

TYPES = ("registered", "inferred", "guest", "unknown")

TABLE = Table(
    layer=Layer.GOLD,
    name="dim_customers",
    grain="One row per customer: accounts, accounts that only facts name, guests, and the unknown member.",
    inputs=(CUSTOMERS, FACT_ORDERS, FACT_PAYMENTS, FACT_SESSIONS),
    fields=(
        Field(
            "customer_key",
            STRING,
            "Surrogate key of the customer; -1 is the unknown member.",
            privacy=Privacy.PII_INDIRECT,
        ),
        Field(
            "customer_id",
            STRING,
            "Customer account, qualified by its source; null for guests.",
            nullable=True,
            privacy=Privacy.PII_INDIRECT,
        ),
        Field(
            "customer_type",
            STRING,
            "registered: the account was delivered; inferred: only facts name it yet; guest: ordered without one.",
            values=TYPES,
        ),
        Field("gender", STRING, "Gender as stated.", nullable=True, values=GENDERS, privacy=Privacy.PII_INDIRECT),
        Field("birth_year", INTEGER, "Year of birth.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field(
            "country_code",
            STRING,
            "Country of residence; of the first order where no account says; or ZZ.",
            form=COUNTRY_CODE,
        ),
        Field("region", STRING, "State, province or region of residence.", nullable=True),
        Field("city", STRING, "City of residence.", nullable=True, privacy=Privacy.PII_INDIRECT),
        Field("acquisition_channel", STRING, "Marketing channel that won the customer.", nullable=True),
        Field("has_marketing_consent", BOOLEAN, "Whether marketing mail is allowed.", nullable=True),
        Field("registered_at", TIMESTAMP, "When the account was opened, UTC.", nullable=True),
        Field("registration_date", DATE, "Business day on which the account was opened.", nullable=True),
        Field("first_ordered_at", TIMESTAMP, "When the first order was placed, qualifying or not, UTC.", nullable=True),
        Field(
            "first_order_country_code", STRING, "Country that order was shipped to.", nullable=True, form=COUNTRY_CODE
        ),
        Field("first_order_date", DATE, "Business day of the first qualifying order.", nullable=True),
        Field("last_order_date", DATE, "Business day of the latest qualifying order.", nullable=True),
        Field("order_count", INTEGER, "Qualifying orders to date."),
        Field("lifetime_amount", AMOUNT, "Total of the qualifying orders to date, in the reporting currency."),
    ),
    primary_key=("customer_key",),
)


def transform(
    customers: DataFrame,
    fact_orders: DataFrame,
    fact_payments: DataFrame,
    fact_sessions: DataFrame,
    business: Business,
) -> DataFrame:
    """Accounts first; whoever only facts name is added, so that no fact points nowhere."""
    live = live_accounts(customers)
    unknown = customers.sparkSession.range(1).select(
        F.lit(UNKNOWN_KEY).alias("customer_key"), F.lit(None).cast("string").alias("customer_id")
    )
    named = [fact.select("customer_key", "customer_id") for fact in (fact_orders, fact_payments, fact_sessions)]
    members = reduce(lambda left, right: left.unionByName(right), named, unknown.unionByName(account_members(live)))
    return described(distinct_members(members), live, orders_to_date(fact_orders), business)


def described(members: DataFrame, accounts: DataFrame, to_date: DataFrame, business: Business) -> DataFrame:
    """The members (customer_key, customer_id), with what their accounts and their orders to date say of them."""
    of_accounts = accounts.select(
        customer_key(F.col("customer_id")).alias("customer_key"),
        F.col("customer_id").alias("_account_id"),
        "gender",
        F.year("birth_date").alias("birth_year"),
        F.col("country_code").alias("_account_country"),
        "region",
        "city",
        "acquisition_channel",
        "has_marketing_consent",
        "registered_at",
        verbs.business_date(F.col("registered_at"), business.timezone).alias("registration_date"),
    )
    joined = members.join(of_accounts, "customer_key", "left").join(to_date, "customer_key", "left")
    return joined.withColumns(
        {
            "customer_type": _customer_type(),
            "country_code": F.coalesce("_account_country", "first_order_country_code", F.lit("ZZ")),
            "order_count": F.coalesce("order_count", F.lit(0)).cast("int"),
            "lifetime_amount": F.coalesce("lifetime_amount", F.lit(0).cast(AMOUNT)),
        }
    ).select(*TABLE.field_names)


def _customer_type() -> Column:
    return (
        F.when(F.col("customer_key") == UNKNOWN_KEY, "unknown")
        .when(F.col("_account_id").isNotNull(), "registered")
        .when(F.col("customer_id").isNotNull(), "inferred")
        .otherwise("guest")
    )


def live_accounts(customers: DataFrame) -> DataFrame:
    """The accounts that are not deleted."""
    return customers.where(~F.col("_is_deleted"))


def account_members(accounts: DataFrame) -> DataFrame:
    """(customer_key, customer_id) of each account."""
    return accounts.select(customer_key(F.col("customer_id")).alias("customer_key"), "customer_id")


def distinct_members(members: DataFrame) -> DataFrame:
    """Every customer key with its account id, each once."""
    return members.groupBy("customer_key").agg(F.max("customer_id").alias("customer_id"))


def orders_to_date(fact_orders: DataFrame) -> DataFrame:
    """What the given orders of each customer amount to; nothing of who has none."""
    qualifying = F.col("is_qualifying")
    first = F.min(F.struct("ordered_at", "order_id", "country_code"))
    return fact_orders.groupBy("customer_key").agg(
        F.min("ordered_at").alias("first_ordered_at"),
        first.getField("country_code").alias("first_order_country_code"),
        F.min(F.when(qualifying, F.col("order_date"))).alias("first_order_date"),
        F.max(F.when(qualifying, F.col("order_date"))).alias("last_order_date"),
        F.count(F.when(qualifying, F.lit(1))).cast("int").alias("order_count"),
        verbs.bounded_sum(F.when(qualifying, F.col("total_amount"))).alias("lifetime_amount"),
    )
