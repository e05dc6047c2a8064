// The RPC's answers: from a question and a view to a response.
//
// Pure. Source: docs/aur.md.
#pragma once

#include <memory>

#include "api/aur_query.hpp"
#include "api/aur_view.hpp"
#include "http/message.hpp"

namespace rbee::api {

/// Everything that one answer is made of; it does not change meanwhile.
struct AurState {
  std::shared_ptr<const AurView> view;
  std::shared_ptr<const NumbersTable> numbers;
  std::shared_ptr<const AurPeople> people;
};

/// Append one package's record.
void append_row(std::string& out, const AurState& state, const AurRow& row, AurShape shape);
/// Who is behind a package; nullptr: nobody.
const AurPerson* person_of(const AurState& state, const AurRow& row);

/// With ETag and 304 for GET. Logical errors have status 200, as there.
http::Response answer_rpc(const http::Request& request, const AurState& state);

}  // namespace rbee::api
