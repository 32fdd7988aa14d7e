# samekey: builds, checks and installs the loader `samekey` and the verifier `samekeyd`.
# `make help` lists the targets. Objects go to build/FLAVOUR/, programs to build/.

VERSION := 0.1.0
BUILD ?= release
JOBS ?= $(shell nproc)
FLAVOURS := debug release asan tsan static fuzz cover

ifeq ($(filter $(BUILD),$(FLAVOURS)),)
$(error BUILD=$(BUILD) is none of: $(FLAVOURS))
endif

# ---- flags: ours first, then the user's, so that theirs win
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wcast-qual -Wwrite-strings \
	-Wformat=2 -Wnull-dereference -Werror=format-security
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection
CPPFLAGS_BASE := -I. -D_GNU_SOURCE -DSAMEKEY_VERSION='"$(VERSION)"'
CFLAGS_BASE := -std=gnu17 -g $(WARNINGS) -Wno-pedantic -fPIE
LDFLAGS_BASE := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections

ifeq ($(BUILD),debug)
CFLAGS_FLAVOUR := -O0
else ifeq ($(BUILD),release)
CFLAGS_FLAVOUR := -O2 -D_FORTIFY_SOURCE=2 $(HARDENING) -ffunction-sections
else ifeq ($(BUILD),asan)
CFLAGS_FLAVOUR := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_FLAVOUR := -fsanitize=address,undefined
else ifeq ($(BUILD),tsan)
CFLAGS_FLAVOUR := -O1 -fsanitize=thread
LDFLAGS_FLAVOUR := -fsanitize=thread
else ifeq ($(BUILD),static)
CFLAGS_FLAVOUR := -O2 -D_FORTIFY_SOURCE=2 $(HARDENING) -ffunction-sections -fno-pie
LDFLAGS_FLAVOUR := -static -no-pie
else ifeq ($(BUILD),fuzz)
CC := clang
CFLAGS_FLAVOUR := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS_FLAVOUR := -fsanitize=address,undefined
else ifeq ($(BUILD),cover)
CFLAGS_FLAVOUR := -O0 --coverage
LDFLAGS_FLAVOUR := --coverage
endif

PKG_CONFIG ?= pkg-config
PKGS_loader := libsodium jansson inih
PKGS_verifier := libsodium jansson inih libmicrohttpd libcrypto libutf8proc
PKGS_scan := libsodium jansson inih libhs libarchive libzstd libbrotlidec zlib yaml-0.1 libseccomp
PKGS_all := $(sort $(PKGS_verifier) $(PKGS_scan))
pkg_static := $(if $(filter static,$(BUILD)),--static)

