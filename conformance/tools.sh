# shellcheck shell=bash
# What several suites need; sourced by them.

# install PACKAGE...: from Debian, where we may.
install() {
    [ "$(id -u)" = 0 ] || { echo "missing: $*"  >&2; return 1; }
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends "$@"
}

# need COMMAND PACKAGE: installs the package where the command is missing.
need() {
    command -v "$1" > /dev/null || install "$2"
}

# venv NAME: prints the path of a Python environment with what ./requirements.txt pins, made once per content of that file.
venv() {
    local pins place
    pins=$(sha256sum requirements.txt | cut -c1-16)
    place=$CONFORMANCE_CACHE/venv-$1-$pins
    if [ ! -e "$place/ready" ]; then
        rm -rf "$place"
        python3 -m venv "$place" >&2
        "$place/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement requirements.txt >&2
        touch "$place/ready"
    fi
    echo "$place"
}

# modules: prints the path where the npm packages of ./package-lock.json are, or are to be.
modules() {
    echo "$CONFORMANCE_CACHE/$(basename "$PWD")/modules-$(sha256sum package-lock.json | cut -c1-16)"
}

# The terraform command: built from its Go module where there is none. Later releases cannot be built that way.
terraform_command() {
    command -v terraform > /dev/null && return
    export PATH=$CONFORMANCE_CACHE/terraform/bin:$PATH
    command -v terraform > /dev/null && return
    mkdir -p "$CONFORMANCE_CACHE/terraform/bin"
    GOBIN=$CONFORMANCE_CACHE/terraform/bin go install github.com/hashicorp/terraform@v1.5.7
}
