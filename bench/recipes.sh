#!/usr/bin/env bash
# One recipe to its .SRCINFO: our engine in process, and `makepkg --printsrcinfo` on some of the same recipes.
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}
conformance=$PWD/../tests/conformance

ours=$("$bin/recipe_bench" --benchmark_format=json 2>/dev/null)
value() { sed -n "s/^ *\"$1\": \([0-9.e+-]*\),*\$/\1/p" <<<"$ours" | head -1; }
median_us=$(value median_us)
p99_us=$(value p99_us)
awk -v n="$(value recipes)" -v m="$median_us" -v p="$p99_us" \
  'BEGIN { printf "rbee:    %d recipes, median %.1f us, p99 %.1f us each\n", n, m, p }'

command -v makepkg >/dev/null || { echo "makepkg: not installed; no comparison"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cp -- "$conformance"/recipes/* "$scratch/"
cp -- "$conformance/makepkg.conf" "$scratch/"
chmod -R a+rX "$scratch"
mkdir -m 1777 "$scratch/build"
# makepkg refuses root.
drop=()
((EUID == 0)) && drop=(setpriv --reuid 65534 --regid 65534 --clear-groups)
times=()
for name in minimal all-fields split-overrides case for-loops text-commands expansion-replace arch-suffixes braces; do
  begin=$(date +%s%N)
  (cd "$scratch" && env HOME="$scratch/build" BUILDDIR="$scratch/build" SRCDEST="$scratch/build" PKGDEST="$scratch/build" LANG=C.UTF-8 \
    "${drop[@]}" makepkg --config "$scratch/makepkg.conf" -p "$name.PKGBUILD" --printsrcinfo >/dev/null 2>&1) || true
  times+=($((($(date +%s%N) - begin) / 1000)))
done
printf '%s\n' "${times[@]}" | sort -n | awk -v m="$median_us" \
  '{ t[NR] = $1 } END { k = t[int((NR + 1) / 2)]; printf "makepkg: %d recipes, median %.0f us each\nratio:   %.0f times\n", NR, k, k / m }'
