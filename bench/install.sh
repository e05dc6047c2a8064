#!/usr/bin/env bash
# Installing a pre-built worker of 100 MB against doing it by hand (curl, sha256sum, tar) and against makepkg with pacman -U;
# looking for updates of 50 workers of which none has one; starting the program. All in one run on loopback.
#
#   RBEE_BENCH_BIN=DIR bench/install.sh        RUNS=5 and MEGABYTES=100 can be changed
set -euo pipefail
cd "$(dirname "$0")"
bin=${RBEE_BENCH_BIN:-$PWD/../build/bench/bin}
runs=${RUNS:-5} megabytes=${MEGABYTES:-100}
for tool in nginx curl makepkg pacman python3; do
  command -v "$tool" >/dev/null || { echo "install.sh: $tool is missing; run: scripts/install-deps bench" >&2; exit 1; }
done
top=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait
  chmod -R u+rwX "$top"
  rm -rf "$top"
}
trap finish EXIT
chmod 755 "$top"

# A worker that is mostly weights: they do not compress, so that unpacking is as fast as the disk.
mkdir -p "$top/www" "$top/made" "$top/tmp"
head -c "$((megabytes * 1000000))" /dev/urandom >"$top/made/weights.bin"
printf '#!/bin/sh\necho big\n' >"$top/made/big"
chmod 755 "$top/made/big"
tar -C "$top/made" -cf "$top/www/big.tar" big weights.bin
sum=$(sha256sum "$top/www/big.tar" | cut -d' ' -f1)
port=$((20000 + RANDOM % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
cat >"$top/nginx.conf" <<CONF
daemon off;
pid $top/nginx.pid;
error_log $top/nginx.log;
events { worker_connections 64; }
http {
  access_log off;
  sendfile on;
  client_body_temp_path $top/tmp; proxy_temp_path $top/tmp; fastcgi_temp_path $top/tmp; uwsgi_temp_path $top/tmp; scgi_temp_path $top/tmp;
  server { listen 127.0.0.1:$port; root $top/www; }
}
CONF
chmod -R a+rX "$top"
nginx -c "$top/nginx.conf" -p "$top" &
pids+=($!)
files=http://127.0.0.1:$port
for _ in {1..100}; do curl -fsS -r 0-0 -o /dev/null "$files/big.tar" 2>/dev/null && break; sleep 0.1; done

worker() { # ID, SOURCES AND package()
  mkdir -p "$top/catalog/community/$1"
  printf '[worker]\nid = "%s"\nname = "%s"\ndescription = "A benchmark"\nlicense = "MIT"\n' "$1" "$1" >"$top/catalog/community/$1/worker.toml"
  printf 'pkgname=%s\npkgver=1\npkgrel=1\npkgdesc="A benchmark"\narch=(x86_64 aarch64)\nlicense=(MIT)\noptions=(!strip)\n%s\n' "$1" "$2" \
    >"$top/catalog/community/$1/PKGBUILD"
}
worker big "source=($files/big.tar)
sha256sums=($sum)
package() {
  install -Dm755 big \"\$pkgdir/usr/bin/big\"
  install -Dm644 weights.bin \"\$pkgdir/usr/share/big/weights.bin\"
}"
for n in $(seq 1 50); do
  worker "small-$n" "package() { install -d \"\$pkgdir/usr/bin\"; printf '#!/bin/sh\\n' >\"\$pkgdir/usr/bin/small-$n\"; chmod 755 \"\$pkgdir/usr/bin/small-$n\"; }"
done
git init -q -b main "$top/catalog"
git -C "$top/catalog" add -A
git -C "$top/catalog" -c user.name=A -c user.email=a@example.org commit -qm "Workers"
: >"$top/out"
"$bin/rbee-market" serve --data "$top/data" --catalog "$top/catalog" --listen 127.0.0.1:0 --log-level warn >"$top/out" 2>"$top/log" &
pids+=($!)
for _ in {1..100}; do
  url=$(sed -n 's/^listening on //p' "$top/out")
  [[ -n $url ]] && break
  sleep 0.1
done
rbee() { env HOME="$top/home" RBEE_CATALOG="$url" "$bin/rbee" "$@"; }

now() { date +%s%N; }
# median COMMAND…: runs it `runs` times with nothing kept between, prints the median in milliseconds.
median() {
  local begin times=()
  for ((i = 0; i < runs; ++i)); do
    chmod -R u+rwX "$top/home" "$top/hand" "$top/arch" 2>/dev/null || true
    [[ ${keep-} ]] || rm -rf "${top:?}/home" "$top/hand" "$top/arch"
    mkdir -p "$top/home" "$top/hand" "$top/arch"
    [[ $EUID -ne 0 ]] || chown 65534:65534 "$top/arch"
    sync -f "$top"
    begin=$(now)
    "$@" >"$top/said" 2>&1 || { cat "$top/said" >&2; exit 1; }
    times+=($((($(now) - begin) / 1000)))
  done
  printf '%s\n' "${times[@]}" | sort -n | sed -n "$(((runs + 1) / 2))p" | awk '{ printf "%.1f\n", $1 / 1000 }'
}

by_hand() {
  curl -fsS -o "$top/hand/big.tar" "$files/big.tar"
  echo "$sum  $top/hand/big.tar" | sha256sum --quiet -c
  tar -C "$top/hand" -xf "$top/hand/big.tar"
  # What we promise after a power cut costs by hand, too.
  sync -f "$top/hand"
}
by_arch() {
  local drop=()
  [[ $EUID -ne 0 ]] || drop=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  cp "$top/catalog/community/big/PKGBUILD" "$top/arch/"
  printf '%s\n' 'CARCH=x86_64' 'PKGEXT=.pkg.tar.zst' 'SRCEXT=.src.tar' 'BUILDENV=(!color)' 'OPTIONS=(strip)' 'INTEGRITY_CHECK=(sha256)' \
    'COMPRESSZST=(zstd -c -z -q -)' "DLAGENTS=('http::/usr/bin/curl -fsS -o %o %u')" >"$top/arch/makepkg.conf"
  "${drop[@]}" env HOME=/nonexistent PKGDEST="$top/arch" sh -c "cd '$top/arch' && makepkg --config ./makepkg.conf --nodeps --noconfirm"
  mkdir -p "$top/arch/root/var/lib/pacman"
  [[ $EUID -ne 0 ]] || pacman -U --noconfirm -dd --root "$top/arch/root" --dbpath "$top/arch/root/var/lib/pacman" --config /dev/null "$top"/arch/big-*.pkg.tar.zst
}

hand=$(median by_hand)
ours=$(median rbee worker install big)
arch=$(runs=1 median by_arch)
echo "install of $megabytes MB: rbee $ours ms; curl + sha256sum + tar + sync $hand ms ($(awk "BEGIN { printf \"%.2f\", $ours / $hand }") times); makepkg + pacman -U $arch ms ($(awk "BEGIN { printf \"%.1f\", $arch / $ours }") times ours)"
for n in $(seq 1 50); do rbee -q worker install "small-$n"; done
upgrade=$(keep=1 median rbee worker upgrade --all)
start=$(keep=1 median "$bin/rbee" --version)
echo "upgrade --all of 51 workers, nothing to do: $upgrade ms; rbee --version: $start ms (whole processes)"
