# SPDX-License-Identifier: GPL-2.0
#
# The way in: `make help` lists every target. What is made stands below build/.

known := demo lockdep kasan notsm
comma := ,
stamp := build/stamp

.DEFAULT_GOAL := help
.NOTPARALLEL:

# The kernel's makefiles must not see the variables of this one
MAKEOVERRIDES :=
unexport MAKEFLAGS MAKELEVEL CONFIG T M N P PROTO S SECONDS V LINUX

configs = $(or $(subst $(comma), ,$(CONFIG)),demo)
test: configs = $(or $(subst $(comma), ,$(CONFIG)),$(shell tools/vm/run check $(tests) 2>/dev/null))
demo bench vm: one = --one
demo: proto = $(PROTO:%=-p %)
mutants: mutations = $(subst $(comma), ,$(M))
variants: variants = $(subst $(comma), ,$(V))
series: series = $(subst $(comma), ,$(S))
test: tests = $(patsubst %,-t %,$(subst $(comma), ,$(T))) $(N:%=-n %)

.PHONY: help demo test bench mutants fuzz variants vm kernel series refresh check gates assemble discard base clean

help: ## This list
	@echo "Guest requests of confidential VMs to the platform's TSM: patch series for Linux 7.3"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "  make %-10s %s\n", $$1, $$2 }'
	@echo
	@echo "  CONFIG=name     the kernel: $(known); 'test' takes several, default all but demo"
	@echo "  PROTO=name      the guest that 'demo' runs, default tdisp; PROTO=help lists them"
	@echo "  T=name          the tests to run, default all; T=help lists them"
	@echo "  N=number        how often 'test' runs each, default once"
	@echo "  M=name          the mutations to try, default all; M=help lists them"
	@echo "  V=name          the variants to build, default all; V=help lists them"
	@echo "  P=name          the guest protocols to fuzz, default all; P=help lists them"
	@echo "  SECONDS=number  how long to fuzz each, default 20"
	@echo "  S=name          the series to write, default all; S=help lists them"
	@echo "  FROM='Name <mail>'  the author in what 'series' writes; SIGNOFF=1 signs off, too"
	@echo "  LINUX=dir       stand on a Linux 7.3 tree of your own, until the next 'make base'"
	@echo "  TSM_CACHE=dir   where the base kernel and ccache's objects are kept between clones"

demo: valid kernels ## See a KVM guest lock, attest and start its device, exit by exit
	@tools/vm/run demo $(configs) $(proto)

test: valid kernels ## Run every test on the lockdep, the kasan and the notsm kernel
	@tools/vm/run test $(configs) $(tests)

bench: valid kernels ## Count the instructions of guest requests against the aims (no part of 'test')
	@tools/vm/run bench $(configs)

mutants: known assembled ## Break each check of the kernel and see a test fail (long, no part of 'test')
	@tools/vm/mutants $(mutations)

fuzz: assembled ## Fuzz the decoders of the guest protocols in user space (no part of 'test')
	@tools/vm/setup fuzz
	@tools/vm/fuzz/run $(or $(SECONDS),20) $(subst $(comma), ,$(P))

variants: listed assembled ## Build it with parts left out or as modules (long, no part of 'test')
	@tools/vm/setup gates
	@tools/vm/build-variants $(variants)

vm: valid kernels ## Get a shell in the VM, or run the commands on stdin there
	@tools/vm/run shell $(configs)

kernel: valid kernels ## Build a kernel and what runs in its VM

series: assembled ## Write each series for `git am`, with its cover letter, to build/series
	@tools/series/emit $(series)

refresh: ## Take the commits of build/linux back into patches/ and the new files
	@tools/series/refresh

check: assembled ## Prove that the repository, build/linux and the emitted series are the same
	@tools/series/check

gates: assembled ## Build and check each patch as its maintainers would (long, no part of 'test')
	@tools/vm/setup gates
	@tools/series/gates

assemble: assembled ## Make the commits of build/linux from patches/ and the new files

discard: based ## Throw away what is in build/linux but not in the repository
	@tools/series/assemble --discard

base: $(stamp)/setup ## Get the base kernel: Debian's linux-source-7.3, or LINUX=dir
	@tools/series/base $(LINUX)

clean: ## Remove build/ unless it holds work of yours (FORCE=1: in any case); the cache stays
	@[ -n "$(FORCE)" ] || [ ! -d build/linux/.git ] || tools/series/assemble --is-saved
	rm -rf build

# The steps that the targets share

.PHONY: valid known listed based assembled kernels

valid:
	@tools/vm/run check $(one) $(configs) $(tests) $(proto) >/dev/null

known:
	@tools/vm/mutants check $(mutations)

listed:
	@tools/vm/build-variants check $(variants)

$(stamp)/setup: tools/vm/setup tools/vm/packages
	@tools/vm/setup
	@mkdir -p $(@D) && touch $@

# A base that is there stays, but LINUX=dir is followed
based: $(stamp)/setup
	@[ -z "$(LINUX)" ] && git -C build/linux rev-parse -q --verify refs/tags/base >/dev/null 2>&1 || \
		tools/series/base $(LINUX)

assembled: based
	@tools/series/assemble

kernels: assembled
	@set -e; for config in $(configs); do tools/vm/kernel $$config; done </dev/null
	@tools/vm/userspace </dev/null
	@set -e; for config in $(configs); do tools/vm/initramfs $$config; done </dev/null
