# Two commands: `make demo` and `make test`. Both set up what they need, say what they install, and can be run again.

PYTHON ?= python3
BIN := .venv/bin
DISPLAYED := $(or $(DISPLAY),$(WAYLAND_DISPLAY))
GL_PACKAGES := libgl1 libegl1 libgl1-mesa-dri
TEST_PACKAGES := mosquitto xvfb xdotool imagemagick systemd cpio $(GL_PACKAGES)
VIRTUAL_PI_PACKAGES := qemu-system-x86 busybox-static kmod xz-utils gcc make libelf-dev
DEMO_PACKAGES := mosquitto $(if $(DISPLAYED),$(GL_PACKAGES))

RECORDINGS ?= ../shared/recordings

.DEFAULT_GOAL := help
.PHONY: help install demo test lint bench test-random test-long test-virtual-pi test-fresh validation pictures clean \
	packages-demo packages-test packages-virtual-pi

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed-dev ## the virtual environment .venv with everything for development

demo: packages-demo .venv/installed-$(if $(DISPLAYED),kiosk,core) ## set up, screen a recorded person, deliver the result (ARGS="...")
	@$(BIN)/balance-station demo $(ARGS)

test: packages-test .venv/installed-dev ## set up, lint, and run the whole test suite
	@$(MAKE) --no-print-directory lint
	@ARTEFACTS=$(CURDIR)/artefacts $(BIN)/python -m pytest $(ARGS)

lint: .venv/installed-dev ## style, types and the arrows between the rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@said=$$($(BIN)/lint-imports --no-cache) || { echo "$$said"; exit 1; }; echo "$$said" | tail -n 1

bench: .venv/installed-dev ## measure speed; figures, not verdicts
	@$(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-columns=min,median,mean,max,rounds $(ARGS)

test-random: packages-test .venv/installed-dev ## the property tests with examples drawn anew, other ones each time
	@$(BIN)/python -m pytest -m "hypothesis and not long" --hypothesis-profile=random $(ARGS)

test-long: packages-test packages-virtual-pi .venv/installed-dev ## a thousand kills and the virtual Pi; half an hour
	@$(BIN)/python -m pytest -m long tests/long tests/virtual_pi $(ARGS)

test-virtual-pi: packages-virtual-pi .venv/installed-dev ## the real acquisition on a Debian kernel in QEMU (x86-64 Debian)
	@$(BIN)/python -m tests.virtual_pi.kernel
	@$(BIN)/python -m pytest -m long tests/virtual_pi $(ARGS)

test-fresh: ## make demo and make test in bare Debian 12 and 13 roots (needs root and debootstrap)
	@bash .ci/test-fresh

validation: .venv/installed-dev ## compute docs/validation.md from recordings of people (RECORDINGS=folder)
	@$(BIN)/python -m station.sway.validation --recordings $(RECORDINGS) --out docs/validation.md

pictures: packages-test .venv/installed-dev ## draw the pictures of README and docs anew
	@$(BIN)/python -m kiosk_ui.pictures --out artefacts/pictures
	@cp artefacts/pictures/kiosk.png docs/pictures/kiosk.png
	@rm -rf docs/pictures/calibration
	@cp -r artefacts/pictures/calibration docs/pictures/calibration

clean: ## remove what the other targets made
	rm -rf .venv artefacts build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

packages-demo:
	@bash .ci/packages "for the demo" $(DEMO_PACKAGES)

packages-test:
	@bash .ci/packages "for the tests" $(TEST_PACKAGES)

packages-virtual-pi:
	@bash .ci/packages "for the virtual Pi" $(VIRTUAL_PI_PACKAGES)

# Each stamp is as new as pyproject.toml: a second run has nothing to do.
.venv/installed-core: pyproject.toml
	@bash .ci/venv "$(PYTHON)" .
	@touch $@

.venv/installed-kiosk: pyproject.toml
	@bash .ci/venv "$(PYTHON)" ".[kiosk]"
	@touch $@ .venv/installed-core

.venv/installed-dev: pyproject.toml
	@bash .ci/venv "$(PYTHON)" ".[kiosk,dev]"
	@touch $@ .venv/installed-kiosk .venv/installed-core
