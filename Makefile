# The commands of the house. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help assets run client test check format bench pictures lock clean
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
export UV_LINK_MODE := copy
export UV_SYSTEM_CERTS := 1
# Every process of ours would compile the whole product anew.
unexport PYTHONDONTWRITEBYTECODE
NPM := cd themes/base && PATH="$(CURDIR)/.venv/bin:$$PATH" npm
WORKERS ?= $(shell echo $$(($$(nproc) + 2)))# two more than processors: tests of faults and of browsers wait as much as they work
# What fails in the crowd is tried once more alone, in sight of all: only what fails twice is broken.
AGAIN = (echo "Failed in the crowd; once more, alone:"; $(BIN)/python -m pytest --last-failed --last-failed-no-failures none)
FRONT := $(shell find themes/base/src themes/base/*.mjs themes/base/*.py themes/base/*.ts themes/base/*.json -type f)

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

themes/base/node_modules/.stamp: .venv/run.stamp themes/base/package-lock.json
	@$(NPM) ci --silent
	@touch $@

themes/base/dist/.stamp: themes/base/node_modules/.stamp $(FRONT)
	@$(NPM) run --silent build > node_modules/.build.log 2>&1 || (cat node_modules/.build.log; exit 1)
	@touch $@

assets: themes/base/dist/.stamp ## build the front end

run: .venv/run.stamp themes/base/dist/.stamp ## everything on this machine, with three demo labels
	@exec $(BIN)/boptone up

client: .venv/dev.stamp ## the typed client of the API, as a wheel in dist/client/dist
	@$(BIN)/boptone api-client dist/client --build

test: .venv/dev.stamp themes/base/dist/.stamp ## every test, on real services of its own
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS) || $(AGAIN)

check: .venv/dev.stamp themes/base/dist/.stamp ## lint, types, architecture, migrations, translations
	@$(BIN)/python -m tests.checks

format: .venv/dev.stamp ## put the code in the house's shape
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: .venv/dev.stamp themes/base/dist/.stamp ## benchmarks, one JSON document a run, kept in benchmarks/results
	@$(BIN)/boptone bench

pictures: .venv/dev.stamp themes/base/dist/.stamp ## the README's pictures, made by the product itself
	@$(BIN)/python -m tests.browser.pictures

lock: .venv/uv.stamp ## resolve the dependencies anew
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements-uv.in -o requirements-uv.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml --group dev -o requirements-dev.txt

clean: ## forget the environment and the local data
	@rm -rf .venv .boptone themes/base/node_modules themes/base/cut themes/base/dist .mypy_cache .ruff_cache .import_linter_cache
