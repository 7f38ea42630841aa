# SPDX-License-Identifier: Apache-2.0
#
# cmake -D COMMAND="PROGRAM;ARGUMENTS" -D FILE=PATH -P generated.cmake:
# fails if FILE is not what the command prints, and shows the lines; with BLESS=1 in the environment
# it writes FILE instead.
execute_process(COMMAND ${COMMAND} OUTPUT_VARIABLE expected RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${COMMAND} fails: ${failed}")
endif()
if("$ENV{BLESS}")
  file(WRITE ${FILE} "${expected}")
  return()
endif()
set(actual)
if(EXISTS ${FILE})
  file(READ ${FILE} actual)
endif()
if(actual STREQUAL expected)
  return()
endif()
find_program(DIFF diff)
if(DIFF)
  string(MD5 name ${FILE})
  set(printed ${CMAKE_CURRENT_BINARY_DIR}/${name}.expected)
  file(WRITE ${printed} "${expected}")
  execute_process(COMMAND ${DIFF} ${FILE} ${printed})
  file(REMOVE ${printed})
endif()
message(FATAL_ERROR "${FILE} is stale: run the test again with BLESS=1")
