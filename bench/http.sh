#!/usr/bin/env bash
# Requests a second: GET /v1/workers/{id} and its 304 from rbee-market, and the same bytes as a file from nginx, in one run
# on loopback with the same wrk. Starts both on free ports and ends them by pid.
#
#   RBEE_BENCH_BIN=DIR bench/http.sh        SECONDS_EACH=5 and CONNECTIONS=32 can be changed
set -euo pipefail
cd "$(dirname "$0")"
market=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}/rbee-market
seconds=${SECONDS_EACH:-5} connections=${CONNECTIONS:-32} threads=${THREADS:-$(nproc)}
for tool in wrk nginx curl; do
  command -v "$tool" >/dev/null || { echo "http.sh: $tool is missing; run: scripts/install-deps bench" >&2; exit 1; }
done
top=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$top"
}
trap finish EXIT

: >"$top/out"
"$market" serve --data "$top/data" --listen 127.0.0.1:0 --threads "$threads" --log-level warn \
  --connections-per-address 1000 >"$top/out" 2>"$top/log" &
pids+=($!)
for _ in {1..100}; do
  url=$(sed -n 's/^listening on //p' "$top/out")
  [[ -n $url ]] && break
  sleep 0.1
done
[[ -n $url ]] || { cat "$top/log" >&2; exit 1; }
path=/v1/workers/llm-worker-rbee-cpu
mkdir -p "$top/www/v1/workers" "$top/tmp"
curl -fsS "$url$path" -o "$top/www$path"
etag=$(curl -fsS -D - -o /dev/null "$url$path" | tr -d '\r' | sed -n 's/^ETag: //p')

# nginx cannot choose a port: take one that was free a moment ago.
port=$((20000 + RANDOM % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
cat >"$top/nginx.conf" <<CONF
daemon off;
worker_processes $threads;
pid $top/nginx.pid;
error_log $top/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  open_file_cache max=10;
  keepalive_requests 100000000;
  default_type application/json;
  client_body_temp_path $top/tmp; proxy_temp_path $top/tmp; fastcgi_temp_path $top/tmp; uwsgi_temp_path $top/tmp; scgi_temp_path $top/tmp;
  server { listen 127.0.0.1:$port reuseport; root $top/www; }
}
CONF
chmod -R a+rX "$top"
nginx -c "$top/nginx.conf" -p "$top" &
pids+=($!)
for _ in {1..100}; do curl -fsS -o /dev/null "http://127.0.0.1:$port$path" 2>/dev/null && break; sleep 0.1; done
file_etag=$(curl -fsS -D - -o /dev/null "http://127.0.0.1:$port$path" | tr -d '\r' | sed -n 's/^ETag: //p')

# Processor time of a process and its children so far, in clock ticks: what a request costs, whoever else is busy.
ticks() { cat "/proc/$1/stat" "/proc/$1/task/$1/children" 2>/dev/null | awk -v top="$1" '
  NR == 1 { sub(/.*\) /, ""); sum = $12 + $13; next }
  { for (i = 1; i <= NF; i++) { getline line < ("/proc/" $i "/stat"); sub(/.*\) /, "", line); split(line, f, " "); sum += f[12] + f[13] } }
  END { print sum }'; }

measure() {  # label, pid, url, header
  local out before after
  before=$(ticks "$2")
  out=$(wrk -t "$threads" -c "$connections" -d "${seconds}s" --latency ${4:+-H "$4"} "$3")
  after=$(ticks "$2")
  printf '%-50s %8.0f requests/s  %5.2f us of processor each  p99 %s %s\n' "$1" "$(awk '/^Requests\/sec/{print $2}' <<<"$out")" \
    "$(awk -v t="$((after - before))" -v hz="$(getconf CLK_TCK)" '/requests in/{print t / hz * 1e6 / $1}' <<<"$out")" \
    "$(awk '$1=="99%"{print $2}' <<<"$out")" "$(grep -o 'Socket errors.*' <<<"$out" || true)"
}
echo "$(stat -c %s "$top/www$path") bytes, $connections connections, $threads threads each, ${seconds} s, wrk on the same $(nproc) cores"
for round in 1 2; do
  echo "round $round"
  measure "rbee-market GET $path" "${pids[0]}" "$url$path"
  measure "nginx       the same bytes, a file" "${pids[1]}" "http://127.0.0.1:$port$path"
  measure "rbee-market 304" "${pids[0]}" "$url$path" "If-None-Match: $etag"
  measure "nginx       304" "${pids[1]}" "http://127.0.0.1:$port$path" "If-None-Match: $file_etag"
done
