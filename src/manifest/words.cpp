#include "manifest/manifest.hpp"

namespace rbee::manifest {

std::string_view to_string(Implementation implementation) {
  switch (implementation) {
    case Implementation::rust:
      return "rust";
    case Implementation::python:
      return "python";
    case Implementation::cpp:
      return "cpp";
    case Implementation::other:
      break;
  }
  return "other";
}

std::string_view file_name(RecipeKind kind) {
  return kind == RecipeKind::source ? "PKGBUILD" : "PKGBUILD.bin";
}

std::string_view to_string(SourceType type) {
  return type == SourceType::git ? "git" : "tarball";
}

std::string_view to_string(BuildSystem system) {
  switch (system) {
    case BuildSystem::cargo:
      return "cargo";
    case BuildSystem::cmake:
      return "cmake";
    case BuildSystem::make:
      return "make";
    case BuildSystem::npm:
      return "npm";
    case BuildSystem::pip:
      break;
  }
  return "pip";
}

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::rbee_jobs:
      return "rbee-jobs";
    case Protocol::openai:
      return "openai";
    case Protocol::ollama:
      return "ollama";
    case Protocol::whisper_cpp:
      return "whisper-cpp";
    case Protocol::comfyui:
      return "comfyui";
    case Protocol::http:
      return "http";
    case Protocol::cli:
      break;
  }
  return "cli";
}

}  // namespace rbee::manifest
