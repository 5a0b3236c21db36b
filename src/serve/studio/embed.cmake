# Writes the files below FOLDER into OUT, as the C++ table that assets.h declares.
set(arrays "")
set(rows "")
if(FOLDER)
  file(GLOB_RECURSE files LIST_DIRECTORIES false RELATIVE ${FOLDER} ${FOLDER}/*)
  set(index 0)
  foreach(name ${files})
    file(READ ${FOLDER}/${name} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(APPEND arrays "const unsigned char kFile${index}[] = {${bytes}};\n")
    string(APPEND rows "    {\"/${name}\", {kFile${index}, sizeof kFile${index}}},\n")
    math(EXPR index "${index} + 1")
  endforeach()
endif()
file(WRITE ${OUT} "// Made from web/ by embed.cmake.
#include \"serve/studio/assets.h\"

namespace tutti {
namespace {
${arrays}}  // namespace

std::vector<Asset> studio_assets() {
  return {
${rows}  };
}

}  // namespace tutti
")
