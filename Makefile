# `make demo` and `make test` do all the set-up on a fresh machine with Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --only-binary :all:
export DAGSTER_HOME ?= $(CURDIR)/demo/.penstock/dagster

.DEFAULT_GOAL := help
.PHONY: help demo test dev lint format types layers lock digest bench bench-landing bench-landing-big bench-look-back bench-promotion bench-evidence bench-may-act poison planted bench-sample mutants oracle tamper replay year disposal picture clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/run.stamp ## Install, run the main job on the bundled data, print the scorecard
	$(BIN)/penstock demo

test: $(VENV)/dev.stamp lint ## Install, check style, types and layers, run the tests
	$(BIN)/pytest -q -n 2 --dist loadgroup tests

dev: $(VENV)/run.stamp ## Open the Dagster UI on loopback, with schedule and sensor
	$(BIN)/penstock doctor --parse
	$(BIN)/dagster dev --host 127.0.0.1 -w workspace.yaml

lint: $(VENV)/dev.stamp ## Style, types, import direction, SQL format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfmt --check --quiet dbt demo/models demo/macros
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Put Python and SQL into their format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfmt dbt demo/models demo/macros

digest: $(VENV)/run.stamp ## Renew the digest of the product's heavy-lane macros
	$(BIN)/python -m dagster_project.transform.macros_digest

bench-landing: $(VENV)/dev.stamp ## Measure landing against a plain typed reader: seconds and peak memory
	$(BIN)/python benchmarks/landing.py

bench-landing-big: $(VENV)/dev.stamp ## Measure the peak memory of landing one file of 10 GB
	$(BIN)/python benchmarks/landing.py --big

bench-look-back: $(VENV)/dev.stamp ## Measure a day after 30 and after 365 days of 100,000 decisions each
	$(BIN)/python benchmarks/look_back.py

bench-promotion: $(VENV)/dev.stamp ## Measure how often simulated classes are promoted or alarmed wrongly
	$(BIN)/python benchmarks/promotion.py

bench-evidence: $(VENV)/dev.stamp ## Measure all evidence rows of 2,000 classes, 5 segments and 3 cohorts
	$(BIN)/python benchmarks/evidence.py

bench-sample: $(VENV)/dev.stamp ## Measure a draw of the audit sample from a million decisions
	$(BIN)/python benchmarks/sample.py

bench-may-act: $(VENV)/dev.stamp ## Measure how long a runtime waits for may-act with 10,000 grants
	$(BIN)/python benchmarks/may_act.py

tamper: $(VENV)/dev.stamp ## Tamper with ledgers in every way, kill writers, and run 1,000 times cleanly
	PYTHONPATH=tests/unit/ledger:tests/unit/may_act $(BIN)/python tests/unit/ledger/tamper_campaign.py

poison: $(VENV)/dev.stamp ## Land every class of bad lines and files, and 100,000 mutated lines, both ways
	PYTHONPATH=tests $(BIN)/python tests/poison/landing/campaign.py

planted: $(VENV)/dev.stamp ## Hold bounds, promotions and the whole flow against planted truth
	PYTHONPATH=tests:tests/flow $(BIN)/python tests/planted/planted_campaign.py

mutants: $(VENV)/dev.stamp ## Put every small fault into the gates' SQL and registry (MODELS="gate_levels ..." for some)
	PYTHONPATH=tests:tests/warehouse:tests/warehouse/gates $(BIN)/python tests/warehouse/gates/campaign.py $(MODELS)

replay: $(VENV)/dev.stamp ## Judge every recorded week of a company again, from kept inputs and from landed files
	PYTHONPATH=tests:tests/flow $(BIN)/python tests/flow/replay_campaign.py

year: $(VENV)/dev.stamp ## Live a year of a company; hold ledger, history and grants against it
	PYTHONPATH=tests:tests/flow:tests/warehouse $(BIN)/python tests/flow/year_campaign.py

disposal: $(VENV)/dev.stamp ## Dispose of landed rows: facts stay, also when all else is made anew
	PYTHONPATH=tests:tests/warehouse $(BIN)/python tests/warehouse/disposal_campaign.py

oracle: $(VENV)/dev.stamp ## Judge 1,000 random worlds twice; hold laws against 200
	PYTHONPATH=tests:tests/warehouse:tests/warehouse/gates $(BIN)/python tests/warehouse/gates/oracle_campaign.py

picture: $(VENV)/run.stamp ## Draw the README's scorecard anew, after `make demo`
	PENSTOCK_PROJECT=demo $(BIN)/python docs/images/draw_scorecard.py

bench: $(VENV)/run.stamp ## Measure the demo, warm: seconds and peak memory by step
	$(BIN)/python benchmarks/demo_run.py

lock: ## Renew the hashed requirement locks (needs uv)
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --quiet -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev -c requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		-o requirements-dev.lock
	uv pip compile pyproject.toml --extra build --extra dlt -c requirements.lock --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		-o requirements-dlt.lock

clean: ## Remove the environment and the demo's state
	rm -rf $(VENV) demo/.penstock

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12), (3, 13)))' \
		|| { echo "Penstock needs Python 3.11 to 3.13; name one: make demo PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/pip
	@echo "Installing the locked packages (a minute or two the first time) ..."
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing the locked development packages ..."
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	$(BIN)/pip check
	@touch $@
