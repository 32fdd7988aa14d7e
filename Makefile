# samekey: builds, checks and installs the loader `samekey` and the verifier `samekeyd`.
# `make help` lists the targets. Objects go to build/FLAVOUR/, programs to build/.

VERSION := 0.1.0
BUILD ?= release
JOBS ?= $(shell nproc)
FLAVOURS := debug release asan tsan static fuzz cover

ifeq ($(filter $(BUILD),$(FLAVOURS)),)
$(error BUILD=$(BUILD) is none of: $(FLAVOURS))
endif

# What calls apt for a target that lacks a package; INSTALL_DEPS=: where that is another's business.
INSTALL_DEPS ?= packaging/install-deps

# The only time that an artefact may hold: the last commit's; of an unpacked tarball, that of its files.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH = $(eval SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y NEWS.md))$(SOURCE_DATE_EPOCH)
endif
export SOURCE_DATE_EPOCH

# ---- flags: ours first, then the user's, so that theirs win
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wundef -Wvla -Wcast-qual -Wwrite-strings \
	-Wformat=2 -Wnull-dereference -Werror=format-security
FORTIFY := $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-D_FORTIFY_SOURCE=2)
MACHINE := $(shell uname -m)
# jumps and returns go where they should: Intel's CET, Arm's BTI and PAC. MACHINE=aarch64 with a compiler for it
CONTROL_FLOW_x86_64 := -fcf-protection
CONTROL_FLOW_aarch64 := -mbranch-protection=standard
HARDENING := $(FORTIFY) -fstack-protector-strong -fstack-clash-protection $(CONTROL_FLOW_$(MACHINE))
# the folder that it is built in leaves no trace in what users get
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS_BASE := -I. -D_GNU_SOURCE -DSAMEKEY_VERSION='"$(VERSION)"'
CFLAGS_BASE := -std=gnu17 -g $(WARNINGS) -fPIE
LDFLAGS_BASE := -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections

ifeq ($(BUILD),debug)
CFLAGS_FLAVOUR := -O0
else ifeq ($(BUILD),release)
CFLAGS_FLAVOUR := -O2 $(HARDENING) $(ANYWHERE) -ffunction-sections
else ifeq ($(BUILD),asan)
CFLAGS_FLAVOUR := -O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_FLAVOUR := -fsanitize=address,undefined
else ifeq ($(BUILD),tsan)
CFLAGS_FLAVOUR := -O1 -g1 -fsanitize=thread
LDFLAGS_FLAVOUR := -fsanitize=thread
else ifeq ($(BUILD),static)
CFLAGS_FLAVOUR := -O2 $(HARDENING) $(ANYWHERE) -ffunction-sections
# relative relocations as a bitmap: a start reads 1 KiB of them instead of 146; what it runs of libraries in one place
LAYOUT := loader/start.ld
PACKED_x86_64 := -Wl,-z,pack-relative-relocs
LDFLAGS_FLAVOUR := -static-pie $(PACKED_$(MACHINE)) -Wl,-T,$(LAYOUT)
else ifeq ($(BUILD),fuzz)
CC := clang
# gcc lets rows of a table that name a member leave others out, clang does not
CFLAGS_FLAVOUR := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-Wno-missing-field-initializers
LDFLAGS_FLAVOUR := -fsanitize=address,undefined
else ifeq ($(BUILD),cover)
CFLAGS_FLAVOUR := -O0 --coverage
LDFLAGS_FLAVOUR := --coverage
endif

PKG_CONFIG ?= pkg-config
PKGS_loader := libsodium jansson inih
PKGS_verifier := libsodium jansson inih libmicrohttpd libcrypto libutf8proc sqlite3 hiredis libseccomp
PKGS_upstream := libsodium libcurl libssl libseccomp
PKGS_scan := libsodium jansson inih libhs libarchive libzstd libbrotlidec zlib yaml-0.1 libseccomp
PKGS_all := $(sort $(PKGS_verifier) $(PKGS_upstream) $(PKGS_scan))
pkg_static := $(if $(filter static,$(BUILD)),--static)

