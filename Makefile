# Everything a developer does, by name. A machine with Python 3.11+, git and make is enough: the first target that
# needs it makes .venv from the hashed lock, once; pip's own settings (mirrors, caches) are respected.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest
# One more than there are cores: the tests that take long wait for clocks, disks and other processes.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

# Container images like to forbid it. Dozens of tests start interpreters, and each would compile all of the App anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo serve test test-fast speclive lint format bench drill faults nightly docs pictures lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Watch six pull requests get their decisions, on a local GitHub
	$(BIN)/maestro demo

serve: $(READY) ## Run the App (docs/install.md tells the environment it reads)
	$(BIN)/maestro serve

test: $(READY) ## Everything a change can break; MAESTRO_MEASUREMENTS=FILE keeps the result
	$(PYTEST) -n $(WORKERS) --dist worksteal

test-fast: $(READY) ## The inner loop: all but the slow tests, and fewer examples of each property
	$(PYTEST) -n auto -m "not slow" --hypothesis-profile=fast

speclive: $(READY) ## Our own Spec Cards: how much of what is critical they guard, and which mistakes they notice
	MAESTRO_MEASUREMENTS= $(PYTEST) -q --speclive --speclive-report=build/speclive.jsonl tests/road/test_guarded.py
	$(BIN)/speclive coverage tools.critical:targets --cards specs --live build/speclive.jsonl
	$(BIN)/speclive mutate build/speclive.jsonl

lint: $(READY) ## Form, mistakes, types, and who may import whom
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Let ruff write the form, and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## The measured claims of docs/; a benchmark without its data says so and is passed over
	$(BIN)/python -m tools.bench

faults: $(READY) ## Kill, flood and cut off Maestro (docs/faults.md); FAULTS="disk --seed 7 --size disk=9"
	$(BIN)/python -m campaign $(FAULTS)

drill: $(READY) ## Let canaries go bad, and measure how long each serves on (docs/drill.md); DRILL="--after 10"
	$(BIN)/python -m campaign.drill $(DRILL)

nightly: $(READY) ## The nightly tests too, properties with twenty times the examples, mutants, drill, the large fault campaign
	$(PYTEST) -n $(WORKERS) --dist worksteal -m "" --hypothesis-profile=nightly
	$(BIN)/mutmut run
	$(BIN)/mutmut export-cicd-stats
	$(BIN)/python -m tools.mutation_score
	$(BIN)/python -m campaign.drill $(DRILL)
	$(BIN)/python -m campaign --night $(FAULTS)

docs: $(READY) ## Write the generated parts of docs/ anew
	$(BIN)/python -m tools.docs

pictures: $(READY) ## Draw the cards of docs/images (needs Chromium)
	$(BIN)/python -m tools.pictures
	$(BIN)/python -m tools.overlay_pictures

lock: $(READY) ## Resolve the dependencies of pyproject.toml into requirements.lock
	$(BIN)/uv pip compile --generate-hashes --group dev pyproject.toml -o requirements.lock \
		--python-version 3.11 --universal --no-emit-package speclive

clean: ## Remove what the targets made, the environment included
	rm -rf $(VENV) build dist mutants .hypothesis
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml speclive/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e speclive -e .
	@touch $@
