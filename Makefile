# Every target sets itself up: it needs only make and Python 3.11 or newer with its venv module.
# `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# Two test processes at a time, each with one thread: more threads only wait for each other.
WORKERS ?= 2
export OMP_NUM_THREADS := 1
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test test-fast slow-tests check lint format types examples docs docs-serve bench browser install clean test-neural test-vision

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

# ---- set-up -------------------------------------------------------------------------------------------------

$(BIN)/python:
	@bash .ci/make-venv $(VENV)

$(VENV)/.base: pyproject.toml | $(BIN)/python
	@echo "Installing headstart into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo "Installing headstart and its development tools into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.base

install: $(VENV)/.dev ## Make .venv with headstart and its development tools

# The report page is tested in a real browser. Without one those tests are skipped, and say so.
browser:
	@bash .ci/get-browser

# ---- what a stranger runs -----------------------------------------------------------------------------------

demo: $(VENV)/.base ## Run the main job on the heart data, twice, and see whether the verdicts were right
	@$(BIN)/headstart demo

test: $(VENV)/.dev browser ## All tests and doctests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-fast: $(VENV)/.dev ## The quick tests: see tests/slow_tests.txt
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not browser"

slow-tests: $(VENV)/.dev ## Measure anew which tests `make test-fast` leaves out
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not browser" --list-slow 0.15

# Networks are tested in two environments of their own: torch alone, and torch with torchvision and timm.
NEURAL := .venv-neural
VISION := .venv-vision
PICTURES := backbones_timm.py groups_of_models.py catalogue_numbers.py inputs_images.py

$(NEURAL)/.ready: pyproject.toml .ci/install-neural
	@bash .ci/make-venv $(NEURAL)
	@bash .ci/install-neural $(NEURAL)
	@touch $@

test-neural: $(NEURAL)/.ready ## The tests of networks, with torch and without torchvision
	$(NEURAL)/bin/python -m pytest -n $(WORKERS) --dist worksteal tests/neural src/headstart/neural src/headstart/choose/networks src/headstart/ranking tests/multitask src/headstart/multitask tests/test_exports.py tests/unit/test_cli_layers.py tests/unit/test_report_layers.py tests/unit/test_cli_multitask.py tests/unit/test_report_multitask.py
	$(NEURAL)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal tests/test_docs.py -k "fine or network or task"

test-vision: pyproject.toml .ci/install-vision ## The tests that need torchvision and timm; skipped with a word where the disk is too small
	@bash .ci/install-vision $(VISION) || { rc=$$?; [ $$rc = 77 ] && exit 0; exit $$rc; }; \
	  $(VISION)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(addprefix tests/neural/test_,$(PICTURES))

# ---- what CI runs -------------------------------------------------------------------------------------------

check: lint types docs test test-neural test-vision ## All that CI runs: style, types, documentation, tests, doctests, examples

lint: $(VENV)/.dev ## ruff: rules and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.dev ## Put every file into ruff's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.dev ## mypy, strict, on core and numeric
	$(BIN)/mypy

examples: $(VENV)/.dev ## Run every example (the tests run them too)
	@for file in examples/*.py; do echo "== $$file"; $(BIN)/python -W error::DeprecationWarning $$file; done

docs: $(VENV)/.dev ## Build the documentation into site/; warnings are errors
	@$(BIN)/mkdocs build --strict --site-dir site
	@echo "The documentation is in site/index.html"

docs-serve: $(VENV)/.dev ## Build the documentation anew at each change, and show it
	$(BIN)/mkdocs serve

bench: $(VENV)/.dev ## Measure speed, memory and accuracy against the peers (each in an environment of its own)
	$(BIN)/python -m benchmarks

clean: ## Remove what the targets made
	rm -rf $(VENV) $(NEURAL) $(VISION) .bench site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
