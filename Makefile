# Every target works on a fresh machine with Python 3.11 or later and make: `make demo`, `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python

.PHONY: demo test test-long check format figures claims bench docs clean

$(BIN)/activate:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'thermalent needs Python 3.11 or later, this is ' + sys.version)"
	$(PYTHON) -m venv $(VENV)

# One stamp per set of requirements; pip is called again only when pyproject.toml changes.
$(VENV)/.installed: $(BIN)/activate pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

demo: $(VENV)/.installed
	$(RUN) examples/demo.py

# Everything that must pass: format, lint, types, tests.
test: check
	$(BIN)/pytest

# The checks that take minutes.
test-long: $(VENV)/.installed-dev
	$(BIN)/pytest -m long

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

figures: $(VENV)/.installed
	$(RUN) -m figures

# The page of what the papers print, from the tables of the tests.
claims: $(VENV)/.installed-dev
	$(RUN) tests/physics/claims_page.py

bench: $(VENV)/.installed-dev
	$(RUN) -m benchmarks

clean:
	rm -rf $(VENV) output .pytest_cache .mypy_cache .ruff_cache
