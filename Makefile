# Every task of the project. `make` alone says which there are.
.DEFAULT_GOAL := help
.PHONY: help run stop clean-host test test-apps bench lint fmt build images image install uninstall

PREFIX ?= /usr/local
DESTDIR ?=
ID ?= debian_12
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
RELEASE := $(TARGET_DIR)/release

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## make this machine a Sloop host and launch a first instance [BLUEPRINT=debian_12]
	@tools/run.sh

stop: ## end the daemon that make run started; guests run on
	@tools/stop.sh

clean-host: ## remove all instances and what Sloop keeps on this machine [YES=1]
	@tools/clean-host.sh

test: ## run all tests, those on real guests included [ARGS=name]
	@tools/test.sh $(ARGS)

test-apps: ## bake every application and look at its page: minutes each without KVM
	@tools/test.sh --test apps --run-ignored all --test-threads 1

bench: ## measure against the bare tools; prints the figures of docs [ARGS=…]
	@tools/deps.sh bench
	cargo build --release --bins
	cargo run --release -p sloop-bench -- $(ARGS)

lint: ## hold the source to its rules: format, clippy, shellcheck, cargo-deny
	@tools/lint.sh

fmt: ## format the source
	cargo fmt --all

build: ## build the binaries, optimised
	cargo build --release -p sloopd -p sloop

images: ## build all guest images that are missing or whose recipe has changed
	@. tools/common.sh && build_images tiny debian_12

image: ## build one guest image [ID=debian_12]
	@. tools/common.sh && build_images $(ID)

install: ## install binaries, catalogue, unit, manual and completions [PREFIX=/usr/local DESTDIR=]
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' RELEASE='$(RELEASE)' tools/install.sh

uninstall: ## remove what install put there; instances and state stay [PREFIX=/usr/local]
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' tools/install.sh --remove

SHELL := /bin/bash
