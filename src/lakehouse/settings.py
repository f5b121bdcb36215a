"""Settings of one environment: where the lake is, which engine runs, and what a business day and an amount mean."""

from __future__ import annotations

from calendar import day_name, month_name, monthrange
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from os import environ
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationInfo, field_validator

from lakehouse.errors import UnknownNameError, nearest


class Frozen(BaseModel):
    """Base of every configuration model: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


THOROUGH = "thorough"
"""The context of a validation that looks up holidays, too: to know them takes longer than to read all settings."""


def _known_holidays(name: str, info: ValidationInfo) -> str:
    if info.context != THOROUGH:
        return name
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


# ── fiscal years ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Pattern(StrEnum):
    """How many weeks each month of a quarter has."""

    FOUR_FOUR_FIVE = "4-4-5"
    FOUR_FIVE_FOUR = "4-5-4"
    FIVE_FOUR_FOUR = "5-4-4"

    @property
    def weeks(self) -> tuple[int, ...]:
        return tuple(map(int, self.value.split("-")))


class YearEnd(StrEnum):
    """On which of its weekdays a year ends: the last within the month, or the nearest to the month's last day."""

    LAST = "last"
    NEAREST = "nearest"


class NamedBy(StrEnum):
    """Which calendar year gives a fiscal year its name: that of its first month, or that of its last."""

    START = "start"
    END = "end"


class FiscalWeeks(Frozen):
    """Fiscal years of 52 or 53 whole weeks, as retailers have them; a 53rd week is the last month's."""

    pattern: Pattern = Field(description="Weeks of the three months of a quarter: 4-4-5, 4-5-4 or 5-4-4.")
    year_end_month: int = Field(ge=1, le=12, description="Month at whose end the fiscal year ends.")
    year_end_weekday: int = Field(ge=1, le=7, description="Weekday that it ends on, 1 = Monday … 7 = Sunday.")
    year_end: YearEnd = Field(
        description="last: on the month's last such weekday; nearest: on the one nearest its last day."
    )
    named_by: NamedBy = Field(NamedBy.START, description="Year that it is named by: of its start, or of its end.")

    @property
    def week_start(self) -> int:
        """First day of the week, 1 = Monday … 7 = Sunday: the one after a year's last."""
        return self.year_end_weekday % 7 + 1


# ── occasions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class NthWeekday(Frozen):
    """A weekday of a month by its number, like the fourth Thursday of November, or some days after or before it."""

    nth: int = Field(ge=-5, le=5, description="Which one of the month: 1 is the first, -1 the last.")
    weekday: int = Field(ge=1, le=7, description="1 = Monday … 7 = Sunday.")
    month: int = Field(ge=1, le=12, description="1 to 12.")
    plus_days: int = Field(0, ge=-31, le=31, description="Days after it; negative ones are before.")

    @field_validator("nth")
    @classmethod
    def _is_some(cls, nth: int) -> int:
        if nth == 0:
            raise UnknownNameError("no weekday of a month has the number 0: 1 is the first, -1 the last", "1")
        return nth


class EasterDay(Frozen):
    """A day that moves with Easter Sunday, as the western churches reckon it."""

    easter_plus_days: int = Field(ge=-100, le=100, description="Days after Easter Sunday; negative ones are before.")


class FixedDay(Frozen):
    """The same date every year; 29 February is one of leap years."""

    month: int = Field(ge=1, le=12, description="1 to 12.")
    day: int = Field(ge=1, le=31, description="Day of the month, from 1.")

    @field_validator("day")
    @classmethod
    def _is_in_the_month(cls, day: int, info: ValidationInfo) -> int:
        month = info.data.get("month")
        if month is not None and day > (last := monthrange(_LEAP_YEAR, month)[1]):
            raise UnknownNameError(f"{month_name[month]} has no day {day}", str(last))
        return day


class ListedDays(Frozen):
    """Days that no rule here tells, like those of lunar calendars."""

    dates: tuple[date, ...] = Field(description="All of them, of every year.")

    @field_validator("dates")
    @classmethod
    def _are_some(cls, dates: tuple[date, ...]) -> tuple[date, ...]:
        # Not by their least number: that would be told of a list whose dates are all wrong, too.
        if not dates:
            raise ValueError("an occasion has at least one date, like 2025-03-01")
        return dates


_LEAP_YEAR = 2000
_RULES: Mapping[str, type[Frozen]] = {
    "dates": ListedDays,
    "easter_plus_days": EasterDay,
    "nth": NthWeekday,
    "weekday": NthWeekday,
    "plus_days": NthWeekday,
    "day": FixedDay,
    "month": FixedDay,
}


