# Every target works from a fresh checkout with Python >= 3.11 and make: what it needs goes into .venv.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
PACKAGES := engine expressions language schemas nodes infra streams api agentos testkit bench tests
TYPED := $(patsubst %/__init__.py,%,$(wildcard $(addsuffix /__init__.py,$(PACKAGES))))
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links

.PHONY: help up down test unit check lint types imports schemas ui web fmt bench chaos soak image-steps requirements clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(INSTALLED) ## Start Kafka, Postgres and AgentOS on this machine, and print the address to open
	@scripts/web.sh || echo "The web UI could not be built; AgentOS starts without it."
	@$(BIN)/agentos up

down: $(INSTALLED) ## Stop what `make up` started
	@$(BIN)/agentos down

test: $(INSTALLED) ui ## Run every test: unit, simulation, golden, integration, end to end, repository
	@$(BIN)/python -m pytest tests

unit: $(INSTALLED) ## Run the unit tests (seconds, no network)
	@$(BIN)/python -m pytest -q tests/unit

check: lint types imports schemas web ## Check format, rules, types, imports, schemas, unit tests, web
	@$(BIN)/python -m pytest -q tests/unit tests/repo

lint: $(INSTALLED)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: $(INSTALLED)
	@$(BIN)/mypy $(TYPED)

imports: $(INSTALLED)
	@$(BIN)/lint-imports --no-logo

schemas: $(INSTALLED)
	@$(if $(wildcard schemas/compatibility.py),$(BIN)/python -m schemas.compatibility,echo "no schemas/compatibility.py yet")

ui: $(INSTALLED) ## Build the web UI, if it changed
	@scripts/web.sh

web: $(INSTALLED) ## Check the web UI: types, rules, unit tests
	@scripts/web.sh check

fmt: $(INSTALLED) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(INSTALLED) ## Measure, into bench/results.json (BENCH=NAME for one)
	@$(BIN)/python -m bench $(BENCH)

chaos: $(INSTALLED) ## Kill, stop and disturb everything for a long while, then check the whole log
	@$(BIN)/python -m pytest tests/chaos --chaos=long --timeout=0

soak: $(INSTALLED) ## Run under load for hours, watching memory, lag, files and disk
	@$(BIN)/python -m pytest tests/chaos --chaos=soak --timeout=0

image-steps: ## Run the build steps of the image in an empty folder, and the command they make
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && PYTHON=$(PYTHON) scripts/image-steps.sh "$$folder/agentos"

requirements: $(INSTALLED) ## Recompile requirements/*.txt after a change of *.in (UPGRADE=--upgrade for newer versions)
	@for name in build runtime dev web; do \
		$(COMPILE) $(UPGRADE) requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done

clean: ## Remove what was built, but no data
	@rm -rf .venv .venv-node dist build api/static web/build web/node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -not -path './web/node_modules/*' -prune -exec rm -rf {} +

$(INSTALLED): requirements/dev.txt pyproject.toml scripts/install.sh
	@PYTHON=$(PYTHON) scripts/install.sh
	@touch $@
