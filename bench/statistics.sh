#!/usr/bin/env bash
# Receipts a second, roll-ups and queries over a million events, beside counting the raw events.
#
#   bench/statistics.sh      EVENTS=1000000, WORKERS=100000
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:?}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
"$bin/statistics_bench" "$top" "${EVENTS-1000000}" "${WORKERS-100000}"
