# CampaignOS Analytics: `make demo` to see it, `make test` to check it.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
RUN := $(BIN)/python
JOBS ?= 2
N ?= 1000000
DB ?= sqlite
GROWTH ?= 100000
KILLS ?= 200
EXAMPLES ?= 1000
SOAK_MINUTES ?= 30
SECONDS_AWAY ?= 30
FOR_ALL_WORKSPACES := $(patsubst %,tests/analytics/operations/test_%.py,alerting delivering emailing money_moves tick)
KEPT_APART := tests/workspaces/test_scope.py tests/workspaces/test_access.py tests/test_urls.py tests/analytics/operations/test_drill.py $(FOR_ALL_WORKSPACES)
WALLED := $(KEPT_APART) tests/workspaces/test_row_security.py tests/analytics/operations tests/test_restore.py tests/analytics/test_bulk.py tests/analytics/export/test_read_views.py
TORTURED := tests/analytics/filtering tests/analytics/ledger tests/analytics/lists tests/analytics/reports tests/analytics/api/test_copies.py tests/analytics/api/test_round_trip.py tests/analytics/ingest/files/test_uploads.py tests/analytics/ingest/formats/test_made_ids.py tests/analytics/ingest/formats/test_optional_fields.py tests/analytics/ingest/formats/test_posthog.py tests/analytics/ingest/messages/test_messages.py tests/analytics/ingest/people/test_any_order.py tests/analytics/ingest/removal tests/analytics/ingest/test_bad_input.py tests/analytics/intake/test_hooks.py tests/analytics/presentation/test_comparison.py tests/campaignos/test_lenient_json.py tests/campaignos/test_settings.py tests/campaignos/test_texts.py tests/analytics/questions tests/analytics/statistics
WALKS := tests/analytics/api/test_rows.py tests/analytics/views/test_numbers_open.py

AS_IN_PRODUCTION := HTTPS=true ALLOWED_HOSTS=analytics.example.com SECRET_KEY=long-enough-to-pass-what-is-checked-of-secret-keys

