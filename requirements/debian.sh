#!/bin/sh
# Installs the Debian packages named, those that are missing, without starting their services. Asks the archive only
# when something is missing, so a machine without a connection that has them all passes.
set -eu

missing=
for package in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

# Debian asks this file before it starts a service; 101 means no. One that is already there belongs to somebody else.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # one word a package
apt-get install -y -qq --no-install-recommends $missing >/dev/null 2>&1 || {
    # No package lists yet, or stale ones.
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
}
