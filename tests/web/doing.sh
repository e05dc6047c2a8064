# Accounts with passwords and submissions that wait, for doing.mjs. Sourced after start_web_market.
# shellcheck shell=bash disable=SC2154
password='a long pass phrase'
prepare_doing() {
  local name
  market user add author --email author@example.org <<<"$password" >/dev/null
  market user add rex --email rex@example.org --role reviewer <<<"$password" >/dev/null
  market user add ria --email ria@example.org --role reviewer <<<"$password" >/dev/null
  market user add boss --email boss@example.org --role admin <<<"$password" >/dev/null
  market token create author --scopes read,submit >"$top/token-author"
  mkdir -p "$top/work"
  for name in hello-voice hello-again; do
    mkdir -p "$top/work/$name"
    printf '[worker]\nid = "%s"\nname = "Hello"\ndescription = "Says hello"\nlicense = "MIT"\ntags = ["tts"]\n' "$name" >"$top/work/$name/worker.toml"
    cat >"$top/work/$name/PKGBUILD" <<RECIPE
pkgname=$name
pkgver=1.0
pkgrel=1
pkgdesc='Says hello'
arch=(x86_64 aarch64)
url=https://example.org/$name
license=(MIT)
source=(hello.sh)
sha256sums=(SKIP)
package() {
  install -Dm755 hello.sh "\$pkgdir/usr/bin/$name"
}
RECIPE
    printf '#!/bin/sh\necho hello\n' >"$top/work/$name/hello.sh"
    printf '# %s\n\nIt says hello.\n' "$name" >"$top/work/$name/README.md"
    (cd "$top/work" && RBEE_CATALOG=$url RBEE_TOKEN=$(<"$top/token-author") rbee worker submit "$name" --title "$name: says hello") >"$top/submit" 2>&1 ||
      fail "submit: $(<"$top/submit")"
  done
}
