.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

BASE_PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --no-input install --quiet --require-hashes
PIN := $(PYTHON) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
PORT ?=
COUNT ?= 20
CONTAINERS := podman runc buildah conmon debootstrap netavark aardvark-dns iptables haproxy openjdk-17-jdk-headless maven
WITHOUT ?=
TEMPLATES := templates
PARALLEL := -n auto --dist worksteal
# The tests start Python hundreds of times, each time some seconds slower if nothing compiled may be kept.
unexport PYTHONDONTWRITEBYTECODE
# Tools only read code here; with these set, they need no running services.
NO_SERVICES := SECRET_KEY=nothing-is-signed-with-this-key-0123456789-abcdefghijklmnop DATABASE_URL=postgresql://nowhere/lint NEO4J_URL=bolt://nowhere \
	OIDC_PRIVATE_KEY="$$($(PYTHON) -m ptfi.oauth.keys)"

help:  ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run  ## Run everything here: services, demo, web server, events, projector (PORT=8000)
	@PORT=$(PORT) exec $(PYTHON) manage.py run

example: $(VENV)/.run  ## Serve the example app at http://localhost:8080/, next to make run
	@$(PYTHON) manage.py create_oauth_client "Pocket review" --spa --client-id example-spa --redirect-uri http://localhost:8080/
	@echo "Open http://localhost:8080/ in the browser; Ctrl-C ends it."
	@exec $(PYTHON) -m http.server 8080 --bind 127.0.0.1 --directory examples/spa >/dev/null

test: $(VENV)/.dev chromium faketime rsyslog  ## Run all tests, in the browser too (WITHOUT=MARKER: but those)
	@$(PYTHON) -m pytest $(PARALLEL) -m "not alone$(if $(WITHOUT), and not $(WITHOUT))"
	@$(PYTHON) -m pytest -m "alone$(if $(WITHOUT), and not $(WITHOUT))"
	@$(PYTHON) -m tests.support.neo4j --check

test-fast: $(VENV)/.dev  ## Run the tests that need neither a browser nor minutes
	@$(PYTHON) -m pytest $(PARALLEL) -m "not slow"

test-browser: $(VENV)/.dev chromium  ## Run the browser tests alone
	@$(PYTHON) -m pytest $(PARALLEL) tests/browser

test-generated: $(VENV)/.dev  ## Run the tests of drawn requests and decisions alone, on one core
	@$(PYTHON) -m pytest -m generated

test-long: $(VENV)/.dev  ## Run the tests that start and stop whole installations for minutes
	@$(PYTHON) -m pytest $(PARALLEL) -m "long and not alone"
	@$(PYTHON) -m pytest -m "long and alone"

test-neo4j: $(VENV)/.dev  ## Run the graph's tests on a real Neo4j (Java 17, Maven)
	@$(PYTHON) -m tests.support.neo4j

test-postgres15: $(VENV)/.dev postgres15  ## Run the tests that ask the database on Debian's PostgreSQL 15
	@$(PYTHON) -m tests.support.other_postgres

test-pgbouncer: $(VENV)/.dev postgres15 pgbouncer  ## Run them on it through Debian's PgBouncer
	@$(PYTHON) -m tests.support.other_postgres --pgbouncer

test-clients: $(VENV)/.dev  ## Make clients from the API's document with three generators, and lint it
	@$(PYTHON) -m tests.support.clients

test-compose: $(VENV)/.dev containers  ## Run all of deploy/compose.yaml in containers, on images made from packages (root)
	@$(PYTHON) -m tests.support.compose

lint: $(VENV)/.dev  ## Check style, spelling, imports, types, templates and migrations
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(VENV)/bin/codespell
	@$(VENV)/bin/lint-imports --no-logo --no-cache
	@$(NO_SERVICES) $(PYTHON) -m mypy .
	@$(PYTHON) -m djlint --quiet --check $(TEMPLATES)
	@$(PYTHON) -m djlint --quiet --lint $(TEMPLATES)
	@$(PYTHON) manage.py makemigrations --check --dry-run
	@$(PYTHON) -m tests.support.messages --check

messages: $(VENV)/.dev  ## Bring the catalogs in locale/ in step with the texts of code and templates
	@$(PYTHON) -m tests.support.messages

audit: $(VENV)/.dev  ## Look for unsafe code, and for known vulnerabilities of the packages
	@$(PYTHON) -m bandit --quiet --configfile pyproject.toml --recursive ptfi traits graph deploy manage.py
	@$(PYTHON) -m tests.support.audit
	@$(MAKE) --no-print-directory sbom

