#!/usr/bin/env bash
# Pages a second: home, search and a worker's page at WORKERS made-up workers, and beside each the same bytes as a file from
# nginx, in one run on loopback with the same wrk. p99 is what one connection sees: the server's own time and the loopback's.
#
#   RBEE_BENCH_BIN=DIR bench/web.sh        WORKERS=100000, SECONDS_EACH=5 and CONNECTIONS=16 can be changed
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}
workers=${WORKERS:-100000} seconds=${SECONDS_EACH:-5} connections=${CONNECTIONS:-16} threads=${THREADS:-$(nproc)}
for tool in wrk nginx curl jq; do
  command -v "$tool" >/dev/null || { echo "web.sh: $tool is missing; run: scripts/install-deps bench" >&2; exit 1; }
done
top=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$top"
}
trap finish EXIT

"$bin/generate-catalog" "$workers" "$top/catalog.git" >/dev/null
: >"$top/out"
"$bin/rbee-market" serve --data "$top/data" --catalog "$top/catalog.git" --listen 127.0.0.1:0 --threads "$threads" --log-level warn \
  --connections-per-address 1000 >"$top/out" 2>"$top/log" &
pids+=($!)
for _ in {1..1200}; do
  url=$(sed -n 's/^listening on //p' "$top/out")
  [[ -n $url ]] && break
  sleep 0.1
done
[[ -n $url ]] || { cat "$top/log" >&2; exit 1; }
id=$(curl -fsS "$url/v1/workers?limit=1" | jq -r '.workers[0].id')
declare -A pages=([home]=/ [search]="/search?q=fast" [worker]="/w/$id")
browser=(-H 'Accept: text/html' -H 'Accept-Encoding: gzip')
mkdir -p "$top/www" "$top/tmp"
for page in home search worker; do curl -fsS "${browser[@]}" "$url${pages[$page]}" -o "$top/www/$page"; done

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
  default_type text/html;
  client_body_temp_path $top/tmp; proxy_temp_path $top/tmp; fastcgi_temp_path $top/tmp; uwsgi_temp_path $top/tmp; scgi_temp_path $top/tmp;
  server { listen 127.0.0.1:$port reuseport; root $top/www; }
}
CONF
chmod -R a+rX "$top"
nginx -c "$top/nginx.conf" -p "$top" &
pids+=($!)
for _ in {1..100}; do curl -fsS -o /dev/null "http://127.0.0.1:$port/home" 2>/dev/null && break; sleep 0.1; done

measure() { # label, connections, url
  local out
  out=$(wrk -t "$(($2 < threads ? $2 : threads))" -c "$2" -d "${seconds}s" --latency "${browser[@]}" "$3")
  printf '%-40s %8.0f requests/s  p50 %-8s p99 %-8s %s\n' "$1" "$(awk '/^Requests\/sec/{print $2}' <<<"$out")" \
    "$(awk '$1=="50%"{print $2}' <<<"$out")" "$(awk '$1=="99%"{print $2}' <<<"$out")" "$(grep -o 'Socket errors.*\|Non-2xx.*' <<<"$out" || true)"
}
echo "$workers workers, $threads threads each, ${seconds} s, wrk on the same $(nproc) cores"
for page in home search worker; do
  echo "$page: ${pages[$page]}, $(stat -c %s "$top/www/$page") bytes compressed"
  measure "  rbee-market, one connection" 1 "$url${pages[$page]}"
  measure "  rbee-market, $connections connections" "$connections" "$url${pages[$page]}"
  measure "  nginx, the same bytes as a file" "$connections" "http://127.0.0.1:$port/$page"
done
