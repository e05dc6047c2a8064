// The script that asks a real bash about a recipe (shell_answer.hpp).
//
// Pure text. It has set what makepkg 6.0.2 has set when it reads a recipe, reads the recipe where
// makepkg does (inside a function, extglob off, the file's path as $1), and then reports. What a
// recipe may have changed in the shell is set right before the report, and nothing of the report
// is parsed or looked up before that. Source: makepkg(8), makepkg.conf(5), PKGBUILD(5), bash(1).
#include "pkgbuild/schema.hpp"
#include "pkgbuild/shell_answer.hpp"

namespace rbee::pkgbuild {

namespace {

/// The world before the recipe. tests/conformance/makepkg.conf has the same configuration.
constexpr std::string_view kWorld = R"bash(
# The kernel's own limit, of this sandbox alone. It does not hold for root, whose sandbox is watched.
ulimit -u 256
umask 022
unset CDPATH GREP_OPTIONS
BASH_ARGV0=/usr/bin/makepkg
declare -r rbee__report_fd=$1 rbee__nonce_fd=$2
declare -r makepkg_version=6.0.2 confdir=/etc BUILDSCRIPT=PKGBUILD startdir=$3
BUILDFILE=$startdir/$4 CARCH=$5 CHOST=$6
set --
export TEXTDOMAIN=pacman-scripts TEXTDOMAINDIR=/usr/share/locale COMMAND_MODE=legacy
export BUILDDIR=/tmp/build SRCDEST=/tmp/sources PKGDEST=/tmp/packages
SRCPKGDEST=$startdir LOGDEST=$startdir LIBRARY=/usr/share/makepkg
mkdir -p -- "$BUILDDIR" "$SRCDEST" "$PKGDEST"
printf -v SOURCE_DATE_EPOCH '%(%s)T' -1
export SOURCE_DATE_EPOCH
PACKAGER='Unknown Packager' PACMAN=pacman PACMAN_OPTS=() PKGEXT=.pkg.tar.zst SRCEXT=.src.tar.gz
for rbee__name in ASDEPS BUILDFUNC BUILDPKG CHECKFUNC CLEANBUILD CLEANUP DEP_BIN FORCE GENINTEG HOLDVER \
  INFAKEROOT INSTALL LOGGING NEEDED NOARCHIVE NOBUILD NODEPS NOEXTRACT PKGFUNC PKGVERFUNC PREPAREFUNC \
  REPKG REPRODUCIBLE RMDEPS SKIPCHECKSUMS SKIPPGPCHECK SPLITPKG SOURCEONLY VERIFYSOURCE; do
  printf -v "$rbee__name" 0
done
IGNOREARCH=1 PRINTSRCINFO=1 SIGNPKG=
DLAGENTS=('file::/usr/bin/curl -qgC - -o %o %u'
  'ftp::/usr/bin/curl -qgfC - --ftp-pasv --retry 3 --retry-delay 3 -o %o %u'
  'http::/usr/bin/curl -qgb "" -fLC - --retry 3 --retry-delay 3 -o %o %u'
  'https::/usr/bin/curl -qgb "" -fLC - --retry 3 --retry-delay 3 -o %o %u'
  'rsync::/usr/bin/rsync --no-motd -z %u %o'
  'scp::/usr/bin/scp -C %u %o')
VCSCLIENTS=(bzr::breezy fossil::fossil git::git hg::mercurial svn::subversion)
BUILDENV=('!distcc' '!color' '!ccache' check '!sign')
OPTIONS=(strip docs '!libtool' '!staticlibs' emptydirs zipman purge '!debug' '!lto')
INTEGRITY_CHECK=(sha256)
shopt -s extglob

# The helpers of makepkg that recipes call while they are read: its names, our text.
command -v gettext >/dev/null || gettext() { printf %s "$1"; }
plain() { ((QUIET)) || { local mesg=$1; shift; printf "    $mesg\n" "$@"; }; }
plainerr() { plain "$@" >&2; }
msg() { ((QUIET)) || { local mesg=$1; shift; printf "==> $mesg\n" "$@"; }; }
msg2() { ((QUIET)) || { local mesg=$1; shift; printf "  -> $mesg\n" "$@"; }; }
ask() { local mesg=$1; shift; printf ":: $mesg" "$@"; }
warning() { local mesg=$1; shift; printf "==> WARNING: $mesg\n" "$@" >&2; }
error() { local mesg=$1; shift; printf "==> ERROR: $mesg\n" "$@" >&2; }
have_function() { declare -f "$1" >/dev/null; }
is_array() { [[ ${!1@a} == *a* ]]; }
in_array() {
  local needle=$1 item
  shift
  for item in "$@"; do [[ $item == "$needle" ]] && return 0; done
  return 1
}
# 0: in the list; 1: there with a '!'; 127: not there. The last one counts.
in_opt_array() {
  local needle=${1,,} item found=127
  shift
  for item in "$@"; do
    [[ ${item,,} == "$needle" ]] && found=0
    [[ ${item,,} == "!$needle" ]] && found=1
  done
  return "$found"
}
check_buildenv() {
  in_opt_array "$1" "${BUILDENV[@]}"
  case $? in 0) [[ $2 == y ]] ;; 1) [[ $2 == n ]] ;; *) return 127 ;; esac
}
check_option() {
  in_opt_array "$1" "${options[@]}"
  case $? in 0) [[ $2 == y ]] && return; return 1 ;; 1) [[ $2 == n ]] && return; return 1 ;; esac
  in_opt_array "$1" "${OPTIONS[@]}"
  case $? in 0) [[ $2 == y ]] ;; 1) [[ $2 == n ]] ;; *) return 127 ;; esac
}
get_full_version() {
  if ((epoch > 0)); then printf '%s\n' "$epoch:$pkgver-$pkgrel"; else printf '%s\n' "$pkgver-$pkgrel"; fi
}
dir_is_empty() { [[ -z $(ls -A -- "$1" 2>/dev/null) ]]; }
cd_safe() {
  if ! cd "$1"; then
    error 'Failed to change to directory %s' "$1"
    plainerr 'Aborting...'
    exit 1
  fi
}
)bash";

