# Writes OUTPUT: a C++ file that holds the text of INPUT. Called by src/api/CMakeLists.txt.
file(READ ${INPUT} text)
# A literal may hold 64 KB (the standard's least maximum); cut after whole lines, by the bytes.
string(LENGTH "${text}" length)
set(code "#include \"api/openapi_text.hpp\"\n\nnamespace rbee::api {\n\nstd::string_view openapi_text() {\n  return\n")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 part)
  string(LENGTH "${part}" size)
  string(APPEND code "R\"openapi(${part})openapi\"\n")
  math(EXPR at "${at} + ${size}")
endwhile()
string(APPEND code ";\n}\n\n}  // namespace rbee::api\n")
file(WRITE ${OUTPUT} "${code}")
