# Needs Python 3.11 or newer, git and make. Everything else goes into .venv, once.
#   make demo     review a real change of the example service; STAY=1 keeps the page of its pull request up until Ctrl-C
#   make test     everything that CI runs
#   make lint     style, types and import contracts alone
#   make format   rewrite the code in the house style
#   make catalogue  write rules/README.md anew
#   make bench    measure beside semgrep, ast-grep and ruff; JAVA=DIR and GO=DIR name sources (POSIX)
#   make fuzz SECONDS=60  random inputs against diff, YAML and facts (Linux)
#   make chaos REVIEWS=300 KILLS=30 DATABASE=sqlite  reviews while processes are killed, calls fail and lists lag (Linux, macOS)
#   make load RATE=100 SECONDS=60 DATABASE=postgresql  deliveries by the clock beside busy workers; with REVIEWS=200 the time of
#                 reviews one by one and all at once, with MEMORY=1000 what a worker holds after so many (Linux)
#   make clean    remove what these have made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TESTS ?= tests
SECONDS ?= 60
DATABASE ?= $(if $(filter load,$(MAKECMDGOALS)),postgresql,sqlite)
KILLS ?= 30
RATE ?= $(if $(filter sqlite,$(DATABASE)),30,100)

.PHONY: demo test lint format catalogue bench fuzz chaos load clean

demo: $(VENV)/.ready
	@$(BIN)/python -m bot.entry.demo
	@$(BIN)/python -m tests.demo $(if $(STAY),--stay)

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(TESTS)

lint: $(VENV)/.ready-for-development
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.ready-for-development
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

catalogue: $(VENV)/.ready
	@$(BIN)/python -m bot rules catalogue rules/README.md

bench: $(VENV)/.ready-for-development
	@$(PYTHON) -m venv $(VENV)/peers
	@$(VENV)/peers/bin/python -m pip --disable-pip-version-check --quiet install semgrep ast-grep-cli ruff
	@$(BIN)/python -m tests.bench --tools $(VENV)/peers/bin $(if $(JAVA),--java $(JAVA)) $(if $(GO),--go $(GO))

fuzz: $(VENV)/.ready-for-development
	@$(PIP) install "atheris>=3,<4"
	@SECONDS=$(SECONDS) $(BIN)/python -m tests.fuzz

chaos: $(VENV)/.ready-for-development
	@$(BIN)/python -m tests.chaos --reviews $(or $(REVIEWS),300) --kills $(KILLS) --database $(DATABASE)

load: $(VENV)/.ready-for-development
	@$(BIN)/python -m tests.load --database $(DATABASE) $(if $(REVIEWS),reviews --count $(REVIEWS) \
	  $(if $(WORKERS),--workers $(WORKERS)),$(if $(MEMORY),memory --count $(MEMORY),webhooks --rate $(RATE) --seconds $(SECONDS)))

clean:
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: each is older than the files that say what to install only while that is not done.
$(VENV)/.ready: pyproject.toml requirements-dev.txt | $(VENV)/.made
	@echo "Installing what Mainstay needs into $(VENV) ..."
	@$(PIP) install --constraint requirements-dev.txt hatchling markdown-it-py
	@$(PIP) install --constraint requirements-dev.txt --no-build-isolation --editable '.[server]'
	@touch $@

$(VENV)/.ready-for-development: $(VENV)/.ready
	@echo "Installing what the checks need into $(VENV) ..."
	@$(PIP) install --requirement requirements-dev.txt
	@touch $@

$(VENV)/.made:
	@command -v $(PYTHON) >/dev/null || \
	  { echo "There is no '$(PYTHON)' here. Name a Python from 3.11 on: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Mainstay needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
	    echo "Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "'$(PYTHON) -m venv' failed. Debian and Ubuntu keep it in a package of its own: python3-venv." >&2; exit 1; }
	@touch $@
