# For the stories about submissions: a marketplace in a folder of its own, and words to talk to it. Sourced.
# shellcheck shell=bash disable=SC2034
export PATH=$RBEE_BIN_DIR:$PATH GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME RBEE_CATALOG RBEE_TOKEN
top=$(mktemp -d)
server=
clean_up() {
  [[ -z $server ]] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$top"
}
trap clean_up EXIT
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 20 "$top/log" >&2 || true
  exit 1
}
ask() { curl -sS --max-time 20 "$@"; }
market() {
  local command=$1
  case $command in
    user | token | audit | review) rbee-market "$command" "$2" --data "$top/data" "${@:3}" ;;
    *) rbee-market "$command" --data "$top/data" "${@:2}" ;;
  esac
}
start_market() {
  : >"$top/out"
  rbee-market serve --data "$top/data" --listen "127.0.0.1:${port-0}" --threads 2 "$@" >"$top/out" 2>>"$top/log" &
  server=$!
  for _ in {1..300}; do
    url=$(sed -n 's/^listening on //p' "$top/out")
    [[ -n $url ]] && return
    [[ -d /proc/$server ]] || fail "the server ended"
    sleep 0.1
  done
  fail "the server did not start"
}
stop_market() {
  kill -TERM "$server"
  local code=0
  wait "$server" || code=$?
  server=
  [[ $code -eq 0 ]] || fail "the server ended with $code"
}
# As a reviewer does: claim it, look, approve what was claimed.
approve() { # ID NAME
  market review claim "$1" --as "$2" >"$top/claim" || fail "claim: $(<"$top/claim")"
  market review show "$1" >"$top/shown" || fail "show: $(<"$top/shown")"
  market review approve "$1" --as "$2" >"$top/approved" 2>&1 || fail "approve: $(<"$top/approved")"
}
