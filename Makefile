# The one list of commands. CI runs what stands here and nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PAGE := frontend-static/dist/index.html
PAGE_SOURCES := docs/RESTORE.md $(shell find frontend-static -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
LOCAL := cargo run --quiet --package tintype-local --bin tintype-local --
ARGS ?=
# The tests of which `make soak` tries more than `make test` does.
SOAK ?= abort:: audit:: audit_in_slices:: backup:: drill:: events:: faults:: faults_mending:: hostile:: logs:: model:: presigned:: races:: rebuild:: scale:: times:: vault::

# The cloud: make deploy STACK=photos REGION=eu-central-1 PARAMETERS="DomainName=photos.example.com ..."
STACK ?= tintype
# As they were typed, by way of the environment: pasted into a recipe, make and the shell would run what is in them.
$(foreach name,STACK REGION PARAMETERS EMAIL USER_POOL,$(eval \
  deploy invite expel rotate-media-key adopt destroy: override export $(name) := $$(value $(name))))
CLOUD = "$$(infra/python.sh deploy)/python" infra/cloud.py --stack "$$STACK" $${REGION:+--region "$$REGION"}
# What is installed and built has no business with it.
WITHOUT_SECRETS := env -u GOOGLE_CLIENT_SECRET

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
repair: ## repair what the newest audit found, or that of a report: make repair REPORT=01…
	@$(LOCAL) repair $(REPORT) $(ARGS)

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
test: tools-test lint check-template test-rust test-page test-browser ## everything that has to be right before a change lands
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

.PHONY: check-template
check-template: ## template.yaml under cfn-lint, sam and checkov, the scripts under shellcheck, costs computed anew
	@# CloudFormation's schema, then SAM's, then rules of security. Each skip has its reason beside it in the template.
	bin="$$(infra/python.sh check)" && "$$bin/cfn-lint" template.yaml && \
	  "$$bin/checkov" --file template.yaml --framework cloudformation --skip-download --compact --quiet
	bin="$$(infra/python.sh deploy)" && AWS_DEFAULT_REGION=eu-central-1 SAM_CLI_TELEMETRY=0 "$$bin/sam" validate --lint
	bin="$$(infra/python.sh check)" && "$$bin/shellcheck" infra/*.sh .ci/run
	python3 infra/cost/cost.py --check

.PHONY: cost
cost: ## docs/COST.md from what was measured, counted and assumed, and prices
	python3 infra/cost/cost.py

.PHONY: test-deploy
test-deploy: tools-deploy $(PAGE) bootstraps ## the whole deployment, into an emulator on loopback (about ten minutes, most of it the build)
	infra/test-deploy.sh $(ARGS)

.PHONY: bootstraps
bootstraps:
	@# For this machine's own processor: the emulator runs them. Each by itself and in its folder, as sam builds it: together,
	@# they would have one another's features, and be other programs than those that make deploy deploys.
	bin="$$(infra/python.sh deploy)"; for name in api processor keeper gatekeeper; do \
	  (cd "functions/$$name" && PATH="$$bin:$$PATH" cargo lambda build --release --bin "tintype-$$name"); done

.PHONY: mutants
mutants: ## puts known flaws back, one by one, and requires that tests turn red (ARGS=unconditional-put)
	tests/mutants/run $(ARGS)

.PHONY: mutants-core
mutants-core: ## changes shared/core in every way, and lists what no test notices (cargo install cargo-mutants; half an hour)
	mkdir -p target/mutants-core
	cargo mutants --package tintype-core --jobs 1 --output target/mutants-core --timeout 60 --colors never \
	  --cargo-arg=--config --cargo-arg='profile.dev.package.tintype-core.opt-level=0' $(ARGS) -- --lib

.PHONY: lint
lint: ## formatting and lints of the Rust code
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

.PHONY: soak
soak: tools-test ## every failure of docs/RELIABILITY.md in full (TINTYPE_SEED=7 repeats a run; SOAK=faults:: runs a part)
	@mkdir -p target
	TINTYPE_SOAK=1 cargo test --package tintype-tests --test it -- --nocapture --test-threads=4 $(SOAK) 2>&1 \
		| tee target/soak.log | grep --line-buffered -aE '^(row |test |failures:|thread )'

.PHONY: deploy
deploy: tools-deploy $(PAGE) ## put Tintype into your AWS account, or bring it up to date (STACK=, REGION=, PARAMETERS="Name=value ...")
	@$(CLOUD) deploy

.PHONY: invite
invite: ## let somebody in: make invite EMAIL=ada@example.com
	@$(CLOUD) invite -- "$$EMAIL"

.PHONY: expel
expel: ## end somebody's access at once, photos stay: make expel EMAIL=ada@example.com
	@$(CLOUD) expel -- "$$EMAIL"

.PHONY: rotate-media-key
rotate-media-key: ## another key signs leave to see images, and nobody notices (NOW=yes: every cookie ends at once)
	@$(CLOUD) rotate $(if $(NOW),--now)

.PHONY: adopt
adopt: ## take over what an earlier stack left: make adopt USER_POOL=eu-central-1_AbCdEf
	@$(CLOUD) adopt -- "$$USER_POOL"

.PHONY: destroy
destroy: ## remove Tintype from your AWS account; photos, catalog and people stay
	@$(CLOUD) destroy

.PHONY: bench
bench: tools-run bootstraps ## imaging beside sharp, cold starts beside Node; writes docs/BENCHMARKS.md and docs/COLD_START.md
	node bench/imaging/bench.mjs $(ARGS)
	node bench/coldstart/bench.mjs

.PHONY: bench-cold-start
bench-cold-start: tools-run bootstraps ## its second half alone, a minute; writes docs/COLD_START.md (ARGS=20: rounds)
	node bench/coldstart/bench.mjs $(ARGS)

.PHONY: bench-page
bench-page: $(PAGE) ## the page with 200,000 photos (some minutes); writes docs/BENCHMARKS-PAGE.md (PHOTOS=20000)
	cargo build --quiet --package tintype-local --bin tintype-local
	cargo build --quiet --package tintype-tests --bin tintype-seed
	npm run --workspace tests/browser bench -- library

.PHONY: screenshots
screenshots: $(PAGE) ## docs/screenshots: each screen, narrow and wide, light and dark
	cargo build --quiet --package tintype-local --bin tintype-local
	npm run --workspace tests/browser bench -- screenshots

.PHONY: lighthouse
lighthouse: $(PAGE) ## Lighthouse against the local process; fails below 95
	cargo build --quiet --package tintype-local --bin tintype-local
	@# Outside of the lock file: hundreds of packages that nothing else needs.
	npm install --prefix target/lighthouse --no-save --no-audit --no-fund --loglevel=error lighthouse@12.8.2
	npm run --workspace tests/browser bench -- lighthouse

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

.PHONY: tools-run tools-test tools-deploy
tools-run tools-test tools-deploy:
	@infra/tools.sh $(@:tools-%=%)

node_modules/.package-lock.json: package.json package-lock.json frontend-static/package.json tests/browser/package.json
	$(WITHOUT_SECRETS) npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): node_modules/.package-lock.json $(PAGE_SOURCES)
	$(WITHOUT_SECRETS) npm run --workspace frontend-static build
	@touch $@
