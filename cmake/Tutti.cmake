# Two verbs for every folder: tutti_library(name SOURCES ... DEPENDS ...) and
# tutti_test(name SOURCES ... DEPENDS ...), so that a folder's CMakeLists.txt reads as a table.

add_library(tutti_flags INTERFACE)
target_include_directories(tutti_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(tutti_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
if(TUTTI_SANITIZE)
  target_compile_options(tutti_flags INTERFACE -fsanitize=${TUTTI_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tutti_flags INTERFACE -fsanitize=${TUTTI_SANITIZE})
endif()

function(tutti_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(tutti_${name} STATIC ${arg_SOURCES})
  target_link_libraries(tutti_${name} PUBLIC tutti_flags Threads::Threads ${arg_DEPENDS})
endfunction()

# Labels: "unit" runs in seconds; pass LABEL train for what needs libtorch, slow for minutes.
function(tutti_test name)
  if(NOT TUTTI_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tutti_flags ${arg_DEPENDS} GTest::gtest GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600
    ENVIRONMENT "TUTTI_SOURCE_DIR=${PROJECT_SOURCE_DIR};OMP_WAIT_POLICY=PASSIVE")
endfunction()
