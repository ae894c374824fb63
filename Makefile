# What one can ask for: make help
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install demo sandbox test test-pure test-under-clock lint types imports unit bench format clean

# uv of the machine, or one in a place of its own (`uv sync` would remove it from .venv).
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# As many test workers as cores, at least two: the suite waits for sockets and browsers more than it computes.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); [ $$n -gt 2 ] && echo $$n || echo 2)

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | column -t -s "$$(printf '\t')"

.uv/bin/uv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found."; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv

.venv/.ready: pyproject.toml uv.lock $(if $(findstring .uv,$(UV)),.uv/bin/uv)
	$(UV) sync --locked --quiet $(EXTRAS) $(if $(PYTHON),--python $(PYTHON))
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python tools/precompile.py
	@touch $@

# For example EXTRAS="--no-dev --extra postgres".
EXTRAS ?=

install: .venv/.ready  ## the command, ready in .venv/bin/matchmaker

demo: .venv/.ready  ## the main job, start to end, on four published exchanges, in a sandbox
	$(BIN)/matchmaker demo

sandbox: .venv/.ready  ## the sandbox, kept open, with sample data
	$(BIN)/matchmaker sandbox --sample --dir sandbox-data

test: .venv/.ready lint types imports unit  ## everything CI checks

lint: .venv/.ready
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .

types: .venv/.ready
	$(BIN)/mypy

imports: .venv/.ready
	$(BIN)/lint-imports --verbose | tail -n 3

# Another order, another hash of texts and other dice at every call; SEED=... repeats one.
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
PYTEST = $(BIN)/pytest -n $(WORKERS) --dist loadfile --randomly-seed=$(SEED) $(TESTS)

unit: .venv/.ready
	PYTHONHASHSEED=$(SEED) $(PYTEST)

# What decides, without a socket: no test in these rooms may open one, not even to this machine.
PURE := planning tabs forms intake linkage matching letters exchanges partnership cleaning reporting
test-pure: .venv/.ready  ## the tests of the rooms that decide, in under a minute, without a socket
	PYTHONHASHSEED=$(SEED) $(BIN)/pytest -o addopts="-q --strict-markers --import-mode=importlib --disable-socket" \
		--randomly-seed=$(SEED) $(PURE:%=tests/%)

# The clock that timeouts are measured with goes on as it is; only the date and the time of day are others.
CLOCK ?= 2028-02-29 12:00
ZONE ?= UTC
test-under-clock: .venv/.ready  ## the tests on another day: CLOCK="2027-03-28 01:30" ZONE=Europe/Brussels
	@command -v faketime >/dev/null || { echo "faketime is needed (apt-get install faketime)."; exit 1; }
	PYTHONPATH=$(CURDIR)/tools/under_clock PYTHONHASHSEED=$(SEED) TZ=$(ZONE) FAKETIME_DONT_FAKE_MONOTONIC=1 faketime "$(CLOCK)" $(PYTEST)

bench: .venv/.ready  ## measurements and long sweeps, QUICK=1 for short ones (some need the bench beside the project)
	$(UV) sync --locked --quiet --all-groups $(if $(PYTHON),--python $(PYTHON))
	QUICK=$(QUICK) $(BIN)/python tools/bench.py

format: .venv/.ready  ## tidy the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what can be made again
	rm -rf .venv .uv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
