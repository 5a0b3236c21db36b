# Two verbs for every folder: tutti_library(name SOURCES ... DEPENDS ...) and
# tutti_test(name SOURCES ... DEPENDS ...), so that a folder's CMakeLists.txt reads as a table.

add_library(tutti_flags INTERFACE)
target_include_directories(tutti_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(tutti_flags INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
if(TUTTI_WERROR)
  target_compile_options(tutti_flags INTERFACE -Werror)
endif()
if(TUTTI_ASSERTS)
  # The standard library's own assertions too: an index out of range, an empty optional.
  target_compile_options(tutti_flags INTERFACE -UNDEBUG)
  target_compile_definitions(tutti_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(TUTTI_SANITIZE)
  target_compile_options(tutti_flags INTERFACE -fsanitize=${TUTTI_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(tutti_flags INTERFACE -fsanitize=${TUTTI_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)  # which sees through less of what it has instrumented
    # ... and says of each fence that the thread sanitizer does not see it: Asio has one
    target_compile_options(tutti_flags INTERFACE -Wno-maybe-uninitialized -Wno-tsan)
  endif()
endif()

# -O3 where loops do arithmetic; for everything else -O2 is as fast and builds sooner. Code that puts
# JSON or flags together, and tests, spend their time elsewhere: -O1 builds a third sooner.
set(TUTTI_FAST_LOOPS $<$<CONFIG:Release>:-O3>)
if(TUTTI_SANITIZE)  # -O0 builds the server in two fifths of the time that -O1 takes, but loops would crawl
  set(TUTTI_FAST_LOOPS $<$<CONFIG:Debug>:-O1>)
endif()
set(TUTTI_PLAIN_CODE $<$<CONFIG:Release>:-O1>)

# Headers that are compiled once for everything with the same flags, and each unit then saves two
# seconds: JSON and the standard library for what names itself with tutti_precompile(TARGETS...), at
# -O2 or as plain code (GCC 12 crashes where the level differs); GoogleTest too for every test.
function(tutti_headers name)
  cmake_parse_arguments(arg "" "" "OPTIONS;HEADERS" ${ARGN})
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/cmake/headers.cc)
  target_link_libraries(${name} PRIVATE tutti_flags)
  target_compile_options(${name} PRIVATE ${arg_OPTIONS})
  target_precompile_headers(${name} PRIVATE <algorithm> <functional> <map> <memory> <mutex>
    <optional> <string> <thread> <vector> <nlohmann/json.hpp> ${arg_HEADERS})
endfunction()
if(NOT TUTTI_ONLY_TRAIN)
  tutti_headers(tutti_json_headers)
  tutti_headers(tutti_plain_json_headers OPTIONS ${TUTTI_PLAIN_CODE})
  if(TUTTI_TESTS)
    tutti_headers(tutti_test_headers OPTIONS ${TUTTI_PLAIN_CODE} HEADERS <gtest/gtest.h>)
    target_link_libraries(tutti_test_headers PRIVATE GTest::gtest)
  endif()
endif()
function(tutti_precompile)
  if(TUTTI_ONLY_TRAIN)
    return()
  endif()
  foreach(target ${ARGN})
    get_target_property(options ${target} COMPILE_OPTIONS)
    if(TUTTI_PLAIN_CODE IN_LIST options)
      target_precompile_headers(${target} REUSE_FROM tutti_plain_json_headers)
    else()
      target_precompile_headers(${target} REUSE_FROM tutti_json_headers)
    endif()
  endforeach()
endfunction()

function(tutti_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(tutti_${name} STATIC ${arg_SOURCES})
  target_link_libraries(tutti_${name} PUBLIC tutti_flags Threads::Threads ${arg_DEPENDS})
endfunction()

# What tests share lies in tests/helpers/ and is included as "tests/helpers/x.h".
add_library(tutti_test_helpers INTERFACE)
target_include_directories(tutti_test_helpers INTERFACE ${PROJECT_SOURCE_DIR})

# For what never ends: on a busy machine and under a sanitizer the longest take seven minutes.
if(TUTTI_SANITIZE)
  set(TUTTI_TEST_SECONDS 2400)
else()
  set(TUTTI_TEST_SECONDS 600)
endif()

# Labels: "unit" runs in seconds; pass LABEL program for what runs whole programs, train for what
# needs libtorch. The target unit_tests builds all of the first.
add_custom_target(unit_tests)
function(tutti_test name)
  if(NOT TUTTI_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPENDS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  # Joined, the helpers of one test would have to differ from another's in name.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  target_compile_options(${name} PRIVATE -fPIC)  # as what was precompiled
  if(NOT arg_LABEL STREQUAL train AND TARGET tutti_test_headers)
    target_compile_options(${name} PRIVATE ${TUTTI_PLAIN_CODE})
    target_precompile_headers(${name} REUSE_FROM tutti_test_headers)
  endif()
  target_link_libraries(${name} PRIVATE tutti_flags tutti_test_helpers ${arg_DEPENDS}
    GTest::gtest GTest::gtest_main)
  if(arg_LABEL STREQUAL unit)
    add_dependencies(unit_tests ${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${TUTTI_TEST_SECONDS}
    ENVIRONMENT "TUTTI_SOURCE_DIR=${PROJECT_SOURCE_DIR};OMP_WAIT_POLICY=PASSIVE")
endfunction()
