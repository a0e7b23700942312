.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INI ?= development.ini
# Anything in OLDEST installs the oldest release of each dependency that setup.cfg allows, not the newest.
OLDEST ?=
MONGO_TOOLS := $(addprefix .services/,mongodump mongorestore mongoimport)
# Where the server that production is served with can differ from the one that these tests have otherwise.
BY_GUNICORN = $(addprefix tests/functional/test_,$(addsuffix .py,wire logs metrics csrf export import_api))
# What a browser shows whatever the backends are: how pages look, their keys and their words.
SAME_ON_ALL_BACKENDS = $(patsubst %,--ignore tests/browser/test_%.py,frame docs layout_shift notes_keys notes_german)

.PHONY: help serve install worker services test test-fast fuzz lint docs messages screenshots pictures bench clean

help:  ## Say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@sed -nE 's/^ +([A-Za-z0-9._-]+) >= ([0-9.]+).*/\1==\2/p' setup.cfg | sort -u > $(VENV)/oldest.txt
	$(BIN)/pip install --quiet $(if $(OLDEST),--constraint $(VENV)/oldest.txt) --editable '.[dev]'
	@touch $@

install: $(VENV)/.installed  ## Make the virtual environment and install into it

serve: install  ## Serve the site and the API on http://localhost:8003
	$(BIN)/intermediate-app $(INI)

worker: install  ## Run background jobs in a process of their own
	$(BIN)/intermediate-worker $(INI)

lint: install  ## Check style, types, and the files of Docker, Compose and GitHub
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/test.yml
	$(BIN)/hadolint Dockerfile

services: .services/ferretdb $(MONGO_TOOLS)  ## Build what the tests use where there is no MongoDB: a server of its protocol, and its tools (needs Go)

.services/ferretdb: $(wildcard tests/services/ferretdb/*)
	@mkdir -p $(@D)
	cd tests/services/ferretdb && go build -o $(CURDIR)/$@ .

$(MONGO_TOOLS): $(wildcard tests/services/mongo-tools/*)
	@mkdir -p $(@D)
	cd tests/services/mongo-tools && go build -o $(CURDIR)/$@ github.com/mongodb/mongo-tools/$(@F)/main

docs: install  ## Write docs/settings.md and the tables of docs/backends.md anew
	$(BIN)/python -m tests.unit.settings_page
	$(BIN)/python -m tests.differential.backends_page

messages: install  ## Collect the words of the site for the translators, and compile what they translated
	$(BIN)/python -c 'from setuptools import setup; setup()' --quiet extract_messages update_catalog compile_catalog

test-fast: install  ## The quick loop: without what takes seconds, harms servers or compares backends
	$(BIN)/pytest -n auto -m "not slow" --ignore tests/faults --ignore tests/differential

test: lint  ## Everything that must pass: style, types, all tests, again over HTTP, on Postgres, in a browser on production's backends, and fuzz
	@! command -v go >/dev/null || $(MAKE) services || echo "No server of MongoDB's protocol could be built."
	$(BIN)/pytest -n auto
	$(BIN)/pytest -n auto tests/functional --served
	$(BIN)/pytest -n auto $(BY_GUNICORN) --served --server gunicorn
	$(BIN)/pytest -n auto tests/functional tests/unit --ignore tests/unit/cli --database postgres
	$(BIN)/pytest -n auto tests/browser --backends production $(SAME_ON_ALL_BACKENDS)
	$(BIN)/python -m tests.fuzz.run

fuzz: install  ## Send thousands of requests that are made from the API's own description
	$(BIN)/python -m tests.fuzz.run

screenshots: install  ## Take a picture of every page, at three widths and in both themes (needs Chromium)
	$(BIN)/python -m tests.browser.screenshots

pictures: install  ## Take the pictures of the README anew (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

bench: install  ## Measure imports, reports, lists and the API, each as a ratio to the bare thing or to FastAPI (some minutes)
	$(BIN)/python bench/import_csv.py
	$(BIN)/python bench/report.py
	$(BIN)/python bench/cached_list.py
	$(BIN)/python bench/deep_page.py
	$(BIN)/python bench/rival.py

clean:  ## Remove the virtual environment and what tools left
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
