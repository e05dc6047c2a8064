# The commands a newcomer needs. Each installs what is missing first (scripts/install-deps: apt, quiet when
# nothing is missing). Details: CONTRIBUTING.md.
.PHONY: run stop build test fuzz bench clean help

help: ## This list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

build: ## build/release/bin/rbee and rbee-market
	@scripts/install-deps build
	@cmake --preset release >/dev/null
	@cmake --build --preset release

run: build ## Start the marketplace with the bundled catalog and install tts-worker from it
	@scripts/install-deps run
	@scripts/run

stop: ## Stop what `make run` left running
	@scripts/run --stop

test: ## Every test, under ASan and UBSan, the end-to-end scripts, and a minute of fuzzing each target
	@scripts/install-deps test
	@scripts/test

fuzz: ## Fuzz each target for SECONDS=600: make fuzz SECONDS=3600
	@scripts/install-deps fuzz
	@scripts/fuzz $(or $(SECONDS),600)

bench: ## The benchmarks, each beside its peer
	@scripts/install-deps bench
	@cmake --preset bench >/dev/null
	@cmake --build --preset bench
	@bench/run

clean: ## Remove build/
	rm -rf build
