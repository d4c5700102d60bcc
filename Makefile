# Thin wrappers; everything real is in ./mvnw and scripts/. `make` prints the goals.
PREFIX ?= /usr/local
VERSION := $(shell sed -n 's/.*String VERSION = "\(.*\)".*/\1/p' banger-daemon/src/main/java/banger/daemon/Build.java)
DIST := dist/banger-$(VERSION)-linux-amd64

.PHONY: help build test e2e lab bench dist install uninstall fmt clean
help:
	@echo 'make build               build, ready to run as ./banger'
	@echo 'make test                the fast tests'
	@echo 'make e2e                 all tests, real VMs included (./mvnw verify)'
	@echo 'make lab                 the product on an emulated host with working KVM'
	@echo 'make bench               measure, as ratios against bare baselines'
	@echo 'make dist                a self-contained archive below dist/ that needs no JDK'
	@echo 'make install PREFIX=DIR  put that below DIR (default /usr/local)'
	@echo 'make uninstall PREFIX=DIR'
	@echo 'make fmt                 format the sources'
	@echo 'make clean'
build:
	@./mvnw -q -DskipTests package
test:
	@./mvnw test
e2e:
	@./mvnw verify
lab:
	@./mvnw verify -Dlab=all -Dtest=LabTest -Dsurefire.failIfNoSpecifiedTests=false
bench: build
	@bench/run
dist: build
	@scripts/dist $(DIST)
install: dist
	@scripts/install $(DIST) $(PREFIX)
uninstall:
	@scripts/install --remove $(PREFIX)
fmt:
	@./mvnw -q spotless:apply
clean:
	@./mvnw -q clean && $(MAKE) -s -C native clean && rm -rf dist
