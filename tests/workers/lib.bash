# What the worker tests share: expectations, and a worker started on a free loopback port and ended by its pid.
# Sourced by tts, ocr and asr, which are called as: NAME STAGE_DIRECTORY FIXTURE_PROGRAM
# shellcheck shell=bash
set -euo pipefail

stage=$1
# shellcheck disable=SC2034
fixture=$2
catalog=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../catalog/community" && pwd)
work=$(mktemp -d)
pids=()
failures=0
passed=0

finish() {
  local pid
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

pass() { passed=$((passed + 1)); }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}

# equal WHAT ACTUAL EXPECTED
equal() {
  if [[ $2 == "$3" ]]; then pass; else fail "$1: got <$2>, expected <$3>"; fi
}

# between WHAT VALUE LOW HIGH: whole numbers.
between() {
  if (($2 >= $3 && $2 <= $4)); then pass; else fail "$1: $2 is not from $3 to $4"; fi
}

# json_equal WHAT DOCUMENT FILTER EXPECTED
json_equal() { equal "$1" "$(jq -cr "$3" <<<"$2" 2>&1)" "$4"; }

# start WORKER [FLAG…]: sets url and pid. The home and TMPDIR are empty, and must stay so.
start() {
  local worker=$1 out=$work/$1.out
  shift
  mkdir -p "$work/home"
  : >"$out"
  HOME=$work/home TMPDIR=$work/home "$stage/$worker/usr/bin/$worker" --port 0 "$@" >"$out" 2>"$work/$worker.err" &
  pid=$!
  pids+=("$pid")
  for ((i = 0; i < 200; i++)); do
    url=$(sed -n 's/^listening on //p' "$out")
    [[ -n $url ]] && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  cat "$work/$worker.err" >&2
  fail "$worker did not start"
  exit 1
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# stop WHAT: SIGTERM; the process must end with 0 within 2 s.
stop() {
  local began status=0
  began=$(now_ms)
  kill -TERM "$pid"
  wait "$pid" || status=$?
  equal "$1: exit code" "$status" 0
  between "$1: time to stop in ms" $(($(now_ms) - began)) 0 2000
  equal "$1: files left in the home" "$(find "$work/home" -mindepth 1)" ""
}

# status CURL-ARGUMENT…: prints the status; the body is in $work/body.
status() { curl -sS -o "$work/body" -w '%{http_code}' "$@" || true; }

# refused WHAT STATUS CODE CURL-ARGUMENT…: the reply has that status, and an error of OpenAI's shape.
refused() {
  local what=$1 expected=$2 code=$3
  shift 3
  equal "$what: status" "$(status "$@")" "$expected"
  equal "$what: error" \
    "$(jq -r '.error | "\(.message | type) \(.type | type) \(has("param")) \(.code)"' "$work/body" 2>&1)" \
    "string string true $code"
}

# What every worker answers alike. $1: the worker, $2: its POST path, $3: a body larger than its limit.
common() {
  local worker=$1 path=$2 big=$3
  json_equal "$worker /health" "$(curl -sS "$url/health")" .status ok
  json_equal "$worker /" "$(curl -sS "$url/")" .worker "$worker"
  equal "HEAD /health" "$(status -I "$url/health")" 200
  refused "unknown route" 404 not_found "$url/v2/nothing"
  refused "unknown route with a body" 404 not_found -d x "$url/v2/nothing"
  refused "wrong method" 405 method_not_allowed "$url$path"
  refused "wrong method with a body" 405 method_not_allowed -X PUT -d x "$url$path"
  equal "Allow" "$(curl -sS -o /dev/null -D - "$url$path" | tr -d '\r' | sed -n 's/^Allow: //p')" "POST, OPTIONS"
  refused "unknown media type" 415 unsupported_media_type -H 'Content-Type: text/csv' -d 'a,b' "$url$path"
  refused "too large" 413 request_too_large -H 'Content-Type: application/json' --data-binary "@$big" "$url$path"
  refused "too large, without asking first" 413 request_too_large -H Expect: -H 'Content-Type: application/json' \
    --data-binary "@$big" "$url$path"
  refused "too large, in chunks" 413 request_too_large -H 'Transfer-Encoding: chunked' -H 'Content-Type: image/png' \
    --data-binary "@$big" "$url$path"
  refused "a form in chunks" 411 length_required -H 'Transfer-Encoding: chunked' -F "file=@$0" "$url$path"
  refused "two lengths" 400 ambiguous_length -H 'Content-Length: 3' -H 'Transfer-Encoding: chunked' -d abc "$url$path"
  refused "a negative length" 400 invalid_length -H 'Content-Length: -1' -X POST "$url$path"
  refused "a form without its boundary" 400 invalid_body -H 'Content-Type: multipart/form-data; boundary=x' -d abc "$url$path"
  equal "a Range does not cut" "$(curl -sS -H 'Range: bytes=9000-' "$url/health" | jq -r .status)" ok
  json_equal "still alive" "$(curl -sS "$url/health")" .status ok

  # The command line.
  local program=$stage/$worker/usr/bin/$worker code=0
  equal "--version" "$("$program" --version)" "$worker $(sed -n 's/^pkgver=//p' "$catalog/$worker/PKGBUILD")"
  equal "--help" "$("$program" --help | grep -c '^  --port NUMBER')" 1
  local arguments
  for arguments in --nonsense '--port 70000' '--port x' '--port' 'word'; do
    code=0
    # shellcheck disable=SC2086
    "$program" $arguments >/dev/null 2>&1 || code=$?
    equal "exit code of $arguments" "$code" 2
  done
  code=0
  "$program" --port "${url##*:}" >/dev/null 2>&1 || code=$?
  equal "exit code on a port in use" "$code" 1
}

# readme_commands WORKER: prints the lines of its README's sh blocks, one a line.
# shellcheck disable=SC2016
readme_commands() { sed -n '/^```sh$/,/^```$/{/^```/!p}' "$catalog/$1/README.md"; }

report() {
  printf '%d expectations met, %d not\n' "$passed" "$failures"
  [[ $failures -eq 0 ]]
}
