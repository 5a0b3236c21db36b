# Verbs over the presets of CMakePresets.json. Packages: scripts/packages.sh.
.PHONY: run test bench format lint asan tsan clean help

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: runtime  ## installs, builds the runtime (no libtorch), shows every task on the shipped model
	@scripts/demo.sh

test:  ## installs, builds everything, runs every test and a minute of fuzzing
	@scripts/packages.sh all
	@scripts/test.sh

bench: runtime  ## times the shipped model, and plain transformers against the machine's ceilings
	@scripts/bench.sh

asan:  ## the tests of everything but the trainer, under sanitizers
	@scripts/packages.sh all
	cmake --preset asan
	cmake --build --preset asan
	ctest --preset asan

tsan:  ## the tests of what threads share (runtime, scheduler, server), under the thread sanitizer
	@scripts/packages.sh all
	cmake --preset tsan
	cmake --build --preset tsan
	ctest --preset tsan

format:  ## formats changed files; ALL=1 all of them
	@scripts/changed.sh $(if $(ALL),--all) | xargs -r clang-format -i

lint:  ## clang-format and clang-tidy on changed files; ALL=1 all of them
	@scripts/lint.sh $(if $(ALL),--all)

clean:  ## removes build/
	rm -rf build

.PHONY: runtime
runtime:
	@scripts/packages.sh runtime
	cmake --preset runtime
	cmake --build --preset runtime
