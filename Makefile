# Everything a person does with this repository. `make` lists it.
# A target makes the environment it needs by itself, from a lock with hashes, once; a changed lock is installed anew.

ENGINE ?= sail
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# An engine's environment, lock, name for the command line, and the demo's lake.
FOLDER_sail      := .venv
FOLDER_spark     := .venv-spark-4.1
FOLDER_spark-3.5 := .venv-spark-3.5
LOCK_sail        := dev
LOCK_spark       := spark-4.1
LOCK_spark-3.5   := spark-3.5

KNOWN := sail spark spark-3.5
$(if $(filter $(ENGINE),$(KNOWN)),,$(error ENGINE is one of: $(KNOWN)))

BIN  := $(FOLDER_$(ENGINE))/bin
ENVIRONMENT := $(FOLDER_$(ENGINE))/.$(LOCK_$(ENGINE))
# Sail and what it needs, without the tools unless they are there; the other engines have one lock each.
DEMO_ENVIRONMENT := $(if $(filter sail,$(ENGINE)),$(firstword $(wildcard .venv/.dev) .venv/.demo),$(ENVIRONMENT))

.PHONY: help
help: ## List what can be done
	@echo "make TARGET [ENGINE=$$(echo $(KNOWN) | tr ' ' '|')]"
	@sed -En 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done

# ── environments ─────────────────────────────────────────────────────────────────────────────────────────────────────

SOURCES := requirements/install requirements/build.txt pyproject.toml

.venv/.%: requirements/%.txt $(SOURCES)
	@requirements/install .venv $* 3.11 3.12 3.13

# Glue 6.0 has Python 3.13, Glue 5.1 has 3.11.
.venv-spark-4.1/.%: requirements/%.txt $(SOURCES)
	@requirements/install .venv-spark-4.1 $* 3.13 3.12 3.11

.venv-spark-3.5/.%: requirements/%.txt $(SOURCES)
	@requirements/install .venv-spark-3.5 $* 3.11

.venv-metricflow/.%: requirements/%.txt $(SOURCES)
	@requirements/install .venv-metricflow $* 3.11

.venv-notebook/.%: requirements/%.txt $(SOURCES)
	@requirements/install .venv-notebook $* 3.11 3.12 3.13

.PHONY: environment
environment: $(ENVIRONMENT) ## Make the engine's environment, with all tools

# ── the product ──────────────────────────────────────────────────────────────────────────────────────────────────────

LANDING := build/demo/landing
LAKE    := build/demo/$(if $(filter sail,$(ENGINE)),lake,lake-$(ENGINE))
KPIS    := total_revenue average_order_value revenue_growth_rate total_orders order_conversion_rate total_payments \
           payment_success_rate customer_acquisition_rate customer_retention_rate

.PHONY: demo
demo: $(DEMO_ENVIRONMENT) $(LANDING)/truth.json ## Load 90 days of a made-up shop and show its nine KPIs by month
	@$(BIN)/lakehouse run --lake $(LAKE) --source demo_shop --landing $(LANDING) --engine $(firstword $(subst -, ,$(ENGINE)))
	@$(BIN)/lakehouse query --lake $(LAKE) $(KPIS) --grain month
	@echo "Published in $(LAKE)"

# Written last, so it is there when all files are.
$(LANDING)/truth.json: | $(DEMO_ENVIRONMENT)
	@rm -rf $(LANDING)
	@$(BIN)/lakehouse generate --out $(LANDING) --days 90 --orders-per-day 222 --seed 7

# ── the code ─────────────────────────────────────────────────────────────────────────────────────────────────────────

# A session of the engine on each of up to four cores; a file's tests stay together, for what they share.
PYTEST := $(BIN)/python -m pytest --engine $(firstword $(subst -, ,$(ENGINE))) -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGUMENTS)

.PHONY: test
test: $(ENVIRONMENT) ## Run all tests on one engine
	@$(PYTEST)

# One in so many stories, faults, comparisons, questions or files is run, others each day; all of them write the pages.
ONE_IN ?= 1

.PHONY: stories
stories: $(ENVIRONMENT) ## Tests of many runs each, on one engine
	@$(PYTEST) tests/runs -m stories --one-in $(ONE_IN)

.PHONY: acceptance
acceptance: .venv/.dev ## Ninety dirty days on every engine whose environment is made
	@.venv/bin/python -m pytest tests/acceptance -m "acceptance and not soak" -n 2 --one-in $(ONE_IN)

EXAMPLES ?= 25

.PHONY: random-deliveries
random-deliveries: .venv/.dev ## See that EXAMPLES of random deliveries, run by run, end as one run over them ends
	@LAKEHOUSE_EXAMPLES=$(EXAMPLES) .venv/bin/python -m pytest tests/scopes $(PYTEST_ARGUMENTS)

.PHONY: faults
faults: .venv/.dev ## Harm runs in every way there is, see that nothing is lost, and write docs/faults.md
	@.venv/bin/python -m pytest tests/faults -m "faults and not soak" $(if $(filter 1,$(ONE_IN)),--faults-page docs/faults.md,--one-in $(ONE_IN)) $(PYTEST_ARGUMENTS)

.PHONY: metricflow
metricflow: .venv/.dev .venv-metricflow/.metricflow ## See that MetricFlow computes the same metrics, and write docs/metricflow.md
	@.venv/bin/python -m pytest tests/metricflow -m metricflow $(if $(filter 1,$(ONE_IN)),--metricflow-page docs/metricflow.md,--one-in $(ONE_IN)) $(PYTEST_ARGUMENTS)