/// Reading and reporting. Parsed before the recipe, so that no alias of it changes a word here.
constexpr std::string_view kReport = R"bash(
rbee__read() {
  local shellopts
  shopt -u extglob
  if source "$@"; then rbee__status=0; else rbee__status=$?; fi
  shopt -s extglob
}

rbee__put() { printf '%s\0' "$@" >&"$rbee__report_fd"; }

# KIND NAME: its attributes, its last index and its values, one string each.
rbee__put_variable() {
  local -n rbee__ref=$2
  local -a rbee__keys
  rbee__keys=("${!rbee__ref[@]}")
  local rbee__last=0
  [[ ${rbee__ref@a} != *a* || ${#rbee__keys[@]} == 0 ]] || rbee__last=${rbee__keys[-1]}
  rbee__put "$1" "$2" "${rbee__ref@a}" "$rbee__last" "${#rbee__ref[@]}" "${rbee__ref[@]}"
}

# FUNCTION NAME ISARRAY OUTVALUE: what one package's function makes of one name. makepkg evaluates
# the lines of a function below several of its own, whose local variables hide the recipe's: these.
rbee__override() {
  local pkgname=$rbee__package pkg=$rbee__package funcname=$1 attrname=$2 attr=$2 isarray=$3 outputvar=$4
  local outvalue= attr_regex= decl= r=1 shellopts= a= package_arch= singlevalued= multivalued=
  local multivalued_arch_attrs= REPLY=
  local -n rbee__global=$attr
  if ((isarray)); then
    outvalue=()
    local rbee__key
    for rbee__key in "${!rbee__global[@]}"; do
      outvalue[rbee__key]=${rbee__global[rbee__key]}
    done
  else
    outvalue=${rbee__global}
  fi
  local rbee__line
  for rbee__line in "${rbee__lines[@]}"; do
    REPLY=$rbee__line
    # Not ##*([[:space:]]), which takes bash seconds for a long line.
    decl=${REPLY#"${REPLY%%[![:space:]]*}"}
    eval "${decl/#$attr/$outputvar}"
  done
  rbee__put override "$attr" "$isarray" "${#outvalue[@]}" "${outvalue[@]}"
}

# Lines of `declare -f` that begin with an assignment to a name of the schema, whatever stands around.
rbee__overrides() {
  local rbee__pattern='^[[:space:]]* ([A-Za-z0-9_]+)[+]?=(.)' rbee__line rbee__name rbee__other
  local -a rbee__text rbee__lines
  local -A rbee__seen
  mapfile -t rbee__text < <(declare -f -- "package_$rbee__package" || declare -f package)
  for rbee__line in "${rbee__text[@]}"; do
    [[ $rbee__line =~ $rbee__pattern ]] || continue
    rbee__name=${BASH_REMATCH[1]}
    local rbee__isarray=${rbee__schema[_${rbee__name%%_*}]}
    [[ -n $rbee__isarray && -z ${rbee__seen[$rbee__name]} ]] || continue
    rbee__seen[$rbee__name]=1
    rbee__lines=()
    local rbee__wrong=
    for rbee__other in "${rbee__text[@]}"; do
      [[ $rbee__other =~ $rbee__pattern && ${BASH_REMATCH[1]} == "$rbee__name" ]] || continue
      rbee__lines+=("$rbee__other")
      if [[ ${BASH_REMATCH[2]} == '(' ]]; then
        ((rbee__isarray)) || rbee__wrong=1
      else
        ((!rbee__isarray)) || rbee__wrong=0
      fi
    done
    # makepkg refuses the other form, so that its value does not matter.
    if [[ -n $rbee__wrong ]]; then
      rbee__put override "$rbee__name" "$rbee__wrong" 0
    else
      rbee__override "package_$rbee__package" "$rbee__name" "$rbee__isarray" outvalue
    fi
  done
}

rbee__report() {
  rbee__flags=$- rbee__shopts=$BASHOPTS
  # An assignment, and no command that a function could stand for: from here on bash finds its
  # special builtins before functions.
  POSIXLY_CORRECT=y
  set +o errexit +o nounset +o xtrace +o verbose +o functrace +o errtrace
  trap - DEBUG RETURN ERR EXIT
  unset -f unset set trap eval source builtin command enable declare local printf mapfile compgen shopt read
  set +o posix
  [[ :$rbee__shopts: == *:expand_aliases:* ]] || shopt -u expand_aliases
  shopt -u nocasematch extdebug
  shopt -s extglob
  local rbee__nonce rbee__name rbee__package
  local -a rbee__names
  mapfile -t -u "$rbee__nonce_fd" rbee__names
  rbee__nonce=${rbee__names[0]}
  rbee__put rbee-shell-report 1 "$rbee__nonce" "$rbee__status" "$rbee__flags" "${IFS-unset}"
  mapfile -t rbee__names < <(compgen -v)
  for rbee__name in "${rbee__names[@]}"; do
    [[ -z ${rbee__schema[_${rbee__name%%_*}]} ]] || rbee__put_variable variable "$rbee__name"
  done
  mapfile -t rbee__names < <(compgen -A function)
  for rbee__name in "${rbee__names[@]}"; do
    [[ -n ${rbee__ours[$rbee__name]} ]] || rbee__put function "$rbee__name" "$(declare -f -- "$rbee__name")"
  done
  [[ -n $pkgbase ]] || pkgbase=${pkgname[0]}
  for rbee__package in "${pkgname[@]}"; do
    rbee__put package "$rbee__package"
    rbee__overrides
  done
  rbee__put end "$rbee__nonce"
}

mapfile -t rbee__names < <(compgen -A function)
declare -A rbee__ours
for rbee__name in "${rbee__names[@]}"; do rbee__ours[$rbee__name]=1; done
declare -r rbee__ours
readonly -f rbee__read rbee__put rbee__put_variable rbee__override rbee__overrides rbee__report
unset rbee__names rbee__name
rbee__status=cut-short

rbee__read "$BUILDFILE"
\rbee__report
\exit 0
)bash";

}  // namespace

std::string shell_driver() {
  // The leading '_' keeps a key from being empty, which bash does not allow.
  std::string text = "declare -rA rbee__schema=(";
  for (const std::string_view name : schema::kArrays) text.append("[_").append(name).append("]=1 ");
  for (const std::string_view name : schema::kScalars)
    text.append("[_").append(name).append("]=0 ");
  text += ")\nunset";
  for (const std::string_view name : schema::kArrays) text.append(" ").append(name);
  for (const std::string_view name : schema::kScalars) text.append(" ").append(name);
  return text.append(kWorld).append(kReport);
}

}  // namespace rbee::pkgbuild
