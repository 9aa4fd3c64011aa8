#!/bin/sh
# Makes .venv from the lock: `make setup` runs it from the repository's root. Needs Python 3.11 or later, nothing else.
set -eu

debian_root() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; }

# The first Python that is new enough. Each is started, not only found: version switchers leave names that do not run.
find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

can_make_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Debian keeps the parts that make an environment in a package of their own, named after the Python it belongs to.
venv_package() { "$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'; }

python=$(find_python) || {
    if debian_root; then requirements/debian.sh python3-venv; fi
    python=$(find_python) || {
        echo "setup: Python 3.11 or later is missing: install it (Debian: apt-get install python3-venv)" >&2
        exit 1
    }
}
if ! can_make_environments "$python"; then
    package=$(venv_package "$python")
    if debian_root; then requirements/debian.sh "$package"; fi
    can_make_environments "$python" || {
        echo "setup: $python cannot make environments: install $package (Debian: apt-get install $package)" >&2
        exit 1
    }
fi

[ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null || "$python" -m venv --clear .venv
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install -qq --require-hashes --only-binary :all: -r requirements/dev.lock
# The build backend is in the lock as well, so nothing unhashed is fetched here.
.venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
