# The commands of the house. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help run test check format bench pictures lock clean
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
export UV_LINK_MODE := copy

help: ## list the commands
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

.venv/uv.stamp: requirements-uv.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-uv.txt
	@touch $@

.venv/run.stamp: .venv/uv.stamp requirements.txt pyproject.toml
	@test -e .venv/dev.stamp || $(UV) pip sync --quiet --require-hashes requirements.txt
	@test -e .venv/dev.stamp || $(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.stamp: .venv/uv.stamp requirements-dev.txt pyproject.toml
	@$(UV) pip sync --quiet --require-hashes requirements-dev.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.stamp

run: .venv/run.stamp ## everything on this machine, with three demo labels
	@exec $(BIN)/boptone up

test: .venv/dev.stamp ## every test, on real services of its own
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: .venv/dev.stamp ## lint, types, architecture, migrations, translations
	@$(BIN)/python -m tests.checks

format: .venv/dev.stamp ## put the code in the house's shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: .venv/dev.stamp ## benchmarks, one JSON document a run, kept in benchmarks/results
	@$(BIN)/boptone bench

pictures: .venv/dev.stamp ## the README's pictures, made by the product itself
	@$(BIN)/python -m tests.browser.pictures

lock: .venv/uv.stamp ## resolve the dependencies anew
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements-uv.in -o requirements-uv.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.txt

clean: ## forget the environment and the local data
	@rm -rf .venv .boptone .mypy_cache .ruff_cache .import_linter_cache
