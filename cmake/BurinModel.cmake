# SPDX-License-Identifier: Apache-2.0
#
# burin_add_model(<target>
#   MODEL <file|dir>                      relative to CMAKE_CURRENT_SOURCE_DIR
#   [TYPE STATIC|OBJECT|SHARED]           default STATIC
#   [<keyword>...]                        NAMESPACE, DIMS, ARENA_LIMIT, ...: see BurinOptions.cmake
#   [TARGET <target>]                     default: from the toolchain, printed
#   [FLASH_LIMIT bytes] [STACK_LIMIT bytes]  fail the build, by measuring what was compiled
#   [TEST_DATA <dir|npz>...] [TOLERANCE atol=..,rtol=..,ulp=..]  a test <target>.validate
#   [BUNDLE_RUNTIME]                      copy the runtime headers beside the code
#   [EXCLUDE_FROM_ALL]
#   [OUTPUT_DIR dir]                      default ${CMAKE_CURRENT_BINARY_DIR}/<target>.burin
#   [HEADER VAR] [SOURCES VAR] [REPORT VAR] [REPORT_JSON VAR]  out variables
#   [OPTIONS flag...]                     passed on as they are
#   [DEPENDS file...])
#
# Makes an ordinary library that the caller links; compiled with the caller's toolchain and flags.
# All outputs are known when CMake configures: configuring never runs the compiler of models.
#
# burin_target_report(<target>) prints what the model costs whenever the library was built.
include_guard(GLOBAL)
cmake_policy(PUSH)
cmake_policy(VERSION 3.23...3.31)

set(Burin_COMPILER_EXECUTABLE "" CACHE FILEPATH "Host burin executable (overrides Burin::compiler)")
set(Burin_HOST_TOOLCHAIN_FILE "" CACHE FILEPATH "Toolchain file of the nested host build")
mark_as_advanced(Burin_COMPILER_EXECUTABLE Burin_HOST_TOOLCHAIN_FILE)

define_property(TARGET PROPERTY BURIN_MODEL BRIEF_DOCS "The model that the library was made of")
define_property(TARGET PROPERTY BURIN_HEADER BRIEF_DOCS "The header generated for the model")
define_property(TARGET PROPERTY BURIN_WEIGHTS BRIEF_DOCS
  "The weights that the program gives to the model: WEIGHTS FILE or CALLER")
define_property(TARGET PROPERTY BURIN_REPORT BRIEF_DOCS "report.json of the model")

