# The commands of the repository. `make help` prints the text behind `##` of each target. The scripts are in infra/local/.

SHELL := /bin/bash
MATCHA := infra/local/matcha
.DEFAULT_GOAL := help

# S names a program (rating-1) or all its replicas (rating).
S ?=
SIGNAL ?= KILL

.PHONY: help
help: ## Print this manual
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nSettings: MATCHA_HOME (.matcha), MATCHA_PORT_BASE (7800), MATCHA_PORT (8080), on the command line or in the environment.\n'

##@ The local cluster
.PHONY: up down status logs stop start restart kill scale seed import train models dead-letters reset
up: ## Install what is missing, build, start, seed, and print the address; quick when all is done
	@$(MATCHA) up $(ARGS)

down: ## End everything, and check that nothing is left
	@$(MATCHA) down

status: ## What runs, how large it is, and whether it is ready
	@$(MATCHA) status

logs: ## Follow the logs; S=rating for one service only
	@$(MATCHA) logs $(S)

stop: ## Stop S=rating-1, or all replicas with S=rating; also the stores
	@$(MATCHA) stop $(S)

start: ## Start it again and wait until it is ready
	@$(MATCHA) start $(S)

restart: ## Both
	@$(MATCHA) restart $(S)

kill: ## Send S=rating-1 a SIGNAL=KILL; the supervisor starts it again
	@$(MATCHA) kill "$(S)" $(SIGNAL)

scale: ## Run N=3 replicas of S=rating, from now on
	@$(MATCHA) scale "$(S)" "$(N)"

seed: ## Load the catalogue and the synthetic community again; what is there stays
	@$(MATCHA) seed

import: ## Load MovieLens or MovieTweetings from DIR=path
	@$(MATCHA) import "$(DIR)"

train: ## Train a new model now, and show how far it is
	@$(MATCHA) tool recommendation train --request --follow

models: ## The models there are and how good they are; ARGS="use VERSION" goes back to one
	@$(MATCHA) tool recommendation models $(or $(ARGS),list)

dead-letters: ## Messages that could not be taken; ARGS="show rating.statistics" or "redrive rating.statistics"
	@$(MATCHA) tool $(or $(S),rating) dead-letters $(or $(ARGS),list)

reset: ## Stop and delete all data; asks unless YES=1
	@YES=$(YES) $(MATCHA) reset

##@ Developing
.PHONY: test check sqlx bench bench-recommender screenshots house released-contract fmt
test: ## Every test, on real stores of its own (.matcha-test); S=rating for one service, D=relay for faults of that name, FILTER=word
	@FILTER="$(FILTER)" S="$(S)" D="$(D)" infra/local/test.sh

check: ## Formatting, clippy, contracts, scripts, types and lint of the site
	@infra/local/check.sh

sqlx: ## Renew the query metadata in .sqlx after a change of SQL or migrations; S=rating for one package only
	@infra/local/sqlx.sh $(S)

bench: ## How quick and how large, as a table, on a cluster of its own; DIR=… imports a community first
	@DIR="$(DIR)" infra/local/bench.sh

bench-recommender: ## Quality, time and memory of the models beside a reference; DATA=folder with real splits, MOST=20000000
	@infra/local/bench-recommender.sh

screenshots: ## The pictures of the README, from the running cluster; LOOKS=folder for every page in every look
	@LOOKS="$(LOOKS)" infra/local/screenshots.sh

house: ## The limits on the code, each with its count; NAME=queries lists the places of one
	@infra/local/house.sh $(NAME)

released-contract: ## At a release: today's protos become the contracts that make check compares with
	@infra/local/released-contract.sh

fmt: ## Format the Rust code
	@cargo fmt --all
