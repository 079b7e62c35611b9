# SPDX-License-Identifier: Apache-2.0
# vipguard. `make help` lists the targets. V=1 shows commands, SAN=1 builds with ASan and UBSan, CC=clang with clang.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
T ?= 60
O ?= build$(if $(SAN),/san)$(if $(FUZZ),/fuzz)

ifeq ($(V),)
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)';
endif

VERSION := $(shell cat VERSION)
BUILD := $(shell git describe --always --dirty 2>/dev/null || echo release)

, := ,
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla
HARDEN := -fstack-protector-strong -fPIE $(if $(SAN)$(FUZZ),,-D_FORTIFY_SOURCE=2 -fstack-clash-protection)
SANITIZE := $(if $(SAN)$(FUZZ),-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
INCLUDE := -Iinclude -Iuser -I$(O)/skel
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -ffile-prefix-map=$(CURDIR)=. $(CFLAGS) $(WARN) $(HARDEN) $(SANITIZE:%=%) $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(INCLUDE)
LDFLAGS := -pie -Wl,-z,relro,-z,now $(if $(SAN)$(FUZZ),$(SANITIZE))
LIBS := -lbpf -lelf -lz -lmnl -lyaml -ljansson -lmicrohttpd -lcurl

# the prefix: where it was built is in no object, so that the same sources give the same bytes anywhere
BPF_CFLAGS := -g -O2 -ffile-prefix-map=$(CURDIR)=. -mcpu=v2 -Wall -Wextra -Werror -target bpf -D__TARGET_ARCH_x86 -Iinclude -Ivmlinux -Ibpf
BPF := bind deny ioctl announce guard bypass
SKELS := $(BPF:%=$(O)/skel/%.skel.h)

SRCS := $(filter-out user/main.c,$(wildcard user/*/*.c))
OBJS := $(SRCS:%.c=$(O)/%.o)
LIB := $(O)/libvipguard.a
UNIT := $(patsubst tests/unit/%.c,$(O)/unit/%,$(wildcard tests/unit/test_*.c)) $(patsubst tests/bpf/%.c,$(O)/unit/%,$(wildcard tests/bpf/test_*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS := $(patsubst %,$(O)/tools/%,rogue sneak roads blast witness holder tcphello kubewatch)

BPFTESTS := $(patsubst %,$(O)/bpftest/%,load_test hooks_test announce_run announce_test)

DEPS := gcc clang llvm libclang-rt-14-dev clang-format clang-tidy make git pkg-config bpftool libbpf-dev libelf-dev zlib1g-dev libmnl-dev \
	libyaml-dev libjansson-dev libmicrohttpd-dev libcurl4-openssl-dev libcmocka-dev linux-libc-dev \
	binutils crun umoci busybox-static cpio xz-utils zstd iproute2 tcpdump nftables iputils-arping procps jq python3 shellcheck mandoc universal-ctags \
	qemu-system-x86 iputils-ping kmod curl ca-certificates strace openssl util-linux debian-archive-keyring \
	build-essential debhelper lintian mmdebstrap zsh fish python3-yaml chromium-headless-shell fonts-dejavu-core

.PHONY: pictures image manifests monitoring all help deps check test demo matrix chaos lint fmt fuzz bench bench-core bench-api verifier-baseline e2e e2e-double install uninstall clean tools unit guest-files

all: $(O)/vipguard ## build build/vipguard (default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what building and testing need (apt; sudo only when not root)
	@missing=(); for p in $(DEPS); do \
	  dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null | grep -qx installed || missing+=($$p); done; \
	if (( $${#missing[@]} )); then \
	  echo "installing: $${missing[*]}"; sudo=; [[ $$(id -u) == 0 ]] || sudo=sudo; \
	  $$sudo apt-get update -qq; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; fi

# ---- build

$(O)/have-tools: Makefile
	@mkdir -p $(O); missing=(); for t in $(CC) $(CLANG) $(BPFTOOL) pkg-config; do \
	  command -v $$t >/dev/null || missing+=($$t); done; \
	for l in libbpf libelf zlib libmnl yaml-0.1 jansson libmicrohttpd libcurl; do \
	  pkg-config --exists $$l 2>/dev/null || missing+=($$l); done; \
	if (( $${#missing[@]} )); then echo "missing: $${missing[*]} (make deps installs them)" >&2; exit 1; fi; touch $@

$(O)/bpf/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.h vmlinux/*.h include/vipguard/*.h) $(O)/have-tools
	$(call say,BPF,$@)mkdir -p $(@D); $(CLANG) $(BPF_CFLAGS) -c $< -o $@

$(O)/bpf/guard.bpf.o: $(filter-out bpf/guard.bpf.c,$(wildcard bpf/*.bpf.c))

$(O)/skel/%.skel.h: $(O)/bpf/%.bpf.o
	$(call say,SKEL,$@)mkdir -p $(@D); $(BPFTOOL) gen skeleton $< > $@

$(O)/%.o: %.c $(O)/have-tools | $(SKELS)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(O)/user/base/version.o: ALL_CFLAGS += -DVG_VERSION='"$(VERSION)"' -DVG_BUILD='"$(BUILD)"'
$(O)/user/base/version.o: VERSION
$(O)/user/report/screen_files.o: user/report/screen.css user/report/screen.js

$(LIB): $(OBJS)
	$(call say,AR,$@)rm -f $@; ar rcs $@ $^

$(O)/vipguard: $(O)/user/main.o $(LIB)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $^ -o $@ $(LIBS)

$(O)/tools/%: tests/tools/%.c $(wildcard tests/tools/*.h) $(O)/have-tools
	$(call say,CC,$@)mkdir -p $(@D); $(CC) -std=gnu11 -O2 -Wall -Wextra -Werror $< -o $@ -pthread

# the Kubernetes source without a guard, for tests/api
$(O)/tools/kubewatch: tests/tools/kubewatch.c $(LIB)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) $(LDFLAGS) $< $(LIB) -o $@ $(LIBS)

$(O)/tools/netbench: tests/bench/netbench.c $(wildcard tests/tools/*.h) $(O)/have-tools
	$(call say,CC,$@)mkdir -p $(@D); $(CC) -std=gnu11 -O2 -Wall -Wextra -Werror $< -o $@ -pthread

$(O)/bench/%: tests/bench/bench_%.c tests/bench/figures.h $(LIB)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) $(LDFLAGS) $< $(LIB) -o $@ $(LIBS)

# programs that put the BPF objects to work in a guest, apart from the guard
$(O)/bpftest/%: tests/bpf/%.c $(wildcard tests/bpf/*.h bpf/*.h) $(SKELS)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) -std=gnu11 -D_GNU_SOURCE $(CFLAGS) -Wall -Wextra -Werror -Iinclude -Ibpf -I$(O)/skel $< -o $@ -lbpf

tools: $(TOOLS) $(BPFTESTS)

# ---- tests

$(O)/unit/%: tests/unit/%.c $(LIB)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) -Wno-unused-parameter -Itests/unit $(LDFLAGS) $< $(LIB) -o $@ -lcmocka $(LIBS)

$(O)/unit/%: tests/bpf/%.c $(LIB) $(wildcard bpf/*.h)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) -Wno-unused-parameter -Ibpf $(LDFLAGS) $< $(LIB) -o $@ -lcmocka $(LIBS)

unit: $(UNIT)

$(O)/replay/%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(LIB)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -Ibpf $(LDFLAGS) $< tests/fuzz/replay.c $(LIB) -o $@ $(LIBS)

check: $(O)/vipguard $(UNIT) $(FUZZERS:%=$(O)/replay/%) ## unit tests, fuzz corpora, lint: seconds, no root
	@tests/check.sh $(O)

test: ## everything: check, sanitizers, namespaces, guests of four kernels (installs what it needs)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/all.sh

pictures: ## docs/pictures anew, by the test that checks them (installs what it needs)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/screens/run.sh $(O) docs/pictures

demo: ## the story in a guest: a rogue without the guard, in audit, in enforce (installs what it needs)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/demo/demo.sh

matrix: ## the vectors of docs/threat-model.md on every kernel, and under lockdown (K=6.1 or K=6.1-lockdown picks one)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/guest/matrix.sh

chaos: ## T seconds of vectors at random while the guard is killed, stopped and replaced (T=60, K=6.1, SEED=1)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@VG_GUEST_SECONDS=$$(($(T) + 600)) VG_GUEST_SET="VG_CHAOS_SECONDS=$(T) VG_CHAOS_SEED=$(SEED)" tests/guest/run.sh $(or $(K),newest) chaos.sh

lint: ## layers, SPDX, style, shellcheck, options against the man page
	@tests/lint/lint.sh $(O)

fmt: ## clang-format the tree
	@clang-format -i $$(git ls-files '*.c' '*.h')

fuzz: ## run each fuzzer T seconds (T=60)
	@$(MAKE) --no-print-directory FUZZ=1 CC=clang fuzz-run T=$(T)

.PHONY: fuzz-run
$(O)/fuzzers/%: tests/fuzz/fuzz_%.c $(LIB)
	$(call say,CC,$@)mkdir -p $(@D); $(CC) $(ALL_CFLAGS) -Wno-missing-prototypes -Ibpf -fsanitize=fuzzer $(LDFLAGS) $< $(LIB) -o $@ $(LIBS)

fuzz-run: $(FUZZERS:%=$(O)/fuzzers/%)
	@tests/fuzz/run.sh $(O)/fuzzers $(T)

bench: ## what judging costs here, and what the guard costs in a guest (K=6.1 picks the kernel)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/bench/bench.sh

bench-core: $(O)/bench/judge $(O)/bench/assess ## the part of it that needs no guest: judging, and the cluster's picture
	@rc=0; for b in judge assess; do $(O)/bench/$$b || rc=1; done; exit $$rc

verifier-baseline: $(O)/bpftest/load_test ## renew what load_test holds the verifier's work against (K="6.1 6.12": only these)
	@BUILD=$(abspath $(O)) tests/bpf/baseline.sh $(K)

bench-api: ## the Kubernetes source beside a client-go informer, against a real API server
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@tests/bench/api.sh

e2e: ## real MetalLB, API server and kernel against kube-vip, with and without the guard (K=6.1, KUBE_VIP=/path, S="a b": only these)
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all tools
	@BUILD=$(abspath $(O)) KUBE_VIP="$(KUBE_VIP)" K="$(or $(K),6.1)" tests/e2e/run.sh $(S)

e2e-double: ## the double of kube-vip beside recordings of the real one
	@$(MAKE) --no-print-directory deps
	@tests/e2e/kube-vip/compare.sh

monitoring: ## renew deploy/monitoring/prometheusrule.yaml (RUNBOOKS=https://… where docs/runbooks is)
	@made=$$(deploy/monitoring/prometheusrule.sh $(RUNBOOKS)); echo "$$made" > deploy/monitoring/prometheusrule.yaml

# ---- install

IMAGE := $(O)/vipguard-$(VERSION)

image: $(O)/vipguard ## an OCI image as one archive, build/vipguard-VERSION.oci.tar, and its SBOM: no registry, no daemon
	@SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct)} deploy/image/build.py $(O)/vipguard $(IMAGE)

manifests: ## copy what deploy/ has twice, for kustomize and Helm read nothing above their folders
	@cp deploy/rbac.yaml deploy/kustomize/base/rbac.yaml
	@cp deploy/rbac.yaml deploy/helm/vipguard/files/rbac.yaml

INSTALLED := $(PREFIX)/share/bash-completion/completions $(PREFIX)/share/fish/vendor_completions.d $(PREFIX)/share/doc/vipguard/examples \
	$(PREFIX)/share/man/man5 $(PREFIX)/share/man/man8 $(UNITDIR) $(ZSHDIR) $(SYSCONFDIR)/vipguard

install: all ## into PREFIX (/usr/local) under DESTDIR: program, unit, man pages, completion, SYSCONFDIR/vipguard (/etc) if it has none
	install -Dm755 $(O)/vipguard $(DESTDIR)$(PREFIX)/sbin/vipguard
	install -d $(INSTALLED:%=$(DESTDIR)%)
	sed 's,/usr/local/sbin/,$(PREFIX)/sbin/,; s,/etc/,$(SYSCONFDIR)/,g' deploy/vipguard.service >$(DESTDIR)$(UNITDIR)/vipguard.service
	$(O)/vipguard completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/vipguard
	$(O)/vipguard completion zsh >$(DESTDIR)$(ZSHDIR)/_vipguard
	$(O)/vipguard completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/vipguard.fish
	install -m644 -t $(DESTDIR)$(PREFIX)/share/doc/vipguard/examples deploy/assignments.yaml
	install -m644 -t $(DESTDIR)$(PREFIX)/share/man/man8 docs/vipguard.8
	install -m644 -t $(DESTDIR)$(PREFIX)/share/man/man5 docs/vipguard-config.5
	[[ -e $(DESTDIR)$(SYSCONFDIR)/vipguard/config.yaml ]] || install -m644 -t $(DESTDIR)$(SYSCONFDIR)/vipguard deploy/config.yaml

uninstall: ## takes away what install has put there, but for SYSCONFDIR/vipguard (stop the guard first, then: vipguard detach)
	rm -f $(addprefix $(DESTDIR),$(PREFIX)/sbin/vipguard $(UNITDIR)/vipguard.service $(ZSHDIR)/_vipguard \
	  $(PREFIX)/share/bash-completion/completions/vipguard $(PREFIX)/share/fish/vendor_completions.d/vipguard.fish \
	  $(PREFIX)/share/man/man8/vipguard.8 $(PREFIX)/share/man/man5/vipguard-config.5)
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/vipguard

.PHONY: deb
deb: ## build/vipguard_VERSION-1_amd64.deb, from these sources (REVISION=2: another Debian revision)
	@$(MAKE) --no-print-directory deps
	@deploy/deb.sh $(O) $(or $(REVISION),1)

clean: ## remove build/ (downloads stay in .cache/)
	rm -rf build

-include $(OBJS:.o=.d) $(O)/user/main.d
