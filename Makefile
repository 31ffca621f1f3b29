# Each target stands alone on a bare Debian 12 with git, make and Python 3.11, as root or by sudo.
.PHONY: help setup demo test check
.DEFAULT_GOAL := help
bin := .venv/bin

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

setup: ## install what is missing: LibreOffice, fonts, the Python environment
	@.ci/setup demo

demo: setup ## make a workspace with trial data and three documents in ./docstage-demo
	@$(bin)/docstage demo

test: check ## the checks, then all tests with the real LibreOffice
	@$(bin)/python -m pytest -q -n 2 --dist loadfile

check: ## style, types, layers, sizes
	@.ci/setup work
	@$(bin)/ruff check .
	@$(bin)/ruff format --check -q .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-cache
	@$(bin)/python -m pytest -q tests/test_form.py
