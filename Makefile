# Bare `make` lists what there is. Every target installs by itself what it needs.
.DEFAULT_GOAL := help
.PHONY: help up demo test unit contract integration e2e faults lint format types imports manifests images lock bench
TOOLS := .local/venv/bin

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## Runs the whole system on this machine until Ctrl-C
	@scripts/up
demo: ## Takes the whole journey with a small video: login, upload, email, MP3
	@scripts/up --demo

test: ## Checks and tests everything, as CI does
	@scripts/test
unit: ## Tests the pure rules; needs no server
	@scripts/test tests/unit
contract: ## Tests that the fakes keep the promises of the real stores
	@scripts/test tests/contract
integration: ## Tests each service against real RabbitMQ, MongoDB, MariaDB and SMTP
	@scripts/test tests/integration
e2e: ## Tests the real processes as a user meets them, with curl
	@scripts/test tests/e2e
faults: ## Kills and stops parts in the middle of work; nothing may get lost
	@scripts/test tests/faults

lint: bootstrap ## Looks for mistakes (ruff)
	@$(TOOLS)/ruff check
format: bootstrap ## Formats the code (ruff)
	@$(TOOLS)/ruff format
types: bootstrap ## Checks the types (mypy, strict)
	@$(TOOLS)/mypy
manifests: ## Checks the Kubernetes manifests: schemas and policies
	@scripts/check-manifests
imports: bootstrap ## Checks who may import whom (import-linter)
	@PYTHONPATH=src $(TOOLS)/lint-imports --no-logo

images: ## Builds the image of each service, with docker, podman or buildah
	@scripts/images

lock: ## Writes the hash-locked requirements of each service anew
	@scripts/lock
bench: ## Measures against the older design and the machine's limits (about an hour)
	@benchmarks/run

.PHONY: bootstrap
bootstrap:
	@scripts/bootstrap