function(burin_add_model target)
  set(call "burin_add_model(${target})")
  if(CMAKE_VERSION VERSION_LESS 3.23)
    message(FATAL_ERROR "${call}: needs CMake 3.23, this is ${CMAKE_VERSION}")
  endif()
  include(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/BurinOptions.cmake)
  foreach(i RANGE 1 ${ARGC})
    if(i LESS ARGC AND "${ARGV${i}}" STREQUAL "")
      math(EXPR before "${i} - 1")
      message(FATAL_ERROR "${call}: an empty argument after ${ARGV${before}}")
    endif()
  endforeach()
  cmake_parse_arguments(PARSE_ARGV 1 arg
    "${BURIN_CMAKE_FLAGS};${BURIN_MODEL_FLAGS}"
    "${BURIN_CMAKE_VALUES};${BURIN_MODEL_VALUES}"
    "${BURIN_CMAKE_LISTS};${BURIN_MODEL_LISTS}")
  _burin_check_arguments()
  _burin_compiler(compiler)
  _burin_model_flags(flags)

  set(dir ${arg_OUTPUT_DIR})
  set(header ${dir}/${target}.h)
  set(headers ${header})
  set(sources ${dir}/${target}.cpp ${dir}/${target}.weights.cpp)
  if(arg_SHARDS GREATER 1)
    math(EXPR last "${arg_SHARDS} - 1")
    foreach(i RANGE ${last})
      list(APPEND sources ${dir}/${target}.${i}.cpp)
    endforeach()
  endif()
  set(weights ${dir}/${target}.weights.bin) # empty when the weights lie in the source
  if(arg_WEIGHTS STREQUAL "FILE")
    list(APPEND weights ${dir}/${target}.weights)
  endif()
  set(report ${dir}/report.json)
  set(depfile ${dir}/${target}.d)
  set(stamp ${dir}/${target}.stamp)
  if(arg_API MATCHES "^(C|BOTH)$")
    list(APPEND headers ${dir}/${target}_c.h)
    list(APPEND sources ${dir}/${target}_c.cpp)
  endif()

  _burin_tune_target(tuned)

  # The compiler rewrites a file only if it differs, so the stamp is the output that tells "done".
  # With the files themselves as OUTPUT, Make would run the compiler again in every build.
  file(MAKE_DIRECTORY ${dir})
  add_custom_command(OUTPUT ${stamp} BYPRODUCTS ${headers} ${sources} ${weights} ${report}
    COMMAND ${compiler} compile ${arg_MODEL} -o ${dir} --name ${target}
      --depfile ${depfile} --stamp ${stamp} ${flags}
    DEPENDS ${model_file} ${arg_DEPENDS} ${tuned} ${compiler}
    DEPFILE ${depfile} # names what the compiler read beyond MODEL, such as external weights
    COMMENT "Compiling model ${target}"
    VERBATIM)
  # .incbin hides the weights from the compiler's own dependency scan
  # and from link time optimisation.
  set_source_files_properties(${dir}/${target}.weights.cpp PROPERTIES
    OBJECT_DEPENDS ${dir}/${target}.weights.bin
    COMPILE_OPTIONS $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-fno-lto>)

  set(exclude)
  if(arg_EXCLUDE_FROM_ALL)
    set(exclude EXCLUDE_FROM_ALL)
  endif()
  add_library(${target} ${arg_TYPE} ${exclude})
  target_sources(${target} PRIVATE ${sources} ${stamp})
  if(arg_BUNDLE_RUNTIME)
    _burin_copy_runtime(runtime_headers)
    list(APPEND headers ${runtime_headers})
  else()
    target_link_libraries(${target} PUBLIC Burin::runtime)
  endif()
  # A header set carries the include directory, the install rule and the export.
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${dir} FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_17)
  if(arg_THREADS STREQUAL "STD")
    find_package(Threads REQUIRED)
    target_link_libraries(${target} PUBLIC Threads::Threads)
  elseif(arg_THREADS STREQUAL "OPENMP")
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    target_link_libraries(${target} PUBLIC OpenMP::OpenMP_CXX)
  endif()
  # Generated text is not for the checks of a project, and each file is a unit for a reason.
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "" UNITY_BUILD OFF
    BURIN_MODEL ${arg_MODEL} BURIN_HEADER ${header} BURIN_REPORT ${report})
  if(arg_WEIGHTS MATCHES "^(FILE|CALLER)$") # what the program has to load
    list(GET weights -1 image)
    set_target_properties(${target} PROPERTIES BURIN_WEIGHTS ${image})
  endif()

  _burin_limits()
  _burin_validate_test()

  foreach(variable IN ITEMS HEADER SOURCES)
    if(arg_${variable})
      string(TOLOWER ${variable} value)
      set(${arg_${variable}} ${${value}} PARENT_SCOPE)
    endif()
  endforeach()
  if(arg_REPORT_JSON)
    set(${arg_REPORT_JSON} ${report} PARENT_SCOPE)
  endif()
endfunction()

function(burin_target_report target)
  get_target_property(report ${target} BURIN_REPORT)
  if(NOT report)
    message(FATAL_ERROR "burin_target_report(${target}): not a target of burin_add_model")
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL OBJECT_LIBRARY)
    message(FATAL_ERROR
      "burin_target_report(${target}): not for TYPE OBJECT, which has no build step")
  endif()
  _burin_size_tool(size)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -D NAME=${target} -D REPORT=${report} -D SIZE=${size}
      -D "OBJECTS=$<TARGET_OBJECTS:${target}>"
      -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/BurinMeasure.cmake
    VERBATIM)
