# The marketplace that the website's tests look at: the bundled catalog with a second release, reviews and receipts. Sourced.
# shellcheck shell=bash disable=SC2154
# shellcheck source=tests/e2e/market.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/market.sh"
export HOME=$top/home
mkdir -p "$HOME"

say() { # ACCOUNT METHOD PATH JSON
  ask -f -X "$2" -H "Authorization: Bearer $(<"$top/token-$1")" -H 'Content-Type: application/json' -d "$4" "$url$3" >>"$top/said" ||
    fail "$1 could not $2 $3"
}

start_web_market() {
  start_market --cooling-hours 0
  local name worker
  for name in ada grace linus barbara; do
    market user add "$name" --email "$name@example.org" --role user --no-password >/dev/null
    market token create "$name" --scopes read,community,submit >"$top/token-$name"
  done
  # A release more, as a merge would bring it.
  git clone -q "$top/data/catalog.git" "$top/clone"
  sed -i 's/^pkgrel=1$/pkgrel=2/; s/^version = "0.1.0"$/version = "0.1.0"/' "$top/clone/community/tts-worker/PKGBUILD"
  printf '\nSpeaks slowly, too: `"speed": 0.5`.\n' >>"$top/clone/community/tts-worker/README.md"
  git -C "$top/clone" -c user.name=Ada -c user.email=ada@example.org commit -qam 'tts-worker 0.1.0-2'
  git -C "$top/data/catalog.git" fetch -q "$top/clone" HEAD
  git -C "$top/data/catalog.git" update-ref refs/heads/main FETCH_HEAD
  say ada POST /v1/workers/tts-worker/reviews '{"rating":5,"title":"Fast, and it is offline","comment":"Runs on a laptop from 2015.\nThe voice is plain, which suits me."}'
  say grace POST /v1/workers/tts-worker/reviews '{"rating":4,"title":"Good","comment":"Wish it had more voices."}'
  say linus POST /v1/workers/tts-worker/reviews '{"rating":5,"title":"","comment":"Builds without a warning."}'
  say barbara POST /v1/workers/ocr-worker/reviews '{"rating":4,"title":"Reads receipts","comment":"Columns confuse it."}'
  for name in ada grace linus; do
    for worker in tts-worker ocr-worker llm-worker-rbee-cpu; do say "$name" PUT "/v1/workers/$worker/star" '{}'; done
  done
  local i=0
  for worker in tts-worker tts-worker tts-worker asr-worker ocr-worker; do
    i=$((i + 1))
    ask -f -H 'Content-Type: application/json' "$url/v1/receipts" \
      -d "{\"worker\":\"$worker\",\"version\":\"0.1.0-1\",\"platform\":\"linux-x86_64-cpu\",\"recipe\":\"PKGBUILD\",\"hardware_class\":\"cpu-avx2-16g\",\"event\":\"install\",\"client_id\":\"0123456789abcde$i\",\"ci\":false,\"client_version\":\"0.1.0\"}" >>"$top/said" || fail "a receipt"
  done
  for _ in {1..100}; do
    ask "$url/v1/workers/tts-worker" >"$top/seen"
    [[ $(jq -r .version <"$top/seen") == 0.1.0-2 && $(jq .numbers.installs <"$top/seen") == 3 ]] && return
    sleep 0.2
  done
  fail "the numbers did not come: $(<"$top/seen")"
}
