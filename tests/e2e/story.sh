# shellcheck shell=bash
# Shared by the stories: a HOME of one's own, servers on free loopback ports, and checks that say what failed.
#
# A story ends with `run_story FUNCTION`. RBEE_BIN_DIR names the folder of the built
# programs, RBEE_SOURCE_DIR the project (default: from this file's place). As root the story is told twice: as
# root, and as an ordinary user who can read nothing of root's.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RBEE_SOURCE_DIR:=$(cd "$here/../.." && pwd)}"
: "${RBEE_BIN_DIR:=$RBEE_SOURCE_DIR/build/dev/bin}"
unset RBEE_CATALOG RBEE_INSTALL_DIR RBEE_PLATFORM XDG_DATA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME http_proxy HTTP_PROXY all_proxy
export NO_COLOR=1 LC_ALL=C.UTF-8 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null

work='' pids=()

fail() {
  printf 'FAILED (%s): %s\n' "$(id -un)" "$1" >&2
  for file in "$work"/{out,err,market.log,worker.log}; do
    [[ -s $file ]] && { printf -- '--- %s\n' "${file##*/}" >&2; tail -n 40 "$file" >&2; }
  done
  exit 1
}

finish() {
  local code=$?
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [[ -n $work ]]; then
    chmod -R u+w "$work" 2>/dev/null || true
    rm -rf --one-file-system "$work"
  fi
  exit "$code"
}

# run EXIT COMMAND…: its output goes to $work/out and $work/err.
run() {
  local expected=$1 code=0
  shift
  "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [[ $code -eq $expected ]] || fail "'${*/#$work/…}' ended with $code, not $expected"
}

# said out|err TEXT
said() { grep -qF -- "$2" "$work/$1" || fail "'$2' is not in the $1 of the last command"; }

rbee() {
  env HOME="$home" PATH="$home/.local/bin:/usr/local/bin:/usr/bin:/bin" RBEE_CATALOG="$url" ${platform:+RBEE_PLATFORM="$platform"} \
    "$RBEE_BIN_DIR/rbee" "$@"
}

# The same in the background, into $work/worker.log; $runner is its process, not that of a shell around it.
rbee_in_background() {
  : >"$work/worker.log"
  env HOME="$home" RBEE_CATALOG="$url" ${platform:+RBEE_PLATFORM="$platform"} "$RBEE_BIN_DIR/rbee" "$@" \
    >"$work/worker.log" 2>&1 </dev/null &
  runner=$!
  pids+=("$runner")
}

new_home() {
  home=$work/home.$((++homes))
  mkdir -p "$home"
}

# Everything a user could see of an installation; the cache may hold what it likes.
installed_files() { (cd "$home" && find . -path ./.cache -prune -o ! -type d -printf '%p %l\n' | sort); }

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

wait_for() {  # URL, pid
  for _ in {1..300}; do
    curl -fsS -o /dev/null "$1" 2>/dev/null && return 0
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  fail "$1 did not answer"
}

start_market() {  # CATALOG (a Git repository)
  local port
  port=$(free_port)
  url=http://127.0.0.1:$port
  HOME=$work "$RBEE_BIN_DIR/rbee-market" serve --data "$work/market" --catalog "$1" --listen "127.0.0.1:$port" \
    >"$work/market.log" 2>&1 </dev/null &
  market=$!
  pids+=("$market")
  wait_for "$url/healthz" "$market"
}

serve_files() {  # FOLDER; sets files_url
  local port
  port=$(free_port)
  python3 -m http.server "$port" --bind 127.0.0.1 --directory "$1" >"$work/files.log" 2>&1 </dev/null &
  pids+=("$!")
  files_url=http://127.0.0.1:$port
  wait_for "$files_url/" "$!"
}

commit_all() {  # FOLDER, MESSAGE
  git -C "$1" add -A
  git -C "$1" -c user.name=Author -c user.email=author@example.org commit -q -m "$2"
}

# The commit that the marketplace serves follows the repository within seconds.
wait_for_commit() {  # FOLDER, WORKER
  local commit
  commit=$(git -C "$1" rev-parse HEAD)
  for _ in {1..200}; do
    curl -fsS "$url/v1/workers/$2" 2>/dev/null | grep -qF "$commit" && return 0
    sleep 0.1
  done
  fail "the marketplace does not serve commit $commit"
}

run_story() {
  work=$(mktemp -d)
  homes=0 url='' platform=''
  chmod 755 "$work"
  trap finish EXIT
  trap 'exit 130' INT TERM
  [[ $(uname -m) == x86_64 ]] || platform=linux-x86_64-cpu
  "$1"
  echo "$(basename "$0") as $(id -un): done"
  if [[ $(id -u) -eq 0 && -z ${RBEE_STORY_ONCE-} ]]; then
    # What nobody needs, where nobody can read it.
    mkdir "$work/copy" "$work/tmp"
    cp -r "$here" "$work/copy/e2e"
    cp -r "$RBEE_SOURCE_DIR/catalog" "$work/copy/catalog"
    mkdir "$work/copy/bin"
    cp "$RBEE_BIN_DIR/rbee" "$RBEE_BIN_DIR/rbee-market" "$work/copy/bin/"
    chmod -R a+rX "$work/copy"
    chown 65534:65534 "$work/tmp"
    (cd "$work/tmp" && setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$work/tmp" TMPDIR="$work/tmp" \
      RBEE_BIN_DIR="$work/copy/bin" RBEE_SOURCE_DIR="$work/copy" "$work/copy/e2e/$(basename "$0")") ||
      { echo "FAILED as an ordinary user" >&2; exit 1; }
  fi
}