endfunction()

# ---- the parts of burin_add_model; they read its variables, `call`, `target` and `arg_*` ----

# Refuses what is unknown, incomplete, not allowed or not there yet; completes paths and defaults.
macro(_burin_check_arguments)
  if(arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 first)
    message(FATAL_ERROR "${call}: unknown argument ${first}")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES)
    list(GET arg_KEYWORDS_MISSING_VALUES 0 first)
    message(FATAL_ERROR "${call}: ${first} has no value")
  endif()
  if(NOT arg_MODEL)
    message(FATAL_ERROR "${call}: MODEL is required")
  endif()
  foreach(keyword IN LISTS BURIN_CMAKE_FLAGS BURIN_CMAKE_VALUES BURIN_CMAKE_LISTS
      BURIN_MODEL_FLAGS BURIN_MODEL_VALUES BURIN_MODEL_LISTS)
    if(NOT arg_${keyword})
      continue()
    endif()
    if(NOT BURIN_STATUS_${keyword} STREQUAL "ready")
      message(FATAL_ERROR "${call}: ${keyword} is planned, but not implemented yet")
    endif()
    if(BURIN_CHOICES_${keyword})
      string(TOUPPER "${arg_${keyword}}" arg_${keyword})
      foreach(value IN LISTS arg_${keyword})
        if(NOT value IN_LIST BURIN_CHOICES_${keyword})
          string(REPLACE ";" ", " choices "${BURIN_CHOICES_${keyword}}")
          message(FATAL_ERROR "${call}: ${keyword} is ${value}, expected one of ${choices}")
        elseif(value IN_LIST BURIN_PLANNED_${keyword})
          message(FATAL_ERROR "${call}: ${keyword} ${value} is planned, but not implemented yet")
        endif()
      endforeach()
    endif()
  endforeach()

  if(NOT arg_TYPE)
    set(arg_TYPE STATIC)
  endif()
  foreach(keyword IN ITEMS FLASH_LIMIT STACK_LIMIT)
    if(DEFINED arg_${keyword})
      _burin_bytes(${keyword})
    endif()
  endforeach()
  if(arg_TOLERANCE AND NOT arg_TEST_DATA)
    message(FATAL_ERROR "${call}: TOLERANCE without TEST_DATA")
  endif()

  if(NOT arg_OUTPUT_DIR)
    set(arg_OUTPUT_DIR ${target}.burin)
  endif()
  cmake_path(ABSOLUTE_PATH arg_OUTPUT_DIR BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} NORMALIZE)
  foreach(keyword IN ITEMS MODEL DEPENDS TEST_DATA TUNED)
    set(paths)
    foreach(path IN LISTS arg_${keyword})
      cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
      list(APPEND paths ${path})
    endforeach()
    set(arg_${keyword} ${paths})
  endforeach()
  list(TRANSFORM arg_STATE_INIT REPLACE "=@([^/])" "=@${CMAKE_CURRENT_SOURCE_DIR}/\\1")

  # A folder is watched through its file: its own time changes for other reasons too.
  set(model_file ${arg_MODEL})
  if(EXISTS ${arg_MODEL}/saved_model.pb)
    set(model_file ${arg_MODEL}/saved_model.pb)
  endif()
  if(NOT DEFINED arg_SHARDS)
    set(arg_SHARDS 1)
  elseif(NOT arg_SHARDS MATCHES "^[1-9][0-9]*$")
    message(FATAL_ERROR "${call}: SHARDS is ${arg_SHARDS}, expected a number from 1 on")
  endif()
  get_source_file_property(generated ${arg_MODEL} GENERATED)
  cmake_path(IS_PREFIX CMAKE_BINARY_DIR ${arg_MODEL} NORMALIZE built)
  if(NOT EXISTS ${arg_MODEL} AND NOT generated AND NOT built)
    message(FATAL_ERROR "${call}: there is no model ${arg_MODEL}")
  endif()
