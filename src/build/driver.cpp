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

# What the recipe's last word on an option is, or the default: y or n.
rbee__option() {
  local rbee__each rbee__said=$2
  for rbee__each in "${options[@]}"; do
    [[ $rbee__each == "$1" ]] && rbee__said=y
    [[ $rbee__each == "!$1" ]] && rbee__said=n
  done
  [[ $rbee__said == y ]]
}

rbee__strip() {
  local rbee__file rbee__magic rbee__flags rbee__lto
  while IFS= read -rd '' rbee__file; do
    IFS= read -rN 4 rbee__magic <"$rbee__file" 2>/dev/null
    rbee__lto=
    case $rbee__magic in
      $'\x7fELF')
        case $(readelf -h -- "$rbee__file" 2>/dev/null) in
          *Type:*'DYN ('*) rbee__flags=(--strip-unneeded) ;;
          *Type:*'EXEC ('*) rbee__flags=(--strip-all) ;;
          *) [[ $rbee__file == *.ko ]] || continue; rbee__flags=(--strip-unneeded) ;;
        esac ;;
      '!<ar')
        rbee__flags=(--strip-debug) rbee__lto=1 ;;
      *) continue ;;
    esac
    # Written back into the same file, whose mode and other names stay.
    strip "${rbee__flags[@]}" "$rbee__file" -o /tmp/rbee-stripped && cat /tmp/rbee-stripped >"$rbee__file"
    [[ -n $rbee__lto ]] && strip -R '.gnu.lto_*' -R '.gnu.debuglto_*' -N __gnu_lto_v1 "$rbee__file" -o /tmp/rbee-stripped &&
      cat /tmp/rbee-stripped >"$rbee__file"
    rm -f /tmp/rbee-stripped
  done < <(find . -type f -perm -u+w -print0)
}

rbee__zip_manuals() {
  local rbee__file rbee__inode rbee__link
  local -A rbee__first=()
  while read -rd ' ' rbee__inode && IFS= read -r rbee__file; do
    while IFS= read -rd '' rbee__link; do
      [[ $rbee__file -ef $rbee__link ]] || continue
      rm -f "$rbee__link" "$rbee__link.gz"
      if [[ ${rbee__file%/*} == "${rbee__link%/*}" ]]; then
        ln -s -- "${rbee__file##*/}.gz" "$rbee__link.gz"
      else
        ln -s -- "/$rbee__file.gz" "$rbee__link.gz"
      fi
    done < <(find "$@" -type l -print0 2>/dev/null)
    if [[ -z ${rbee__first[$rbee__inode]} ]]; then
      rbee__first[$rbee__inode]=$rbee__file
      gzip -9 -n -f "$rbee__file"
    else
      rm -f "$rbee__file"
      ln "${rbee__first[$rbee__inode]}.gz" "$rbee__file.gz"
      chmod 644 "$rbee__file.gz"
    fi
  done < <(find "$@" -type f ! -name '*.gz' ! -name '*.bz2' -exec stat -c '%i %n' {} + 2>/dev/null)
}

# What makepkg does to a finished package, as its defaults and the recipe's options=() say.
rbee__tidy() {
  cd "$pkgdir" || return
  local rbee__file
  rbee__option docs y || rm -rf -- usr/{,local/}{,share/}{doc,gtk-doc} opt/*/{doc,gtk-doc}
  rbee__option emptydirs y || find . -mindepth 1 -depth -type d -empty -delete
  rbee__option libtool n || find . ! -type d -name '*.la' -delete
  if rbee__option purge y; then
    rm -f usr/{,share/}info/dir
    find . ! -type d \( -name .packlist -o -name '*.pod' \) -delete
  fi
  rbee__option staticlibs n || while IFS= read -rd '' rbee__file; do
    [[ -f ${rbee__file%.a}.so || -h ${rbee__file%.a}.so ]] && rm "$rbee__file"
  done < <(find . ! -type d -name '*.a' -print0)
  if rbee__option strip y && type -P strip readelf >/dev/null; then rbee__strip; fi
  rbee__option zipman y && rbee__zip_manuals {usr{,/local}{,/share},opt/*}/{man,info}
  return 0
}

rbee__load
for rbee__phase in "${rbee__phases[@]}"; do
  # The package was made without a shell; it only has to be tidied.
  [[ $rbee__phase == tidy ]] && { rbee__tidy; continue; }
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
    [[ $rbee__phase == package* ]] && rbee__tidy
  fi
done
exit 0
)bash";

}  // namespace rbee::build
