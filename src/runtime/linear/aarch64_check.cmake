# isa_check as an AArch64 program under an emulator, which tests the NEON kernels on any machine
# that has both: `g++-aarch64-linux-gnu` and `qemu-user`.
find_program(AARCH64_CXX aarch64-linux-gnu-g++)
find_program(QEMU_AARCH64 NAMES qemu-aarch64 qemu-aarch64-static)
if(NOT AARCH64_CXX OR NOT QEMU_AARCH64 OR CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  return()
endif()

set(objects)
foreach(source memory/arena.cc threads.cc cores.cc linear/packed_weights.cc linear/linear.cc kernels/isa.cc
        kernels/product_scalar.cc linear/isa_check.cc linear/inputs.cc kernels/product_neon.cc)
  string(REGEX REPLACE "[/.]" "_" name ${source})
  set(object ${CMAKE_CURRENT_BINARY_DIR}/aarch64_${name}.o)
  set(own)
  if(source STREQUAL linear/inputs.cc)
    set(own -ffp-contract=off)
  elseif(source STREQUAL kernels/product_neon.cc)
    set(own -march=armv8.2-a+dotprod)
  endif()
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${AARCH64_CXX} -std=c++20 -O2 -Wno-psabi
            -I${PROJECT_SOURCE_DIR}/src ${own} -MD -MF ${object}.d
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d)
  list(APPEND objects ${object})
endforeach()
add_custom_command(OUTPUT isa_check_aarch64
  COMMAND ${AARCH64_CXX} -static ${objects} -o isa_check_aarch64 DEPENDS ${objects})
add_custom_target(isa_check_aarch64_built ALL DEPENDS isa_check_aarch64)
add_dependencies(unit_tests isa_check_aarch64_built)
add_test(NAME isa_check_neon COMMAND ${QEMU_AARCH64} -cpu max isa_check_aarch64 neon)
set_tests_properties(isa_check_neon PROPERTIES LABELS unit TIMEOUT 600)