endmacro()

# arg_<keyword>: 64K becomes 65536.
macro(_burin_bytes keyword)
  if(NOT arg_${keyword} MATCHES "^([0-9]+)([KMG]?)$")
    message(FATAL_ERROR
      "${call}: ${keyword} is ${arg_${keyword}}, expected a number of bytes; K, M or G may follow")
  endif()
  set(factor_ 1)
  set(factor_K 1024)
  set(factor_M 1048576)
  set(factor_G 1073741824)
  math(EXPR arg_${keyword} "${CMAKE_MATCH_1} * ${factor_${CMAKE_MATCH_2}}")
endmacro()

# What runs as the compiler of models: a program of this machine, in a cross build too.
function(_burin_compiler result)
  if(Burin_COMPILER_EXECUTABLE)
    set(compiler ${Burin_COMPILER_EXECUTABLE})
  elseif(TARGET Burin::compiler)
    set(compiler Burin::compiler)
  elseif(TARGET burin) # inside burin's own tree, before the alias is made
    set(compiler burin)
  else()
    message(FATAL_ERROR "${call}: no burin compiler; install it or set Burin_COMPILER_EXECUTABLE")
  endif()
  set(${result} ${compiler} PARENT_SCOPE)
endfunction()

function(_burin_model_flags result)
  set(flags)
  if(NOT arg_TARGET)
    _burin_target_of_toolchain(arg_TARGET why)
    message(STATUS "burin: model ${target} for ${arg_TARGET} (${why})")
  endif()
  foreach(keyword IN LISTS BURIN_MODEL_FLAGS)
    if(arg_${keyword})
      list(APPEND flags ${BURIN_FLAG_${keyword}})
    endif()
  endforeach()
  foreach(keyword IN LISTS BURIN_MODEL_VALUES BURIN_MODEL_LISTS)
    foreach(value IN LISTS arg_${keyword})
      if(BURIN_CHOICES_${keyword})
        string(TOLOWER "${value}" value)
      endif()
      list(APPEND flags "${BURIN_FLAG_${keyword}}=${value}")
    endforeach()
  endforeach()
  # The last one wins: what a call says goes before what holds for every call.
  set(${result} ${Burin_DEFAULT_OPTIONS} ${flags} ${arg_OPTIONS} PARENT_SCOPE)
endfunction()

