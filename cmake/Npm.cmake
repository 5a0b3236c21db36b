# npm packages are fetched while building, never by a test: `ctest` works without a network.
find_program(NODE node)
find_program(NPM npm)
set(TUTTI_NPM_CI ${CMAKE_CURRENT_LIST_DIR}/npm_ci.cmake)

# tutti_npm_ci(FOLDER WORK WITHOUT): WORK/node_modules/.package-lock.json is made from the lock file in
# FOLDER. WITHOUT is the sentence that says how to build where there is no registry.
function(tutti_npm_ci folder work without)
  set(tools ${folder}/package.json ${folder}/package-lock.json ${folder}/.npmrc)
  file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${folder})
  add_custom_command(
    OUTPUT ${work}/node_modules/.package-lock.json
    COMMAND ${CMAKE_COMMAND} -E make_directory ${work}
    COMMAND ${CMAKE_COMMAND} -E copy ${tools} ${work}
    COMMAND ${CMAKE_COMMAND} -E chdir ${work} ${CMAKE_COMMAND} -DNPM=${NPM} -DWITHOUT=${without}
      -P ${TUTTI_NPM_CI}
    DEPENDS ${tools} COMMENT "Fetching the packages of ${name} (npm ci)" VERBATIM)
endfunction()

# tutti_npm_tests(target WITHOUT FILES...): target makes a copy of this folder's tests in the build
# folder, with their packages.
function(tutti_npm_tests target without)
  set(work ${CMAKE_CURRENT_BINARY_DIR})
  tutti_npm_ci(${CMAKE_CURRENT_SOURCE_DIR} ${work} ${without})
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
  add_custom_command(
    OUTPUT ${work}/.copied
    COMMAND ${CMAKE_COMMAND} -E copy ${files} ${work}
    COMMAND ${CMAKE_COMMAND} -E touch ${work}/.copied
    DEPENDS ${work}/node_modules/.package-lock.json ${files} VERBATIM)
  add_custom_target(${target} ALL DEPENDS ${work}/.copied)
endfunction()
