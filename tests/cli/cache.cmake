# SPDX-License-Identifier: Apache-2.0
#
# cmake -D BURIN=... -D DATA=... -D FOLDER=... -D CXX=... -P cache.cmake: a run that writes one row of a
# cache moves that row and not the cache, in every format; and what it computes is right.
cmake_minimum_required(VERSION 3.23)

# check(<model> <most bytes moved> <argument>...)
function(check model most)
  execute_process(COMMAND ${BURIN} compile ${DATA}/${model} -o ${FOLDER} --name cache -q ${ARGN}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${FOLDER}/report.json report)
  string(JSON copied GET "${report}" state_bytes_copied)
  string(JSON last LENGTH "${report}" nodes)
  math(EXPR last "${last} - 1")
  set(moved 0)
  foreach(i RANGE ${last})
    string(JSON bytes GET "${report}" nodes ${i} moved)
    math(EXPR moved "${moved} + ${bytes}")
  endforeach()
  math(EXPR moved "${moved} + ${copied}")
  if(moved GREATER most)
    message(SEND_ERROR "${model}: ${moved} bytes are moved, at most ${most} expected")
  endif()
  execute_process(COMMAND ${BURIN} validate ${DATA}/${model} --cc=${CXX} --cxxflags=-O1 --sequence ${ARGN}
    COMMAND_ERROR_IS_FATAL ANY)
endfunction()

check(cache.onnx 64 --state cache=cache_out) # the row
check(cache.pt 1280 --input-shape row:2x16)  # three rows of 128 bytes, indices, the position
check(cache_saved_model 64)
