#!/usr/bin/env bash
# Search over 100,000 workers in process: ours, Xapian and SQLite's FTS5 with the same documents and queries in one run.
#
#   RBEE_BENCH_BIN=DIR bench/search.sh        WORKERS=100000 and QUERIES=200 can be changed
set -euo pipefail
bin=${RBEE_BENCH_BIN:?}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
"$bin/search_bench" "${WORKERS:-100000}" "${QUERIES:-200}" "$top"
