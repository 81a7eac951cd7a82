# Everything starts here. Needs Python 3.11 and make; the rest comes with `make setup`.

VENV := .venv/bin
PYTHON_BIN := $(VENV)/python
# The tools of the virtualenv come first, whatever else is installed; buf finds its plugins there.
export PATH := $(CURDIR)/$(VENV):$(PATH)

MEMBERS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml sdk/*/pyproject.toml deploy/local/pyproject.toml)

# Tests wait for engines more than they compute, so there are more workers than cores. Each has engines of its own; the
# tests of a file share theirs.
WORKERS ?= 3
PYTEST := pytest -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo up check lint types imports contracts hygiene unit contract service e2e fuzz-quick engines fuzz test \
        chaos bench bench-quick bench-redaction generate release-contracts format lock clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv with all dependencies and engines; does nothing when nothing changed.
	@sh deploy/local/bootstrap.sh

demo: setup ## Start the mesh, run an agent, show its trace, serve until Ctrl-C.
	@exec $(PYTHON_BIN) -m a11i_local demo

up: setup ## Start the mesh, serve until Ctrl-C.
	@exec $(PYTHON_BIN) -m a11i_local up

test: check engines e2e ## Run every check that CI runs.

# The type checker has use for one core, and takes as long as half of the unit tests.
check: setup ## Run the quick half of the checks: lint, types, imports, contracts, hygiene, unit.
	@$(MAKE) --no-print-directory -j 2 lint types imports contracts hygiene unit

lint: setup
	@ruff check .
	@ruff format --check .

types: setup
	@mypy libs services sdk deploy/local tests examples protos/plugins

imports: setup
	@lint-imports --no-logo

contracts: setup ## Check that contracts lint, break nothing released, and are what is generated.
	@sh deploy/checks/contracts.sh

hygiene:
	@sh deploy/checks/hygiene.sh

# These compute and never wait, and each worker loads the detectors for itself.
unit: setup ## Run the tests without engines.
	@pytest -n 2 --dist loadfile tests/unit

contract: setup ## Run the tests of each port on each of its adapters, real engines included.
	@$(PYTEST) tests/contract

service: setup ## Run the tests of each service in one process.
	@$(PYTEST) tests/service

# In one go, as some wait for an engine while others compute; and in this order, as what comes last should be short.
engines: setup ## Run contract, service and fuzz-quick in one go.
	@pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/fuzz tests/contract tests/service

# By name, which puts the files of few but long tests, with meshes of their own, before those that share one.
e2e: setup ## Run the tests of the whole mesh as processes.
	@pytest -n 2 --dist loadfile --no-loadscope-reorder tests/e2e

fuzz-quick: setup
	@pytest -n $(WORKERS) tests/fuzz

fuzz: setup ## Look for requests that break ingest, the JSON parser or the normaliser, and for calls priced wrong; 20 minutes.
	@$(PYTHON_BIN) -m tests.fuzz.fuzz_otlp decode 120
	@$(PYTHON_BIN) -m tests.fuzz.fuzz_otlp otlp_json 120
	@$(PYTHON_BIN) -m tests.fuzz.fuzz_otlp normaliser 120
	@EFFORT=20 pytest -n 2 --timeout 900 tests/unit/ingest tests/unit/telemetry tests/unit/tokenization \
	    tests/unit/redaction/test_gates.py

chaos: setup ## Break a whole mesh in every way on ten seeds and look for what is lost or doubled; takes half an hour.
	@$(PYTHON_BIN) -m tests.chaos $(CHAOS)

bench: setup ## Measure every part, the peer and the whole mesh; takes about a quarter of an hour.
	@$(PYTHON_BIN) -m tests.bench.bench_ingest
	@$(PYTHON_BIN) -m tests.bench.bench_peer
	@$(PYTHON_BIN) -m tests.bench.bench_overload
	@$(PYTHON_BIN) -m tests.bench.bench_normalise
	@$(PYTHON_BIN) -m tests.bench.bench_otlp_json
	@$(PYTHON_BIN) -m tests.bench.bench_bus
	@$(PYTHON_BIN) -m tests.bench.bench_runner
	@$(PYTHON_BIN) -m tests.bench.bench_e2e
	@$(PYTHON_BIN) -m tests.bench.bench_sdk

bench-quick: setup ## Measure the same on less.
	@$(PYTHON_BIN) -m tests.bench.bench_ingest --quick
	@$(PYTHON_BIN) -m tests.bench.bench_peer --quick
	@$(PYTHON_BIN) -m tests.bench.bench_overload --quick
	@$(PYTHON_BIN) -m tests.bench.bench_e2e --quick
	@$(PYTHON_BIN) -m tests.bench.bench_sdk --quick

bench-redaction: setup ## Measure what redaction finds, leaks and takes too much of, beside Presidio; write the page.
	@$(PYTHON_BIN) -m tests.bench.redaction --final --write docs/redaction-quality.md

generate: setup ## Generate code from the contracts; commit the result.
	@buf generate

release-contracts: setup ## Accept the contracts as they are as the released ones, which later ones must not break.
	@sh deploy/checks/contracts.sh release

format: setup ## Format and sort what can be.
	@ruff check --fix .
	@ruff format .

# litellm pins an older openai client for its code, and mistral-common an older numpy; the examples and the services run
# on the current ones. That is said here and not in pyproject.toml, as what stands there as an override would be installed
# in place of what the lock names.
lock: setup ## Resolve requirements.lock anew from the members' pyproject.toml files.
	@printf 'openai>=3\nnumpy>=2.4\n' | uv pip compile --override - --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --group pyproject.toml:dev --group pyproject.toml:examples \
	    --group pyproject.toml:bench $(MEMBERS) \
	    $(foreach member,$(MEMBERS),--no-emit-package $(shell sed -n 's/^name = "\(.*\)"/\1/p' $(member))) \
	    -o requirements.lock

clean: ## Remove what the checks left behind, but neither .venv nor data.
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
