#!/usr/bin/env bash
# Durable commits, rows and short reads a second: SQLite, and PostgreSQL with fsync on this disk.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${RBEE_BENCH_BIN:?}
top=$(mktemp -d)
exec 3> >(TMPDIR=$top "$here/../tests/fakes/postgres-server" --durable shared_buffers=256MB >"$top/url")
trap 'exec 3>&-; rm -rf "$top"' EXIT
for _ in {1..200}; do
  [[ -s $top/url ]] && break
  sleep 0.1
done
"$bin/database_bench" "$top/market.db" "$(head -n 1 "$top/url")"
