# SPDX-License-Identifier: GPL-2.0
#
# The way in: `make help` lists every target. What is made stands below build/.

known := demo lockdep kasan notsm coverage arm64 fuzz
comma := ,
stamp := build/stamp

.DEFAULT_GOAL := help
.NOTPARALLEL:

# What can be given: on the command line only, for others use these names, too
arguments := ARCH CONFIG T N FRESH PROTO M V MINUTES INPUT SHARE S FROM SIGNOFF LINUX FORCE
is_from = $(filter $(1),$(firstword $(origin $(2))))
given := $(foreach name,$(.VARIABLES),$(if $(call is_from,command,$(name)),$(name)))
unknown := $(strip $(filter-out $(arguments) TSM_CACHE -%,$(given)))
ignored := $(strip $(foreach name,$(arguments),$(if $(call is_from,environment,$(name)),$(name))))
ifneq ($(unknown),)
$(error there is no argument $(unknown); there are: $(arguments) TSM_CACHE)
endif
ifneq ($(ignored),)
$(info note: the environment's $(ignored) is not used; an argument stands behind 'make')
$(foreach name,$(ignored),$(eval override undefine $(name)))
endif

# Nor may they reach the kernel's makefiles
MAKEOVERRIDES :=
unexport MAKEFLAGS MAKELEVEL BASH_ENV ENV $(filter-out FROM SIGNOFF,$(arguments))

quote = '$(subst ','\'',$(1))'
# Of another machine than x86-64 there is one kernel
of_arch = $(filter-out x86_64,$(ARCH))
configs = $(or $(subst $(comma), ,$(CONFIG)),$(of_arch),demo)
coverage: configs = coverage
test: configs = $(or $(subst $(comma), ,$(CONFIG)),$(of_arch),$(shell tools/vm/run check $(tests) 2>/dev/null))
demo bench race vm: one = --one
fuzz: configs = fuzz
race: configs = $(or $(subst $(comma), ,$(CONFIG)),$(of_arch),lockdep)
demo: proto = $(PROTO:%=-p %)
vm: share = $(if $(SHARE),-s $(call quote,$(SHARE)))
mutants: mutations = $(subst $(comma), ,$(M))
variants: variants = $(subst $(comma), ,$(V))
series: series = $(subst $(comma), ,$(S))
test: tests = $(patsubst %,-t %,$(subst $(comma), ,$(T))) $(N:%=-n %)

.PHONY: help demo test bench coverage race mutants fuzz variants vm kernel series refresh check gates docs assemble discard base clean

# At most 23 lines, so that it fits a terminal of 24
help: ## This list
	@echo "Guest requests of confidential VMs to the platform's TSM: series for Linux 7.3"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		awk -F'|' '{ printf "make %-9s %s\n", $$1, $$2 }'
	@echo "CONFIG=name  $(known); 'test' takes several"
	@echo "T=help       lists the names, as M, PROTO, S, V do; several go with commas"
	@echo "LINUX=dir: stand on a tree of yours until 'make base'; TSM_CACHE=dir: the cache"

demo: valid-demo kernels-demo ## See a KVM guest lock, attest and start its device; PROTO=tdisp
	@tools/vm/run demo $(configs) $(proto)

test: valid-test kernels-test ## Run each test on each kernel but demo; T=name N=times FRESH=1
	@tools/vm/run test $(if $(FRESH),--fresh) $(configs) $(tests)

bench: valid-bench kernels-bench ## Count the instructions of guest requests against the aims
	@tools/vm/run bench $(configs)

coverage: valid-coverage kernels-coverage ## Count which added lines and branches the tests run (long)
	@tools/vm/setup coverage
	@tools/vm/run test --fresh $(configs)
	@tools/vm/coverage

race: valid-race kernels-race ## Make two calls at the same time, for long; N=rounds CONFIG=lockdep
	@tools/vm/run race $(configs) $(N:%=-n %)

mutants: buildable known assembled ## Break each check of the kernel, see a test fail (long); M=name
	@tools/vm/mutants $(mutations)

fuzz: valid-fuzz kernels-fuzz ## Fuzz the lives of VMs with their functions; MINUTES=10 INPUT=file
	@tools/vm/fuzz/run $(if $(INPUT),--replay $(call quote,$(INPUT)),$(or $(MINUTES),10))

variants: buildable listed assembled ## Build it with parts left out or as modules (long); V=name
	@tools/vm/setup gates
	@tools/vm/build-variants $(variants)

vm: valid-vm kernels-vm ## Get a shell in the VM, or run stdin in it; SHARE=dir is its /share
	@tools/vm/run shell $(configs) $(share)

kernel: valid-kernel kernels-kernel ## Build a kernel and what runs in its VM

series: assembled ## Write the series for git am; S=name FROM='Name <mail>' SIGNOFF=1
	@tools/series/emit $(series)

refresh: ## Take the commits of build/linux back into the repository
	@tools/series/refresh

check: assembled ## Prove that repository, build/linux and emitted series agree
	@tools/series/check

docs: assembled ## Build the pages that the series add or change, as HTML
	@tools/vm/setup docs
	@tools/series/docs

gates: buildable assembled ## Build and check each patch as its maintainers would (long)
	@tools/vm/setup gates
	@tools/series/gates

# Every target that needs it does it, so it is not in the list
assemble: assembled

discard: based ## Throw away what is in build/linux but not in the repository
	@tools/series/assemble --discard

base: $(stamp)/setup ## Get the base kernel: Debian's linux-source-7.3, or LINUX=dir
	@tools/series/base $(if $(LINUX),$(call quote,$(LINUX)))

clean: ## Remove build/ unless it holds work of yours; FORCE=1
	@[ -n "$(FORCE)" ] || [ ! -d build/linux/.git ] || tools/series/assemble --is-saved
	rm -rf build

# The steps that the targets share. Each target that boots has those of its own, for
# several may be asked for at once.
booting := demo test bench coverage race vm kernel fuzz

.PHONY: buildable known listed based assembled $(booting:%=valid-%) $(booting:%=kernels-%)

buildable:
	@tools/vm/kernel check

$(booting:%=valid-%): buildable
	@tools/vm/run check $(one) $(configs) $(tests) $(proto) $(share) >/dev/null
	@tools/vm/plan $(@:valid-%=%) $(configs) $(tests)

known:
	@tools/vm/mutants check $(mutations)

listed:
	@tools/vm/build-variants check $(variants)

$(stamp)/setup: tools/vm/setup tools/vm/packages
	@tools/vm/setup
	@mkdir -p $(@D) && touch $@

# A base that is there stays, but LINUX=dir is followed
based: $(stamp)/setup
	@tools/series/base $(if $(LINUX),$(call quote,$(LINUX)),--keep)

assembled: based
	@tools/series/assemble

$(booting:%=kernels-%): vms = $(filter-out host,$(configs))
$(booting:%=kernels-%): assembled
	@[ -z "$(filter arm64,$(vms))" ] || tools/vm/setup arm64
	@[ -z "$(filter fuzz,$(vms))" ] || tools/vm/setup fuzz
	@set -e; for config in $(vms); do tools/vm/kernel $$config; done </dev/null
	@[ -z "$(filter-out arm64,$(vms))" ] || tools/vm/userspace </dev/null
	@[ -z "$(filter arm64,$(vms))" ] || tools/vm/userspace arm64 </dev/null
	@set -e; for config in $(vms); do tools/vm/initramfs $$config; done </dev/null