# ---- sources: a file belongs to the room it lies in
OUT := build/$(BUILD)
sources = $(wildcard $(addsuffix /*.c,$(1)))
LIB_SRC := $(call sources,lib/base lib/value lib/wire)
LOADER_SRC := $(call sources,loader loader/read loader/read/dialects loader/resolve loader/deliver loader/inspect \
	$(addprefix loader/inspect/,lint built running doctor))
SCAN_SRC := $(call sources,loader/scan loader/scan/search loader/scan/unpack)
VERIFIER_SRC := $(call sources,verifier verifier/door verifier/door/api verifier/record \
	verifier/trust $(addprefix verifier/trust/,form key token diagnosis))
LOADER_MAIN := loader/samekey.c
VERIFIER_MAIN := verifier/samekeyd.c
SCAN_MAIN := loader/scan/samekeyscan.c
UNIT_SRC := $(wildcard tests/unit/*_test.c tests/spec/*_test.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

comma := ,
objects = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC))
LOADER_OBJ := $(call objects,$(filter-out $(LOADER_MAIN),$(LOADER_SRC)))
VERIFIER_OBJ := $(call objects,$(filter-out $(VERIFIER_MAIN),$(VERIFIER_SRC)))
SCAN_OBJ := $(call objects,$(filter-out $(SCAN_MAIN),$(SCAN_SRC)))

# The release programs are the product and lie where a user looks for them.
BIN := $(if $(filter release,$(BUILD)),build,$(OUT))
PROGRAMS := $(BIN)/samekey $(if $(filter static,$(BUILD)),,$(BIN)/samekeyd $(if $(wildcard $(SCAN_MAIN)),$(BIN)/samekey-scan))

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

ifeq ($(V),1)
say =
else
say = @printf '  %-6s %s\n' $(1) $(2);
endif

# ---- building
.PHONY: all
all: $(PROGRAMS) ## builds the programs (BUILD=release, the default, leaves them in build/)

.PHONY: static
static: ## builds build/static/samekey, one file without dependencies
	@$(MAKE) --no-print-directory BUILD=static all

# Changed flags rebuild everything; the stamp is only touched when they differ.
FLAGS := $(CC) $(CPPFLAGS_BASE) $(CPPFLAGS) $(CFLAGS_BASE) $(CFLAGS_FLAVOUR) $(CFLAGS) $(LDFLAGS_BASE) $(LDFLAGS_FLAVOUR) $(LDFLAGS)
$(OUT)/flags: force | deps-build
	@mkdir -p $(@D); printf '%s\n' "$(subst ",\",$(FLAGS))" | cmp -s - $@ || printf '%s\n' "$(subst ",\",$(FLAGS))" > $@
.PHONY: force
force:

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@) $(CC) -MMD -MP $(CPPFLAGS_BASE) $(CPPFLAGS) $(CFLAGS_BASE) $(CFLAGS_FLAVOUR) $(CFLAGS) -c -o $@ $<

define archive
	@mkdir -p $(@D); rm -f $@
	$(call say,AR,$@) $(AR) rcs $@ $^
endef

$(OUT)/lib.a: $(LIB_OBJ) | deps-build
	$(archive)
$(OUT)/loader.a: $(LOADER_OBJ) | deps-build
	$(archive)
$(OUT)/verifier.a: $(VERIFIER_OBJ) | deps-build
	$(archive)
$(OUT)/scan.a: $(SCAN_OBJ) | deps-build
	$(archive)

# objects first: an archive gives only what was asked for before it
link = $(call say,LINK,$@) $(CC) $(LDFLAGS_BASE) $(LDFLAGS_FLAVOUR) $(CFLAGS_FLAVOUR) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %/flags %.a,$^) $(filter %.a,$^)

# What every start runs lies together, what only some commands need behind it: fewer pages to fault in.
LATER_OBJ := $(filter-out %/dotenv.o,$(filter $(addprefix $(OUT)/loader/,inspect/% read/dialects/%),$(LOADER_OBJ)))
$(BIN)/samekey: $(OUT)/loader/samekey.o $(filter-out $(LATER_OBJ),$(LOADER_OBJ)) $(LIB_OBJ) $(LATER_OBJ)
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) $(pkg_static) --libs $(PKGS_loader))
$(BIN)/samekeyd: $(OUT)/verifier/samekeyd.o $(OUT)/verifier.a $(OUT)/lib.a
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_verifier))
$(BIN)/samekey-scan: $(OUT)/loader/scan/samekeyscan.o $(OUT)/scan.a $(OUT)/lib.a
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_scan))

# ---- unit tests: tests/unit/NAME_test.c, one program each; tests/spec holds the same kind
UNIT_BIN := $(patsubst %.c,$(OUT)/%,$(UNIT_SRC))
$(UNIT_BIN): %: %.o $(OUT)/loader.a $(OUT)/scan.a $(OUT)/verifier.a $(OUT)/lib.a
	$(link) $(MISHAP_FLAGS) $(shell $(PKG_CONFIG) --libs $(PKGS_all) cmocka)

# NAME_mishap_test: these calls can be made to fail, see tests/unit/mishap.h
MISHAPS := malloc calloc reallocarray strdup mmap mprotect open_memstream json_loadfd json_loadb fopen open \
	openat __openat_2 syscall memfd_create socket accept4 fstat read pread write sendmsg recvmsg epoll_ctl execvp
MISHAP_OBJ := $(OUT)/tests/unit/mishap.o
$(filter %_mishap_test,$(UNIT_BIN)): $(MISHAP_OBJ)
$(filter %_mishap_test,$(UNIT_BIN)): MISHAP_FLAGS := $(addprefix -Wl$(comma)--wrap=,$(MISHAPS))

# what both the fixtures' test and `emulate` of check-peers are made of
FIXTURE_OBJ := $(OUT)/tests/spec/fixture.o
$(OUT)/tests/spec/fixtures_test: $(FIXTURE_OBJ)
# what makes tokens for the tests of tokens
FORGE_OBJ := $(OUT)/tests/forge.o
$(addprefix $(OUT)/tests/unit/,token_test token_verdict_test mint_test): $(FORGE_OBJ)
$(addprefix $(OUT)/tests/fuzz/,fuzz_token fuzz_diagnose): $(FORGE_OBJ)
# what the libraries for sessions made
SESSIONS_OBJ := $(OUT)/tests/unit/sessions.o
$(addprefix $(OUT)/tests/unit/,cookie_test jwe_test session_test): $(SESSIONS_OBJ)
# a taker of the walk that keeps what it is given, a scratch folder, and containers
UNPACKED_OBJ := $(addprefix $(OUT)/tests/unit/,unpacked.o packed.o)
$(addprefix $(OUT)/tests/unit/,walk_test unpack_test): $(UNPACKED_OBJ)
# a vault with bundles, and questions about tokens
WORLD_OBJ := $(OUT)/tests/unit/world.o
$(addprefix $(OUT)/tests/unit/,diagnose_test diagnose_pair_test diagnose_file_test): $(WORLD_OBJ)
# bundles of a shop, and proofs of what its processes hold
ATTESTING_OBJ := $(OUT)/tests/unit/attesting.o
$(addprefix $(OUT)/tests/unit/,attest_test attest_door_test attest_mishap_test attestations_test): $(ATTESTING_OBJ)
# the routes for tokens, without a socket
TOKENDOOR_OBJ := $(OUT)/tests/unit/tokendoor.o
$(addprefix $(OUT)/tests/unit/,verify_test forward_test jwks_test route_mishap_test): $(FORGE_OBJ) $(TOKENDOOR_OBJ)
EMULATE := $(OUT)/tests/peers/emulate
$(EMULATE): %: %.o $(FIXTURE_OBJ) $(OUT)/loader.a $(OUT)/lib.a
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_loader))

# ---- fuzz targets: with libFuzzer under BUILD=fuzz, else replaying a corpus
FUZZ_BIN := $(patsubst %.c,$(OUT)/%,$(FUZZ_SRC))
FUZZ_MAIN := $(if $(filter fuzz,$(BUILD)),,$(OUT)/tests/fuzz/replay.o)
$(FUZZ_BIN): %: %.o $(FUZZ_MAIN) $(OUT)/loader.a $(OUT)/scan.a $(OUT)/verifier.a $(OUT)/lib.a
	$(link) $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer) $(shell $(PKG_CONFIG) --libs $(PKGS_all))

# ---- the bench: tests/bench/NAME.c, one program each, with the one that prints the rows
BENCH_SRC := $(filter-out %/measure.c,$(wildcard tests/bench/*.c))
BENCH_BIN := $(patsubst %.c,$(OUT)/%,$(BENCH_SRC))
$(BENCH_BIN): %: %.o $(OUT)/tests/bench/measure.o $(OUT)/loader.a $(OUT)/scan.a $(OUT)/verifier.a $(OUT)/lib.a
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_all) libjwt 2>/dev/null)

TEST_OBJ := $(call objects,$(wildcard tests/*.c tests/*/*.c))
$(TEST_OBJ): | deps-check
$(call objects,$(BENCH_SRC)): | deps-bench

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(LOADER_OBJ) $(VERIFIER_OBJ) $(SCAN_OBJ) \
	$(OUT)/loader/samekey.o $(OUT)/verifier/samekeyd.o $(OUT)/loader/scan/samekeyscan.o \
	$(TEST_OBJ))

