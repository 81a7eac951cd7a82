# Everything starts here. Needs Python 3.11 and make; the rest comes with `make setup`.

PYTHON_BIN := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo up

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv with all dependencies and engines; does nothing when nothing changed.
	@sh deploy/local/bootstrap.sh

demo: setup ## Start the mesh, run an agent, show its trace, serve until Ctrl-C.
	@exec $(PYTHON_BIN) -m a11i_local demo

up: setup ## Start the mesh, serve until Ctrl-C.
	@exec $(PYTHON_BIN) -m a11i_local up
