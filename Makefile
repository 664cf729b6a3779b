# Short names for what is done often. Each prints the command it runs. Nothing here is needed to run a server.
PYTHON ?= python3
BIN := .venv/bin
UV ?= $(shell command -v uv || echo $(BIN)/uv)
COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --no-emit-index-url --python-version 3.11 \
	--custom-compile-command "make locks" pyproject.toml --group build

.DEFAULT_GOAL := help
.PHONY: help setup check format test test-all run world bench fragment locks example

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: ## prepare the environment, with everything for working on the code
	$(PYTHON) run.py setup --tests

check: setup ## ruff, mypy, floors of the house, rules of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy run.py
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/python -m pytest -q tests/house

format: setup ## put the code into the common form
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

test: ## the tests (ARGS="-x tests/unit" to choose)
	$(PYTHON) run.py test $(ARGS)

test-all: ## what the machine decides before a change is taken: check and test in a clean environment
	.ci/run

run: ## start the server (ARGS="…" for another command)
	$(PYTHON) run.py $(ARGS)

world: ## three instances on this machine that follow each other
	$(PYTHON) run.py world $(ARGS)

bench: setup ## how fast it is (ARGS="…" to choose)
	$(BIN)/python -m benchmarks $(ARGS)

fragment: ## start a change fragment: make fragment NAME=shorter-names TYPE=added
	@test -n "$(NAME)" || { echo 'make fragment NAME=a-few-words TYPE=added|changed|fixed|removed|security'; exit 2; }
	@case "$(TYPE)" in added|changed|fixed|removed|security) ;; *) echo 'TYPE is one of: added changed fixed removed security'; exit 2;; esac
	@test ! -e docs/changes/$(NAME).$(TYPE).md || { echo 'docs/changes/$(NAME).$(TYPE).md is already there'; exit 2; }
	@echo 'What will a steward or a member notice, and what do they have to do?' > docs/changes/$(NAME).$(TYPE).md
	@echo 'Write docs/changes/$(NAME).$(TYPE).md'

example: ## write config.example.toml anew from the settings in fedi/config.py
	$(BIN)/python -c 'from fedi.config import render_example; print(render_example(), end="")' > config.example.toml

locks: ## write the two locks anew, with the newest versions that pyproject.toml allows (needs uv)
	$(COMPILE) --upgrade --output-file requirements.lock
	$(COMPILE) --upgrade --extra test --constraint requirements.lock --output-file requirements-test.lock
	@! grep -nE 'https?:|--(extra-)?index' requirements.lock requirements-test.lock
