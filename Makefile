# Everything is done by avvia.py, which runs on Windows too: this file only gives it the usual names.
# Options go through ARGS:  make site ARGS="--ats insubria"
ifeq ($(OS),Windows_NT)
PYTHON ?= python
else
PYTHON ?= python3
endif

.DEFAULT_GOAL := site
.PHONY: env site test check lab docs bench lock

env site test check lab docs bench lock:
	@$(PYTHON) avvia.py $@ $(ARGS)
