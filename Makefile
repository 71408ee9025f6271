# The one list of commands. CI runs what stands here and nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PAGE := frontend-static/dist/index.html
PAGE_SOURCES := $(shell find frontend-static -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
LOCAL := cargo run --quiet --package tintype-local --bin tintype-local --
ARGS ?=
# The tests of which `make soak` tries more than `make test` does.
SOAK ?= abort:: backup:: events:: faults:: hostile:: logs:: model:: presigned:: races:: times:: vault::

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

.PHONY: run
run: tools-run $(PAGE) ## Tintype on this machine, at http://localhost:8470 (ARGS="--port 9000 --data-dir ~/photos")
	cargo build --package tintype-local --bin tintype-local
	@exec $(LOCAL) $(ARGS)

.PHONY: token
token: ## an access token for scripts, for the running Tintype: make token USER=ada
	@$(LOCAL) token --user "$(USER)" $(ARGS)

.PHONY: audit
audit: ## compare catalog and vault, name every difference (ARGS="--every-byte --data-dir ~/photos")
	@$(LOCAL) audit $(ARGS)

.PHONY: repair
repair: ## repair what an audit found: make repair REPORT=01…
	@$(LOCAL) repair "$(REPORT)" $(ARGS)

.PHONY: rebuild
rebuild: ## rebuild the catalog from the vault alone
	@$(LOCAL) rebuild $(ARGS)

.PHONY: drill
drill: ## read photos back and compare them byte for byte (ARGS="--photos 100")
	@$(LOCAL) drill $(ARGS)

.PHONY: retry
retry: ## try again what ended badly (ARGS="--reason broken")
	@$(LOCAL) retry $(ARGS)

.PHONY: test
test: tools-test lint test-rust test-page test-browser ## everything that has to be right before a change lands
	@echo "All tests passed."

.PHONY: test-rust
test-rust: ## the Rust tests, end to end ones included
	cargo test --workspace

.PHONY: test-page
test-page: node_modules/.package-lock.json ## types, lints and unit tests of the page
	npm run --workspace frontend-static check
	npm run --workspace frontend-static api:check
	npm run --workspace frontend-static test

.PHONY: test-browser
test-browser: $(PAGE) ## a real browser against the real process
	@# The program that test-rust built: with other features, half of it would be built again.
	cargo test --workspace --no-run --quiet
	npm run --workspace tests/browser test

.PHONY: conformance
conformance: tools-test ## the end-to-end tests over DynamoDB Local, versitygw and moto; docs/CONFORMANCE.md (ARGS=aws)
	tests/conformance/run $(ARGS)

.PHONY: lint
lint: ## formatting and lints of the Rust code
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

.PHONY: soak
soak: tools-test ## every failure of docs/RELIABILITY.md in full (TINTYPE_SEED=7 repeats a run; SOAK=faults:: runs a part)
	@mkdir -p target
	TINTYPE_SOAK=1 cargo test --package tintype-tests --test it -- --nocapture --test-threads=4 $(SOAK) 2>&1 \
		| tee target/soak.log | grep --line-buffered -aE '^(row |test |failures:|thread )'

.PHONY: bench
bench: tools-run ## imaging beside sharp, in one run; writes docs/BENCHMARKS.md
	node bench/imaging/bench.mjs $(ARGS)

.PHONY: bench-page
bench-page: $(PAGE) ## the page with 200,000 photos (some minutes); writes docs/BENCHMARKS-PAGE.md (PHOTOS=20000)
	cargo build --quiet --package tintype-local --bin tintype-local
	cargo build --quiet --package tintype-tests --bin tintype-seed
	npm run --workspace tests/browser bench

.PHONY: licences
licences: ## licences and advisories of all dependencies (cargo install cargo-deny)
	cargo deny check

.PHONY: openapi
openapi: node_modules/.package-lock.json ## docs/openapi.json from the code, and the page's types from that
	UPDATE_OPENAPI=1 cargo test --quiet --package tintype-api --test openapi
	npm run --workspace frontend-static api

.PHONY: page
page: $(PAGE) ## build the page

.PHONY: clean
clean: ## remove what was built; photos stay
	rm -rf target node_modules frontend-static/dist frontend-static/node_modules tests/browser/node_modules

.PHONY: tools-run tools-test
tools-run tools-test:
	@infra/tools.sh $(@:tools-%=%)

node_modules/.package-lock.json: package.json package-lock.json frontend-static/package.json tests/browser/package.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): node_modules/.package-lock.json $(PAGE_SOURCES)
	npm run --workspace frontend-static build
	@touch $@
