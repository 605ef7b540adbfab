#!/usr/bin/env bash
# Sets up and runs the whole system in this terminal. Here only what has to be there before TypeScript can run;
# the rest is src/dev/main.ts.
set -euo pipefail

readonly least_node="20.11"

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Paths given by the caller are relative to where it is, the default to the checkout.
for name in DATA_DIR TEMPORAL_CLI; do
  value="${!name:-}"
  if [[ -n "$value" && "$value" != /* ]]; then export "$name=$PWD/$value"; fi
done
cd "$(dirname "${BASH_SOURCE[0]}")"

system="$(uname -s)/$(uname -m)"
case "$system" in
  Linux/x86_64 | Linux/aarch64 | Linux/arm64 | Darwin/x86_64 | Darwin/arm64) ;;
  *) fail "Twinloop runs on Linux and macOS (x86-64 or arm64), this is $system. On Windows use WSL 2." ;;
esac
if compgen -G '/lib/ld-musl-*' >/dev/null && ! compgen -G '/lib*/ld-linux-*' >/dev/null; then
  fail "Twinloop needs a Linux with glibc (Temporal's SDK has no build for musl): use a Debian or Fedora based image instead of Alpine."
fi

if ! command -v node >/dev/null; then
  fail "Node $least_node or newer is needed and no \`node\` is on PATH: install it (https://nodejs.org), or put it on PATH."
fi
version="$(node --version)"
if ! [[ "$version" =~ ^v([0-9]+)\.([0-9]+)\. ]] ||
  ((BASH_REMATCH[1] < ${least_node%.*} || (BASH_REMATCH[1] == ${least_node%.*} && BASH_REMATCH[2] < ${least_node#*.}))); then
  fail "Node $least_node or newer is needed, \`node\` on PATH is $version ($(command -v node)): install a newer one (https://nodejs.org), or put it first on PATH."
fi

if ! node src/dev/check-dependencies.mjs; then
  command -v npm >/dev/null || fail "The dependencies have to be installed and no \`npm\` is on PATH: install it, or put it on PATH."
  echo "installing the dependencies with npm ci (about 60 s)"
  # In a group of its own, so that a stop ends all that npm has started.
  set -m
  npm ci --include=dev --no-audit --no-fund --loglevel=error </dev/null &
  install=$!
  set +m
  trap 'kill -TERM -- "-$install" 2>/dev/null || true; wait "$install" 2>/dev/null || true; exit 143' INT TERM HUP
  if ! wait "$install"; then
    fail "npm ci failed. Its message is above; a registry of your own is set with npm_config_registry."
  fi
  trap - INT TERM HUP
fi

exec node --import tsx src/dev/main.ts
