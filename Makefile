# Everything sets itself up: a machine with Python 3.11 or newer (and its venv module) and make is enough.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The tests start hundreds of interpreters: what one has compiled the next ones read, whatever the shell is set to.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
RUN := $(VENV)/bin/python -m
# Wheels only and every hash checked: nothing from outside is executed while it is being installed.
INSTALL := $(RUN) pip install --disable-pip-version-check --require-hashes --only-binary :all:
LOCK := $(VENV)/bin/uv pip compile --universal --generate-hashes --no-emit-index-url --upgrade \
	--python-version 3.11 --exclude-newer "1 week" --custom-compile-command "make lock" --quiet

PROTOCOLS := bot/adapters/flows/hubble/relay.proto

# Each name is started before it is believed: version managers leave names that start nothing.
USABLE := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	if "$$name" -c "$(USABLE)" 2>/dev/null; then echo "$$name"; break; fi; done)

.PHONY: help
help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

.PHONY: python
python: ## The Python that would be used; fails where there is none
	@test -n "$(PYTHON)" && "$(PYTHON)" -c "$(USABLE)" || { \
		echo "Firebreak needs Python 3.11 or newer with its venv module. Not usable: $(or $(PYTHON),nothing found)" >&2; \
		echo "Install one (Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; \
		exit 1; }
	@echo "$(PYTHON)"

# pip is the last thing that a new venv gets, so a half-made one is made again.
$(VENV)/bin/pip:
	@$(MAKE) --no-print-directory python
	"$(PYTHON)" -m venv $(VENV)

$(VENV)/.runtime: requirements-build.txt requirements.txt pyproject.toml setup.py $(PROTOCOLS) | $(VENV)/bin/pip
	$(INSTALL) -r requirements-build.txt -r requirements.txt
	$(RUN) pip install --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(INSTALL) -r requirements-dev.txt
	touch $@

.PHONY: setup
setup: $(VENV)/.dev ## The venv with everything in it

.PHONY: demo
demo: $(VENV)/.runtime ## A small world in the browser, with a tour of six steps; Ctrl-C leaves it
	$(VENV)/bin/firebreak sandbox

.PHONY: rehearse
rehearse: $(VENV)/.runtime ## A staged incident, from the alert to the rollback, told in the terminal
	$(VENV)/bin/firebreak sandbox --rehearse

.PHONY: test
test: $(VENV)/.dev ## The quick tests
	$(RUN) pytest -n auto --dist worksteal -m "not slow"

# How many examples each property is tried with: 300, or 60 in the `landing` of a change.
PROFILE := full

# Hypothesis marks its own tests, so the quick example tests are not run a second time.
.PHONY: test-full
test-full: $(VENV)/.dev ## What `make test` leaves out: crash tests, installs, long property runs
	HYPOTHESIS_PROFILE=$(PROFILE) $(RUN) pytest -n auto --dist worksteal -m "slow or hypothesis" --timeout 900

.PHONY: check
check: $(VENV)/.dev ## Format, lint, types, direction of imports
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports

.PHONY: bench
bench: $(VENV)/.dev ## Ratios against the bare calls; also written to build/bench.json
	$(RUN) tests.bench

.PHONY: gallery
gallery: $(VENV)/.dev ## docs/gallery.md and its pictures, those that are old (needs chromium and fonts-noto-color-emoji)
	$(RUN) tests.gallery

.PHONY: lock
lock: $(VENV)/.dev ## Pin all dependencies again, none younger than a week
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	mkdir -p build
	$(RUN) tests.packaging.build_requires > build/requires.in
	$(LOCK) build/requires.in --constraint requirements.txt --output-file requirements-build.txt

.PHONY: clean
clean: ## Remove what was built and cached; the venv stays (rm -r .venv)
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find bot tests -name __pycache__ -prune -exec rm -rf {} +
