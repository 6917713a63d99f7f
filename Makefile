# Tradewind. `make` alone says what there is.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Two workers suit two cores; a file's tests stay together, so that servers are started once.
PYTEST ?= -n 2 --dist loadfile -m "not crash"

CRASH ?= tests/crash

# Public labelled data beside the checkout, where there is any.
PUBLIC ?= ../shared/data

COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --upgrade

.PHONY: help run install test crash test-training lint types check bench evaluate messages requirements clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## Start the desk with sample data; prints its address
	@exec $(BIN)/tradewind run

install: $(RUN_STAMP) ## Install what the desk needs into .venv

test: $(DEV_STAMP) ## Install what the tests need, then check everything
	@scripts/test-packages
	@$(MAKE) --no-print-directory lint types
	$(BIN)/python -m slipcover -m pytest $(PYTEST)

crash: $(DEV_STAMP) ## Kill every process again and again while messages come in (4 minutes)
	@scripts/test-packages
	$(BIN)/pytest $(CRASH)

test-training: $(DEV_STAMP) ## Install PyTorch, then test how encoders are taught (3 minutes)
	@scripts/test-training

lint: $(DEV_STAMP) ## Style and floors
	$(BIN)/ruff check src tests
	$(BIN)/ruff format --check src tests
	$(BIN)/lint-imports

types: $(DEV_STAMP) ## Types, strictly
	$(BIN)/mypy

check: lint types ## Everything that needs no running

bench: $(DEV_STAMP) ## Measure: intake, inbox, triage, live (JSON)
	@for what in intake inbox triage live; do $(BIN)/tradewind bench $$what; done

evaluate: $(DEV_STAMP) ## Measure how well messages are understood
	$(BIN)/tradewind evaluate --check
	@if [ -d "$(PUBLIC)" ]; then $(BIN)/python -m tradewind.nlp.training.public "$(PUBLIC)" --check; \
	else echo "no public sets at $(PUBLIC): set PUBLIC to a folder that holds them"; fi

messages: $(DEV_STAMP) ## Compile the texts of the screens
	cd src/tradewind && ../../$(BIN)/pybabel -q compile -D django -d locale -l zh_Hans

requirements: $(DEV_STAMP) ## Pin the newest versions anew, with their hashes
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml -o requirements/run.txt
	$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) requirements/test-training.in -c requirements/dev.txt -o requirements/test-training.txt

clean: ## Remove what was built; the data folder stays
	rm -rf $(VENV) build dist htmlcov .coverage .cache .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Tradewind needs Python 3.11 or newer; none was found on PATH." >&2; exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; \
		exit 1; }

$(RUN_STAMP): requirements/run.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@scripts/install $(BIN)/python requirements/run.txt
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	@scripts/install $(BIN)/python requirements/dev.txt
	@touch $@
