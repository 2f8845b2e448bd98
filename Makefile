# Two lines a newcomer needs:
#   make demo     a shop with a chat in it, and the agents' console
#   make test     every test

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILED := .compiled
# As many tests at once as there are cores; those of one file share what they start.
PYTEST := $(BIN)/pytest --numprocesses $(shell nproc) --dist loadfile
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The front-end is built by its own step, which knows when it is stale.
export HATCH_BUILD_NO_HOOKS := true

.PHONY: help install demo test check compiled soak fix bench dist lock pictures clean

help:  ## Print this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: $(VENV)/installed  ## Put everything the server needs into .venv/ and build the front-end.
	@$(BIN)/python widget/hatch_build.py

$(VENV)/bin/python:
	@.ci/packages $(PYTHON)=python3
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Straks needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version). Set PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/packages no-such-command=python3-venv
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the packages of requirements.lock into $(VENV)/"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing the packages of requirements-dev.lock into $(VENV)/"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

demo: install  ## Serve a shop with a chat in it, and print the addresses.
	@exec $(BIN)/straks demo

check: install $(VENV)/installed-dev  ## Lint, types and unit tests: the inner loop.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python widget/hatch_build.py npm run check
	@$(BIN)/python widget/hatch_build.py npm test
	@$(PYTEST) -q tests/protocol tests/unit tests/architecture

test: install $(VENV)/installed-dev  ## Install what the tests need, run every test, then those of the parts compiled.
	@.ci/packages redis-server=redis-server chromium=chromium,fonts-liberation strace=strace \
	    nginx=nginx-light openssl=openssl pg_ctlcluster=postgresql sqlite3=sqlite3 curl=curl \
	    systemd-analyze=systemd
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python widget/hatch_build.py npm run check
	@$(BIN)/python widget/hatch_build.py npm test
	@$(PYTEST)
	@$(MAKE) compiled
	@PYTHONPATH=$(COMPILED) STRAKS_TESTED=compiled \
	    $(PYTEST) -q tests/protocol tests/unit tests/contract tests/faults

soak: install $(VENV)/installed-dev  ## Break things for SOAK minutes (5) per test, and print what came of it.
	@.ci/packages redis-server=redis-server pg_ctlcluster=postgresql
	@STRAKS_SOAK=$${SOAK:-5} $(BIN)/pytest -s tests/faults

fix: $(VENV)/installed-dev  ## Format, and mend what the linters can mend.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/python widget/hatch_build.py npm run fix

compiled: $(COMPILED)/made  ## Make .compiled/: the packages with their inner loops as machine code.

$(COMPILED)/made: pyproject.toml $(VENV)/installed-dev \
        $(shell find server protocol -type f -not -path '*/static/*' -not -name '*.pyc') | install
	@.ci/packages gcc=gcc,libc6-dev
	@$(BIN)/python -c 'import sys, sysconfig; from pathlib import Path; \
	    sys.exit(not (Path(sysconfig.get_path("include")) / "Python.h").exists())' \
	    || .ci/packages no-such-command=python3-dev
	@echo "Compiling what every message passes through into $(COMPILED)/; it takes a minute"
	@rm -rf $(COMPILED)
	@STRAKS_COMPILE=1 HATCH_BUILD_NO_HOOKS= $(PIP) install --no-deps --no-build-isolation --no-index \
	    --target $(COMPILED) .
	@touch $@

bench: install $(VENV)/installed-dev  ## Measure Straks beside other systems, and write a report.
	@.ci/packages redis-server=redis-server npm=npm
	@$(BIN)/python -m bench.peers.install || true  # What could not be had is reported as not run.
	@$(MAKE) compiled || echo "Straks is not compiled here and is measured as it is; the report says so." >&2
	@PYTHONPATH=$(COMPILED) $(BIN)/python -m bench compare --seconds 1 --connections 3000

dist: install $(VENV)/installed-dev  ## Make a wheel that installs and serves without Node.
	@HATCH_BUILD_NO_HOOKS= $(PIP) wheel --no-deps --wheel-dir dist .
	@ls dist

pictures: install $(VENV)/installed-dev  ## Photograph the widget and the console in their states.
	@.ci/packages chromium=chromium,fonts-liberation
	@$(BIN)/python -m tests.e2e.pictures

lock: $(VENV)/installed-dev  ## Resolve the dependencies anew into the lock files.
	@$(PIP) install uv==0.13.9
	@for group in "" "-dev"; do \
	    $(BIN)/uv pip compile --quiet pyproject.toml $${group:+--group dev --constraint requirements.lock} \
	        --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	        --upgrade --output-file requirements$$group.lock; \
	done

clean:  ## Remove everything that was built or installed here.
	@rm -rf $(VENV) $(COMPILED) dist server/straks/static widget/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
