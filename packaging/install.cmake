# The part of the installation that CMakeLists.txt cannot say before the prefix is known.
set(prefix ${CMAKE_INSTALL_PREFIX})

file(REMOVE_RECURSE ${build}/man1)
execute_process(COMMAND ${source}/manuals.sh ${tutti} ${build}/man1 RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "The manual pages could not be made; see above.")
endif()
file(INSTALL ${build}/man1 DESTINATION ${prefix}/${man})

configure_file(${source}/tutti.service.in ${build}/tutti.service @ONLY)
file(INSTALL ${build}/tutti.service DESTINATION ${prefix}/lib/systemd/system)

# Debian's zsh looks in different places for what packages bring and for what the administrator does.
set(functions site-functions)
if(prefix STREQUAL "/usr")
  set(functions vendor-completions)
endif()
file(INSTALL ${source}/completions/_tutti DESTINATION ${prefix}/share/zsh/${functions})
