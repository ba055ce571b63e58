# Each target does its own set-up: a virtual environment in .venv, with the versions of constraints.txt.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TRAIN_STAMP := $(VENV)/.installed-train
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup setup-train demo test lint bench sweep proofs agreement accuracy mutants constraints clean
.DELETE_ON_ERROR:

setup: $(STAMP)

# Some systems ship python3 without venv; virtualenv from the package index then makes the environment.
$(STAMP): pyproject.toml constraints.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "heddle needs python3 3.11 or newer" >&2; exit 2; }
	@test -x $(BIN)/python || python3 -m venv $(VENV) 2>/dev/null \
		|| { rm -rf $(VENV); python3 -m pip install --quiet --user virtualenv && python3 -m virtualenv --quiet $(VENV); }
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

# PyTorch, for training: the tests need it, exploring and the RTL do not.
setup-train: $(TRAIN_STAMP)

$(TRAIN_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev,train]'
	@touch $@

demo: setup
	$(BIN)/heddle explore --workload resnet18 --batch 512 --board vcu1525 --out runs/demo

test: setup-train lint
	$(BIN)/python -m pytest -n 2 --durations=10
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n 2 -m "not compiled and not rtl"

lint: setup-train
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks.run

sweep: setup
	$(BIN)/python -m verify.sweep

proofs: setup
	$(BIN)/python -m verify.formal

accuracy: setup-train
	$(BIN)/python -m benchmarks.accuracy

agreement: setup
	$(BIN)/python -m benchmarks.agreement

mutants: setup
	$(BIN)/python -m benchmarks.mutants

# Take the newest versions that fit pyproject.toml; run the tests before committing the result.
constraints:
	rm -rf build/constraints && python3 -m venv build/constraints
	PIP_CONSTRAINT= build/constraints/bin/python -m pip install --quiet --upgrade pip setuptools
	PIP_CONSTRAINT= build/constraints/bin/python -m pip install --quiet '.[dev,train]'
	echo '# Pinned versions of everything that `make setup` and `make setup-train` install, build tools included; renewed by `make constraints`.' > constraints.txt
	build/constraints/bin/python -m pip freeze --all --exclude heddle-npu >> constraints.txt

clean:
	rm -rf $(VENV) build runs *.egg-info
