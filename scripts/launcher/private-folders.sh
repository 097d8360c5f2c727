# Sourced by ./airlock as root. Database and cells run as other accounts, which must be able to traverse the folders
# above their files. They cannot traverse /root or a folder of mktemp -d. If the clone is there, continue in a private
# mount namespace, in which repository and data directory have a second name under /run/airlock. The namespace ends
# with this process.
# shellcheck shell=bash

use_passable_folders() {
  local data shown=
  data=${AIRLOCK_DATA_DIR:-./.airlock}
  [[ $data == '~' || $data == '~/'* ]] && data=$HOME${data#\~}
  data=$(realpath -m -- "$data")
  local app_closed='' data_closed=''
  find_closed "$root" "$data"
  needs_data "$@" || data_closed=
  [[ -n $app_closed || -n $data_closed ]] || return 0
  shown=$data
  if [[ -n $data_closed ]]; then
    if [[ ! -d $data ]]; then
      mkdir -p -m 0711 -- "$data" || exit 73
      # A command that removes its data directory must know whether the directory is new.
      export AIRLOCK_MADE_DATA_DIR=1
    fi
  else
    data=
  fi
  if ! unshare --mount --propagation private true 2>/dev/null; then
    refuse_private "${app_closed:-$data_closed}" 'this system allows no mount namespace of our own'
  fi
  exec unshare --mount --propagation private /bin/bash "$root/scripts/launcher/in-namespace.sh" \
    "$root" "$app_closed" "$data" "$data_closed" "$shown" "$@"
}

# find_closed APP DATA: sets app_closed and data_closed to the lowest folder of each path that other accounts cannot traverse.
# The data directory itself does not count, because the program sets its mode.
find_closed() {
  local path=$1 paths=() line name
  while [[ -n $path ]]; do
    paths+=("$path")
    path=${path%/*}
  done
  path=${2%/*}
  while [[ -n $path ]]; do
    paths+=("$path")
    path=${path%/*}
  done
  while IFS= read -r line; do
    ((8#${line%% *} & 1)) && continue
    name=${line#* }
    [[ $1/ == "$name"/* && -z $app_closed ]] && app_closed=$name
    [[ $2 == "$name"/* && -z $data_closed ]] && data_closed=$name
  done < <(stat -c '%a %n' -- "${paths[@]}" 2>/dev/null)
  return 0
}

# Whether the command uses the data directory of this machine.
needs_data() {
  case ${1-} in
    '' | help | prepare | test | -*) return 1 ;;
    transcode) [[ -z ${AIRLOCK_URL-} ]] ;;
  esac
}

refuse_private() {
  say "$1 lets no other account pass, and the database must not run as root ($2)."
  say "Move to a folder that others can pass through (such as /opt or /srv), or: chmod o+x '$1'"
  say 'Or run Airlock as an ordinary user.'
  exit 77
}
