# The one entry point. `make` or `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
DIRS ?= tests
JOBS ?= 2
PACKAGES := $(wildcard retail_core pos_app sync_agent hq_server tools)

.PHONY: help
help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo:  ## HQ, a store of two tills and a day in it; SECONDS=90 drives itself and stops, DB=postgresql://… instead of SQLite
	@packaging/bootstrap demo
	@args=(); $(if $(filter command line environment%,$(origin SECONDS)),args+=(--seconds "$(SECONDS)");) $(if $(DB),args+=(--database "$(DB)");)
	exec $(PY) -m tools.demo $${args[@]+"$${args[@]}"} $(ARGS)

.PHONY: test
test:  ## every test; DIRS=tests/unit for some, ARGS='-k refund' for pytest, JOBS=1 for one process
	@packaging/bootstrap dev
	exec $(PY) -m pytest -q -n $(JOBS) --dist loadgroup $(ARGS) $(DIRS)

.PHONY: check
check: check-lint  ## format, lint, types, import rules and the unit tests, in under two minutes
	@exec $(PY) -m pytest -q -n $(JOBS) --dist loadgroup $(wildcard tests/unit tests/house)

.PHONY: check-lint
check-lint:  ## format, lint, types and import rules alone
	@packaging/bootstrap dev
	$(PY) -m ruff format --check --quiet . || { $(PY) -m ruff format --check . ; exit 1; }
	$(PY) -m ruff check --quiet .
	$(PY) -m pyright --warnings
	.venv/bin/lint-imports --no-cache --no-logo

.PHONY: format
format:  ## put every file into the house format
	@packaging/bootstrap dev
	$(PY) -m ruff check --quiet --fix . || true
	$(PY) -m ruff format --quiet .

.PHONY: coverage
coverage:  ## the tests once more, with branch coverage by file
	@packaging/bootstrap dev
	exec $(PY) -m pytest -q -n $(JOBS) --dist loadgroup --cov --cov-report=term-missing:skip-covered $(ARGS) $(DIRS)

.PHONY: bench
bench:  ## measure, write bench-out/results.json; ROWS=1,5 for some rows, BARCODES=path for real codes
	@packaging/bootstrap dev
	BARCODES="$(BARCODES)" exec $(PY) -m tests.perf $(if $(ROWS),--rows "$(ROWS)") $(ARGS)

.PHONY: gate
gate:  ## the long proofs; P=R1 for one of them
	@packaging/bootstrap dev
	exec $(PY) -m tests.gates $(P) $(ARGS)

.PHONY: screens
screens:  ## draw every screen in each language and theme to screens-out/, with contact sheets; ARGS="--language ar --only pay"
	@packaging/bootstrap demo
	exec $(PY) -m tools.screens $(ARGS)

.PHONY: words
words:  ## gather every sentence of the till for translation
	@packaging/bootstrap dev
	.venv/bin/pybabel -q extract -F pos_app/locale/babel.cfg -k tr -k ntr:1,2 -k _ --no-location --project omnitill --omit-header -o pos_app/locale/omnitill.pot .

.PHONY: record
record:  ## keep what this version says on the wire, before it goes out
	@packaging/bootstrap dev
	exec $(PY) -m tests.golden.record

.PHONY: lock
lock:  ## pin the newest versions that packaging/*.in allow (needs a package index)
	@packaging/bootstrap dev
	packaging/lock

.PHONY: clean
clean:  ## remove everything that was made here, the virtual environment too
	@rm -rf .venv .venv.lock demo-out bench-out screens-out htmlcov .coverage* .pytest_cache .ruff_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +
