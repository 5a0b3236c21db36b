# Verbs over the presets of CMakePresets.json. Packages: scripts/packages.sh.
.PHONY: run tools trainer install package package-test test check bench format lint asan tsan clean help

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: runtime  ## installs, builds the runtime (no libtorch), shows six tasks of the shipped model, starts its server
	@scripts/demo.sh

tools: runtime  ## builds the program behind tutti eval, quantize, data and bench, beside tutti
	cmake --build --preset runtime --target tutti-tools

trainer:  ## installs libtorch and builds the program behind tutti train, and the other two
	@scripts/packages.sh train
	cmake --preset runtime -DTUTTI_TRAIN=ON
	cmake --build --preset runtime --target tutti tutti-tools tutti-train

install: installable  ## installs tutti, the C library and the model below PREFIX (/usr/local), itself below DESTDIR
	DESTDIR=$(DESTDIR) cmake --install build/runtime --prefix $(or $(PREFIX),/usr/local) --strip

package: installable  ## makes a .deb and a .tar.gz for Debian 12, in build/packages
	@scripts/packages.sh package
	@scripts/package.sh build/runtime build/packages

package-test: package  ## as root: installs both on a bare Debian 12, made from a mirror, and runs them there
	@tests/bare_debian_test.sh build/packages

test:  ## installs, builds everything with assertions, runs every test and a minute of fuzzing
	@scripts/packages.sh all
	@scripts/test.sh $(if $(CONTINUE),--continue)

check:  ## builds file by file and runs the unit tests; ONLY=format_test one of them
	@scripts/packages.sh all
	cmake --preset check
	@ctest --preset check -N $(if $(ONLY),-R '^$(ONLY)$$') | grep -q 'Test *#' || \
	  { echo "make check: there is no unit test $(ONLY); there are:"; \
	    ctest --preset check -N | sed -n 's/.*Test *#[0-9]*: /  /p'; exit 2; }
	cmake --build --preset check $(if $(ONLY),--target $(ONLY))
	ctest --preset check $(if $(ONLY),-R '^$(ONLY)$$')

bench: tools  ## times the shipped model, and plain transformers against the machine's ceilings
	@scripts/bench.sh

asan:  ## the tests of everything but the trainer, under sanitizers; FAST=1 those of the server
	@scripts/packages.sh all
	@scripts/asan.sh $(if $(FAST),--fast)

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

.PHONY: runtime installable
installable: tools
	cmake --build --preset runtime --target tutti_c

runtime:
	@scripts/packages.sh runtime
	cmake --preset runtime
	cmake --build --preset runtime
