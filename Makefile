# make demo: the whole product on this machine.   make test: every check and every test.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PYTEST := $(RUN) -m pytest
CLIENTS := .venv-clients
NODE_CLIENTS := $(if $(shell command -v npm 2>/dev/null),$(CLIENTS)/node/.installed)

.PHONY: demo test test-postgres clients check format messages
.DEFAULT_GOAL := demo

demo: $(VENV)/.installed
	$(RUN) manage.py demo $(DEMO)

test: $(VENV)/.installed-dev $(VENV)/.browser clients
	$(MAKE) --no-print-directory check
	$(PYTEST) -n 3 --dist worksteal
	$(MAKE) --no-print-directory test-postgres

# SQLite hides races, so what uses the database runs on PostgreSQL too, where one answers. The engine uses none.
TEST_POSTGRES ?= postgres://postgres@127.0.0.1:5432/postgres
test-postgres: $(VENV)/.installed-dev
	@if $(RUN) -c "import psycopg; psycopg.connect('$(TEST_POSTGRES)', connect_timeout=3)" 2>/dev/null; \
	  then DATABASE_URL=$(TEST_POSTGRES) $(PYTEST) -n 3 --dist worksteal -m "not long" syncconfig --ignore syncconfig/engine; \
	  else echo "The tests on PostgreSQL were not run: none answers at $(TEST_POSTGRES)."; fi

# Clients that others wrote, which the tests run against the sandbox: each in an environment of its own, none in the product.
clients: $(CLIENTS)/hubspot/.installed $(CLIENTS)/quickbooks/.installed $(CLIENTS)/intuit/.installed $(NODE_CLIENTS)
	@$(if $(NODE_CLIENTS),:,echo "The tests with clients for Node are skipped: Node is not installed.")

$(CLIENTS)/node/.installed: connectors/tests/clients/package.json
	mkdir -p $(@D)
	cp $< $(@D)/package.json
	npm install --prefix $(@D) --silent --no-audit --no-fund --no-package-lock --ignore-scripts
	touch $@

$(CLIENTS)/%/.installed: connectors/tests/clients/requirements-%.txt
	test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

check: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

# Needs the gettext tools; the product itself reads the compiled catalogue only.
messages: $(VENV)/.installed-dev
	$(RUN) manage.py makemessages --locale sv --no-location --no-wrap --no-obsolete
	$(RUN) manage.py compilemessages --locale sv --ignore $(VENV)

$(VENV)/.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed.")'
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-scale.txt requirements-dev.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

# The browser tests drive Debian's chromium.
$(VENV)/.browser: $(VENV)/.installed-dev
	command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq chromium; } || \
	  { echo "Install chromium, which the browser tests drive."; exit 1; }
	touch $@
