#include "install/dependencies.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace rbee::install {

namespace fs = std::filesystem;
using By = DependencyProbe::By;

const std::vector<DependencyProbe>& dependency_probes() {
  static const std::vector<DependencyProbe> table = {
      {"alsa-lib", By::library, "libasound.so.2", "libasound2", "alsa-lib", ""},
      {"base-devel", By::command, "make", "build-essential", "@development-tools", "make"},
      {"bash", By::nothing, "", "", "", ""},
      {"blas", By::library, "libblas.so.3", "libblas3", "blas", "openblas"},
      {"boost-libs", By::nothing, "", "", "", ""},
      {"bzip2", By::library, "libbz2.so.1.0", "libbz2-1.0", "bzip2-libs", "bzip2"},
      {"ca-certificates", By::nothing, "", "", "", ""},
      {"cargo", By::command, "cargo", "cargo", "cargo", "rust"},
      {"clang", By::command, "clang", "clang", "clang", "llvm"},
      {"cmake", By::command, "cmake", "cmake", "cmake", "cmake"},
      {"coreutils", By::nothing, "", "", "", ""},
      {"cuda", By::command, "nvcc", "nvidia-cuda-toolkit", "cuda", ""},
      {"curl", By::library, "libcurl.so.4", "libcurl4", "libcurl", "curl"},
      {"espeak-ng", By::library, "libespeak-ng.so.1", "libespeak-ng1", "espeak-ng", "espeak-ng"},
      {"ffmpeg", By::command, "ffmpeg", "ffmpeg", "ffmpeg-free", "ffmpeg"},
      {"fftw", By::library, "libfftw3.so.3", "libfftw3-double3", "fftw-libs-double", "fftw"},
      {"flite", By::library, "libflite.so.1", "libflite1", "flite", "flite"},
      {"gcc", By::command, "gcc", "gcc", "gcc", "gcc"},
      {"gcc-libs", By::library, "libstdc++.so.6", "libstdc++6", "libstdc++", "gcc"},
      {"git", By::command, "git", "git", "git", "git"},
      {"glibc", By::nothing, "", "", "", ""},
      {"go", By::command, "go", "golang-go", "golang", "go"},
      {"gperftools", By::library, "libtcmalloc.so.4", "libgoogle-perftools4", "gperftools-libs",
       "gperftools"},
      {"hip-runtime-amd", By::library, "libamdhip64.so.5", "libamdhip64-5", "rocm-hip", ""},
      {"hipblas", By::library, "libhipblas.so.0", "libhipblas0", "hipblas", ""},
      {"intel-oneapi-basekit", By::command, "icpx", "", "", ""},
      {"leptonica", By::library, "liblept.so.5", "liblept5", "leptonica", "leptonica"},
      {"libsndfile", By::library, "libsndfile.so.1", "libsndfile1", "libsndfile", "libsndfile"},
      {"make", By::command, "make", "make", "make", "make"},
      {"meson", By::command, "meson", "meson", "meson", "meson"},
      {"ninja", By::command, "ninja", "ninja-build", "ninja-build", "ninja"},
      {"nodejs", By::command, "node", "nodejs", "nodejs", "node"},
      {"npm", By::command, "npm", "npm", "npm", "node"},
      {"nvidia-utils", By::library, "libcuda.so.1", "libcuda1", "xorg-x11-drv-nvidia-cuda-libs",
       ""},
      {"ocl-icd", By::library, "libOpenCL.so.1", "ocl-icd-libopencl1", "ocl-icd", ""},
      {"onetbb", By::library, "libtbb.so.12", "libtbb12", "tbb", "tbb"},
      {"openblas", By::library, "libopenblas.so.0", "libopenblas0", "openblas", "openblas"},
      {"openmp", By::library, "libomp.so.5", "libomp5", "libomp", "libomp"},
      {"openssl", By::library, "libssl.so.3", "libssl3", "openssl-libs", "openssl@3"},
      {"pkgconf", By::command, "pkg-config", "pkg-config", "pkgconf", "pkg-config"},
      {"pnpm", By::command, "pnpm", "", "pnpm", "pnpm"},
      {"portaudio", By::library, "libportaudio.so.2", "libportaudio2", "portaudio", "portaudio"},
      {"python", By::command, "python3", "python3", "python3", "python"},
      {"python-pip", By::command, "pip3", "python3-pip", "python3-pip", "python"},
      {"rocm-hip-runtime", By::library, "libamdhip64.so.5", "libamdhip64-5", "rocm-hip", ""},
      {"rust", By::command, "rustc", "rustc", "rust", "rust"},
      {"sdl2", By::library, "libSDL2-2.0.so.0", "libsdl2-2.0-0", "SDL2", "sdl2"},
      {"tesseract", By::library, "libtesseract.so.5", "libtesseract5", "tesseract-libs",
       "tesseract"},
      {"vulkan-headers", By::pkg_config, "vulkan", "libvulkan-dev", "vulkan-headers",
       "vulkan-headers"},
      {"vulkan-icd-loader", By::library, "libvulkan.so.1", "libvulkan1", "vulkan-loader",
       "vulkan-loader"},
      {"xz", By::library, "liblzma.so.5", "liblzma5", "xz-libs", "xz"},
      {"zlib", By::library, "libz.so.1", "zlib1g", "zlib", "zlib"},
      {"zstd", By::library, "libzstd.so.1", "libzstd1", "libzstd", "zstd"},
  };
  return table;
}

