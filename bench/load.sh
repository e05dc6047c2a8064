#!/usr/bin/env bash
# A server under clients that mean it harm, and under too many that do not: 1,000 slow connections in four modes beside an
# ordinary client; three times the connections that it holds; ten minutes of a mixture, with memory and descriptors.
#
#   RBEE_BENCH_BIN=DIR bench/load.sh [slow] [overload] [soak]      SOAK_SECONDS=600, SLOW=1000, EACH=20 can be changed
#
# Fails when an ordinary request's p99 is 250 ms or more, when goodput under overload is less than 80 % of capacity,
# when the server ends, or when memory or descriptors grow.
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}
slow=${SLOW:-1000} each=${EACH:-20} soak=${SOAK_SECONDS:-600}
parts=("$@")
[[ ${#parts[@]} -gt 0 ]] || parts=(slow overload soak)
for tool in wrk curl python3 git; do
  command -v "$tool" >/dev/null || { echo "load.sh: $tool is missing; run: scripts/install-deps bench" >&2; exit 1; }
done
top=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$top"
}
trap finish EXIT
bad=0
worse() { echo "  WORSE THAN PROMISED: $*"; bad=1; }

serve() { # [option ...]
  : >"$top/out"
  "$bin/rbee-market" serve --data "$top/data" --listen 127.0.0.1:0 --threads 2 --log-level warn "$@" >"$top/out" 2>>"$top/log" &
  server=$!
  pids+=("$server")
  for _ in {1..200}; do
    url=$(sed -n 's/^listening on //p' "$top/out")
    [[ -n $url ]] && return
    sleep 0.1
  done
  cat "$top/log" >&2
  exit 1
}
stop() {
  kill -TERM "$server"
  local code=0
  wait "$server" || code=$?
  [[ $code -eq 0 ]] || worse "the server ended with $code"
}
metric() { curl -fsS "$url/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }
alive() { [[ -d /proc/$server ]] || { worse "the server is gone: $(tail -3 "$top/log")"; exit 1; }; }

slow_part() {
  echo "slow connections ($slow at once, $each s each)"
  # A file of 64 MB for holders of a licence: what ranges are read from.
  mkdir -p "$top/data/premium/tts-worker"
  head -c 67108864 /dev/zero >"$top/data/premium/tts-worker/model.bin"
  serve --connections 4096 --connections-per-address 4096
  LOAD_LICENSE=$("$bin/rbee-market" license issue --holder load --all-workers --data "$top/data" | tail -1)
  export LOAD_LICENSE
  [[ $(curl -sS -o /dev/null -w '%{http_code}' -r 0-9 -H "Authorization: Bearer $LOAD_LICENSE" "$url/premium/tts-worker/model.bin") == 206 ]] || worse "no ranges are served"
  local ask=("$url/v1/workers" "$url/v1/workers/tts-worker" "$url/v1/workers/tts-worker/README.md")
  echo " alone"
  python3 load_client.py normal 10 "${ask[@]}" || worse "p99, with nobody else"
  local mode target client
  for mode in headers body read range; do
    target=$url/v1/workers
    [[ $mode != body ]] || target=$url/v1/login/device
    [[ $mode != range ]] || target=$url/premium/tts-worker/model.bin
    echo " $mode"
    python3 load_client.py slow "$mode" "$slow" $((each + 5)) "$target" &
    client=$!
    sleep 3
    echo "  open connections: $(metric rbee_http_connections)"
    python3 load_client.py normal "$each" "${ask[@]}" || worse "p99 beside $mode"
    wait "$client"
    alive
  done
  for _ in {1..40}; do [[ $(metric rbee_http_connections) -lt 10 ]] && break; sleep 1; done
  echo "  afterwards: $(metric rbee_http_connections) connections, $(metric process_open_fds) descriptors, $(($(metric process_resident_memory_bytes) / 1048576)) MB"
  stop
}

goodput() { # CONNECTIONS: answers of 2xx a second
  wrk -t2 -c"$1" -d"${each}s" "$url/v1/workers/tts-worker" >"$top/wrk"
  local all non
  all=$(awk '/requests in/ { print $1 }' "$top/wrk")
  non=$(awk '/Non-2xx/ { print $NF }' "$top/wrk")
  echo $(((all - ${non:-0}) / each))
}
overload_part() {
  echo "overload: a server that holds 64 connections"
  serve --connections 64 --connections-per-address 4096
  local capacity three
  goodput 60 >/dev/null
  capacity=$(goodput 60)
  echo "  60 connections:  $capacity answers of 2xx a second"
  three=$(goodput 192)
  echo "  192 connections: $three answers of 2xx a second ($((three * 100 / capacity)) %), $(awk '/Non-2xx/ { print $NF }' "$top/wrk") refused; $(grep 'Socket errors' "$top/wrk" || echo no socket errors)"
  [[ $((three * 100)) -ge $((capacity * 80)) ]] || worse "goodput under three times overload"
  alive
  [[ $(curl -sS -o /dev/null -w '%{http_code}' "$url/healthz") == 200 ]] || worse "not well afterwards"
  stop
}

soak_part() {
  echo "soak: $soak s of reads, searches, malformed requests, clones and pushes to the catalog"
  serve --connections-per-address 4096 --cooling-hours 0
  git clone -q "$url/catalog.git" "$top/clone"
  wrk -t1 -c16 -d"${soak}s" "$url/v1/workers?q=speech" >"$top/wrk" & pids+=($!)
  wrk -t1 -c16 -d"${soak}s" -H 'Accept-Encoding: gzip' "$url/v1/workers" >"$top/wrk2" & pids+=($!)
  local end=$((SECONDS + soak)) n=0 began=$SECONDS
  : >"$top/samples"
  while [[ $SECONDS -lt $end ]]; do
    n=$((n + 1))
    rm -rf "$top/again"
    git clone -q "$url/catalog.git" "$top/again" || worse "a clone failed"
    printf 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n' | timeout 5 python3 -c '
import socket, sys
s = socket.create_connection(sys.argv[1].split("//")[1].split(":")); s.sendall(sys.stdin.buffer.read()); s.recv(4096)' "$url" || true
    # A change of the catalog, by the host's own hand: the snapshot is built again.
    git -C "$top/clone" -c user.name=x -c user.email=x@example.org commit -q --allow-empty -m "change $n"
    git -C "$top/clone" push -q "$top/data/catalog.git" HEAD:refs/heads/main 2>/dev/null || true
    echo "$((SECONDS - began)) $(metric process_resident_memory_bytes) $(metric process_open_fds)" >>"$top/samples"
    sleep 5
  done
  alive
  wait "${pids[-1]}" "${pids[-2]}" 2>/dev/null || true
  # The first fifth warms up; then the second and the last fifth are compared.
  awk -v soak="$soak" '
    $1 >= soak * 0.2 && $1 < soak * 0.4 { m1 += $2; f1 += $3; n1++ }
    $1 >= soak * 0.8 { m2 += $2; f2 += $3; n2++ }
    END {
      if (!n1 || !n2) { print "  too few samples"; exit 1 }
      printf "  %d samples; memory %.1f MB, then %.1f MB; descriptors %.0f, then %.0f\n", NR, m1 / n1 / 1048576, m2 / n2 / 1048576, f1 / n1, f2 / n2
      exit !(m2 / n2 < m1 / n1 * 1.10 + 2097152 && f2 / n2 < f1 / n1 + 5)
    }' "$top/samples" || worse "memory or descriptors grew"
  awk '/requests in/ { print "  " $1 " searches" }' "$top/wrk"
  awk '/requests in/ { print "  " $1 " gzipped pages" }' "$top/wrk2"
  stop
}

for part in "${parts[@]}"; do "${part}_part"; done
exit $bad
