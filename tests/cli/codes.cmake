# SPDX-License-Identifier: Apache-2.0
#
# Fails for a code of a diagnostic, "onnx.operator", that the sources have and `burin help` does not
# know.
file(GLOB_RECURSE files ${SOURCE}/ir/*.cpp ${SOURCE}/frontend/*.cpp ${SOURCE}/passes/*.cpp
  ${SOURCE}/codegen/*.cpp ${SOURCE}/cli/*.cpp)
set(codes)
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(REGEX MATCHALL "\"(onnx|savedmodel|torchscript|exported|dims|codegen|kernels|passes|cli|text)[.][a-z_][a-z0-9_.-]*\"" found
    "${text}")
  list(APPEND codes ${found})
endforeach()
list(TRANSFORM codes REPLACE "\"" "")
list(REMOVE_DUPLICATES codes)
list(FILTER codes EXCLUDE REGEX "[.](h|onnx)$")
list(LENGTH codes count)
if(count LESS 40)
  message(FATAL_ERROR "only ${count} codes were found: the pattern is stale")
endif()
foreach(code IN LISTS codes)
  execute_process(COMMAND ${BURIN} help ${code} OUTPUT_QUIET ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    message(SEND_ERROR "burin help ${code} knows nothing: add it to cli/help_codes.cpp")
  endif()
endforeach()
