# `make` tells what there is to make. Everything sets itself up: Python 3.10 or later is all that is needed.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; done)
VENV := .venv/bin
AIRFLOW = $(shell $(VENV)/python -c 'import importlib.util as u; print(u.find_spec("airflow").submodule_search_locations[0])')
EXAMPLES = $(AIRFLOW)/example_dags
WORKERS ?= auto
VERSIONS ?= 2.11 3.0 3.1 3.2

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format e2e provider differential versions fuzz faults bench docs pictures lock clean

help:  ## tell what there is to make
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## make .venv with the package and all test tools
	@$(or $(PYTHON),$(error there is no Python 3.10 or later here: install one, or say make PYTHON=…)) scripts/setup_venv.py

run: setup  ## translate a DAG that Airflow ships, and run it here
	@echo '$$ airflow-argo translate tutorial_taskflow_api.py    # its tasks, of what it prints'
	@$(VENV)/airflow-argo translate $(EXAMPLES)/tutorial_taskflow_api.py | sed -n '/ templates:/,/- name: verdict/p' | cut -c 1-110
	@echo
	@echo '$$ airflow-argo run tutorial_taskflow_api.py'
	@$(VENV)/airflow-argo run $(EXAMPLES)/tutorial_taskflow_api.py

test: setup  ## pass the tests
	@$(VENV)/python -m pytest -n $(WORKERS) --dist worksteal -q

lint: setup  ## check style, types and the directions of imports
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check --quiet .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --no-cache

format: setup  ## format the code
	@$(VENV)/ruff check --fix --quiet . || true
	@$(VENV)/ruff format --quiet .

e2e: setup  ## pass the tests that need a cluster: KUBECONFIG names an API server with Argo's CRDs, or one with Argo
	@$(VENV)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m 'cluster or controller' $(E2E)
	@$(VENV)/python -m pytest -q -n $(WORKERS) --dist worksteal -m 'not (cluster or controller)' tests/dsl tests/compiler

provider: setup  ## pass the provider's tests with another Airflow, VERSION=2.11; KUBECONFIG as for e2e
	@$(PYTHON) scripts/setup_venv.py $(or $(VERSION),2.11)
	@PROVIDER_PYTHON=$(CURDIR)/.venvs/$(or $(VERSION),2.11)/bin/python $(VENV)/python -m pytest -q \
		$(addprefix tests/provider/test_,submit.py sources.py decorator.py offload.py)

differential: setup  ## judge all DAGs that Airflow ships by Airflow itself; writes docs/compatibility.md
	@$(VENV)/python -m tests.differential

versions: $(addprefix version-, $(VERSIONS))  ## pass tests with other versions of Airflow, each in an environment of its own

version-%:
	@$(PYTHON) scripts/setup_venv.py $*
	@echo "Airflow $*:"
	@.venvs/$*/bin/python -m pytest -q -rP --no-header tests/versions tests/pod/test_dag_file.py

fuzz: setup  ## judge COUNT random DAGs by Airflow itself
	@$(VENV)/python -m tests.parity.fuzz --count $(or $(COUNT),5000)

faults: setup  ## cause each kind of fault (or FAULT) on COUNT tasks of a real Airflow; needs KUBECONFIG
	@$(VENV)/python -m tests.provider.faults --count $(or $(COUNT),100) $(addprefix --fault ,$(FAULT)) $(addprefix --through ,$(THROUGH))

bench: setup  ## print the benchmarks; that of waiting needs KUBECONFIG
	@$(VENV)/python benchmarks/compile.py
	@$(VENV)/python benchmarks/translate.py
	@$(VENV)/python benchmarks/local.py
	@if [ -n "$$KUBECONFIG" ]; then $(VENV)/python -m benchmarks.waits; fi

docs: setup  ## write the pages that are made by commands
	@( echo '# The DAGs that Airflow ships'; echo; \
		echo 'What `airflow-argo assess` says of them, with Airflow'"'"'s standard, http and kubernetes providers. `make docs` writes this page.'; echo; \
		$(VENV)/airflow-argo assess $(EXAMPLES) $(wildcard $(AIRFLOW)/providers/*/example_dags $(AIRFLOW)/providers/*/*/example_dags) \
			-o markdown ) > docs/airflow-examples.md

pictures: setup  ## take the pictures of the user interface; needs KUBECONFIG and chromium
	@$(VENV)/python -m scripts.pictures

lock: setup  ## resolve the versions that tests install
	@uv pip compile --universal --upgrade --quiet --no-header --no-annotate --no-emit-index-url \
		requirements/dev.in pyproject.toml -o requirements/dev.txt
	@for version in $(VERSIONS); do echo "apache-airflow==$$version.*" | cat - requirements/versions.in $$(ls requirements/airflow-$$version.in 2>/dev/null) | \
		uv pip compile --python-version 3.11 --upgrade --quiet --no-header --no-annotate --no-emit-index-url \
		- pyproject.toml -o requirements/airflow-$$version.txt; done

clean:  ## remove what was made
	rm -rf .venv .venvs .mypy_cache .ruff_cache .pytest_cache .hypothesis htmlcov .coverage* dist build
