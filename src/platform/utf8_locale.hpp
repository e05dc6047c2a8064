// UTF-8 for libarchive, which converts names through the thread's locale.
//
// Changes this thread's locale while it lives. Source: uselocale(3).
#pragma once

#include <locale.h>

namespace rbee::platform {

/// libarchive converts names through the thread's locale; ours is UTF-8 while it works.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) old_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(old_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_ = nullptr;
  locale_t old_ = nullptr;
};

}  // namespace rbee::platform