namespace {

bool is_at(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

bool has_command(const fs::path& root, std::string_view name) {
  for (const char* directory : {"usr/bin", "usr/local/bin", "bin", "usr/sbin", "opt/cuda/bin",
                                "usr/local/cuda/bin", "opt/rocm/bin", "opt/homebrew/bin"})
    if (is_at(root / directory / name)) return true;
  return false;
}

bool has_library(const fs::path& root, std::string_view name) {
  for (const char* directory :
       {"usr/lib", "usr/lib64", "lib", "lib64", "usr/local/lib", "usr/lib/x86_64-linux-gnu",
        "usr/lib/aarch64-linux-gnu", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu",
        "usr/lib/arm-linux-gnueabihf", "opt/rocm/lib", "usr/lib/wsl/lib"})
    if (is_at(root / directory / name)) return true;
  return false;
}

bool has_module(const fs::path& root, std::string_view name) {
  const std::string file = std::string(name) + ".pc";
  for (const char* directory : {"usr/lib/pkgconfig", "usr/share/pkgconfig", "usr/lib64/pkgconfig",
                                "usr/lib/x86_64-linux-gnu/pkgconfig",
                                "usr/lib/aarch64-linux-gnu/pkgconfig", "usr/local/lib/pkgconfig"})
    if (is_at(root / directory / file)) return true;
  return false;
}

bool is_there(const DependencyProbe& probe, const fs::path& root) {
  switch (probe.by) {
    case By::command:
      return has_command(root, probe.what);
    case By::library:
      return has_library(root, probe.what);
    case By::pkg_config:
      return has_module(root, probe.what);
    case By::nothing:
      return true;
  }
  return true;
}

}  // namespace

std::vector<Missing> missing_dependencies(const Plan& plan, const fs::path& root) {
  std::vector<Missing> out;
  const auto& table = dependency_probes();
  for (const std::string& dependency : plan.facts.dependencies) {
    const bool for_build = dependency.starts_with("make: ");
    const std::string name = dependency.substr(for_build ? 6 : 0);
    const auto probe = std::lower_bound(
        table.begin(), table.end(), name,
        [](const DependencyProbe& row, const std::string& key) { return row.name < key; });
    if (probe == table.end() || probe->name != name || is_there(*probe, root)) continue;
    const auto same = [&](const Missing& each) { return each.name == name; };
    if (std::any_of(out.begin(), out.end(), same)) continue;
    out.push_back({name, for_build, std::string(probe->debian), std::string(probe->fedora),
                   std::string(probe->homebrew)});
  }
  return out;
}

}  // namespace rbee::install
