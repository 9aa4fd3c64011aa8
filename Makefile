# One target a task; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench docs crash fuzz lock

# Debian packages that tests and demo use where they are installed. Their services are never started.
DEBIAN_PACKAGES := tcpdump iproute2 clamav-daemon nsis cups chromium openssh-server

PYTHON := .venv/bin/python
STAMP := .venv/.ready
LOCKS := requirements/endpoint.lock requirements/network.lock requirements/dev.lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## prepare .venv from the lock (needs Python 3.11 or later)
	@:

$(STAMP): requirements/dev.lock requirements/setup.sh pyproject.toml
	@requirements/setup.sh
	@touch $@

run: setup ## the whole story on this machine, then a network until interrupted (ARGS=--exit ends it)
	@.venv/bin/vedette demo $(ARGS)

test: setup ## checks and tests; as root on Debian it installs the packages it uses
	@if [ "$$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then requirements/debian.sh $(DEBIAN_PACKAGES); fi
	@$(MAKE) --no-print-directory check
	$(PYTHON) -m pytest $(ARGS)

check: setup ## style, types, layers, generated documents
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m mypy --platform win32 --cache-dir .mypy_cache/win32 src/vedette/host/windows src/vedette/agent src/vedette/inventory
	.venv/bin/lint-imports
	$(PYTHON) -m vedette.catalogue --check

bench: setup ## measure against the targets (ONLY=NAME,… picks, ARGS=--quick); writes benchmarks/results.json
	$(PYTHON) -m benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

docs: setup ## write the generated documents again
	$(PYTHON) -m vedette.catalogue --write

crash: setup ## kill network and agent at hundreds of random moments under load
	$(PYTHON) -m pytest tests/journey/test_crash.py tests/journey/test_agent_crash.py --moments=200 --timeout=3600 $(ARGS)

fuzz: setup ## look at 100,000 damaged files and as many hives in the sandbox
	$(PYTHON) -m pytest tests/conformance/test_damage.py tests/conformance/test_hives.py -k damaged --variants=100000 --timeout=7200 $(ARGS)

# Everything is resolved together first, so that each lock is a part of one resolution and any two extras fit each other.
COMPILE = .venv/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --generate-hashes --only-binary :all: \
	--no-header --no-annotate

lock: setup ## resolve the dependencies again and write the locks
	@$(PYTHON) -m pip install -qq uv
	@$(COMPILE) --all-extras --group dev -o .venv/everything.lock
	@$(COMPILE) -c .venv/everything.lock -o requirements/endpoint.lock
	@$(COMPILE) -c .venv/everything.lock --extra network -o requirements/network.lock
	@$(COMPILE) -c .venv/everything.lock --extra network --group dev -o requirements/dev.lock
	@sed -i '1i # Made by `make lock` from pyproject.toml; part of one resolution. Install with --require-hashes.' $(LOCKS)
