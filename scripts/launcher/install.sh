# Sourced by ./airlock when something is missing: packages, the account, node_modules, the build.
# The exit codes follow sysexits.h: 69 = unavailable, 70 = cannot be built, 77 = not permitted.
# shellcheck shell=bash

install_everything() {
  # Ignores the caller's umask, because other accounts run programs from this folder.
  local old_mask
  old_mask=$(umask)
  umask 022
  if ((${#missing[@]})) || [[ $node_state == absent ]]; then install_packages; fi
  require_node
  if ((EUID == 0)) && ! account_exists; then make_account; fi
  if ! modules_current || ! build_current; then
    lock_repository
    # Another start may have done the work while this start waited.
    modules_current || install_modules
    build_current || build_program
    exec 9>&- # the program must not inherit the lock
  fi
  umask "$old_mask"
}

# Waits for the lock with which only one start at a time installs and builds. The kernel releases the lock when this process exits.
lock_repository() {
  if ! mkdir -p -- "$root/.build" 2>/dev/null || ! { exec 9>>"$root/.build/lock"; } 2>/dev/null; then
    refuse 77 "Something has to be installed or built, and $root may not be written." \
      "Run ./airlock once as the owner of that folder."
  fi
  flock --nonblock 9 && return 0
  say 'waiting for another start that installs or builds'
  flock 9
}

refuse() {
  local code=$1 line
  shift
  for line in "$@"; do say "$line"; done
  exit "$code"
}

# step TEXT COMMAND…: prints TEXT and runs the command. Shows the end of the command's output only if the command fails.
step() {
  local text=$1 log status=0
  shift
  say "$text"
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null 9>&- || status=$?
  if ((status)); then
    tail -n 20 -- "$log" >&2
    say "failed ($status): $*"
  fi
  rm -f -- "$log"
  return "$status"
}

install_packages() {
  local packages as_root=() entry
  [[ $node_state == absent ]] && missing+=(nodejs npm)
  # Names each package once, in the order of the list.
  packages=()
  for entry in "${missing[@]}"; do [[ " ${packages[*]-} " == *" $entry "* ]] || packages+=("$entry"); done
  if ! type -P apt-get >/dev/null; then
    refuse 69 "These are missing, by their Debian names: ${packages[*]}" \
      'Install them with the package manager of this system, then start again.'
  fi
  if ((EUID != 0)); then
    if type -P sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    elif type -P sudo >/dev/null && [[ -t 0 && -t 2 ]]; then
      say "sudo may ask for your password, to install: ${packages[*]}"
      sudo -v && as_root=(sudo -n)
    fi
    if ((${#as_root[@]} == 0)); then
      refuse 69 'Packages are missing. As root, run:' "  apt-get update && apt-get install -y ${packages[*]}" 'Then start again.'
    fi
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  # Continues if a list cannot be fetched, because the other lists may contain the required packages.
  step 'updating the lists of packages' "${apt[@]}" update || true
  if [[ " ${packages[*]} " == *' nodejs '* ]]; then require_node_candidate; fi
  step "installing ${packages[*]}" "${apt[@]}" install --no-install-recommends "${packages[@]}" || exit 69
  hash -r
  find_missing_packages
  find_node
  if ((${#missing[@]})); then refuse 69 "Still missing after the installation: ${missing[*]}"; fi
}

# Checks the version of Node before its installation, so that no unusable version is installed.
require_node_candidate() {
  local version major minor
  version=$(apt-cache policy nodejs 2>/dev/null | sed -n 's/^ *Candidate: *\([0-9][0-9.]*\).*/\1/p')
  IFS=. read -r major minor _ <<<"${version:-0.0}"
  if ((major > 20 || (major == 20 && ${minor:-0} >= 19))); then return 0; fi
  require_node
}

require_node() {
  local found
  [[ $node_state == ok ]] && return 0
  if [[ $node_state == absent ]]; then found='Node.js is missing'; else found="Node.js is $node_state"; fi
  refuse 69 "$found, and Airlock needs 20.19 or newer." \
    'On Debian 13, as root:' '  apt-get update && apt-get install -y nodejs npm' \
    'Elsewhere: https://nodejs.org/en/download'
}

# Makes the account that runs the database, which does not run as root.
make_account() {
  step 'making the system account "airlock"' \
    useradd --system --no-create-home --shell /usr/sbin/nologin airlock || account_exists || exit 77
}

install_modules() {
  # If a person has already installed the packages with npm, only records this.
  if [[ -d $root/node_modules ]] && node "$root/scripts/launcher/modules-match.mjs" "$root"; then
    cp -- "$root/package-lock.json" "$modules_stamp"
    return 0
  fi
  if ! type -P npm >/dev/null; then
    missing=(npm)
    install_packages
  fi
  step 'installing the npm packages of package-lock.json' run_npm || exit 69
  cp -- "$root/package-lock.json" "$modules_stamp"
}

run_npm() { (cd -- "$root" && npm ci --ignore-scripts --no-audit --no-fund); }

build_program() {
  # Uses the state of the sources before the build, so that a file that changes during the build triggers the next build.
  local built=$sources
  step 'building' node "$root/scripts/build.mjs" || exit 70
  printf '%s\n' "$built" >"$build_stamp"
}