# ---- sources: a file belongs to the room it lies in
OUT := build/$(BUILD)
sources = $(wildcard $(addsuffix /*.c,$(1)))
LIB_SRC := $(call sources,lib/base lib/value lib/wire)
CONFINE_SRC := $(call sources,lib/confine)
LOADER_SRC := $(call sources,loader $(addprefix loader/,cli read read/dialects read/dialects/sh resolve deliver inspect) \
	$(addprefix loader/,inspect/lint inspect/built inspect/running inspect/doctor ask stay witness))
SCAN_SRC := $(call sources,loader/scan loader/scan/search loader/scan/unpack)
VERIFIER_SRC := $(call sources,verifier verifier/setup verifier/door verifier/door/api verifier/door/session verifier/record \
	verifier/record/sessions verifier/trust $(addprefix verifier/trust/,form key token session diagnosis))
UPSTREAM_SRC := $(call sources,verifier/upstream)
LOADER_MAIN := loader/samekey.c
VERIFIER_MAIN := verifier/samekeyd.c
SCAN_MAIN := loader/scan/samekeyscan.c
UPSTREAM_MAIN := verifier/upstream/samekeydupstream.c
UNIT_SRC := $(wildcard tests/unit/*_test.c tests/spec/*_test.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)

comma := ,
objects = $(patsubst %.c,$(OUT)/%.o,$(1))
LIB_OBJ := $(call objects,$(LIB_SRC))
CONFINE_OBJ := $(call objects,$(CONFINE_SRC))
LOADER_OBJ := $(call objects,$(filter-out $(LOADER_MAIN),$(LOADER_SRC)))
VERIFIER_OBJ := $(call objects,$(filter-out $(VERIFIER_MAIN),$(VERIFIER_SRC)))
SCAN_OBJ := $(call objects,$(filter-out $(SCAN_MAIN),$(SCAN_SRC)))
UPSTREAM_OBJ := $(call objects,$(filter-out $(UPSTREAM_MAIN),$(UPSTREAM_SRC)))

# The release programs are the product and lie where a user looks for them.
BIN := $(if $(filter release,$(BUILD)),build,$(OUT))
PROGRAMS := $(BIN)/samekey $(if $(filter static,$(BUILD)),,$(addprefix $(BIN)/,samekeyd samekey-scan samekeyd-upstream))

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
# what only the programs need that confine themselves, by libseccomp
$(OUT)/confine.a: $(CONFINE_OBJ) | deps-build
	$(archive)
$(OUT)/loader.a: $(LOADER_OBJ) | deps-build
	$(archive)
$(OUT)/verifier.a: $(VERIFIER_OBJ) | deps-build
	$(archive)
$(OUT)/scan.a: $(SCAN_OBJ) | deps-build
	$(archive)
$(OUT)/upstream.a: $(UPSTREAM_OBJ) | deps-build
	$(archive)

# objects first: an archive gives only what was asked for before it
link = $(call say,LINK,$@) $(CC) $(LDFLAGS_BASE) $(LDFLAGS_FLAVOUR) $(CFLAGS_FLAVOUR) $(CFLAGS) $(LDFLAGS) -o $@ $(filter-out %/flags %.ld %.a,$^) $(filter %.a,$^)

# What every start runs lies together, what only some commands need behind it: fewer pages to fault in.
LATER_OBJ := $(filter-out $(addprefix %/,cmd_run.o starting.o reach.o dialect.o dotenv.o emulation.o), \
	$(filter $(addprefix $(OUT)/loader/,cmd_% inspect/% read/dialects/% ask/% stay/% witness/%),$(LOADER_OBJ)))
$(BIN)/samekey: $(OUT)/loader/samekey.o $(filter-out $(LATER_OBJ),$(LOADER_OBJ)) $(LIB_OBJ) $(LATER_OBJ) $(LAYOUT)
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) $(pkg_static) --libs $(PKGS_loader))
$(BIN)/samekeyd: $(OUT)/verifier/samekeyd.o $(OUT)/verifier.a $(OUT)/confine.a $(OUT)/lib.a
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_verifier))
$(BIN)/samekey-scan: $(OUT)/loader/scan/samekeyscan.o $(OUT)/scan.a $(OUT)/confine.a $(OUT)/lib.a
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_scan))
$(BIN)/samekeyd-upstream: $(OUT)/verifier/upstream/samekeydupstream.o $(OUT)/upstream.a $(OUT)/confine.a $(OUT)/lib.a
	@mkdir -p $(@D)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_upstream))

# ---- what tests and benches link: all of ours but the main functions, users before what they use
ROOMS := $(addprefix $(OUT)/,loader.a scan.a verifier.a upstream.a confine.a lib.a)

# ---- unit tests: tests/unit/NAME_test.c, one program each; tests/spec holds the same kind
UNIT_BIN := $(patsubst %.c,$(OUT)/%,$(UNIT_SRC))
# what several of them share: a program gets what it calls; what stands in for the product's own is named for each
FIXTURES_OBJ := $(call objects,tests/forge.c tests/spec/fixture.c \
	$(filter-out %_test.c $(addprefix %/,mishap.c sessiondoor.c attesting.c),$(wildcard tests/unit/*.c)))
$(OUT)/fixtures.a: $(FIXTURES_OBJ) | deps-check
	$(archive)
$(UNIT_BIN): %: %.o $(OUT)/fixtures.a $(ROOMS)
	$(link) $(MISHAP_FLAGS) $(shell $(PKG_CONFIG) --libs $(PKGS_all) cmocka)

# NAME_mishap_test: these calls can be made to fail, see tests/unit/mishap.h
MISHAPS := malloc calloc reallocarray strdup mmap mprotect open_memstream fopen open openat __openat_2 \
	syscall memfd_create socket accept4 fstat flock read pread readdir scandirat write sendmsg recvmsg epoll_ctl execvp
MISHAP_OBJ := $(OUT)/tests/unit/mishap.o
$(filter %_mishap_test,$(UNIT_BIN)): $(MISHAP_OBJ)
$(filter %_mishap_test,$(UNIT_BIN)): MISHAP_FLAGS := $(addprefix -Wl$(comma)--wrap=,$(MISHAPS))
# what answers intake's questions there
$(OUT)/tests/unit/ask_later_test: MISHAP_FLAGS := -Wl,--wrap=route_answer
# what looks at each block that is given back
$(OUT)/tests/unit/wiped_test: MISHAP_FLAGS := -Wl,--wrap=free
# bundles of a shop, and proofs of what its processes hold, by a clock of its own
$(addprefix $(OUT)/tests/unit/,attest_test attest_door_test attest_mishap_test attestations_test): $(OUT)/tests/unit/attesting.o
# the session listener, without a socket and with an upstream of its own
SESSIONDOOR_OBJ := $(OUT)/tests/unit/sessiondoor.o
$(addprefix $(OUT)/tests/unit/,login_test check_test renew_test logout_test turn_test storeaway_test sessiondoor_mishap_test): $(SESSIONDOOR_OBJ)
$(addprefix $(OUT)/tests/fuzz/,fuzz_session fuzz_http): $(SESSIONDOOR_OBJ)

# what both the fixtures' test and `emulate` of check-peers are made of
FIXTURE_OBJ := $(OUT)/tests/spec/fixture.o
EMULATE := $(OUT)/tests/peers/emulate
$(EMULATE): %: %.o $(FIXTURE_OBJ) $(OUT)/loader.a $(OUT)/lib.a
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_loader))

# ---- fuzz targets: with libFuzzer under BUILD=fuzz, else replaying a corpus
FUZZ_BIN := $(patsubst %.c,$(OUT)/%,$(FUZZ_SRC))
FUZZ_MAIN := $(if $(filter fuzz,$(BUILD)),,$(OUT)/tests/fuzz/replay.o)
$(FUZZ_BIN): %: %.o $(FUZZ_MAIN) $(OUT)/fixtures.a $(ROOMS)
	$(link) $(FUZZ_FLAGS) $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer) $(shell $(PKG_CONFIG) --libs $(PKGS_all) $(FUZZ_PKGS))
$(addprefix $(OUT)/tests/fuzz/,fuzz_session fuzz_http): FUZZ_PKGS := cmocka
# a clock for those that write files
$(addprefix $(OUT)/tests/fuzz/,fuzz_project fuzz_secretline): $(OUT)/tests/fuzz/later.o
$(addprefix $(OUT)/tests/fuzz/,fuzz_project fuzz_secretline): FUZZ_FLAGS := -Wl,--wrap=clock_gettime

# ---- the bench: tests/bench/NAME.c, one program each, with what prints the rows and what asks servers
BENCH_SRC := $(filter-out %/measure.c %/asking.c %/subject.c,$(wildcard tests/bench/*.c))
BENCH_BIN := $(patsubst %.c,$(OUT)/%,$(BENCH_SRC))
$(BENCH_BIN): %: %.o $(OUT)/tests/bench/measure.o $(OUT)/tests/bench/asking.o $(ROOMS)
	$(link) $(shell $(PKG_CONFIG) --libs $(PKGS_all)) $(shell $(PKG_CONFIG) --libs libjwt 2>/dev/null)
# what makes keys and tokens for the judgements
$(addprefix $(OUT)/tests/bench/,tokens hostile): $(OUT)/tests/bench/subject.o

# ---- faults: what is preloaded so that the n-th call fails; no sanitizer in it, for it goes into any program
FAULT_LIBRARY := $(OUT)/tests/faults/fault.so
$(FAULT_LIBRARY): $(wildcard tests/faults/*.c) tests/faults/fault.h $(OUT)/flags | deps-build
	@mkdir -p $(@D)
	$(call say,LINK,$@) $(CC) $(CPPFLAGS_BASE) $(CFLAGS_BASE) -O2 -fPIC -shared -o $@ $(filter %.c,$^)

TEST_OBJ := $(call objects,$(wildcard tests/*.c tests/*/*.c))
$(TEST_OBJ): | deps-check
$(call objects,$(BENCH_SRC)): | deps-bench

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(CONFINE_OBJ) $(LOADER_OBJ) $(VERIFIER_OBJ) $(SCAN_OBJ) $(UPSTREAM_OBJ) \
	$(OUT)/loader/samekey.o $(OUT)/verifier/samekeyd.o $(OUT)/loader/scan/samekeyscan.o $(OUT)/verifier/upstream/samekeydupstream.o \
	$(TEST_OBJ))

