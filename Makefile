# Each target does its own set-up: a virtual environment in .venv, with the versions of constraints.txt.
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TRAIN_STAMP := $(VENV)/.installed-train
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup setup-train setup-browser demo test links lint bench sweep proofs agreement accuracy calibration mutants \
	documented constraints clean
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

# Chromium, for the tests of the report page: installed where this may be done, else those tests are skipped.
setup-browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && echo "installing chromium" \
			&& { apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }; } \
		|| echo "no chromium: the tests of the page in a browser are skipped"

demo: setup
	$(BIN)/heddle explore --workload resnet18 --batch 512 --board vcu1525 --out runs/demo
	$(BIN)/heddle report runs/demo

# The tests of a file run in one process, as they share what its fixtures make; files in their order, the last ones short.
BY_FILE := --dist loadfile --no-loadscope-reorder

test: setup-train setup-browser lint
	$(BIN)/python -m pytest -n 2 $(BY_FILE) --durations=10
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n 2 $(BY_FILE) -m "not compiled and not rtl and not outer"

# The packages by their installed names, as links, for tools that read sources and know no mapping: mypy, editors.
PACKAGES := arch dataflow hls sim synth verify training dse reports cli
links:
	@rm -rf build/packages && mkdir -p build/packages/heddle
	@ln -s $(CURDIR)/heddle/*.py $(addprefix $(CURDIR)/,$(PACKAGES)) build/packages/heddle/

lint: setup-train links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks.run

sweep: setup
	$(BIN)/python -m heddle.verify.sweep
	$(BIN)/python -m heddle.verify.machine_sweep

proofs: setup
	$(BIN)/python -m heddle.verify.formal

accuracy: setup-train
	$(BIN)/python -m benchmarks.recipe_accuracy

# The designs that the resource model is fitted to, synthesised anew; the fit and its errors; the longest paths of blocks.
calibration: setup
	$(BIN)/python -m benchmarks.calibration.measure
	$(BIN)/python -m benchmarks.calibration.fit
	$(BIN)/python -m benchmarks.calibration.machine_measure
	$(BIN)/python -m benchmarks.calibration.machine_fit
	$(BIN)/python -m benchmarks.block_timing

agreement: setup
	$(BIN)/python -m benchmarks.agreement

mutants: setup
	$(BIN)/python -m benchmarks.mutants

# Every command that README.md and docs/ name, in a clone made for it: some hours.
documented: setup
	$(BIN)/python -m benchmarks.documented

# Take the newest versions that fit pyproject.toml; run the tests before committing the result.
constraints:
	rm -rf build/constraints && python3 -m venv build/constraints
	PIP_CONSTRAINT= build/constraints/bin/python -m pip install --quiet --upgrade pip setuptools
	PIP_CONSTRAINT= build/constraints/bin/python -m pip install --quiet '.[dev,train,place]'
	echo '# Pinned versions of everything that `make setup` and `make setup-train` install, build tools included; renewed by `make constraints`.' > constraints.txt
	build/constraints/bin/python -m pip freeze --all --exclude heddle-npu >> constraints.txt

clean:
	rm -rf $(VENV) build runs *.egg-info
