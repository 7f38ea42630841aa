# cmake -D BURIN=PROGRAM -D A=MODEL -D B=MODEL -D OUT=DIR -P same_kernels.cmake: two models, such as one
# network in two formats, give the same kernels: all of the generated code between the weights and the
# steps but for names in comments.
cmake_minimum_required(VERSION 3.23)
foreach(which IN ITEMS A B)
  execute_process(COMMAND ${BURIN} compile ${${which}} -o ${OUT}/${which} --name model
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${OUT}/${which}/model.cpp text)
  string(FIND "${text}" "// ---- blocks" from)
  string(FIND "${text}" "// ---- steps" to)
  math(EXPR length "${to} - ${from}")
  string(SUBSTRING "${text}" ${from} ${length} kernels_${which})
  string(REGEX REPLACE "// layers: [^\n]*(\n// [^\n]*)*" "" kernels_${which} "${kernels_${which}}")
endforeach()
if(kernels_A STREQUAL "" OR NOT kernels_A STREQUAL kernels_B)
  message(FATAL_ERROR "the kernels of ${OUT}/A/model.cpp and ${OUT}/B/model.cpp differ")
endif()
