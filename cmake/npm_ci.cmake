# npm ci with a next step in its error. No package's own scripts are run.
execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error
  RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "npm ci failed, see above: it needs npm's registry, once. ${WITHOUT}")
endif()
