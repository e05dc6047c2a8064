#!/usr/bin/env bash
# The check of one worker and of a catalog; from a push to its findings and from an approval to the search result, beside WORKERS others.
#
#   bench/submissions.sh      WORKERS=100000, CHECKED=10000
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:?}
workers=${WORKERS-100000} checked=${CHECKED-10000}
top=$(mktemp -d)
server=
clean_up() {
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$top"
}
trap clean_up EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

echo "check of one worker (rbee worker check, whole process, 50 times):"
folder=../catalog/community/tts-worker
begin=$(date +%s%N)
for _ in {1..50}; do "$bin/rbee" worker check "$folder" --quiet >/dev/null 2>&1 || true; done
echo "  $((($(date +%s%N) - begin) / 50000)) us"

make_catalog() { # NUMBER REPOSITORY: through git fast-import, every worker with a recipe of its own
  git init -q --bare -b main "$2"
  python3 - "$1" <<'PY' | git --git-dir="$2" fast-import --quiet
import sys
out = sys.stdout
def data(text): out.write(f"data {len(text.encode())}\n{text}\n")
out.write("commit refs/heads/main\ncommitter Bench <bench@example.org> 1800000000 +0000\n")
data("A catalog")
for i in range(int(sys.argv[1])):
    name = f"worker-{i:06d}-{'abcdefghij'[i % 10] * 3}"
    out.write(f"M 100644 inline community/{name}/PKGBUILD\n")
    data(f"pkgname={name}\npkgver=1.{i}\npkgrel=1\npkgdesc='Worker number {i}'\narch=(x86_64)\nurl=https://example.org/{name}\nlicense=(MIT)\n"
         f"source=(https://example.org/{name}/v1.{i}.tar.gz)\nsha256sums=({i:064x})\nbuild() {{\n  cd {name}\n  ./configure --prefix=/usr\n  make\n}}\npackage() {{\n  cd {name}\n  make DESTDIR=\"$pkgdir\" install\n}}\n")
    out.write(f"M 100644 inline community/{name}/worker.toml\n")
    data(f'[worker]\nid = "{name}"\nname = "Worker {i}"\ndescription = "Worker number {i}"\nlicense = "MIT"\n')
PY
}

echo "check of a catalog of $checked workers (rbee-market check):"
make_catalog "$checked" "$top/checked.git"
begin=$(date +%s%N)
"$bin/rbee-market" check "$top/checked.git" >/dev/null 2>"$top/out" || true
took=$((($(date +%s%N) - begin) / 1000000))
echo "  $took ms, $((took * 1000 / checked)) us a worker: $(tail -1 "$top/out")"

echo "a marketplace of $workers workers:"
mkdir "$top/data"
make_catalog "$workers" "$top/data/catalog.git"
begin=$(date +%s%N)
"$bin/rbee-market" serve --data "$top/data" --listen 127.0.0.1:0 --cooling-hours 0 >"$top/out" 2>"$top/log" &
server=$!
until grep -q listening "$top/out"; do
  [[ -d /proc/$server ]] || { cat "$top/log" >&2; exit 1; }
  sleep 0.2
done
url=$(sed -n 's/^listening on //p' "$top/out")
echo "  start: $((($(date +%s%N) - begin) / 1000000)) ms, $(awk '/VmRSS/{print int($2 / 1024)}' "/proc/$server/status") MiB"
market() { "$bin/rbee-market" "$1" "$2" --data "$top/data" "${@:3}"; }
market user add ann --email ann@example.org --no-password >/dev/null
market user add rex --email rex@example.org --role reviewer --no-password >/dev/null
token=$(market token create ann)
review=$(market token create rex --scopes review)
export RBEE_CATALOG=$url RBEE_TOKEN=$token HOME=$top/home
mkdir -p "$top/home" "$top/new/community"
ms_since() { echo $((($(date +%s%N) - $1) / 1000000)); }
submits=() pushes=() searches=()
for name in amber-reader birch-painter cobalt-singer dune-translator elm-upscaler; do
  folder=$top/new/community/$name
  mkdir "$folder"
  printf 'pkgname=%s\npkgver=1.0\npkgrel=1\npkgdesc="New"\narch=(x86_64)\nurl=https://example.org/n\nlicense=(MIT)\npackage() {\n  true\n}\n' "$name" >"$folder/PKGBUILD"
  printf '[worker]\nid = "%s"\nname = "N"\ndescription = "n"\nlicense = "MIT"\n' "$name" >"$folder/worker.toml"
  begin=$(date +%s%N)
  "$bin/rbee" worker submit "$folder" >"$top/push" 2>&1 || { cat "$top/push" >&2; exit 1; }
  submits+=("$(ms_since "$begin")")
  pushes+=($(($(sed -n 's/.*git-receive-pack status=200 .*duration_us=\([0-9]*\).*/\1/p' "$top/log" | tail -1) / 1000)))
  number=$(sed -n 's/.*submission \([0-9]*\):.*/\1/p' "$top/push" | head -1)
  tree=$(curl -s "$url/v1/submissions/$number" | sed 's/.*"tree":"\([0-9a-f]*\)".*/\1/')
  begin=$(date +%s%N)
  curl -s -X POST -H "Authorization: Bearer $review" -H 'Content-Type: application/json' -d "{\"tree\":\"$tree\"}" "$url/v1/submissions/$number/approve" >"$top/approved"
  answered=$(ms_since "$begin")
  until [[ $(curl -s "$url/v1/workers?q=$name" | grep -c "\"id\":\"$name\"") -gt 0 ]]; do
    [[ $(ms_since "$begin") -lt 60000 ]] || { cat "$top/approved" >&2; exit 1; }
    sleep 0.02
  done
  searches+=("$(ms_since "$begin") ($answered)")
done
printf '  rbee worker submit, whole process, ms: %s\n' "${submits[*]}"
printf '  of these from push to findings, in the server, ms: %s\n' "${pushes[*]}"
printf '  approval to search result, ms (to the answer of the approval):'
printf ' %s' "${searches[@]}"
echo
