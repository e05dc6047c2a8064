// The driver's text. It follows what makepkg 6.0.2 does around a recipe's functions: same
// variables, same options, errors end the phase, the version that pkgver() prints replaces the
// recipe's.
#include "build/driver.hpp"

namespace rbee::build {

const std::string_view kDriver = R"bash(
umask 022
shopt -s extglob
LC_ALL=C.UTF-8
unset OLDPWD

rbee__nonce=$1 rbee__recipe=$2 rbee__version=$3
srcdir=$4 pkgdir=$5 startdir=$6 CARCH=$7
shift 7
rbee__phases=("$@")
set --
rbee__report() { printf '\n\036%s %s\n' "$rbee__nonce" "$*"; }

# The helpers that recipes may call; makepkg's names, our text.
plain() { local rbee__text=$1; shift; printf "    $rbee__text\n" "$@"; }
plainerr() { plain "$@" >&2; }
msg() { local rbee__text=$1; shift; printf "==> $rbee__text\n" "$@"; }
msg2() { local rbee__text=$1; shift; printf "  -> $rbee__text\n" "$@"; }
ask() { local rbee__text=$1; shift; printf ":: $rbee__text" "$@"; }
warning() { local rbee__text=$1; shift; printf "==> WARNING: $rbee__text\n" "$@" >&2; }
error() { local rbee__text=$1; shift; printf "==> ERROR: $rbee__text\n" "$@" >&2; }

# With a version: the recipe as pkgver() would have it, as makepkg rewrites it.
rbee__load() {
  local rbee__file=$rbee__recipe rbee__lines
  if [[ -n $rbee__version ]]; then
    mapfile -t rbee__lines <"$rbee__recipe"
    rbee__lines=("${rbee__lines[@]/#pkgver=*([^ ])/pkgver=$rbee__version}")
    rbee__lines=("${rbee__lines[@]/#pkgrel=*([^ ])/pkgrel=1}")
    rbee__file=/tmp/rbee-recipe
    printf '%s\n' "${rbee__lines[@]}" >"$rbee__file"
  fi
  shopt -u extglob
  source "$rbee__file" || { rbee__report failed recipe "$?"; exit 1; }
  shopt -s extglob
  pkgbase=${pkgbase:-${pkgname[0]}}
}

rbee__failed() {
  local rbee__code=$?
  if ((!BASH_SUBSHELL)); then
    rbee__report failed "$1" "$rbee__code"
    error 'A failure occurred in %s().' "$1"
  fi
  exit $((rbee__code ? rbee__code : 1))
}

rbee__run() {
  local rbee__shopts
  rbee__shopts=$(shopt -p)
  local -
  shopt -o -s errexit errtrace
  trap "rbee__failed '$1'" ERR
  cd "$srcdir"
  "$1"
  trap - ERR
  eval "$rbee__shopts"
}

rbee__load
for rbee__phase in "${rbee__phases[@]}"; do
  if [[ $rbee__phase == package* ]]; then
    rbee__report phase package
    [[ $rbee__phase == package_* ]] && pkgname=${rbee__phase#package_}
  else
    rbee__report phase "$rbee__phase"
  fi
  if [[ $rbee__phase == pkgver ]]; then
    rbee__new=$(rbee__run pkgver)
    rbee__code=$?
    if ((rbee__code)); then
      rbee__report failed pkgver "$rbee__code"
      exit "$rbee__code"
    fi
    rbee__report pkgver "$rbee__new"
    if [[ -n $rbee__new && $rbee__new != "$pkgver" ]]; then
      rbee__version=$rbee__new
      rbee__load
    fi
  else
    rbee__run "$rbee__phase"
  fi
done
exit 0
)bash";

}  // namespace rbee::build
