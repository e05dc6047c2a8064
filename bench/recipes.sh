#!/usr/bin/env bash
# One recipe to its .SRCINFO: our engine in process, our command as a process, and `makepkg --printsrcinfo`, on the same files.
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}
conformance=$PWD/../tests/conformance

command -v makepkg >/dev/null || { echo "recipes: makepkg is not installed; run: scripts/install-deps bench" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cp -- "$conformance"/recipes/* "$scratch/"
cp -- "$conformance/makepkg.conf" "$scratch/"
chmod -R a+rX "$scratch"
mkdir -m 1777 "$scratch/build"

# Accepted by makepkg and by us, of every kind that the suite has.
files=()
for name in minimal all-fields split split-overrides case for-loops text-commands expansion-replace arch-suffixes braces functions-top-level here-documents; do
  files+=("$scratch/$name.PKGBUILD")
done
every=("$scratch"/*.PKGBUILD)

value() { sed -n "s/.*\"$1\": \([0-9.]*\).*/\1/p" <<<"$2"; }
median() { sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
p99() { sort -n | awk '{ t[NR] = $1 } END { i = int(NR * 0.99 + 0.999); print t[(i > NR) ? NR : i] }'; }

ours=$("$bin/recipe_bench" each "${files[@]}")

# makepkg refuses root.
drop=()
((EUID == 0)) && drop=(setpriv --reuid 65534 --regid 65534 --clear-groups)
ask_makepkg() {
  local begin
  begin=$(date +%s%N)
  (cd "$scratch" && env HOME="$scratch/build" BUILDDIR="$scratch/build" SRCDEST="$scratch/build" PKGDEST="$scratch/build" LANG=C.UTF-8 \
    "${drop[@]}" makepkg --config "$scratch/makepkg.conf" -p "${1##*/}" --printsrcinfo >/dev/null 2>&1) ||
    { echo "recipes: makepkg refuses ${1##*/}" >&2; exit 1; }
  echo $((($(date +%s%N) - begin) / 1000))
}
for file in "${files[@]}"; do ask_makepkg "$file"; ask_makepkg "$file"; done >"$scratch/makepkg"
# -N: hyperfine starts the program itself, without a shell that would count too.
for file in "${files[@]}"; do
  hyperfine -N --warmup 3 --runs 20 --export-json "$scratch/times" "$bin/rbee recipe srcinfo $file" >/dev/null 2>&1
  awk '/"times"/ { on = 1; next } on && /]/ { exit } on { sub(",", ""); printf "%d\n", $1 * 1000000 }' "$scratch/times"
done >"$scratch/process"
memory_kb=$("$bin/peak_memory" "$bin/rbee" recipe srcinfo "${files[1]}")

awk -v n="${#files[@]}" -v om="$(value median_us "$ours")" -v op="$(value p99_us "$ours")" \
  -v pm="$(median <"$scratch/process")" -v pp="$(p99 <"$scratch/process")" \
  -v mm="$(median <"$scratch/makepkg")" -v mp="$(p99 <"$scratch/makepkg")" -v kb="$memory_kb" -v peak="$(value peak_mb "$ours")" 'BEGIN {
  printf "%d recipes, each accepted by both        median         p99     peak memory\n", n
  printf "  rbee, in process                    %8.1f us %8.1f us %8.1f MB\n", om, op, peak
  printf "  rbee recipe srcinfo, as a process   %8.0f us %8.0f us %8.1f MB\n", pm, pp, kb / 1024
  printf "  makepkg --printsrcinfo              %8.0f us %8.0f us\n", mm, mp
  printf "ratio of the medians: in process %.0f times (wanted: 20000), as a process %.0f times (wanted: 200)\n", mm / om, mm / pm
}'

many=$("$bin/recipe_bench" many 100000 "${every[@]}")
awk -v n="${#every[@]}" -v s="$(value seconds "$many")" -v t="$(value threads "$many")" -v p="$(value peak_mb "$many")" 'BEGIN {
  printf "100000 evaluations of the suite (%d recipes, refused ones too) on %d cores: %.2f s (wanted: below 8), peak memory %.1f MB\n", n, t, s, p
}'
