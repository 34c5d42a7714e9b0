#!/usr/bin/env bash
# Installs Debian packages, as root, without starting any service they bring and without asking questions.
# Called by setup.sh; several may run at once, in different checkouts.
#
# Usage: scripts/apt-install.sh PACKAGE…
set -euo pipefail

# Concurrent set-ups take turns: apt's own locks do not cover the policy file below, nor the package lists.
exec 9>/run/latchkey-apt.lock
flock 9

# Debian's maintainer scripts start a service on install unless this file forbids it (exit 101): whoever sets up a
# checkout did not ask for a Redis listening on 6379. One that is there already stays as it is.
policy=/usr/sbin/policy-rc.d
mark="# Placed by Latchkey's apt-install.sh for the time of an installation."
forbid_services() {
  # What a set-up killed half-way left behind is ours to replace.
  if [[ -e $policy ]] && ! grep --quiet --fixed-strings "$mark" "$policy"; then return; fi
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
}

log=$(mktemp)
apt() { DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >"$log" 2>&1 9<&-; }
install() { apt install --no-install-recommends "$@"; }

forbid_services
# Most machines have usable package lists; only where they are missing or stale is fetching them worth the wait.
if ! install "$@"; then
  apt update || true
  install "$@" || {
    tail -n 20 "$log" >&2
    rm -f "$log"
    exit 1
  }
fi
rm -f "$log"

# Nor is it to start at the next boot.
for service in "$@"; do
  if [[ -d /run/systemd/system ]] && systemctl is-enabled --quiet "$service" 2>/dev/null; then
    systemctl disable --quiet "$service"
  fi
done
