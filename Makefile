# `make` alone lists what there is. ARGS="..." is passed on by run, test, bench and call.

PYTHON ?= python3
ARGS ?=

BIN := .venv/bin
CODE := $(wildcard centrala ivr routing auth_pin audit recordings personal_data speech subjects storage provision demo bench tests \
	retention_job.py)
# More workers than two processors: telephones mostly wait for sound. The tests of a file share the services it starts.
CALLS := --numprocesses 4 --dist loadfile --no-loadscope-reorder
OFFLINE := --numprocesses 3 --dist worksteal -m "not live and not postgresql"
COMPILE := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet $(UPGRADE)

# Where it is set every process compiles all modules anew, which takes longer than what most of them do.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install run test check bench call lock pin clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

install: .venv/.installed ## make the environment: .venv/bin/centrala
	@echo "The command line is $(BIN)/centrala; make run starts everything."

run: .venv/.installed ## start the helpline and play a demonstration call; Ctrl-C stops it all
	@$(BIN)/python -m demo $(ARGS)

test: .venv/.installed-dev ## get what the tests need and run them all, on a real Asterisk too
	@$(BIN)/python -m provision all > /dev/null || echo "Tests that need what is missing are skipped." >&2
	@$(BIN)/python -m pytest $(CALLS) $(ARGS)

check: .venv/.installed-dev ## style, types and the tests that need no servers
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check --quiet $(CODE) || { echo "Mend it with: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/mypy --strict $(CODE)
	@$(BIN)/python -m pytest -q $(OFFLINE) $(ARGS)

bench: .venv/.installed-dev ## measure; results go to bench/results/
	@$(BIN)/python -m bench $(ARGS)

call: .venv/.installed ## be a caller in this terminal
	@$(BIN)/centrala call $(ARGS)

lock: .cache/uv/bin/uv ## remake the locked requirements; UPGRADE=--upgrade takes newer ones
	@echo "setuptools>=77" | $< pip compile $(COMPILE) -o requirements.lock pyproject.toml -
	@echo "setuptools>=77" | $< pip compile $(COMPILE) -c requirements.lock --extra dev -o requirements-dev.lock pyproject.toml -

pin: .venv/.installed ## pin the Debian packages that the cache holds, once all tests have passed with them
	@$(BIN)/python -m provision pin

clean: ## remove the environment and the cache; calls and recordings in var/ stay
	rm -rf .venv .cache build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.installed: requirements.lock pyproject.toml scripts/environment
	@PYTHON=$(PYTHON) scripts/environment requirements.lock
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@PYTHON=$(PYTHON) scripts/environment requirements-dev.lock
	@touch $@

.cache/uv/bin/uv: | .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .cache/uv uv
