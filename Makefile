# SPDX-License-Identifier: MIT
# Every step installs what it needs when it is missing. `make up` runs the product, `make test` runs everything that checks it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export NAVARCH_COMMIT := $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
# The commit's date, so that the same commit builds the same bytes.
export NAVARCH_BUILD_DATE := $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)

BUILD_PACKAGES := git pkg-config libpq-dev libssl-dev zlib1g-dev
TEST_PACKAGES := $(BUILD_PACKAGES) postgresql pgbouncer haproxy curl procps python3-grpcio python3-venv
SWIFT_FLAGS := --explicit-target-dependency-import-check error

.PHONY: help
help:
	@grep -hE '^## ' $(MAKEFILE_LIST) | sed 's/^## //'

## make test       install what is missing, build everything, run every test
.PHONY: test
test: install-test install-python lint
	swift build --build-tests $(SWIFT_FLAGS)
	.ci/test

.PHONY: install-build install-test install-python
install-build:
	@.ci/install $(BUILD_PACKAGES)
install-test:
	@.ci/install $(TEST_PACKAGES)
install-python: install-test
	@.ci/install-python

## make sanitize   the tests of Postgres, Connect and the control plane under the thread sanitizer; TARGETS="ConnectTests" narrows it
.PHONY: sanitize
sanitize: install-test install-python
	@TARGETS="$(TARGETS)" .ci/sanitize

## make fuzz       every fuzz target for FUZZ_SECONDS (60); TARGETS="frames json" narrows it
.PHONY: fuzz
fuzz: install-test
	@TARGETS="$(TARGETS)" .ci/fuzz

## make coverage   lines of each target that the tests reach, as a table; fails for one below 80 per cent (FLOOR=85 raises that)
.PHONY: coverage
coverage: install-test install-python
	@FLOOR="$(FLOOR)" .ci/coverage

## make build      debug build of all products
.PHONY: build
build: install-build
	swift build $(SWIFT_FLAGS)

## make format     rewrite the sources in the project's format
.PHONY: format lint
FORMATTED := $(shell git ls-files '*.swift' 2>/dev/null | grep -v /Generated/)
format:
	swift format --in-place --configuration .swift-format $(FORMATTED)

## make lint       check the format
lint:
	@swift format lint --strict --configuration .swift-format $(FORMATTED)

## make migrate    run migrate with ARGS, e.g. make migrate ARGS="up --database postgres://…"
.PHONY: migrate
migrate: install-build
	swift run $(SWIFT_FLAGS) migrate $(ARGS)

## make bench      every figure with its reference, as a table and in .build/bench.json; ARGS="--only NAME --runs N --seconds S"
.PHONY: bench
bench: install-test
	@.ci/install wrk
	@for product in navarchd navarch-bench; do swift build -c release $(SWIFT_FLAGS) --product $$product; done
	@"$$(swift build -c release --show-bin-path)/navarch-bench" $(ARGS)

## make clean      remove what was built
.PHONY: clean
clean:
	swift package clean

## make up         run the product on this machine (until there is an embedded store: the same as make ha)
## make ha         PostgreSQL, PgBouncer, three replicas, HAProxy and three agents; CHECK=1 runs what it prints
.PHONY: up ha
up: ha
ha: install-test
	@for product in navarchd navarch-agent navarch migrate; do swift build $(SWIFT_FLAGS) --product $$product; done
	@CHECK="$(CHECK)" exec docker/ha/run
