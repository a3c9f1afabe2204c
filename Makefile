# What a developer types; `make help` lists it. Plain pip is enough, and only the first run needs a network.
#
#   PYTHON   the Python to build the environment with: 3.11, 3.12 or 3.13      make test PYTHON=python3.13
#   VENV     where the environment is kept                                     make test VENV=.venv-3.13
#   WORKERS  processes that run the tests                                      make test WORKERS=4
#   ARGS     more arguments for pytest, or for the benchmarks                  make tests ARGS='-k money -x'
#                                                                              make bench ARGS='--quick --told'
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
ARGS ?=

RUN := $(VENV)/bin/python -m
PIP := $(RUN) pip --disable-pip-version-check

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help test demo check tests wheel bench bench-check redis lowest clean

help: ## this list
	@echo 'targets:'
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1\t\2/p' Makefile | expand -t 15
	@echo 'variables:'
	@sed -nE 's/^#   ([A-Z])/  \1/p' Makefile

test: redis check wheel tests ## everything that a change must pass

demo: $(VENV)/.demo ## see it decide payments
	@$(VENV)/bin/riskrules demo

check: $(VENV)/.test ## style and types, in seconds
	$(RUN) ruff check .
	$(RUN) mypy

tests: $(VENV)/.test ## the tests alone
	$(RUN) pytest -n $(WORKERS) $(ARGS)

wheel: $(VENV)/.test ## build the wheel and decide a payment with it in an empty environment
	$(VENV)/bin/python .ci/wheel.py

bench: $(VENV)/.bench ## every question about speed in one table; ten minutes on a quiet machine
	$(VENV)/bin/python benchmarks/run.py $(ARGS)

bench-check: $(VENV)/.bench ## fail where that is worse than benchmarks/baseline.json
	$(VENV)/bin/python benchmarks/check.py $(ARGS)

# Tests against a real Redis server start one of their own. A laptop may go without; CI may not.
redis: ## make sure that there is a Redis server, installed with apt-get where that takes no password
	@command -v redis-server >/dev/null || .ci/apt-install redis-server || { \
	  [ "$${CI:-}" != true ] || { echo 'no Redis server, and CI needs one' >&2; exit 1; }; \
	  echo 'no Redis server: going on without the tests that need one'; }

# A lower bound in pyproject.toml is a promise; this keeps it. It takes minutes and a network.
lowest: ## the tests with the oldest dependencies that pyproject.toml admits
	rm -rf .venv-lowest
	.ci/venv $(PYTHON) .venv-lowest
	.venv-lowest/bin/python .ci/lowest.py > .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pip --disable-pip-version-check install -qq --editable '.[test]' \
	  --constraint .venv-lowest/lowest.txt
	.venv-lowest/bin/python -m pytest -n $(WORKERS) $(ARGS)

clean: ## remove what the other targets made
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .venv-lowest
	@[ ! -e $(VENV)/pyvenv.cfg ] || rm -rf $(VENV)
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@.ci/venv $(PYTHON) $(VENV)

# The stamps are older than pyproject.toml when it changes; then, and only then, pip runs again.
$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	@echo 'installing riskrules and what its tests need'
	@$(PIP) install -qq --editable '.[test]'
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: pyproject.toml benchmarks/requirements.txt | $(VENV)/bin/python
	@echo 'installing riskrules and the engines that it is measured beside'
	@$(PIP) install -qq --editable '.[files]' --requirement benchmarks/requirements.txt
	@touch $@ $(VENV)/.demo

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	@echo 'installing riskrules and what reads its demo files'
	@$(PIP) install -qq --editable '.[files]'
	@touch $@
