# cmake -D LINKS=FILE -D SOURCE=DIR -P layers.cmake: fails when a layer links or includes something
# beyond its row. LINKS sets links_<target> to what each target links itself.
cmake_minimum_required(VERSION 3.23)

set(layers)
# layer(<target> <folder> [LINKS target...] [PRIVATE target...] [INCLUDES prefix...])
#
# LINKS are the arrows of the table in ARCHITECTURE.md, PRIVATE the libraries that only this layer may
# use. What it includes in quotes begins with its own folder, or with that of an arrow.
macro(layer target folder)
  cmake_parse_arguments(${target} "" "" "LINKS;PRIVATE" ${ARGN})
  set(${target}_FOLDER ${folder})
  list(APPEND layers ${target})
endmacro()

layer(burin_ir ir LINKS fmt::fmt)
layer(burin_kernels codegen/kernels LINKS burin_ir burin_runtime)
layer(burin_passes passes LINKS burin_ir burin_kernels)
layer(burin_codegen codegen LINKS burin_ir burin_kernels PRIVATE nlohmann_json::nlohmann_json)
layer(burin_frontend_common frontend/common LINKS burin_ir)
layer(burin_frontend_onnx frontend/onnx LINKS burin_ir burin_frontend_common
  PRIVATE protobuf::libprotobuf-lite)
layer(burin_frontend_torchscript frontend/torchscript LINKS burin_ir burin_frontend_common
  PRIVATE libzip::zip PkgConfig::LIBZIP)
layer(burin_frontend_exported frontend/exported
  LINKS burin_ir burin_frontend_common burin_frontend_torchscript
  PRIVATE nlohmann_json::nlohmann_json)
layer(burin_frontend_savedmodel frontend/savedmodel LINKS burin_ir burin_frontend_common
  PRIVATE protobuf::libprotobuf-lite Snappy::snappy PkgConfig::SNAPPY)
layer(burin_reference tests/reference LINKS burin_ir)

set(burin_runtime_FOLDER burin) # as it is included: burin/rt/conv.h
set(problems 0)
macro(problem)
  message("${ARGN}")
  math(EXPR problems "${problems} + 1")
endmacro()

include(${LINKS})
foreach(target ${layers})
  foreach(link ${links_${target}})
    if(link MATCHES "^\\$<LINK_ONLY:(.*)>$")
      set(link ${CMAKE_MATCH_1})
    endif()
    if(NOT link IN_LIST ${target}_LINKS AND NOT link IN_LIST ${target}_PRIVATE)
      problem("${target} links ${link}, which is not in its row")
    endif()
  endforeach()
endforeach()

# The root of the repository is in the include path of every layer, so that a header alone can be
# reached without a link.
foreach(target ${layers})
  set(folder ${${target}_FOLDER})
  set(allowed ${folder}/)
  foreach(link ${${target}_LINKS})
    if(DEFINED ${link}_FOLDER)
      list(APPEND allowed ${${link}_FOLDER}/)
    endif()
  endforeach()
  file(GLOB files ${SOURCE}/${folder}/*.h ${SOURCE}/${folder}/*.cpp ${SOURCE}/${folder}/ops/*
    ${SOURCE}/${folder}/rules/*)
  foreach(file ${files})
    file(STRINGS ${file} includes REGEX "^#include \"")
    foreach(include ${includes})
      string(REGEX REPLACE "^#include \"([^\"]*)\".*" "\\1" include "${include}")
      set(found NO)
      foreach(prefix ${allowed})
        string(FIND "${include}" "${prefix}" at)
        if(at EQUAL 0)
          set(found YES)
        endif()
      endforeach()
      string(FIND "${include}" / slash)
      if(slash EQUAL -1 AND include MATCHES "\\.pb\\.h$")
        set(found YES) # generated from a schema of this folder
      endif()
      if(NOT found)
        file(RELATIVE_PATH name ${SOURCE} ${file})
        problem("${name} includes ${include}, which is no part of what ${target} may use")
      endif()
    endforeach()
  endforeach()
endforeach()

# The runtime uses the compiler and the headers of C alone; threads.h is for hosts.
file(GLOB_RECURSE files ${SOURCE}/runtime-lite/burin/*.h)
foreach(file ${files})
  file(STRINGS ${file} includes REGEX "^ *# *include")
  get_filename_component(name ${file} NAME)
  foreach(include ${includes})
    if(NOT include MATCHES "\"" AND NOT include MATCHES "<(stdint|stddef|string|immintrin|arm_neon|arm_mve|arm_acle|wasm_simd128)\\.h>"
        AND NOT name STREQUAL "threads.h")
      problem("runtime-lite: ${name}: ${include}")
    endif()
  endforeach()
endforeach()

if(problems)
  message(FATAL_ERROR "${problems} arrows that are not in the table: an arrow is a decision, so it is "
    "added here, in ARCHITECTURE.md and in the CMakeLists.txt of the folder at once")
endif()
