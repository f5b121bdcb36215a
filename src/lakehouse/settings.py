"""Settings of one environment: where the lake is, which engine runs, and what a business day and an amount mean."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cache
from os import environ
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lakehouse.errors import UnknownNameError, nearest


class Frozen(BaseModel):
    """Base of every configuration model: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Grain(StrEnum):
    """The five calendar grains every metric can be asked at."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Engine(StrEnum):
    """What runs the queries; any other Spark Connect server is named by its `sc://host:port` address instead."""

    SAIL = "sail"
    SPARK = "spark"


CONNECT_SCHEME = "sc://"


def known_engine(name: str) -> str:
    """The engine's name or address itself; UnknownNameError if it is neither."""
    if name not in list(Engine) and not name.startswith(CONNECT_SCHEME):
        message = f"unknown engine '{name}': it is sail, spark or an address {CONNECT_SCHEME}host:port"
        raise UnknownNameError(message, nearest(name, Engine))
    return name


def _known_zone(name: str) -> str:
    if name not in (known := _zones()):
        raise UnknownNameError(f"unknown time zone '{name}'", nearest(name, sorted(known)))
    return name


@cache
def _zones() -> set[str]:
    # Every manifest that is read asks for them, and they are looked for in hundreds of files.
    return available_timezones()


def _known_holidays(name: str) -> str:
    # Only who asks for holidays waits for these imports.
    from holidays import country_holidays, list_supported_countries

    country, _, region = name.partition("-")
    try:
        country_holidays(country, subdiv=region or None)
    except NotImplementedError:
        regions = list_supported_countries(include_aliases=False)
        if country in regions:
            message, guess = f"unknown region '{region}' of {country}", nearest(region, regions[country])
        else:
            message, guess = f"unknown country '{country}'", nearest(country, regions)
        raise UnknownNameError(message, guess) from None
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
Holidays = Annotated[str, Field(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$"), AfterValidator(_known_holidays)]


class Business(Frozen):
    """What the business means by a day, a week, a year and an amount. Changing any of it rebuilds every table."""

    timezone: Zone = Field("UTC", description="IANA zone whose midnight begins a business day.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="Reporting currency, ISO 4217.")
    week_start: int = Field(1, ge=1, le=7, description="First day of the week, 1 = Monday … 7 = Sunday.")
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="Month in which the fiscal year begins.")
    holidays: Holidays | None = Field(
        None, description="Country (ISO 3166-1), or country-region, of the public holidays."
    )
    calendar_from: date = Field(date(2000, 1, 1), description="First day of dim_dates; earlier events are set aside.")
    calendar_to: date = Field(date(2039, 12, 31), description="Last day of dim_dates; later events are set aside.")
    exchange_rate_max_age_days: int = Field(
        7, ge=0, le=366, description="How many days a published exchange rate stays usable."
    )


class Storage(Frozen):
    """How object storage is reached; empty for local folders and for AWS with its default credentials."""

    endpoint_url: str | None = Field(None, description="S3 endpoint other than AWS.")
    region: str | None = Field(None, description="AWS region of the buckets.")
    lease_seconds: int = Field(180, ge=5, description="How long a lake in S3 waits for a writer that went silent.")

    def resolved(self) -> Storage:
        """With what AWS's environment variables say where nothing is set."""
        endpoint_url = self.endpoint_url or environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
        region = self.region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        return self.model_copy(update={"endpoint_url": endpoint_url, "region": region})

    @property
    def is_plain_http(self) -> bool:
        return (self.endpoint_url or "").startswith("http://")


class Worker(StrEnum):
    """AWS Glue's general-purpose workers; the number in the name is how many DPUs each has."""

    G_1X = "G.1X"
    G_2X = "G.2X"
    G_4X = "G.4X"
    G_8X = "G.8X"

    @property
    def dpus(self) -> int:
        return int(self.value.removeprefix("G.").removesuffix("X"))


class Glue(Frozen):
    """The AWS Glue job that a run is reckoned for, and its price, which differs by region and Glue version."""

    worker: Worker = Field(Worker.G_1X, description="Worker type.")
    workers: int = Field(2, ge=2, description="Workers, the driver's among them.")
    dollars_per_dpu_hour: float = Field(0.44, ge=0, description="Price; 0.44 is the pricing page's for us-east-1.")
    minimum_seconds: int = Field(60, ge=0, description="The least that is billed of a job.")
    is_used: bool = Field(False, description="Whether this environment's runs are such jobs.")

    @property
    def dpus(self) -> int:
        return self.workers * self.worker.dpus


class Rates(Frozen):
    """How long an engine takes: to start, for each commit, and for the rows that are written."""

    start_seconds: float = Field(ge=0, description="From the process's start to the first query.")
    commit_seconds: float = Field(ge=0, description="For a commit and the planning before it, however few its rows.")
    core_seconds_per_million_rows: float = Field(ge=0, description="For a million written rows, on one core.")


class Cost(Frozen):
    """What `lakehouse plan` reckons with; the rates are those of docs/benchmarks.md."""

    glue: Glue = Glue()
    sail: Rates = Rates(start_seconds=0.5, commit_seconds=0.17, core_seconds_per_million_rows=20)
    spark: Rates = Rates(start_seconds=16, commit_seconds=2.2, core_seconds_per_million_rows=92)


class Settings(Frozen):
    """One environment, as `conf/environments/<name>.yml` says."""

    engine: Annotated[str, AfterValidator(known_engine)] = Field(
        "sail", description="sail, spark, or the address sc://host:port of a Spark Connect server."
    )
    lake: str | None = Field(None, description="Root of the lake: a folder or an s3:// prefix.")
    landing: str | None = Field(None, description="Root of the landing files: a folder or an s3:// prefix.")
    sources: tuple[str, ...] = Field((), description="Sources that a run loads where --source names none.")
    business: Business = Business()
    storage: Storage = Storage()
    cost: Cost = Cost()
    spark: dict[str, str] = Field(default_factory=dict, description="Further Spark settings, applied at start.")
