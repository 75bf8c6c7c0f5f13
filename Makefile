# Speechsmith: the few words you need. `make demo` and `make test` set up everything they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# the last version that runs on Node.js 20
AZURITE := azurite@3.35.0
SPEECH_SDK := microsoft-cognitiveservices-speech-sdk@1.52.0
AXE := axe-core@4.10.3
NPM := npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error
# tests that run beside all others, a lane each
LANES := "tests/sdk tests/realtime" "tests/story tests/chromium" "tests/engines tests/asr tests/decoding"
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev

.PHONY: demo test serve check fix bench soak docs studio node-tools azurite speech-sdk axe screenshots clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(READY): pyproject.toml constraints.txt tools/studio/package-lock.json | $(BIN)/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(DEV_READY): pyproject.toml constraints.txt tools/studio/package-lock.json | $(BIN)/python
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,dev]'
	@touch $(READY) $@

demo: $(READY)          ## the whole loop on sample speech, offline; DATA=FOLDER takes your own
	$(BIN)/speechsmith demo $(if $(DATA),--data $(DATA))

serve: $(READY)         ## start the service
	$(BIN)/speechsmith serve

ifdef ARGS
test: $(DEV_READY)
	$(BIN)/python -m pytest $(ARGS)
else
test: $(DEV_READY)      ## the tests, in four lanes, of which three are told at the end; in each the slow ones run last
	@told=$$(mktemp -d); trap 'rm -r $$told' EXIT; lanes=; \
	for lane in $(LANES); do \
		env --default-signal=INT $(BIN)/python -m pytest $$lane >"$$told/$$(echo "$$lane" | tr / -)" 2>&1 & \
		lanes="$$lanes $$!"; \
	done; \
	$(BIN)/python -m pytest $(addprefix --ignore=,$(subst ",,$(LANES))); failed=$$?; \
	for lane in $$lanes; do wait $$lane || failed=1; done; \
	cat "$$told"/*; exit $$failed
endif

check: $(DEV_READY)     ## lint and types; without a cache, which may not see that a module moved
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/mypy

fix: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY)     ## the figures of docs/benchmarks.md
	$(BIN)/python -m benchmarks

soak: $(DEV_READY)      ## an hour of live sessions of all kinds; MINUTES=N takes another time
	$(BIN)/python -m benchmarks.soak $(if $(MINUTES),--minutes $(MINUTES))

docs: $(DEV_READY)      ## the reference pages that are made from the code
	$(BIN)/python -m speechsmith.cli.pages > docs/reference/spx.md
	$(BIN)/python -m speechsmith.config > docs/reference/settings.md

studio:                 ## what browsers load of others for Studio, with npm; an install does it too
	$(PYTHON) tools/studio/build.py

node-tools: azurite speech-sdk axe  ## what the tests use of npm; those that need it are skipped where it is not there

azurite:                ## the emulator of Azure Blob Storage, for the tests that need one
	$(NPM) --prefix .azurite $(AZURITE)

speech-sdk:             ## the Speech SDK for JavaScript, for the tests of real-time recognition
	$(NPM) --prefix .speech-sdk $(SPEECH_SDK)

axe:                    ## what looks for barriers in the pages of Studio, for the tests in a browser
	$(NPM) --prefix .axe $(AXE)

screenshots: $(DEV_READY) ## a picture of every page of Studio, in the folder screenshots; needs Chromium
	PYTHONPATH=.:tests:tests/api $(BIN)/python -m tests.chromium.screenshots screenshots

clean:
	rm -rf $(VENV) .azurite .speech-sdk .axe .demo .home
