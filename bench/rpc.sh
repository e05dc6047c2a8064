#!/usr/bin/env bash
# The AUR's RPC at 100,000 workers: info of 150 names must be answered within 2 ms, a push be visible within 100 ms.
set -euo pipefail
"${RBEE_BENCH_BIN:-$(dirname "$0")/../build/bench/bin}/rpc_bench" "${1-100000}"