sbom: $(VENV)/.dev  ## List the packages of the product as CycloneDX, in .data/sbom.cdx.json
	@mkdir -p .data
	@$(VENV)/bin/cyclonedx-py requirements requirements.txt --output-reproducible --spec-version 1.6 --output-file .data/sbom.cdx.json
	@echo "$$(grep -c '"purl"' .data/sbom.cdx.json) packages are listed in .data/sbom.cdx.json"

format: $(VENV)/.dev  ## Bring code and templates into style
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .
	@$(PYTHON) -m djlint --quiet --reformat $(TEMPLATES)

schema: $(VENV)/.dev  ## Write the API's document, docs/openapi.yaml
	@$(NO_SERVICES) $(PYTHON) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

requirements: $(VENV)/.dev  ## Pin the packages of the .in files, with hashes; versions change only where they must
	@$(PIN) --output-file requirements.txt requirements.in
	@$(PIN) --output-file requirements-dev.txt requirements-dev.in
	@$(PIN) --output-file tests/support/clients/requirements.txt tests/support/clients/requirements.in

soak: $(VENV)/.dev faketime  ## Kill and stop real processes over and over, and write docs/reliability.md (COUNT=20)
	@$(PYTHON) -m tests.support.soak --count $(COUNT)

pictures: $(VENV)/.dev chromium  ## Draw the pictures of README.md and docs/
	@$(PYTHON) -m pytest -q tests/browser/pictures.py

bench: $(VENV)/.dev  ## Measure: one command a figure, in bench/ (PEER=FOLDER: a program to compare the API with)
	@for script in $(filter-out bench/api.py,$(wildcard bench/*.py)); do $(PYTHON) "$$script"; done
	@$(PYTHON) bench/api.py $(if $(PEER),--peer "$(PEER)")

clean:  ## Remove the environment and what tools left behind; .data/ stays
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@[ -n "$(BASE_PYTHON)" ] || { echo "Python 3.11 or newer is needed (Debian: apt install python3 python3-venv)." >&2; exit 1; }
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; this is $$($(BASE_PYTHON) --version)." >&2; exit 1; }
	@$(BASE_PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python can't make environments here (Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "Making the Python environment in $(VENV) …"
	@$(BASE_PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(PYTHON)
	@echo "Installing what PTFI needs (about a minute the first time) …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(PYTHON)
	@echo "Installing what PTFI and its tests need (about a minute the first time) …"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.run

# $(call debian,PACKAGE,WHERE IT IS,WHAT IS SKIPPED WITHOUT IT): a package of Debian's that only some tests need.
define debian
@ls $(2) >/dev/null 2>&1 && exit 0; \
if [ "$$(id -u)" = 0 ]; then become=; elif sudo -n true 2>/dev/null; then become="sudo -n"; \
else echo "SKIPPING $(3): $(1) is missing and installing it needs root (apt install $(1))." >&2; exit 0; fi; \
echo "Installing $(1) …"; \
{ $$become apt-get -qq update && $$become apt-get -qq install --yes --no-install-recommends $(1) >/dev/null; } \
|| echo "SKIPPING $(3): $(1) could not be installed." >&2
endef

chromium:
	$(call debian,chromium,"$$(command -v chromium)",the browser tests)

faketime:
	$(call debian,libfaketime,/usr/lib/*/faketime/libfaketimeMT.so.1,the test of a clock that is set back)

rsyslog:
	$(call debian,rsyslog rsyslog-openssl,/usr/lib/*/rsyslog/lmnsd_ossl.so,the tests of the collector of logs)

postgres15:
	$(call debian,postgresql-15,/usr/lib/postgresql/15/bin/initdb,the tests on PostgreSQL 15)

pgbouncer:
	$(call debian,pgbouncer,/usr/sbin/pgbouncer,the tests through PgBouncer)

containers:
	$(call debian,$(CONTAINERS),/usr/bin/podman /usr/bin/buildah /usr/bin/conmon /usr/bin/java /usr/bin/mvn /usr/sbin/runc \
		/usr/sbin/debootstrap /usr/sbin/iptables /usr/sbin/haproxy /usr/lib/podman/netavark /usr/lib/podman/aardvark-dns,the containers)

.PHONY: help run example test test-fast test-browser test-generated test-long test-neo4j test-postgres15 test-pgbouncer test-clients test-compose lint audit sbom format schema requirements soak pictures bench clean chromium faketime rsyslog postgres15 pgbouncer containers
