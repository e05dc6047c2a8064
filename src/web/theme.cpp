// The switch between light and dark: a form, and a cookie that the layout follows, so that no page
// flashes and nothing needs a script.
#include "web/pages.hpp"

namespace rbee::web {

Result<http::Response> choose_theme(Visit& visit) {
  const std::string theme = visit.form("theme");
  const bool known = theme == "light" || theme == "dark";
  // Without one, the system decides again.
  visit.answer_fields.add("Set-Cookie",
                          "theme=" + (known ? theme : std::string()) +
                              "; Path=/; SameSite=Lax; Max-Age=" + (known ? "31536000" : "0"));
  return visit.see_other(visit.form("return"));
}

}  // namespace rbee::web
