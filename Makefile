# The front door. Each target is one line over meson or a script; `make help` lists them.
# ARGS goes to the program that the target runs, JOBS limits parallel compilers, PREFIX and DESTDIR are install's.
MAKEFLAGS += --no-print-directory
SHELL := /bin/sh
SECONDS ?= 3600
export JOBS PREFIX DESTDIR
ifeq ($(CI),true)
export REQUIRE_ALL := 1
endif

.PHONY: help run test test-long bench fuzz lint format asan tsan docs install clean
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

run: ## install what is missing, build a release into build/, start the daemon (ARGS='--config FILE')
	@scripts/setup run && scripts/build release daemon && exec build/cachetted $(ARGS)

test: ## install what the tests need, build, run every test (ARGS='--only unit,transcripts')
	@scripts/setup test && scripts/build release all && python3 tests/run.py --build build $(ARGS)

test-long: ## the same with the long forms of the tests
	@scripts/setup test && scripts/build release all && python3 tests/run.py --build build --long $(ARGS)

bench: ## measure against the peers and write the table in docs/performance.md (ARGS='--quick' only looks)
	@scripts/setup bench && scripts/build release all && python3 tests/bench/bench.py $(or $(ARGS),--write-docs)

fuzz: ## run the fuzz targets for SECONDS in all, an hour unless said
	@scripts/setup fuzz && scripts/fuzz $(SECONDS) $(ARGS)

lint: ## check the layout (clang-format) and run clang-tidy
	@scripts/setup lint && scripts/lint $(ARGS)

format: ## lay the sources out as lint wants them
	@scripts/setup lint && scripts/lint --fix $(ARGS)

asan: ## unit and contract tests, transcripts and clients on several threads under AddressSanitizer and UBSan
	@scripts/setup test && scripts/sanitize asan $(ARGS)

tsan: ## what starts threads, under ThreadSanitizer
	@scripts/setup test && scripts/sanitize tsan $(ARGS)

docs: ## write docs/reference, conf/cachetted.yaml and the alert rules anew from the tables
	@scripts/setup run && scripts/build release daemon && build/cachetted --write-docs .

install: ## install under PREFIX (/usr/local), with DESTDIR before it; an existing config stays
	@scripts/setup run && scripts/build release daemon && meson install -C build --no-rebuild

clean: ## remove the build folders
	@rm -rf build build-asan build-tsan build-fuzz
