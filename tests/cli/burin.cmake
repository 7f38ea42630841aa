# SPDX-License-Identifier: Apache-2.0
#
# Runs BURIN in FOLDER, which is empty at first, and looks at what it says.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})

# run(<exit code> <command> <argument>...): sets stdout and stderr.
function(run code)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE actual OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT actual STREQUAL code)
    list(JOIN ARGN " " words)
    message(SEND_ERROR "${words}\nexit code ${actual}, expected ${code}\n${out}${err}")
  endif()
  set(stdout "${out}" PARENT_SCOPE)
  set(stderr "${err}" PARENT_SCOPE)
endfunction()

# burin(<exit code> <argument>...): the same.
function(burin code)
  run(${code} ${BURIN} ${ARGN})
  set(stdout "${stdout}" PARENT_SCOPE)
  set(stderr "${stderr}" PARENT_SCOPE)
endfunction()

# matches(<variable> <regex>)
function(matches variable regex)
  if(NOT "${${variable}}" MATCHES "${regex}")
    message(SEND_ERROR "${variable} does not match ${regex}:\n${${variable}}")
  endif()
endfunction()
