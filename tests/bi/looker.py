"""A small Looker: reads a LookML project, sees that all it names is there, and writes the SQL of a question to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import lkml

Block = dict[str, Any]

FIELD = {"name", "type", "sql", "label", "description", "hidden", "group_label", "tags", "drill_fields"}
DIMENSION = FIELD | {"primary_key", "map_layer_name", "order_by_field", "convert_tz", "datatype"}
GROUP = FIELD | {"timeframes", "convert_tz", "datatype"}
MEASURE = FIELD | {"value_format_name", "value_format", "based_on", "based_on_time", "period", "kind"}
VIEW = {"name", "sql_table_name", "label", "dimensions", "dimension_groups", "measures", "sets"}
EXPLORE = {"name", "label", "group_label", "description", "joins"}
JOIN = {"name", "type", "relationship", "sql_on"}
MODEL = {"connection", "label", "week_start_day", "includes", "datagroups", "persist_with", "explores"}
AGGREGATES = {"sum": "SUM({})", "count_distinct": "COUNT(DISTINCT {})", "min": "MIN({})", "max": "MAX({})"}
MEASURES = {*AGGREGATES, "number", "period_over_period"}
REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Project:
    """A LookML project by its files."""

    files: Mapping[str, str]

    @cached_property
    def parsed(self) -> Mapping[str, Block]:
        return {name: dict(lkml.load(text)) for name, text in self.files.items()}

    @cached_property
    def views(self) -> Mapping[str, Block]:
        return {view["name"]: view for file in self.parsed.values() for view in file.get("views", ())}

    @cached_property
    def explores(self) -> Mapping[str, Block]:
        return {each["name"]: each for file in self.parsed.values() for each in file.get("explores", ())}

    def fields(self, view: str) -> Mapping[str, Block]:
        """The fields of a view by name, each timeframe of a group one."""
        content = self.views[view]
        fields = {each["name"]: each for kind in ("dimensions", "measures") for each in content.get(kind, ())}
        for group in content.get("dimension_groups", ()):
            fields |= {f"{group['name']}_{frame}": {**group, "frame": frame} for frame in group["timeframes"]}
        return fields

    # ── what is wrong ─────────────────────────────────────────────────────────────────────────────────────────────────

    def mistakes(self) -> Iterator[str]:
        """What Looker would refuse: unknown parameters, types and names, views without a key, joins without a kind."""
        for model in (file for file in self.parsed.values() if "explores" in file):
            yield from (f"model: unknown parameter {key}" for key in model.keys() - MODEL)
        for view in self.views.values():
            yield from self._of_view(view)
        for explore in self.explores.values():
            yield from self._of_explore(explore)

    def _of_view(self, view: Block) -> Iterator[str]:
        name = view["name"]
        yield from (f"{name}: unknown parameter {key}" for key in view.keys() - VIEW)
        if sum(each.get("primary_key") == "yes" for each in view["dimensions"]) != 1:
            yield f"{name}: not one primary key"
        names = [each["name"] for kind in ("dimensions", "measures") for each in view.get(kind, ())]
        yield from (f"{name}.{each}: there twice" for each in {each for each in names if names.count(each) > 1})
        for kind, known in (("dimensions", DIMENSION), ("dimension_groups", GROUP), ("measures", MEASURE)):
            for field in view.get(kind, ()):
                place = f"{name}.{field['name']}"
                yield from (f"{place}: unknown parameter {key}" for key in field.keys() - known)
                yield from self._of_field(name, place, field)
        for measure in view.get("measures", ()):
            if measure["type"] not in MEASURES:
                yield f"{name}.{measure['name']}: unknown type {measure['type']}"

    def _of_field(self, view: str, place: str, field: Block) -> Iterator[str]:
        named = [each for each in REFERENCE.findall(field.get("sql", "")) if each != "TABLE"]
        named += [field[key] for key in ("based_on", "based_on_time", "order_by_field") if key in field]
        named += [each for each in field.get("drill_fields", ()) if not each.endswith("*")]
        yield from (f"{place}: no field {each}" for each in named if self._field(view, each) is None)
        if field["type"] == "period_over_period":
            based = self._field(view, field["based_on"]) or {}
            if based.get("type") not in AGGREGATES:
                yield f"{place}: a change of {based.get('type')}, which is no aggregate"

    def _of_explore(self, explore: Block) -> Iterator[str]:
        name = explore["name"]
        yield from (f"{name}: unknown parameter {key}" for key in explore.keys() - EXPLORE)
        if name not in self.views:
            yield f"{name}: no view"
        for join in explore.get("joins", ()):
            place = f"{name}.{join['name']}"
            yield from (f"{place}: {key} is missing or unknown" for key in join.keys() ^ JOIN)
            named = REFERENCE.findall(join["sql_on"])
            yield from (f"{place}: no field {each}" for each in named if self._field(name, each) is None)

    def _field(self, view: str, reference: str) -> Block | None:
        owner, _, name = reference.rpartition(".")
        return self.fields(owner or view).get(name) if (owner or view) in self.views else None

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def question(
        self,
        explore: str,
        measures: Sequence[str],
        time: str,
        by: str | None = None,
        where: tuple[str, str] | None = None,
    ) -> str:
        """The SQL that Looker sends: measures of an explore by a time, by a field, where a field has a value."""
        selected = {"period_start": self._sql(explore, time)}
        if by is not None:
            selected[by] = self._sql(*self._owner(explore, by))
        selected |= {name: self._sql(explore, name) for name in measures}
        columns = ", ".join(f"{sql} AS {name}" for name, sql in selected.items())
        tables = [f"{self.views[explore]['sql_table_name']} AS {explore}"]
        for join in self.explores[explore].get("joins", ()):
            on = self._replaced(explore, join["sql_on"])
            tables.append(f"LEFT JOIN {self.views[join['name']]['sql_table_name']} AS {join['name']} ON {on}")
        condition = "" if where is None else f" WHERE {self._sql(*self._owner(explore, where[0]))} = '{where[1]}'"
        keys = ", ".join(str(n + 1) for n in range(1 + (by is not None)))
        return f"SELECT {columns} FROM {' '.join(tables)}{condition} GROUP BY {keys} ORDER BY {keys}"

    def _owner(self, explore: str, name: str) -> tuple[str, str]:
        """The view of an explore that has a field."""
        views = [explore, *(join["name"] for join in self.explores[explore].get("joins", ()))]
        return next(view for view in views if name in self.fields(view)), name

    def _sql(self, view: str, name: str) -> str:
        field = self.fields(view)[name]
        sql = self._replaced(view, field["sql"])
        frame = field.get("frame")
        if frame in {"week", "month", "quarter", "year"}:
            return f"CAST(DATE_TRUNC('{frame}', {sql}) AS DATE)"
        return AGGREGATES.get(field["type"], "({})").format(sql)

    def _replaced(self, view: str, sql: str) -> str:
        def inner(found: re.Match[str]) -> str:
            owner, _, name = found[1].rpartition(".")
            return view if found[1] == "TABLE" else self._sql(owner or view, name)

        return REFERENCE.sub(inner, sql)
