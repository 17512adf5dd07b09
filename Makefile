# Every target works on a fresh machine with Python 3.11 or later and make: `make demo`, `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUN    := $(BIN)/python

# The versions that `make test` installs, so that a release of tomorrow cannot break it.
LOCK   := constraints/development.txt

.PHONY: demo test test-long durations test-browser test-matrix coverage release-check campaign audit \
	mutate check format figures gallery docs claims bench lock clean

$(BIN)/activate:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'thermalent needs Python 3.11 or later, this is ' + sys.version)"
	$(PYTHON) -m venv $(VENV)

# One stamp per set of requirements; pip is called again only when these change. A user's
# installation takes the newest versions, the developers' those of the lock, for the build too.
$(VENV)/.installed: $(BIN)/activate pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(BIN)/activate pyproject.toml $(LOCK)
	PIP_CONSTRAINT=$(LOCK) $(BIN)/pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@ $(VENV)/.installed

demo: $(VENV)/.installed
	$(RUN) examples/demo.py

# A test process per core, up to four, with one thread of linear algebra each: the threads of small
# problems would only wait for each other. A file's tests stay in one process, because they share
# what they computed. Bytecode is kept, even where the environment says otherwise: every process
# imports all files of the tests.
PYTEST := PYTHONDONTWRITEBYTECODE= OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/pytest \
	--numprocesses logical --maxprocesses 4 --dist loadfile

# Everything that must pass: format, lint, types, tests.
test: check
	$(PYTEST)

# The checks that take minutes.
test-long: $(VENV)/.installed-dev
	$(PYTEST) -m long

# CPU seconds by file and by test, those that take longest first: DURATIONS="tests/fock" for a part.
durations: $(VENV)/.installed-dev
	$(PYTEST) -p tests.support.cpu_seconds $(DURATIONS)

# The explorer in a headless Chromium (CHROMIUM=path), with screenshots in output/browser.
test-browser: $(VENV)/.installed-dev
	$(BIN)/pytest -m browser tests/explore

# The tests on every Python from 3.11 on that is found, with the newest versions of all that the
# package needs, and with the oldest: an hour or more. MATRIX="--only 3.12" for a part.
test-matrix: $(VENV)/.installed-dev
	$(RUN) -m tests.matrix $(MATRIX)

# Lines and branches that the tests run; compiled kernels count as not run.
coverage: $(VENV)/.installed-dev
	$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html:output/coverage

# Wheel and source distribution built, installed in an empty environment and tested there; the
# public interface compared with that of the last release; what is deprecated (docs/releasing.md).
release-check: $(VENV)/.installed-dev
	$(RUN) -m tests.release $(RELEASE)

# A thousand kills of sweeps, faults of disks, flipped bits and changed code: an hour or more. The seed
# is printed, with which a campaign that was stopped goes on (CAMPAIGN="--seed N"); the report is
# docs/campaign.md. CAMPAIGN="--kills 50" for fewer.
campaign: $(VENV)/.installed-dev
	OPENBLAS_NUM_THREADS=1 $(RUN) -m tests.campaign $(CAMPAIGN)

# Stated errors of ten thousand random networks against an independent reference (hours), and twenty
# thousand calls with arguments of every kind (minutes). The seed comes from the clock and is printed;
# the report is docs/audit.md. AUDIT="--networks 600" for fewer, AUDIT="--networks 0" for calls alone.
audit: $(VENV)/.installed-dev
	OPENBLAS_NUM_THREADS=1 $(RUN) -m tests.audit $(AUDIT)

# A hundred wrong signs, factors, comparisons and guards, one at a time, in a copy of the tree: the
# share that the tests notice, and what survives. Most take a second or two, survivors minutes. The
# seed is printed. MUTATE="--count 20" for fewer.
mutate: $(VENV)/.installed-dev
	OPENBLAS_NUM_THREADS=1 $(RUN) -m tests.mutation $(MUTATE)

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(RUN) -m tests.support.public_names
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

figures: $(VENV)/.installed
	$(RUN) -m figures

# All figures anew, and their pictures and data taken into the documentation: a quarter of an
# hour on two cores.
gallery: figures
	$(RUN) -m figures.gallery

# The documentation site, output/site/index.html: pages that are notebooks run if they have changed.
docs: $(VENV)/.installed-dev
	$(RUN) -m figures.drawings
	$(RUN) -m sphinx --fail-on-warning --keep-going --quiet docs output/site
	@echo "written: output/site/index.html"

# The page of what the papers print, from the tables of the tests.
claims: $(VENV)/.installed-dev
	$(RUN) tests/claims/claims_page.py

bench: $(VENV)/.installed-dev
	$(RUN) -m benchmarks

# Both files of constraints anew, from pyproject.toml: the newest versions, and the oldest allowed.
lock: $(BIN)/activate
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	echo hatchling editables | tr ' ' '\n' | $(BIN)/uv pip compile pyproject.toml - --extra dev \
		--universal --python-version 3.11 --quiet --no-header --no-annotate --upgrade \
		--output-file constraints/development.txt
	$(BIN)/uv pip compile pyproject.toml --extra test --resolution lowest-direct \
		--python-version 3.11 --quiet --no-header --no-annotate --upgrade \
		--output-file constraints/oldest.txt

clean:
	rm -rf $(VENV) output .pytest_cache .mypy_cache .ruff_cache