.PHONY: notebook
notebook: .venv-notebook/.notebook ## Execute the tutorial on the demo's lake, and see that it says what is committed [UPDATE=1 writes what it says]
	@$(MAKE) --no-print-directory demo ENGINE=sail >/dev/null
	@.venv-notebook/bin/python -m tests.notebooks.execute notebooks/tutorial.ipynb $(if $(UPDATE),--update)

# Trino is asked beside Sail, which needs Java 24 or newer; `make engines TRINO=` leaves it out.
TRINO ?= $(if $(filter sail,$(ENGINE)),build/trino)

build/trino/.unpacked: requirements/trino
	@requirements/trino build/trino

.PHONY: engines
engines: $(ENVIRONMENT) $(TRINO:%=%/.unpacked) ## Ask every metric of an engine (sail: of DuckDB and Trino too), see that answers are equal, and write docs/engines.md
	@$(BIN)/python -m pytest tests/engines -m engines --engine $(firstword $(subst -, ,$(ENGINE))) $(TRINO:%=--trino %) $(if $(filter 1,$(ONE_IN)),--engines-page docs/engines.md,--one-in $(ONE_IN)) $(PYTEST_ARGUMENTS)

build/tableau/schema.xsd: requirements/tableau | .venv/.dev
	@requirements/tableau build/tableau .venv/bin/python

# Node's packages by their lock, whose hashes npm holds them to.
build/node/.installed: requirements/node/package.json requirements/node/package-lock.json
	@mkdir -p build/node && cp $^ build/node && npm --prefix build/node ci --silent --no-audit --no-fund && touch $@

# Beside the environment: only tests of extracts need it.
build/hyper/.installed: requirements/hyper.txt | .venv/.dev
	@.venv/bin/python -m pip --disable-pip-version-check --quiet install --upgrade --require-hashes --requirement $< --target build/hyper && touch $@

.PHONY: bi-tools
bi-tools: .venv/.dev build/tableau/schema.xsd build/node/.installed build/hyper/.installed ## See that exports are what BI tools read, by their own schemas and parsers too
	@PYTHONPATH=build/hyper .venv/bin/python -m pytest tests/bi --tableau-schema build/tableau --node-modules build/node/node_modules $(PYTEST_ARGUMENTS)

.PHONY: soak
soak: .venv/.dev ## The ninety days one run a day, in any order, 300 random deliveries, 100 random questions of each kind, and all faults; takes hours
	@.venv/bin/python -m pytest tests/faults -m faults --faults-page docs/faults.md
	@.venv/bin/python -m pytest tests/acceptance -m soak
	@LAKEHOUSE_EXAMPLES=300 .venv/bin/python -m pytest tests/scopes
	@LAKEHOUSE_EXAMPLES=100 .venv/bin/python -m pytest tests/semantic/compiler tests/gold/test_time_zone.py

.PHONY: engine-tests
engine-tests: $(ENVIRONMENT) ## See that an engine gives the same results as the others: expressions, transforms, writes
	@LAKEHOUSE_EXAMPLES=2 $(PYTEST) --one-in $(ONE_IN) tests/conformance tests/silver tests/gold tests/kpi tests/test_jobs.py tests/storage/test_s3_story.py

# Orders of the full builds, days of history before a day's increment, and rounds.
SIZES     ?= 100000
HISTORIES ?= 30
ENGINES   ?= sail spark
RUNS      ?= 1

.PHONY: bench
bench: .venv/.dev $(if $(filter spark,$(ENGINES)),.venv-spark-4.1/.spark-4.1) ## Measure against a plain script, DuckDB and the floor [SIZES=… HISTORIES=… ENGINES=… RUNS=…]
	@.venv/bin/python -m benchmarks --sizes $(SIZES) --histories $(HISTORIES) --engines $(ENGINES) --runs $(RUNS)

.PHONY: bench-query
bench-query: .venv/.dev ## Measure a question from KPI tables, from facts and by hand, and write docs/benchmarks-queries.md
	@.venv/bin/python -m benchmarks.queries

.PHONY: check
check: .venv/.dev ## Check style, format, types and import rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

.PHONY: format
format: .venv/.dev ## Mend style and format
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

.PHONY: docs
docs: .venv/.dev ## Write the generated pages of docs/ anew
	@.venv/bin/lakehouse docs --out docs

COMPILE := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
           --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.PHONY: lock
lock: .venv/.dev ## Write the locks anew after a change in pyproject.toml; UPGRADE=1 takes the newest versions
	@$(COMPILE) pyproject.toml --extra sail --extra dev --group build -o requirements/dev.txt
	@$(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt
	@$(COMPILE) pyproject.toml --extra sail -c requirements/dev.txt -o requirements/demo.txt
	@$(COMPILE) --group hyper -c requirements/dev.txt -o requirements/hyper.txt
	@$(COMPILE) --group metricflow -c requirements/build.txt -o requirements/metricflow.txt
	@$(COMPILE) pyproject.toml --extra notebook --group jupyter -c requirements/dev.txt -o requirements/notebook.txt
	@$(COMPILE) pyproject.toml --extra spark --extra test -c requirements/build.txt -c requirements/glue-6.0.txt -o requirements/spark-4.1.txt
	@$(COMPILE) pyproject.toml --extra spark --extra test -c requirements/build.txt -c requirements/glue-5.1.txt -o requirements/spark-3.5.txt

.PHONY: package
package: .venv/.dev ## Build the wheel into dist/
	@.venv/bin/python -m pip --disable-pip-version-check --quiet wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

.PHONY: clean
clean: ## Remove what was built, the demo's lake too; the environments stay
	@rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
