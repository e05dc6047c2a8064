# Compiler settings shared by every target: C++20 without extensions, all warnings, and ccache and
# mold when the machine has them.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(RBEE_CCACHE ccache)
if(RBEE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${RBEE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${RBEE_CCACHE})
endif()
find_program(RBEE_MOLD mold)
if(RBEE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these inside its own library headers when it inlines; clang checks the same code.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
  if(CMAKE_UNITY_BUILD)
    # It asks whether a type stands in the file that is compiled, and every one stands in an included file here.
    add_compile_options(-Wno-subobject-linkage)
  endif()
endif()
add_compile_definitions(_FORTIFY_SOURCE=2)
add_link_options(-Wl,-z,relro,-z,now)

set(RBEE_SANITIZE "" CACHE STRING "Value of -fsanitize=, for example address,undefined")
if(RBEE_SANITIZE)
  # _FORTIFY_SOURCE and AddressSanitizer intercept the same calls.
  remove_definitions(-D_FORTIFY_SOURCE=2)
  add_compile_options(-fsanitize=${RBEE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -U_FORTIFY_SOURCE)
  add_link_options(-fsanitize=${RBEE_SANITIZE})
  if(RBEE_SANITIZE MATCHES undefined)
    # A null pointer stops under ASan anyway, and nothing here casts between polymorphic types: a fifth of the build's time.
    add_compile_options(-fno-sanitize=vptr,null)
  endif()
endif()
