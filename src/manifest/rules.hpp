// What the values of worker.toml must look like, one function a form; and the {placeholders} in
// some of them.
//
// Pure. Each check returns what is wrong, as the end of a sentence that begins with the value, or
// nothing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/platform.hpp"

namespace rbee::manifest {

std::string check_tag(std::string_view text);  ///< ^[a-z0-9][a-z0-9-]{0,31}$
std::string check_word(
    std::string_view text);  ///< A format, task, library: letters, digits, . _ + -
std::string check_feature(std::string_view text);  ///< A Cargo feature: also '/', never a comma.
std::string check_dependency(
    std::string_view text);  ///< An Arch package name, a version condition after it.
std::string check_version(
    std::string_view text);  ///< Starts with a digit; letters, digits, . + - _
std::string check_condition(std::string_view text);      ///< ">=12.0"
std::string check_url(std::string_view text);            ///< http or https.
std::string check_secure_url(std::string_view text);     ///< https; http only to this machine.
std::string check_host(std::string_view text);           ///< A lower-case DNS name.
std::string check_license_env(std::string_view text);    ///< ^RBEE_LICENSE_[A-Z0-9_]+$
std::string check_relative_path(std::string_view text);  ///< Plain segments, no "..".
std::string check_git_ref(std::string_view text);   ///< git-check-ref-format(1), {version} allowed.
std::string check_commit(std::string_view text);    ///< 40 hexadecimal digits.
std::string check_sha256(std::string_view text);    ///< 64 hexadecimal digits.
std::string check_argument(std::string_view text);  ///< {port} {host} {model} {device} allowed.
std::string check_url_path(std::string_view text);  ///< Starts with '/'.
std::string check_release_url(std::string_view text);  ///< A template; checked again once expanded.
std::string check_versioned_path(std::string_view text);  ///< A relative path, {version} allowed.
std::string check_source_url(std::string_view text);      ///< check_secure_url, {version} allowed.

/// "has the unknown placeholder '{verison}'; did you mean '{version}'?", or nothing.
std::string check_placeholders(std::string_view text,
                               std::initializer_list<std::string_view> allowed);

/// `text` with {version} {os} {arch} {accelerator} replaced; other braces stay.
std::string expand_placeholders(std::string_view text, std::string_view version,
                                const Platform& platform);

}  // namespace rbee::manifest
