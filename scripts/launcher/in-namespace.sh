#!/bin/bash
# Runs inside the private mount namespace that private-folders.sh created:
#   in-namespace.sh ROOT APP_CLOSED DATA DATA_CLOSED SHOWN_DATA ARGUMENTS…
# Bind-mounts closed folders to /run/airlock/<hash>/{app,data}, then executes the program.
set -euo pipefail
root=$1 app_closed=$2 data=$3 data_closed=$4 shown=$5
shift 5

say() { printf 'airlock: %s\n' "$1" >&2; }
# shellcheck source=scripts/launcher/private-folders.sh
source "$root/scripts/launcher/private-folders.sh"

# alias_for PATH KIND: prints the second name of the path. The name is the same at every start, so that concurrent starts agree on it.
alias_for() {
  local hash
  hash=$(printf '%s' "$1" | sha256sum)
  printf '/run/airlock/%s/%s' "${hash:0:16}" "$2"
}

make_folder() {
  install -d -m 0711 -- /run/airlock "${1%/*}" "$1" 2>/dev/null ||
    refuse_private "${app_closed:-$data_closed}" "$1 cannot be made"
}

bind() {
  mount --rbind -- "$1" "$2" 2>/dev/null || refuse_private "${app_closed:-$data_closed}" 'this system allows no bind mounts'
}

# Mounts the entries of a folder in a new, open folder. A closed repository folder would be closed at any mount point.
bind_entries() {
  local entry target
  mount -t tmpfs -o mode=0755,size=64m,nosuid,nodev airlock "$2" 2>/dev/null ||
    refuse_private "$app_closed" 'this system allows no mounts'
  shopt -s dotglob nullglob
  for entry in "$1"/*; do
    target=$2/${entry##*/}
    if [[ -L $entry ]]; then
      cp -P -- "$entry" "$target"
    else
      if [[ -d $entry ]]; then mkdir -- "$target"; else : >"$target"; fi
      bind "$entry" "$target"
    fi
  done
}

app=$root
if [[ -n $app_closed ]]; then
  app=$(alias_for "$root" app)
  make_folder "$app"
  if [[ $app_closed == "$root" || $(($(printf '0%s' "$(stat -c %a -- "$root")") & 1)) == 0 ]]; then
    bind_entries "$root" "$app"
  else
    bind "$root" "$app"
  fi
fi
if [[ -n $data ]]; then
  AIRLOCK_DATA_DIR=$(alias_for "$data" data)
  AIRLOCK_SHOWN_DATA_DIR=$shown
  export AIRLOCK_DATA_DIR AIRLOCK_SHOWN_DATA_DIR
  make_folder "$AIRLOCK_DATA_DIR"
  bind "$data" "$AIRLOCK_DATA_DIR"
fi

if [[ ${1-} == test ]]; then
  shift
  cd -- "$app"
  exec node node_modules/vitest/vitest.mjs run "$@"
fi
if [[ ${1-} == bench ]]; then
  shift
  cd -- "$app"
  exec node --import tsx bench/main.ts "$@"
fi
# Makes glibc return freed memory to the system, as in the roles (src/cli/roles.ts).
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2} MALLOC_MMAP_THRESHOLD_=${MALLOC_MMAP_THRESHOLD_:-1048576}
exec node --max-semi-space-size=1 "$app/dist/airlock.js" "$@"
