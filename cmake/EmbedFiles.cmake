# embed_files(TARGET target NAMESPACE rbee::api FUNCTION api_files ROOT folder FILES a b …): puts text files into TARGET, to be
# declared there as `std::span<const EmbeddedFile> FUNCTION();` (base/embedded_file.hpp). Built again when one of them changes.
#
# The same file is the script that writes the C++ (-P, with OUTPUT, NAMESPACE, FUNCTION, ROOT and LIST, a file of names).
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(RBEE_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
  function(embed_files)
    cmake_parse_arguments(arg "" "TARGET;NAMESPACE;FUNCTION;ROOT" "FILES" ${ARGN})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.cpp)
    set(list ${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.txt)
    list(SORT arg_FILES)
    list(JOIN arg_FILES "\n" names)
    file(CONFIGURE OUTPUT ${list} CONTENT "${names}" @ONLY)
    list(TRANSFORM arg_FILES PREPEND ${arg_ROOT}/ OUTPUT_VARIABLE paths)
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAMESPACE=${arg_NAMESPACE} -DFUNCTION=${arg_FUNCTION}
              -DROOT=${arg_ROOT} -DLIST=${list} -P ${RBEE_EMBED_SCRIPT}
      DEPENDS ${paths} ${list} ${RBEE_EMBED_SCRIPT})
    target_sources(${arg_TARGET} PRIVATE ${output})
    set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endfunction()
  return()
endif()

file(STRINGS ${LIST} names)
set(code "#include <array>\n#include <span>\n\n#include \"base/embedded_file.hpp\"\n\nnamespace ${NAMESPACE} {\n\n")
string(APPEND code "std::span<const ::rbee::EmbeddedFile> ${FUNCTION}();\n\n")
string(APPEND code "std::span<const ::rbee::EmbeddedFile> ${FUNCTION}() {\n  static constexpr ::rbee::EmbeddedFile kFiles[] = {\n")
foreach(name IN LISTS names)
  file(READ ${ROOT}/${name} text)
  # A literal may hold 64 KB (the standard's least maximum); neighbours are joined. Cut by the bytes.
  string(LENGTH "${text}" length)
  string(APPEND code "{\"${name}\",\n")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 part)
    string(LENGTH "${part}" size)
    string(APPEND code "R\"embedded(${part})embedded\"\n")
    math(EXPR at "${at} + ${size}")
  endwhile()
  if(length EQUAL 0)
    string(APPEND code "\"\"")
  endif()
  string(APPEND code "},\n")
endforeach()
string(APPEND code "  };\n  return kFiles;\n}\n\n}  // namespace ${NAMESPACE}\n")
file(WRITE ${OUTPUT} "${code}")
