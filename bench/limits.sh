#!/usr/bin/env bash
# Time and memory of every hostile recipe in the release build; exits 1 when one is above 50 ms or 64 MB to evaluate,
# or a second or 128 MB to check.
set -euo pipefail
cd "$(dirname "$0")"
out=$("${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}/limits_bench") && status=0 || status=$?
echo "$out"
exit "$status"
