# The friendly door: every target installs what it misses (tools/deps), builds, and does its job.
# The build itself is CMake's (CMakePresets.json).
BUILD := build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc)

.PHONY: all run test bench accuracy check lint fuzz asan install clean distclean deps deps-test train-injection
all: deps $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) -- --quiet

deps:
	@tools/deps build
deps-test:
	@tools/deps build test

$(BUILD)/build.ninja: CMakeLists.txt CMakePresets.json
	@cmake --preset release >$(BUILD).log 2>&1 || { cat $(BUILD).log; rm -f $(BUILD).log; exit 1; }
	@mv $(BUILD).log $(BUILD)/configure.log

# Programs only: a newcomer does not wait for the tests.
run: deps $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) --target aiu aiu-mock -- --quiet
	@exec $(BUILD)/bin/aiu gateway

# The tests need cmocka, so the build is configured again when it came after the first configure.
test: deps-test
	@mkdir -p $(BUILD)
	@cmake --preset release >$(BUILD)/configure.log 2>&1 || { cat $(BUILD)/configure.log; exit 1; }
	@cmake --build $(BUILD) -j $(JOBS) -- --quiet
	@cd $(BUILD) && ctest --output-on-failure --no-tests=error -j $(JOBS)

bench: deps-test all
	@bench/run
	@bench/detection

accuracy: all
	@tools/accuracy/accuracy

check:
	@tools/check all
	@$(MAKE) --no-print-directory test

lint:
	@tools/check lint
fuzz:
	@tools/check fuzz
asan:
	@tools/check asan

# The model of wording (docs/injection.md), of the shared data and of what Debian's packages install.
DETECT := ../shared/data/detect
train-injection: deps $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS) --target train_injection -- --quiet
	@tools/train/debian.py $(BUILD)/debian.jsonl
	@$(BUILD)/bin/train_injection lib/detect/wording_weights.c $(filter-out %bipia_attacks_train.jsonl, \
		$(wildcard $(DETECT)/injection-*.jsonl)) $(wildcard $(DETECT)/benign-*.jsonl) \
		$(DETECT)/unicode-benign.jsonl tools/train/harmless.txt $(BUILD)/debian.jsonl

install: all
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	@if [ -e $(BUILD)/build.ninja ]; then cmake --build $(BUILD) --target clean; fi
distclean:
	rm -rf $(BUILD)
