// The variables that come from the host: see host.hpp.
#include "pkgbuild/host.hpp"

#include <algorithm>
#include <array>

namespace rbee::pkgbuild {
namespace {

// Sorted, for binary search. Environment and bash first and last in the alphabet; the rest is makepkg's.
constexpr auto kHost = std::to_array<std::string_view>({
    "ALL_OFF", "ARGLIST", "ASDEPS", "BASH", "BASHOPTS", "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV",
    "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_LINENO", "BASH_LOADABLES_PATH", "BASH_SOURCE",
    "BASH_SUBSHELL", "BASH_VERSINFO", "BASH_VERSION", "BLUE", "BOLD", "BUILDDIR", "BUILDENV", "BUILDFILE",
    "BUILDFUNC", "BUILDPKG", "BUILDSCRIPT", "CC", "CFLAGS", "CHECKFUNC", "CLEANBUILD",
    "CLEANUP", "COLUMNS", "COMMAND_MODE", "COMPRESSBZ2", "COMPRESSGZ", "COMPRESSLRZ", "COMPRESSLZ",
    "COMPRESSLZ4", "COMPRESSLZO", "COMPRESSXZ", "COMPRESSZ", "COMPRESSZST", "COMP_WORDBREAKS", "CPPFLAGS", "CXX",
    "CXXFLAGS", "DBGSRCDIR", "DEBUG_CFLAGS", "DEBUG_CXXFLAGS", "DEBUG_RUSTFLAGS", "DEP_BIN", "DIRSTACK",
    "DISPLAY", "DISTCC_HOSTS", "DLAGENTS", "DOC_DIRS", "EDITOR", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FCFLAGS",
    "FFLAGS", "FORCE", "FUNCNAME", "GENINTEG", "GPGKEY", "GREEN", "GROUPS", "HISTCMD", "HOLDVER", "HOME",
    "HOSTNAME", "HOSTTYPE", "IGNOREARCH", "INFAKEROOT", "INSTALL", "INTEGRITY_CHECK", "LANG", "LANGUAGE", "LDFLAGS",
    "LIBRARY", "LINENO", "LINES", "LOGDEST", "LOGGING", "LOGNAME", "LTOFLAGS", "MACHTYPE", "MAIL", "MAKEFLAGS",
    "MAKEPKG_CONF", "MAN_DIRS", "NEEDED", "NOARCHIVE", "NOBUILD", "NODEPS", "NOEXTRACT", "OLDPWD", "OPTERR",
    "OPTIND", "OPTIONS", "OSTYPE", "PACKAGER", "PACMAN", "PACMAN_AUTH", "PACMAN_OPTS", "PACMAN_PATH", "PATH",
    "PIPESTATUS", "PKGDEST", "PKGEXT", "PKGFUNC", "PKGVERFUNC", "PPID", "PREPAREFUNC", "PRINTSRCINFO", "PS1",
    "PS4", "PURGE_TARGETS", "PWD", "PYTHONHASHSEED", "RANDOM", "RED", "REPKG", "REPRODUCIBLE", "RMDEPS",
    "RUN_CHECK", "RUN_PREPARE", "RUSTFLAGS", "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "SIGNPKG", "SKIPCHECKSUMS",
    "SKIPPGPCHECK", "SOURCEONLY", "SOURCE_DATE_EPOCH", "SPLITPKG", "SRANDOM", "SRCDEST", "SRCEXT", "SRCPKGDEST",
    "STRIP_BINARIES", "STRIP_SHARED", "STRIP_STATIC", "SUDO_USER", "TERM", "TEXTDOMAIN", "TEXTDOMAINDIR", "TMPDIR",
    "TZ", "UID", "USER", "VCSCLIENTS", "VERIFYSOURCE", "VISUAL", "YELLOW", "_", "build_options",
    "buildenv_functions", "confdir", "executable_functions", "extra_environment", "func", "known_hash_algos",
    "lib", "lint_config_functions", "lint_package_functions", "lint_pkgbuild_functions", "makepkg_version",
    "packaging_options", "pkgbuild_schema_arch_arrays", "pkgbuild_schema_arrays",
    "pkgbuild_schema_package_overrides", "pkgbuild_schema_strings", "shellopts", "signal", "startdir",
    "tidy_modify", "tidy_remove", "using_ccache"});
static_assert(std::is_sorted(kHost.begin(), kHost.end()));

constexpr auto kComputed = std::to_array<std::string_view>({
    "BASHPID", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_CMDS", "BASH_COMMAND", "BASH_LINENO",
    "BASH_SOURCE", "BASH_SUBSHELL", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS", "EUID", "FUNCNAME", "GROUPS",
    "HISTCMD", "LINENO", "OPTERR", "OPTIND", "PIPESTATUS", "PPID", "RANDOM", "SECONDS", "SRANDOM", "UID", "_"});
static_assert(std::is_sorted(kComputed.begin(), kComputed.end()));

constexpr auto kReadonly = std::to_array<std::string_view>({
    "BASHOPTS", "BASH_VERSINFO", "BUILDSCRIPT", "SHELLOPTS", "build_options", "buildenv_functions", "confdir",
    "executable_functions", "known_hash_algos", "lint_config_functions", "lint_package_functions",
    "lint_pkgbuild_functions", "makepkg_version", "packaging_options", "pkgbuild_schema_arch_arrays",
    "pkgbuild_schema_arrays", "pkgbuild_schema_package_overrides", "pkgbuild_schema_strings", "startdir", "tidy_modify"});
static_assert(std::is_sorted(kReadonly.begin(), kReadonly.end()));

// The functions that makepkg has defined by then. A recipe that redefines one changes makepkg itself.
constexpr auto kFunctions = std::to_array<std::string_view>({
    "array_build", "backup_package_variables", "build_id", "buildenv_buildflags",
    "buildenv_ccache", "buildenv_debugflags", "buildenv_distcc", "buildenv_lto",
    "buildenv_makeflags", "canonicalize_path", "cd_safe", "check_build_status",
    "check_buildenv", "check_buildoption", "check_checksums", "check_deps", "check_dotfiles",
    "check_epoch", "check_files_exist", "check_fullpkgver", "check_opt_array", "check_option",
    "check_pgpsigs", "check_pkgrel", "check_pkgver", "check_software", "check_source_integrity",
    "clean_up", "colorize", "compress_as", "create_debug_package", "create_package",
    "create_package_signatures", "create_signature", "create_srcpackage", "dir_is_empty",
    "dirsize", "download_bzr", "download_file", "download_fossil", "download_git",
    "download_hg", "download_local", "download_sources", "download_svn", "ensure_writable_dir",
    "enter_fakeroot", "error", "error_function", "executable_ccache", "executable_checksum",
    "executable_distcc", "executable_fakeroot", "executable_gpg", "executable_gzip",
    "executable_pacman", "executable_strip", "executable_sudo", "executable_vcs",
    "exists_function_variable", "extract_bzr", "extract_file", "extract_fossil",
    "extract_function_variable", "extract_git", "extract_global_variable", "extract_hg",
    "extract_sources", "extract_svn", "find_libdepends", "find_libprovides",
    "generate_checksums", "generate_one_checksum", "get_all_sources",
    "get_all_sources_for_arch", "get_compression_command", "get_downloadclient", "get_filename",
    "get_filepath", "get_full_version", "get_integlist", "get_pkg_arch",
    "get_pkgbuild_all_split_attributes", "get_pkgbuild_attribute", "get_protocol",
    "get_uri_fragment", "get_uri_query", "get_url", "get_vcsclient", "grep_function",
    "handle_deps", "have_function", "in_array", "in_opt_array", "install_package", "is_array",
    "lint_arch", "lint_arch_specific", "lint_backup", "lint_changelog", "lint_checkdepends",
    "lint_config", "lint_config_variables", "lint_conflicts", "lint_depends", "lint_epoch",
    "lint_ext", "lint_file_names", "lint_install", "lint_makedepends", "lint_one_pkgname",
    "lint_optdepends", "lint_options", "lint_package", "lint_package_function",
    "lint_package_function_variable", "lint_paths", "lint_pkgbase", "lint_pkgbuild",
    "lint_pkglist", "lint_pkgname", "lint_pkgrel", "lint_pkgver", "lint_provides",
    "lint_source", "lint_source_date_epoch", "lint_variable", "list_package_files",
    "load_makepkg_config", "merge_arch_attrs", "missing_source_file", "parse_gpg_statusfile",
    "parseopts", "pkgbuild_extract_to_srcinfo", "prepare_buildenv", "print_all_package_names",
    "remove_deps", "resolve_deps", "restore_package_variables", "run_build", "run_check",
    "run_function", "run_function_safe", "run_package", "run_pacman", "run_prepare",
    "run_single_packaging", "run_split_packaging", "source_buildfile", "source_files",
    "source_has_signatures", "source_makepkg_config", "source_safe", "srcinfo_open_section",
    "srcinfo_separate_section", "srcinfo_write_attr", "srcinfo_write_global",
    "srcinfo_write_package", "srcinfo_write_section_details", "strip_file", "strip_lto",
    "tidy_docs", "tidy_emptydirs", "tidy_install", "tidy_libtool", "tidy_purge",
    "tidy_staticlibs", "tidy_strip", "tidy_zipman", "trap_exit", "update_pkgver", "usage",
    "verify_file_signature", "verify_git_signature", "verify_integrity_one",
    "verify_integrity_sums", "version", "warn_build_references", "warn_missing_backup",
    "write_buildinfo", "write_kv_pair", "write_pkginfo", "write_srcinfo",
    "write_srcinfo_content", "write_srcinfo_header"});
static_assert(std::is_sorted(kFunctions.begin(), kFunctions.end()));

template <std::size_t N>
bool holds(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name);
}

}  // namespace

bool is_host_variable(std::string_view name) {
  return holds(kHost, name) || name.starts_with("E_") || name.starts_with("LIBMAKEPKG_") || name.starts_with("LC_") ||
         name.starts_with("XDG_") || name.starts_with("DBUS_") || name.starts_with("SSH_");
}

bool is_computed_variable(std::string_view name) { return holds(kComputed, name); }

bool is_makepkg_readonly(std::string_view name) { return holds(kReadonly, name) || name == "tidy_remove"; }

bool is_makepkg_function(std::string_view name) { return holds(kFunctions, name); }

}  // namespace rbee::pkgbuild