# ---- tests: each target installs what it needs and runs alone
TEST_ENV = BUILD=$(BUILD) OUT=$(OUT) JOBS=$(JOBS) SAMEKEY='$(CURDIR)/$(BIN)/samekey' SAMEKEYD='$(CURDIR)/$(BIN)/samekeyd' SAMEKEY_SCAN='$(CURDIR)/$(BIN)/samekey-scan'

.PHONY: check check-programs check-analysis check-tsan check-peers check-e2e check-bare
check: check-programs ## runs the tests (also with BUILD=asan; ONLY=TEXT picks those whose path holds TEXT)
	@$(TEST_ENV) tests/run daemon meta cli spec unit fuzz
check-programs: $(PROGRAMS) unit fuzzers
.PHONY: unit fuzzers
unit: $(UNIT_BIN)
fuzzers: $(FUZZ_BIN)

# Exported as it is, so that the words need no shell to lose their quotes.
check-analysis: export ANALYSE_CFLAGS := $(subst ',,$(CPPFLAGS_BASE)) $(CFLAGS_BASE)
check-analysis: deps-analysis ## clang-tidy, cppcheck, shellcheck, gcc -fanalyzer; the daemon under TSan
	@$(if $(wildcard tests/daemon/*.bats),$(MAKE) --no-print-directory BUILD=tsan all)
	@$(TEST_ENV) tests/run tsan tidy analyzer cppcheck shellcheck format

check-peers: $(EMULATE) $(PROGRAMS) | deps-peers ## the dialects beside the real loaders, tokens beside real JWT libraries, at random (PEERS_SECONDS=120)
	@tests/install-stacks tests/peers/stacks build/peers/stacks
	@tests/peers/unpack build/peers/debian docker.io podman kubernetes-client libgpgme11 libsubid4 \
		libassuan0 libdevmapper1.02.1
	@$(TEST_ENV) tests/peers/run

check-e2e: $(PROGRAMS) | deps-e2e ## real Next.js, ws and PM2 from npm, nginx (E2E=full: everything on every Next version)
	@tests/e2e/prepare
	@tests/peers/unpack build/e2e/debian nginx
	@$(TEST_ENV) LIMIT=$(if $(filter full,$(E2E)),3600,600) tests/run e2e

check-bare: deps-bare ## `make demo` and `make check` in a fresh Debian root (as root; calls the network)
	tests/bare

.PHONY: demo bench fuzz format
demo: $(PROGRAMS) | deps-demo ## runs the main job on the incident it was made for, in a scratch folder
	@$(TEST_ENV) conf/examples/incident/demo

bench: $(PROGRAMS) $(BENCH_BIN) static | deps-bench ## measures samekey beside its peers (RECORD=yes: into docs/BENCHMARKS.md)
	@$(TEST_ENV) RECORD=$(RECORD) tests/bench/run

FUZZ_SECONDS ?= 30
fuzz: deps-fuzz ## fuzzes every target for FUZZ_SECONDS, from its corpus
	@$(MAKE) --no-print-directory BUILD=fuzz fuzz-each
.PHONY: fuzz-each
fuzz-each: $(FUZZ_BIN)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) OUT=$(OUT) tests/fuzz/run

format: deps-analysis ## formats every C file
	@find lib loader verifier tests -name '*.[ch]' -exec clang-format -i {} +

# ---- installing: `MODE:FILE:PLACE` below PREFIX; `uninstall` takes away exactly these
PREFIX ?= /usr/local
there = $(foreach file,$(wildcard $(2)),$(1):$(file):$(3)/$(notdir $(file)))
install_one = install -D -m $(word 1,$(1)) '$(word 2,$(1))' '$(DESTDIR)$(PREFIX)/$(word 3,$(1))'
uninstall_one = rm -f '$(DESTDIR)$(PREFIX)/$(word 3,$(1))'
# samekey-scan is no command of its own: samekey finds it in libexec
INSTALLED = $(foreach program,$(filter-out %-scan,$(PROGRAMS)),755:$(program):bin/$(notdir $(program))) \
	$(foreach program,$(filter %-scan,$(PROGRAMS)),755:$(program):libexec/samekey/$(notdir $(program))) \
	$(call there,644,packaging/man/*.1,share/man/man1) \
	$(call there,644,packaging/man/*.5,share/man/man5) \
	$(call there,644,packaging/man/*.7,share/man/man7) \
	$(call there,644,packaging/man/*.8,share/man/man8) \
	$(call there,644,packaging/systemd/*,lib/systemd/system) \
	$(call there,644,packaging/completions/*.bash,share/bash-completion/completions) \
	$(call there,644,packaging/completions/*.fish,share/fish/vendor_completions.d) \
	$(call there,644,packaging/completions/_*,share/zsh/site-functions) \
	$(call there,644,README.md SECURITY.md NEWS.md conf/*.ini,share/doc/samekey)

.PHONY: install uninstall
install: all ## installs below $(DESTDIR)$(PREFIX), /usr/local by default
	@set -e; $(foreach item,$(INSTALLED),$(call install_one,$(subst :, ,$(item)));)
uninstall: ## removes what install put there, and nothing else
	@set -e; $(foreach item,$(INSTALLED),$(call uninstall_one,$(subst :, ,$(item)));)
	@rmdir '$(DESTDIR)$(PREFIX)/share/doc/samekey' 2>/dev/null || true

# ---- what a fresh machine lacks
DEPS := $(addprefix deps-,build demo check analysis peers e2e fuzz bench bare)
.PHONY: $(DEPS)
$(DEPS): deps-%:
	@packaging/install-deps $*

.PHONY: clean
clean: ## removes build/
	rm -rf build

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