def _rule(value: object) -> str | None:
    """The rule that is meant: what is written is taken for the nearest of the keys that tell rules apart."""
    if isinstance(value, Frozen):
        return type(value).__name__
    meant = {nearest(str(key), _RULES) for key in value} if isinstance(value, Mapping) else set()
    return next((rule.__name__ for key, rule in _RULES.items() if key in meant), None)


Occasion = Annotated[
    Annotated[NthWeekday, Tag("NthWeekday")]
    | Annotated[EasterDay, Tag("EasterDay")]
    | Annotated[FixedDay, Tag("FixedDay")]
    | Annotated[ListedDays, Tag("ListedDays")],
    Discriminator(
        _rule,
        custom_error_type="no_rule",
        custom_error_message="an occasion has a rule: 'nth', 'weekday' and 'month', or 'month' and 'day', or "
        "'easter_plus_days', or 'dates'",
    ),
]

OCCASIONS: Mapping[str, Occasion] = {
    "black_friday": NthWeekday(nth=4, weekday=4, month=11, plus_days=1),
    "christmas_day": FixedDay(month=12, day=25),
    "cyber_monday": NthWeekday(nth=4, weekday=4, month=11, plus_days=4),
    "easter_sunday": EasterDay(easter_plus_days=0),
    "singles_day": FixedDay(month=11, day=11),
}
"""Those of a business that names none itself."""


class Business(Frozen):
    """What the business means by a day, a week, a year and an amount. Changing any of it rebuilds every table."""

    timezone: Zone = Field("UTC", description="IANA zone whose midnight begins a business day.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="Reporting currency, ISO 4217.")
    week_start: int = Field(1, ge=1, le=7, description="First day of the week, 1 = Monday … 7 = Sunday.")
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="Month in which a fiscal year of months begins.")
    # Left out of manifests where it is the default, so that what was published before there was the setting is equal.
    fiscal: FiscalWeeks | None = Field(
        None, exclude_if=lambda fiscal: fiscal is None, description="Fiscal years of weeks, instead of months."
    )
    holidays: Holidays | None = Field(
        None, description="Country (ISO 3166-1), or country-region, of the public holidays."
    )
    occasions: dict[str, Occasion] = Field(
        default_factory=lambda: dict(OCCASIONS),
        exclude_if=lambda occasions: occasions == OCCASIONS,
        description="Days to compare with the same ones a year before, by name; they replace those that ship.",
    )
    # From the first whole year of this calendar on: Easter and weekdays are told of no other.
    calendar_from: date = Field(
        date(2000, 1, 1), ge=date(1583, 1, 1), description="First day of dim_dates; earlier events are set aside."
    )
    calendar_to: date = Field(
        date(2039, 12, 31), le=date(2999, 12, 31), description="Last day of dim_dates; later events are set aside."
    )
    exchange_rate_max_age_days: int = Field(
        7, ge=0, le=366, description="How many days a published exchange rate stays usable."
    )

    @field_validator("fiscal")
    @classmethod
    def _agrees(cls, fiscal: FiscalWeeks | None, info: ValidationInfo) -> FiscalWeeks | None:
        """Weeks nest in fiscal months, and a year begins once."""
        if fiscal is None:
            return None
        if info.data.get("fiscal_year_start_month", 1) != 1:
            raise ValueError("fiscal years of weeks begin where their year_end says: leave out fiscal_year_start_month")
        if (start := info.data.get("week_start", fiscal.week_start)) != fiscal.week_start:
            message = (
                f"fiscal years that end on a {day_name[fiscal.year_end_weekday - 1]} have weeks that start on a "
                f"{day_name[fiscal.week_start - 1]}, and week_start is {start}, a {day_name[start - 1]}"
            )
            raise UnknownNameError(message, f"week_start: {fiscal.week_start}")
        return fiscal


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


class Athena(Frozen):
    """Where the lake is asked by SQL on AWS."""

    database: str | None = Field(None, description="Glue database for the views that Athena's readers see.")
    workgroup: str = Field("primary", description="Workgroup that queries are run in.")
    results: str | None = Field(None, description="s3:// prefix for results, if the workgroup has none.")
    reuse_minutes: int = Field(60, ge=0, le=10_080, description="How old a result may be to be given again.")


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
    sail: Rates = Rates(start_seconds=0.5, commit_seconds=0.14, core_seconds_per_million_rows=11)
    spark: Rates = Rates(start_seconds=20, commit_seconds=1.7, core_seconds_per_million_rows=45)


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
    athena: Athena = Athena()
    cost: Cost = Cost()
    spark: dict[str, str] = Field(default_factory=dict, description="Further Spark settings, applied at start.")
