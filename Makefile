# Each target is a few lines; the work is done by the Python modules in rie/ and by the tools.
PYTHON ?= python3
FUNCTION ?= echo
PORT ?= 8080
EVENT ?= $(or $(firstword $(wildcard functions/$(FUNCTION)/events/*.json)),{})
BASE ?= al2
VENV := .venv
BENCH := .venv-bench
FUZZ := build/fuzz
MUTANTS := build/mutants/venv
RIE := $(VENV)/bin/python -m rie
# FUNCTION has a default; only what the user named is pushed or deployed.
CHOSEN := $(if $(filter-out file,$(origin FUNCTION)),$(FUNCTION))
PYTEST := $(VENV)/bin/python -m pytest
MEASURED := --cov --cov-report=
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq

.DEFAULT_GOAL := help
.PHONY: help demo run invoke test acceptance lint format image push publish-runtime deploy sbom audit pin engine emulation test-pythons bench bench-lazy bench-size soak fuzz mutants requirements clean

help: ## Show this help
	@echo "usage: make TARGET [NAME=VALUE …]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: $(VENV)/bench.stamp ## Run example functions under the emulator (SHOW=vpc_check)
	@$(RIE) demo $(addprefix --show ,$(SHOW))

run: $(VENV)/bench.stamp ## Start functions on port PORT (FUNCTION=echo,shell or all)
	@$(RIE) run $(FUNCTION) --port $(PORT) $(ARGS)

invoke: export EVENT := $(EVENT)
invoke: $(VENV)/bench.stamp ## Post EVENT (file, JSON or -) to a local or deployed function (TARGET=name)
	@$(RIE) invoke $(if $(TARGET),--deployed '$(TARGET)',--port $(PORT)) --event "$$EVENT" $(ARGS)

test: $(VENV)/dev.stamp ## Run every test and measure coverage (ARGS='-k name': some, unmeasured)
ifeq ($(strip $(ARGS)),)
	@mkdir -p build/coverage
	@echo "Tests that share the engine or namespaces run beside the others, into build/shared.log." >&2
	@COVERAGE_FILE=$(CURDIR)/build/coverage/shared $(PYTEST) --shared only $(MEASURED) >build/shared.log 2>&1 & \
	  shared=$$!; trap 'kill -INT $$shared' INT TERM; \
	  COVERAGE_FILE=$(CURDIR)/build/coverage/others $(PYTEST) --shared without -n 2 $(MEASURED); others=$$?; \
	  wait $$shared; shared=$$?; cat build/shared.log; exit $$((shared + others))
	@$(VENV)/bin/coverage combine --quiet build/coverage/shared build/coverage/others
	@$(VENV)/bin/python -m tests.covered
else
	@$(PYTEST) $(ARGS)
endif

acceptance: $(VENV)/dev.stamp ## Hold Lambda's behaviour against the tests (TARGET=emulator, official or aws)
	@$(VENV)/bin/python -m tests.acceptance $(or $(TARGET),emulator) $(addprefix --arch ,$(ARCH)) $(ARGS)

lint: $(VENV)/dev.stamp ## Check style, types and shell files
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/shellcheck $$(grep -lrE '^#!/bin/(ba)?sh' bootstrap .ci)

format: $(VENV)/dev.stamp ## Format the Python files
	@$(VENV)/bin/ruff check --fix-only
	@$(VENV)/bin/ruff format

image: $(VENV)/dev.stamp ## Build the base image (BASE=al2023, al2 or local; PYTHON_VERSION=3.15; ARCH=arm64)
	@$(RIE) image --base $(BASE) $(addprefix --python ,$(PYTHON_VERSION)) $(addprefix --arch ,$(ARCH)) $(ARGS)

push: $(VENV)/bench.stamp ## Push an image to ECR (FUNCTION=name, else the base; ARGS=--create)
	@$(RIE) push $(addprefix --function ,$(CHOSEN)) $(addprefix --arch ,$(ARCH)) $(ARGS)

publish-runtime: $(VENV)/bench.stamp ## Publish the base image as a runtime for .zip functions (ARGS=--create)
	@$(RIE) publish-runtime $(addprefix --arch ,$(ARCH)) $(ARGS)

deploy: $(VENV)/bench.stamp ## Create, update or delete a function's stack (FUNCTION=echo IMAGE=URI ARGS=--dry-run)
	@$(RIE) deploy $(FUNCTION) $(addprefix --image ,$(IMAGE)) $(addprefix --arch ,$(ARCH)) $(ARGS)

sbom: $(VENV)/dev.stamp ## List the contents of an image as CycloneDX (ARGS='--image NAME')
	@$(RIE) sbom --output build/sbom.cdx.json $(ARGS)

audit: $(VENV)/dev.stamp ## Check pinned Python packages for known vulnerabilities
	@$(RIE) audit

pin: $(VENV)/bench.stamp ## Pin base images to their current digests
	@$(RIE) pin $(ARGS)

engine: $(VENV)/bench.stamp ## Install and start a container engine (Debian, as root)
	@$(RIE) engine

emulation: $(VENV)/bench.stamp ## Enable images of the other architecture: QEMU (Debian, root)
	@$(RIE) emulation

test-pythons: $(VENV)/dev.stamp ## Run the tests on CPython 3.10 to 3.15 (ARGS='--only 3.14'; root)
	@$(VENV)/bin/python -m tests.pythons $(ARGS)

bench: $(BENCH)/stamp ## Measure against goals, awslambdaric and others (ARGS=--quick)
	@$(BENCH)/bin/python -m tests.performance $(ARGS)

bench-lazy: $(BENCH)/stamp ## Measure starts from a simulated lazily loaded image (root, libfuse3-dev)
	@$(BENCH)/bin/python -m tests.performance.lazy $(ARGS)

bench-size: $(VENV)/dev.stamp ## Measure the image's layers, and its size against a plain installation
	@$(VENV)/bin/python -m tests.performance.size

soak: $(VENV)/dev.stamp ## Run a campaign of invocations and faults (ARGS='--invocations 1000000')
	@$(VENV)/bin/python -m tests.soak $(ARGS)

fuzz: $(FUZZ)/stamp ## Fuzz the wire parser for a minute (ARGS=-max_total_time=600)
	@PYTHONPATH=runtime:. $(FUZZ)/bin/python -m tests.fuzz.fuzz_wire -artifact_prefix=build/ $(ARGS)

mutants: $(MUTANTS)/stamp $(VENV)/dev.stamp ## Check that the tests notice 400 changed lines (ARGS='--only _runtime/loop.py')
	@$(MUTANTS)/bin/python -m tests.mutants $(ARGS)

requirements: $(VENV)/dev.stamp ## Recompile the pinned requirements
	@for name in bootstrap/awslambdaric $$(git ls-files '*requirements*.in' | sed 's/\.in$$//'); do \
	  $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --upgrade \
	    --no-strip-extras --no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' \
	    --output-file $$name.txt $$name.in >/dev/null || exit; done

clean: ## Remove what the other targets made in this directory
	rm -rf $(VENV) $(BENCH) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12 …")'
	@echo "Creating $(VENV) …" >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/bench.stamp: requirements.txt | $(VENV)/bin/python
	@$(PIP) install --require-hashes -r $<
	@touch $@

$(VENV)/dev.stamp: tests/requirements.txt | $(VENV)/bin/python
	@echo "Installing the tools of development …" >&2
	@$(PIP) install --require-hashes -r $<
	@touch $@

$(FUZZ)/stamp: tests/fuzz/requirements.txt | $(VENV)/bin/python
	@$(VENV)/bin/python -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r $<
	@touch $@

$(MUTANTS)/stamp: tests/mutants/requirements.txt | $(VENV)/bin/python
	@$(VENV)/bin/python -m venv $(MUTANTS)
	@$(MUTANTS)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r $<
	@touch $@

$(BENCH)/stamp: tests/performance/requirements.txt
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r $<
	@touch $@
