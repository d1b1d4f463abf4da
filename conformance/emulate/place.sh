# shellcheck shell=bash disable=SC2034
# Where the packages are, made once per content of the lock file.
packages=$CONFORMANCE_CACHE/emulate-$(sha256sum package-lock.json | cut -c1-16)