unexport PYTHONDONTWRITEBYTECODE # else each of the tests' processes compiles all tests anew, for longer than it collects them

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo check test lint audit suite-quick long-modules suite-sqlite suite-postgres suite-row-security test-citus test-host torture bench bench-packs bench-year browser operators-tools interop-clients format prepared schema vendor clean

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null || \
	  { echo "Python 3.11 to 3.14 is needed: not all that the program runs on is made for others. Name one with: make PYTHON=/path/to/python3 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@touch $@

.venv/installed: .venv/made requirements.txt
	@echo "Installing what the program runs on …"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-for-tests: .venv/made requirements.txt requirements-export.txt requirements-mcp.txt tests/requirements.txt
	@echo "Installing what the tests need …"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@ .venv/installed

var/static/collected: .venv/installed campaignos/__init__.py campaignos/settings.py $(shell find static -type f)
	@$(RUN) manage.py collectstatic --noinput --verbosity 0
	@touch $@

demo: .venv/installed ## a served dashboard with data: make demo PORT=8000
	@$(RUN) -c 'import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", $(PORT)))' 2>/dev/null || \
	  { echo "Port $(PORT) is in use; choose another one: make demo PORT=8001" >&2; exit 1; }
	@$(RUN) manage.py migrate --verbosity 0
	@$(MAKE) --silent --no-print-directory var/static/collected & collecting=$$!; \
	  $(RUN) manage.py demo --begin --address http://127.0.0.1:$(PORT) && wait $$collecting
	@$(RUN) manage.py demo --go-on --verbosity 0 & \
	  exec env LOG_FORMAT=line LOG_LEVEL=$${LOG_LEVEL:-WARNING} $(RUN) -m gunicorn -c python:campaignos.gunicorn campaignos.wsgi \
	  --bind 127.0.0.1:$(PORT) --log-level warning

check: .venv/installed-for-tests ## before each commit, in under two minutes: lint, and what is quick of the suite on SQLite
	@MAKE=$(MAKE) $(RUN) -m tests.every lint suite-quick

test: prepared ## every check and the whole suite, on SQLite and PostgreSQL
	@MAKE=$(MAKE) $(RUN) -m tests.every lint audit suite-sqlite suite-postgres suite-row-security

lint: .venv/installed-for-tests ## format, lint, types, import rules, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(RUN) manage.py makemigrations --check --dry-run # it checks the whole program first, as `check` does
	env $(AS_IN_PRODUCTION) $(RUN) manage.py check --deploy --fail-level WARNING
	$(RUN) manage.py spectacular --fail-on-warn | diff -u docs/openapi.yaml - || \
	  { echo "docs/openapi.yaml is not the program's: make schema" >&2; exit 1; }

audit: .venv/installed-for-tests ## known vulnerabilities of the dependencies
	@$(RUN) -m tests.audit

suite-quick: .venv/installed-for-tests # no server, browser, process or second database, and nothing marked as long
	env -u DATABASE_URL $(BIN)/pytest --quiet -n $(JOBS) --quick

long-modules: .venv/installed-for-tests ## measure which modules take too long for make check, and write them to tests/long_modules.txt
	env -u DATABASE_URL $(BIN)/pytest --quiet -n $(JOBS) --quick --long-modules

suite-sqlite: .venv/installed-for-tests ## the suite on SQLite
	env -u DATABASE_URL $(BIN)/pytest -n $(JOBS)

suite-postgres: .venv/installed-for-tests ## the suite on PostgreSQL, but for what ends the same there with row level security
	$(RUN) -m tests.postgres $(BIN)/pytest -n $(JOBS) --only-database $(KEPT_APART:%=--ignore=%)

suite-row-security: .venv/installed-for-tests ## what keeps workspaces apart, on PostgreSQL with row level security
	$(RUN) -m tests.postgres --row-security $(BIN)/pytest -n $(JOBS) --only-database $(WALLED)

test-citus: .venv/installed-for-tests ## the suite on a Citus cluster: make test-citus CITUS_URL=postgres://USER@COORDINATOR:5432/NAME
	@test -n "$(CITUS_URL)" || { echo "Name the coordinator: make test-citus CITUS_URL=postgres://USER@HOST:PORT/NAME" >&2; exit 1; }
	CITUS_URL=$(CITUS_URL) DATABASE_URL=$(CITUS_URL) SECRET_KEY=for-tests $(BIN)/pytest -n $(JOBS)

test-host: .venv/installed-for-tests ## docs/operations.md, typed block by block on a bare Debian, as root: make test-host FAULT=metrics must fail
	@$(RUN) -m tests.host $(if $(FAULT),--fault $(FAULT))

torture: .venv/installed-for-tests interop-clients ## the long versions of the crash, random, client and load tests: make torture KILLS=200 EXAMPLES=1000 SOAK_MINUTES=30
	env -u DATABASE_URL KILLS=$(KILLS) HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(BIN)/pytest $(TORTURED)
	KILLS=$(KILLS) HYPOTHESIS_EXAMPLES=$(EXAMPLES) $(RUN) -m tests.postgres $(BIN)/pytest $(TORTURED)
	env -u DATABASE_URL EVERY_NUMBER=1 $(BIN)/pytest $(WALKS)
	EVERY_NUMBER=1 $(RUN) -m tests.postgres $(BIN)/pytest $(WALKS)
	env -u DATABASE_URL GOLDEN_SHARE=1 $(BIN)/pytest tests/analytics/api/test_golden.py
	env -u DATABASE_URL SCHEMA_SEED= SCHEMA_CASES=20000 SCHEMA_EXAMPLES=300 SCHEMA_SECONDS=7200 SCHEMA_PHASES=examples,coverage,fuzzing,stateful $(BIN)/pytest tests/test_schemathesis.py
	env -u DATABASE_URL STALL_SECONDS=10 $(BIN)/pytest tests/interop
	STALL_SECONDS=10 OUTAGE_SECONDS=$(SECONDS_AWAY) $(RUN) -m tests.postgres $(BIN)/pytest tests/interop
	@mkdir -p var
	@rm -f var/soak.sqlite3*
	DATABASE_URL=sqlite:///var/soak.sqlite3 $(RUN) -m tests.torture.soak --minutes $(SOAK_MINUTES)
	$(RUN) -m tests.postgres --durable $(RUN) -m tests.torture.soak --minutes $(SOAK_MINUTES)

.venv/installed-for-bench: .venv/installed-for-tests tests/bench/requirements.txt
	@echo "Installing the engines to compare with …"
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@touch $@

bench: .venv/installed-for-bench var/static/collected browser ## reports beside chDB, DuckDB and raw SQL, and pages: make bench N=1000000 DB=sqlite|postgres
	@mkdir -p var
	@rm -f var/bench.sqlite3*
ifeq ($(DB),postgres)
	@$(RUN) -m tests.postgres --durable $(RUN) -m tests.bench $(N) --growth $(GROWTH)
else
	@DATABASE_URL=sqlite:///var/bench.sqlite3 $(RUN) -m tests.bench $(N) --growth $(GROWTH)
endif

# The two of a ledger without facts, which is written in minutes
bench-packs: KIND = packs ## reports of very many events beside chDB and DuckDB: make bench-packs N=100000000
bench-year: KIND = year ## questions of depth over a year, beside what they may take: make bench-year N=10000000
bench-packs bench-year: .venv/installed-for-bench var/static/collected
	@mkdir -p var
	@rm -f var/bench.sqlite3*
ifeq ($(DB),postgres)
	@$(RUN) -m tests.postgres --durable $(RUN) -m tests.bench $(N) --$(KIND)
else
	@DATABASE_URL=sqlite:///var/bench.sqlite3 $(RUN) -m tests.bench $(N) --$(KIND)
endif

prepared: # all that is to be installed, side by side but for what comes from Debian, which one may install at a time
	@$(MAKE) --no-print-directory --output-sync=target -j3 .venv/installed-for-tests browser operators-tools interop-clients

# What the tests need that pip cannot bring, from Debian: $(call debian,PACKAGES,WHAT IT IS FOR)
debian = { command -v apt-get >/dev/null && echo "Installing $(1) for $(2) …" && \
  SUDO=$$([ $$(id -u) = 0 ] || echo "sudo -n") && $$SUDO apt-get update -qq && \
  $$SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; }

a-browser = { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

browser: # where nobody has one yet, and in CI beside another, the one without windows, which takes a third of the time
	@command -v chromium-headless-shell >/dev/null || { [ -z "$$CI" ] && $(a-browser); } || \
	  $(call debian,chromium-headless-shell,the browser tests) || $(a-browser) || $(call debian,chromium,the browser tests) || \
	  echo "Chromium is missing and could not be installed: the browser tests cannot run." >&2

operators-tools: | browser # what docs/operations.md has operators use; a web server is put on nobody's machine unasked
	@if [ -n "$$CI" ]; then \
	  PATH=$$PATH:/usr/sbin; for program in nginx jq openssl curl systemd-analyze pgbouncer; do \
	    command -v $$program >/dev/null || missing=$$program; done; \
	  [ -z "$$missing" ] || $(call debian,nginx jq openssl curl systemd pgbouncer,what operators are told to type) || \
	    echo "$$missing is missing and could not be installed: the operators' documents cannot be tried." >&2; fi

interop-clients: tests/interop/node_modules/installed # the real clients that pip cannot bring

tests/interop/node_modules/installed: tests/interop/package-lock.json | operators-tools
	@command -v npm >/dev/null || $(call debian,nodejs npm,the tests of real clients) || true
	@if command -v npm >/dev/null; then \
	    echo "Installing the Node clients that the tests run …" && \
	    npm ci --prefix tests/interop --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	  else echo "Node is missing and could not be installed: its clients cannot be tested." >&2; fi

format: .venv/installed-for-tests ## format the code, mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: .venv/installed ## write down what the API is: docs/openapi.yaml
	$(RUN) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

vendor: .venv/installed ## copy the browser files of package.json into static/vendor
	npm ci --ignore-scripts
	$(RUN) manage.py vendor

clean: ## remove what was made: environment, database, caches
	rm -rf .venv var node_modules tests/interop/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
