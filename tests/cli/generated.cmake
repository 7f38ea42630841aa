# SPDX-License-Identifier: Apache-2.0
#
# Fails if FILE is not what `burin VERB --format FORMAT` prints; with BLESS=1 in the environment
# it writes FILE instead.
execute_process(COMMAND ${BURIN} ${VERB} --format ${FORMAT}
  OUTPUT_VARIABLE expected RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "burin ${VERB} --format ${FORMAT} fails: ${failed}")
endif()
if("$ENV{BLESS}")
  file(WRITE ${FILE} "${expected}")
  return()
endif()
set(actual)
if(EXISTS ${FILE})
  file(READ ${FILE} actual)
endif()
if(NOT actual STREQUAL expected)
  message(FATAL_ERROR "${FILE} is stale: run the test again with BLESS=1, or "
    "burin ${VERB} --format ${FORMAT} > ${FILE}")
endif()