# ---- man pages and completions, made of the programs' own tables
MAN := $(patsubst packaging/man/%.scd,build/man/%,$(wildcard packaging/man/*.scd))
COMPLETIONS := $(addprefix build/completions/,samekey _samekey samekey.fish)
MAN_DATE := 1795219200 # 2026-11-21, of all pages; SOURCE_DATE_EPOCH goes before it
# `make install` makes those for which the tools are there
found = $(shell command -v $(1))
DOCUMENTS := $(if $(filter static,$(BUILD)),,$(if $(call found,python3),$(COMPLETIONS) $(if $(call found,scdoc),$(MAN))))

.PHONY: man completions
man: $(MAN) ## makes the man pages, in build/man
completions: $(COMPLETIONS) ## makes the completions for bash, zsh and fish, in build/completions

build/man/%: packaging/man/%.scd packaging/man/make-page packaging/tables.py $(BIN)/samekey $(BIN)/samekeyd | deps-man
	@mkdir -p $(@D)
	$(call say,MAN,$@) $(TEST_ENV) packaging/man/make-page $< > $@.scd && \
		SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$(strip $(MAN_DATE))} scdoc < $@.scd > $@ && rm $@.scd
$(COMPLETIONS): packaging/completions/make-completion packaging/tables.py $(BIN)/samekey
	@mkdir -p $(@D)
	$(call say,WORDS,$@) $(TEST_ENV) packaging/completions/make-completion $(@F) > $@

# ---- tests: each target installs what it needs and runs alone
TEST_ENV = BUILD=$(BUILD) OUT=$(OUT) JOBS=$(JOBS) SAMEKEY='$(CURDIR)/$(BIN)/samekey' SAMEKEYD='$(CURDIR)/$(BIN)/samekeyd' SAMEKEY_SCAN='$(CURDIR)/$(BIN)/samekey-scan' SAMEKEY_UPSTREAM='$(CURDIR)/$(BIN)/samekeyd-upstream' \
	CHECK_DEBIAN='$(CURDIR)/build/check/debian'

.PHONY: check check-programs check-faults check-analysis check-tsan check-peers check-e2e check-ops check-arm64 check-bare
check: check-programs ## runs the tests (also with BUILD=asan; ONLY=TEXT picks those whose path holds TEXT)
	@$(TEST_ENV) tests/run daemon fuzz $(if $(filter release,$(BUILD)),meta faults) cli spec unit
# servers that the tests start themselves, so none is installed
.PHONY: check-servers
check-servers:
	@tests/peers/unpack build/check/debian redis-server redis-tools libjemalloc2 liblzf1 libatomic1 \
		stunnel4 libwrap0 libnsl2 'libtirpc3|libtirpc3t64'
check-programs: $(PROGRAMS) unit fuzzers check-servers $(FAULT_LIBRARY)
.PHONY: unit fuzzers
unit: $(UNIT_BIN)
fuzzers: $(FUZZ_BIN)

# Exported as it is, so that the words need no shell to lose their quotes.
check-analysis: export ANALYSE_CFLAGS := $(subst ',,$(CPPFLAGS_BASE)) $(CFLAGS_BASE)
check-analysis: deps-analysis check-servers $(PROGRAMS) ## clang-tidy, cppcheck, shellcheck, gcc -fanalyzer; the daemon under TSan, the release programs: hardened, and under valgrind
	@$(MAKE) --no-print-directory BUILD=tsan all
	@$(TEST_ENV) tests/run tsan release tidy analyzer cppcheck shellcheck format

check-faults: $(PROGRAMS) $(FAULT_LIBRARY) deps-check check-servers ## every command and samekeyd with the n-th call failing, for every n (FAULTS=N: about N of each kind)
	@$(TEST_ENV) FAULTS=$(or $(FAULTS),full) LIMIT=7200 tests/run faults daemonfaults

check-peers: $(EMULATE) $(PROGRAMS) | deps-peers ## the dialects beside the real loaders, tokens beside real JWT libraries, at random (PEERS_SECONDS=120)
	@tests/install-stacks tests/peers/stacks build/peers/stacks
	@tests/peers/unpack build/peers/debian docker.io podman kubernetes-client libgpgme11 libsubid4 \
		libassuan0 libdevmapper1.02.1
	@$(TEST_ENV) tests/peers/run

E2E_DEBIAN := build/e2e/debian nginx redis-server redis-tools liblzf1 libjemalloc2 libatomic1
check-e2e: $(PROGRAMS) | deps-e2e ## real Next.js, ws and PM2 from npm, nginx, Redis, Chromium (E2E=full: everything on every Next version)
	@tests/e2e/prepare
	@tests/peers/unpack $(E2E_DEBIAN)
	@$(TEST_ENV) LIMIT=$(if $(filter full,$(E2E)),3600,900) tests/run e2e

check-ops: $(PROGRAMS) npm man completions | deps-ops ## systemd's tools, Debian packages, a static file, OCI, npm, Kubernetes, PM2, Prometheus, Chromium
	@tests/install-stacks tests/ops/stacks build/ops/stacks
	@tests/install-stacks tests/e2e/stacks build/e2e/cache next-14 next-16 types
	@tests/peers/unpack build/ops/debian prometheus nginx
	@tests/peers/unpack build/ops/debian-oci umoci runc skopeo libgpgme11 libassuan0 libdevmapper1.02.1
	@tests/peers/unpack build/ops/debian-shells zsh zsh-common fish fish-common libpcre2-32-0 libtinfo6
	@$(TEST_ENV) LIMIT=900 tests/run ops

check-arm64: ## builds for arm64 by Debian's cross compiler, and runs the unit tests and a start by qemu
	@tests/arm64

check-bare: deps-bare ## `make demo` and `make check` in a fresh Debian root (as root; calls the network)
	tests/bare

.PHONY: npm
npm: static ## packs the npm packages, build/npm/*.tgz (ARM64=FILE: with a static samekey for arm64 that was built elsewhere)
	@packaging/npm/pack $(VERSION) build/npm x64=build/static/samekey $(addprefix arm64=,$(ARM64))

.PHONY: oci
oci: all static | deps-oci ## writes build/oci, an OCI layout with the images samekey and samekeyd, without an engine
	@VERSION=$(VERSION) packaging/oci/layout build/oci

.PHONY: demo bench soak fuzz format
demo: $(PROGRAMS) | deps-demo ## runs the main job on the incident it was made for, in a scratch folder
	@$(TEST_ENV) conf/examples/incident/demo

bench: $(PROGRAMS) $(BENCH_BIN) static check-servers | deps-bench ## measures samekey beside its peers, some 10 min (ONLY=AREA, ROUNDS=N; RECORD=yes: into docs/BENCHMARKS.md)
	@$(TEST_ENV) RECORD='$(RECORD)' ONLY='$(ONLY)' tests/bench/run

SOAK_SECONDS ?= 1200
soak: $(PROGRAMS) | deps-e2e ## a whole site in use while programs die, keys rotate and disks fill, for SOAK_SECONDS (SOAK_SEED=N; RECORD=yes: into docs/RELIABILITY.md)
	@tests/install-stacks tests/e2e/stacks build/e2e/cache next-14 next-15 pm2 types
	@tests/peers/unpack $(E2E_DEBIAN)
	@$(TEST_ENV) SOAK_SECONDS=$(SOAK_SECONDS) SOAK_SEED=$(SOAK_SEED) SOAK_ROTATIONS=$(SOAK_ROTATIONS) SOAK_STORES=$(SOAK_STORES) RECORD=$(RECORD) tests/soak/run

FUZZ_SECONDS ?= 30
fuzz: deps-fuzz ## fuzzes every target for FUZZ_SECONDS, from its corpus (ONLY=NAME: one; RECORD=yes: into docs/RELIABILITY.md)
	@$(MAKE) --no-print-directory BUILD=fuzz fuzz-each
.PHONY: fuzz-each
fuzz-each: $(FUZZ_BIN)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) RECORD=$(RECORD) OUT=$(OUT) JOBS=$(JOBS) tests/fuzz/run

format: deps-analysis ## formats every C file
	@find lib loader verifier tests -name '*.[ch]' -exec clang-format -i {} +

# ---- installing: `MODE:FILE:PLACE` below PREFIX; `uninstall` takes away exactly these
PREFIX ?= /usr/local
# where zsh looks: Debian's keeps site-functions for what is local
ZSH_FUNCTIONS ?= share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
there = $(foreach file,$(wildcard $(2)),$(1):$(file):$(3)/$(notdir $(file)))
install_one = install -D -m $(word 1,$(1)) '$(word 2,$(1))' '$(DESTDIR)$(PREFIX)/$(word 3,$(1))'
uninstall_one = rm -f '$(DESTDIR)$(PREFIX)/$(word 3,$(1))'
# what only samekey or samekeyd starts is no command of its own: they find it in libexec
INSTALLED = $(foreach program,$(filter-out %-scan %-upstream,$(PROGRAMS)),755:$(program):bin/$(notdir $(program))) \
	$(foreach program,$(filter %-scan %-upstream,$(PROGRAMS)),755:$(program):libexec/samekey/$(notdir $(program))) \
	$(foreach page,$(MAN) $(wildcard packaging/man/*.7),644:$(page):share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(call there,644,packaging/systemd/*.socket,lib/systemd/system) \
	644:build/systemd/samekeyd.service:lib/systemd/system/samekeyd.service \
	644:packaging/systemd/samekey.sysusers:lib/sysusers.d/samekey.conf \
	644:packaging/systemd/samekey.tmpfiles:lib/tmpfiles.d/samekey.conf \
	644:packaging/systemd/upstream.conf:share/doc/samekey/systemd/upstream.conf \
	644:build/systemd/app.conf:share/doc/samekey/systemd/app.conf \
	644:build/completions/samekey:share/bash-completion/completions/samekey \
	644:build/completions/samekey.fish:share/fish/vendor_completions.d/samekey.fish \
	644:build/completions/_samekey:$(ZSH_FUNCTIONS)/_samekey \
	$(call there,644,README.md SECURITY.md NEWS.md conf/samekey.ini conf/samekeyd.ini,share/doc/samekey) \
	$(foreach shelf,. tutorial how-to reference explanation,$(call there,644,docs/$(shelf)/*.md,share/doc/samekey/docs/$(shelf)))
NOT_MADE = $(foreach file,$(filter-out $(DOCUMENTS),$(MAN) $(COMPLETIONS)),644:$(file):%)

# units name the programs by where they are installed
build/systemd/%: packaging/systemd/%.in force
	@mkdir -p $(@D); sed 's#@bindir@#$(PREFIX)/bin#g' $< >$@

.PHONY: install uninstall
install: all $(DOCUMENTS) build/systemd/samekeyd.service build/systemd/app.conf ## installs below $(DESTDIR)$(PREFIX), /usr/local by default
	@set -e; $(foreach item,$(filter-out $(NOT_MADE),$(INSTALLED)),$(call install_one,$(subst :, ,$(item)));)
uninstall: ## removes what install put there, and nothing else
	@set -e; $(foreach item,$(INSTALLED),$(call uninstall_one,$(subst :, ,$(item)));)
	@find '$(DESTDIR)$(PREFIX)/share/doc/samekey' -depth -type d -empty -delete 2>/dev/null || true

# ---- what others get, in build/dist: the same bytes whoever builds it, wherever and whenever
DIST := build/dist
NAME_VERSION := samekey-$(VERSION)

.PHONY: source deb
source: $(DIST)/$(NAME_VERSION).tar.gz ## packs the sources that git tracks, as they lie here, into build/dist
$(DIST)/$(NAME_VERSION).tar.gz: force
	@packaging/make-source $@ $(NAME_VERSION) $(SOURCE_DATE_EPOCH)
deb: build/deb/stamp ## builds the Debian packages into build/dist, from the packed sources
build/deb/stamp: $(DIST)/$(NAME_VERSION).tar.gz | deps-deb
	@rm -f $(DIST)/*.deb
	$(call say,DEB,$(DIST)) DEB_BUILD_OPTIONS='parallel=$(JOBS) $(DEB_BUILD_OPTIONS)' packaging/make-debs $< $(VERSION) build/deb $(DIST)
	@touch $@

# Everything, each artefact made of these sources alone, and the sums of all.
.PHONY: dist check-dist
dist: source deb static npm oci ## builds all artefacts into build/dist, and their SHA256SUMS
	@cp build/npm/*.tgz $(DIST)/
	@strip -o $(DIST)/$(NAME_VERSION)-linux-$(shell uname -m) build/static/samekey
	@tar --create --file=$(DIST)/$(NAME_VERSION)-oci.tar --format=gnu --sort=name --mode=u+rw,a+rX,go-w \
		--mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 --numeric-owner -C build/oci .
	@cd $(DIST) && rm -f SHA256SUMS && LC_ALL=C sha256sum -- * > ../SHA256SUMS && mv ../SHA256SUMS .
check-dist: ## builds all artefacts twice, in other folders and surroundings, and compares their bytes
	@tests/dist

# ---- what a fresh machine lacks
DEPS := $(addprefix deps-,build man oci demo check analysis peers e2e ops fuzz bench bare deb)
.PHONY: $(DEPS)
$(DEPS): deps-%:
	@$(INSTALL_DEPS) $*

.PHONY: clean
clean: ## removes build/
	rm -rf build

.PHONY: help
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
