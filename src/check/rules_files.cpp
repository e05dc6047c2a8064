// Group artefact, as far as files of the folder are concerned: programs and models that are
// committed.
#include <fmt/format.h>

#include "check/artefact.hpp"
#include "check/report.hpp"

namespace rbee::check {

void check_files(Report& report) {
  std::vector<Arch> arches;
  for (const RecipeView& view : report.recipes())
    for (const SubjectVariant& variant : view.recipe->variants)
      if (std::find(arches.begin(), arches.end(), variant.platform.arch) == arches.end())
        arches.push_back(variant.platform.arch);
  for (const SubjectFile& file : report.subject().now.files)
    for (const ArtefactRemark& remark :
         look_at_file(file.path, file.bytes, file.size_bytes, arches))
      report.add(remark.rule, file.path, remark.message);
}

}  // namespace rbee::check
