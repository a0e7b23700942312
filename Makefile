.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INI ?= development.ini
# If OLDEST is not empty, install the oldest release of each dependency that setup.cfg allows, instead of the newest.
OLDEST ?=
MONGO_TOOLS := $(addprefix .services/,mongodump mongorestore mongoimport)
# Tests whose results may differ between gunicorn, which production uses, and waitress, which tests use by default.
BY_GUNICORN = $(addprefix tests/functional/test_,$(addsuffix .py,wire logs metrics csrf export import_api))
# Browser tests that do not depend on the backends: layout, keyboard shortcuts and translations.
SAME_ON_ALL_BACKENDS = $(patsubst %,--ignore tests/browser/test_%.py,frame docs layout_shift notes_keys notes_german)

.PHONY: help serve install worker services test test-fast fuzz lint docs messages screenshots pictures bench clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@sed -nE 's/^ +([A-Za-z0-9._-]+) >= ([0-9.]+).*/\1==\2/p' setup.cfg | sort -u > $(VENV)/oldest.txt
	$(BIN)/pip install --quiet $(if $(OLDEST),--constraint $(VENV)/oldest.txt) --editable '.[dev]'
	@touch $@

install: $(VENV)/.installed  ## Create the virtual environment and install everything

serve: install  ## Serve the site and the API on http://localhost:8003
	$(BIN)/intermediate-app $(INI)

worker: install  ## Run background jobs in a separate process
	$(BIN)/intermediate-worker $(INI)

lint: install  ## Check style, types, and the Docker, Compose and GitHub files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/test.yml
	$(BIN)/hadolint Dockerfile

services: .services/ferretdb $(MONGO_TOOLS)  ## Build a MongoDB-compatible server and tools for the tests, if there is no MongoDB (needs Go)

.services/ferretdb: $(wildcard tests/services/ferretdb/*)
	@mkdir -p $(@D)
	cd tests/services/ferretdb && go build -o $(CURDIR)/$@ .

$(MONGO_TOOLS): $(wildcard tests/services/mongo-tools/*)
	@mkdir -p $(@D)
	cd tests/services/mongo-tools && go build -o $(CURDIR)/$@ github.com/mongodb/mongo-tools/$(@F)/main

docs: install  ## Regenerate docs/settings.md and the tables of docs/backends.md
	$(BIN)/python -m tests.unit.settings_page
	$(BIN)/python -m tests.differential.backends_page

messages: install  ## Update and compile the translation catalogues
	$(BIN)/python -c 'from setuptools import setup; setup()' --quiet extract_messages update_catalog compile_catalog

test-fast: install  ## The quick loop: skips tests that are slow, harm servers or compare backends
	$(BIN)/pytest -n auto -m "not slow" --ignore tests/faults --ignore tests/differential

test: lint  ## Run everything: style, types, all tests, also over HTTP, on Postgres, in a browser on the production backends, and fuzz
	@! command -v go >/dev/null || $(MAKE) services || echo "No server of MongoDB's protocol could be built."
	$(BIN)/pytest -n auto
	$(BIN)/pytest -n auto tests/functional --served
	$(BIN)/pytest -n auto $(BY_GUNICORN) --served --server gunicorn
	$(BIN)/pytest -n auto tests/functional tests/unit --ignore tests/unit/cli --database postgres
	$(BIN)/pytest -n auto tests/browser --backends production $(SAME_ON_ALL_BACKENDS)
	$(BIN)/python -m tests.fuzz.run

fuzz: install  ## Send thousands of requests generated from the OpenAPI document
	$(BIN)/python -m tests.fuzz.run

screenshots: install  ## Take screenshots of every page, at three widths and in both themes (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots

pictures: install  ## Regenerate the pictures of the README (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

bench: install  ## Benchmark imports, reports, lists and the API against the bare operation or FastAPI (some minutes)
	$(BIN)/python bench/import_csv.py
	$(BIN)/python bench/report.py
	$(BIN)/python bench/cached_list.py
	$(BIN)/python bench/deep_page.py
	$(BIN)/python bench/rival.py

clean:  ## Remove the virtual environment and files left by tools
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