# TUNED: the target <target>.tune measures with the toolchain of this build, and fills the file. It is
# told to whom it makes a difference: `tuned` is the file if it is there, and the model is compiled
# again when it was written.
function(_burin_tune_target result)
  set(${result} PARENT_SCOPE)
  if(NOT arg_TUNED)
    return()
  endif()
  if(EXISTS ${arg_TUNED})
    set(${result} ${arg_TUNED} PARENT_SCOPE)
  endif()
  if(CMAKE_CROSSCOMPILING)
    return() # what it builds would not run here
  endif()
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  set(cxxflags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
  string(STRIP "${cxxflags}" cxxflags)
  if(cxxflags)
    set(cxxflags "--cxxflags=${cxxflags}")
  endif()
  add_custom_target(${target}.tune
    COMMAND ${compiler} compile ${arg_MODEL} -o ${dir}/tune --name ${target} -v ${flags} --tune
      --cc=${CMAKE_CXX_COMPILER} ${cxxflags}
    COMMAND ${CMAKE_COMMAND} -E rm -f ${stamp}
    DEPENDS ${model_file} ${compiler}
    COMMENT "Measuring the layers of model ${target}"
    USES_TERMINAL VERBATIM)
endfunction()

# Asks the C++ compiler, with the flags of this directory, what it builds for.
function(_burin_target_of_toolchain result reason)
  get_directory_property(options COMPILE_OPTIONS)
  list(FILTER options EXCLUDE REGEX "[$]<")
  separate_arguments(flags NATIVE_COMMAND "${CMAKE_CXX_FLAGS}")
  set(command ${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_ARG1})
  if(CMAKE_CXX_COMPILER_TARGET AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
    list(APPEND command --target=${CMAKE_CXX_COMPILER_TARGET})
  endif()
  list(APPEND command ${flags} ${options} -dM -E -x c++ -)

  string(MD5 key "${command}")
  get_property(macros GLOBAL PROPERTY _burin_macros_${key})
  if(NOT macros)
    set(empty ${CMAKE_BINARY_DIR}/CMakeFiles/burin_empty.cpp)
    file(TOUCH ${empty})
    execute_process(COMMAND ${command} INPUT_FILE ${empty}
      OUTPUT_VARIABLE macros RESULT_VARIABLE failed ERROR_QUIET)
    if(failed) # not a compiler of this kind: by the system's name
      set(macros "#define __unknown__ ")
      if(NOT CMAKE_SYSTEM_NAME MATCHES "^Generic")
        set(macros "#define __unix__ ")
      endif()
    endif()
    string(REPLACE ";" "" macros "${macros}")
    set_property(GLOBAL PROPERTY _burin_macros_${key} "${macros}")
  endif()

  cmake_path(GET CMAKE_CXX_COMPILER FILENAME name)
  set(why "${name}")
  foreach(flag IN LISTS flags options)
    if(flag MATCHES "^-(mcpu|march|mfpu|mfloat-abi)=")
      string(APPEND why " ${flag}")
    endif()
  endforeach()
  if(macros MATCHES "#define (__linux__|__unix__|__APPLE__|_WIN32|__wasm__) ")
    set(found host)
  elseif(macros MATCHES "#define (__ARM_FP|__ARM_FEATURE_MVE|__riscv_flen) ")
    set(found mcu-fpu)
  elseif(macros MATCHES "#define __ARM_FEATURE_DSP ")
    set(found mcu-dsp)
  elseif(macros MATCHES "#define (__arm__|__riscv|__AVR__|__XTENSA__|__MSP430__) ")
    set(found mcu-min)
  else()
    set(found portable)
  endif()
  set(${result} ${found} PARENT_SCOPE)
  set(${reason} ${why} PARENT_SCOPE)
endfunction()

# Copies burin/runtime.h and burin/rt/*.h into the output folder; tells their names.
function(_burin_copy_runtime result)
  set(root)
  get_target_property(candidates Burin::runtime INTERFACE_INCLUDE_DIRECTORIES)
  foreach(candidate IN LISTS candidates)
    string(REGEX REPLACE "^\\$<BUILD_INTERFACE:(.*)>$" "\\1" candidate "${candidate}")
    if(EXISTS ${candidate}/burin/runtime.h)
      set(root ${candidate})
    endif()
  endforeach()
  if(NOT root)
    message(FATAL_ERROR "${call}: BUNDLE_RUNTIME does not find burin/runtime.h")
  endif()
  set(copies)
  file(GLOB_RECURSE names RELATIVE ${root} CONFIGURE_DEPENDS ${root}/burin/*.h)
  foreach(name IN LISTS names)
    configure_file(${root}/${name} ${arg_OUTPUT_DIR}/${name} COPYONLY)
    list(APPEND copies ${arg_OUTPUT_DIR}/${name})
  endforeach()
  set(${result} ${copies} PARENT_SCOPE)
endfunction()

# FLASH_LIMIT and STACK_LIMIT, measured whenever the library was built.
function(_burin_limits)
  if(NOT arg_FLASH_LIMIT AND NOT arg_STACK_LIMIT)
    return()
  endif()
  set(measure ${CMAKE_COMMAND} -D NAME=${target} -D "OBJECTS=$<TARGET_OBJECTS:${target}>")
  if(arg_FLASH_LIMIT)
    _burin_size_tool(size)
    list(APPEND measure -D SIZE=${size} -D FLASH_LIMIT=${arg_FLASH_LIMIT})
  endif()
  if(arg_STACK_LIMIT)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 10)
      message(FATAL_ERROR "${call}: STACK_LIMIT needs GCC 10 or newer (-fcallgraph-info)")
    endif()
    target_compile_options(${target} PRIVATE -fcallgraph-info=su)
    # ccache would not keep what the flag writes
    set_target_properties(${target} PROPERTIES
      CXX_COMPILER_LAUNCHER "" INTERPROCEDURAL_OPTIMIZATION OFF)
    list(APPEND measure -D STACK_LIMIT=${arg_STACK_LIMIT})
  endif()
  list(APPEND measure -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/BurinMeasure.cmake)

  if(NOT arg_TYPE STREQUAL "OBJECT")
    add_custom_command(TARGET ${target} POST_BUILD COMMAND ${measure} VERBATIM)
    return()
  endif()
  set(done ${arg_OUTPUT_DIR}/limits.stamp) # an object library has no build step of its own
  add_custom_command(OUTPUT ${done} COMMAND ${measure} COMMAND ${CMAKE_COMMAND} -E touch ${done}
    DEPENDS $<TARGET_OBJECTS:${target}> VERBATIM)
  add_custom_target(${target}.limits ALL DEPENDS ${done})
  add_dependencies(${target}.limits ${target})
endfunction()

# `size` of the toolchain, found beside `nm`.
function(_burin_size_tool result)
  string(REGEX REPLACE "nm([^a-z/]*|[.]exe)$" "size\\1" guess "${CMAKE_NM}")
  find_program(Burin_SIZE NAMES ${guess} size llvm-size NO_CMAKE_FIND_ROOT_PATH
    DOC "`size` of the target's binary utilities")
  mark_as_advanced(Burin_SIZE)
  if(NOT Burin_SIZE)
    message(FATAL_ERROR "${call}: needs the program `size` of the toolchain; set Burin_SIZE")
  endif()
  set(${result} ${Burin_SIZE} PARENT_SCOPE)
endfunction()

# TEST_DATA: the test <target>.validate, in the directory of the call.
function(_burin_validate_test)
  if(NOT arg_TEST_DATA)
    return()
  endif()
  set(data ${arg_TEST_DATA})
  list(TRANSFORM data PREPEND --data=)
  set(tolerance)
  if(arg_TOLERANCE)
    string(REPLACE "," ";" tolerance "${arg_TOLERANCE}")
    foreach(item IN LISTS tolerance)
      if(NOT item MATCHES "^(atol|rtol|ulp)=[0-9.eE+-]+$")
        message(FATAL_ERROR "${call}: TOLERANCE holds ${item}, expected atol=, rtol= or ulp=")
      endif()
    endforeach()
    list(TRANSFORM tolerance REPLACE "^ulp" "max-ulp")
    list(TRANSFORM tolerance PREPEND --)
  endif()
  set(how --cc=${CMAKE_CXX_COMPILER})
  if(CMAKE_CROSSCOMPILING) # the same code, built for this machine
    find_program(Burin_HOST_CXX NAMES c++ g++ clang++ NO_CMAKE_FIND_ROOT_PATH
      DOC "C++ compiler of the host, for tests")
    mark_as_advanced(Burin_HOST_CXX)
    set(how --cc=${Burin_HOST_CXX})
    if(NOT Burin_HOST_CXX)
      set(how --in-process)
    endif()
  endif()
  add_test(NAME ${target}.validate
    COMMAND ${compiler} validate ${arg_MODEL} ${data} ${tolerance} ${how} ${flags})
endfunction()

cmake_policy(POP)
