# SPDX-License-Identifier: Apache-2.0
#
# cmake -D CASE=... -P cases.cmake: one case of tests/cmake. BURIN is the compiler, SOURCE and BUILD
# the folders of burin, WORK where to work, GENERATOR the generator to use.
cmake_minimum_required(VERSION 3.23)

set(dir ${WORK}/${CASE})
set(prefix ${WORK}/prefix)
set(digits ${SOURCE}/samples/digits/digits.onnx)
set(app ${SOURCE}/samples/cmake-app)
set(call ${CMAKE_CURRENT_LIST_DIR}/call)
set(m4 ${SOURCE}/cmake/toolchains/arm-none-eabi-m4.cmake)
# burin from its sources, without building the compiler once more
set(from_sources -DFETCHCONTENT_SOURCE_DIR_BURIN=${SOURCE} -DBURIN_SOURCE=${SOURCE}
  -DBurin_COMPILER_EXECUTABLE=${BURIN})
file(REMOVE_RECURSE ${dir})
file(MAKE_DIRECTORY ${dir})

# Runs a command; `output` is what it said, with single blanks.
macro(try)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${dir}
    OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status)
  set(text "${output}")
  string(REGEX REPLACE "[ \t\r\n]+" " " output "${output}")
endmacro()

macro(run)
  try(${ARGN})
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "${command}\n${text}")
  endif()
endmacro()

# The last command said something, or did not.
macro(expect regex)
  if(NOT output MATCHES "${regex}")
    message(FATAL_ERROR "expected ${regex} in\n${text}")
  endif()
endmacro()
macro(expect_not regex)
  if(output MATCHES "${regex}")
    message(FATAL_ERROR "did not expect ${regex} in\n${text}")
  endif()
endmacro()

macro(expect_failure regex)
  if(status EQUAL 0)
    message(FATAL_ERROR "expected a failure with ${regex}:\n${text}")
  endif()
  expect("${regex}")
endmacro()

macro(configure source)
  run(${CMAKE_COMMAND} -S ${source} -B ${dir}/build -G ${GENERATOR} ${ARGN})
endmacro()
macro(build)
  run(${CMAKE_COMMAND} --build ${dir}/build ${ARGN})
endmacro()

macro(skip_without)
  foreach(program IN ITEMS ${ARGN})
    find_program(found_${program} ${program} NO_CACHE)
    if(NOT found_${program})
      message("skipped: no ${program}") # first on its line: ctest looks for it
      return()
    endif()
  endforeach()
endmacro()

function(expect_in_elf file regex)
  find_program(readelf NAMES arm-none-eabi-readelf readelf)
  execute_process(COMMAND ${readelf} -h ${file} OUTPUT_VARIABLE header)
  if(NOT header MATCHES "${regex}")
    message(FATAL_ERROR "expected ${regex} in ${file}:\n${header}")
  endif()
endfunction()

# The toolchain and the linker flags of a firmware that needs no start-up code, for link tests.
set(bare "-DCMAKE_EXE_LINKER_FLAGS=--specs=nosys.specs")

# ---- the installed package ----

function(case_install)
  file(REMOVE_RECURSE ${prefix})
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
  foreach(file IN ITEMS bin/burin include/burin/runtime.h share/cmake/Burin/BurinConfig.cmake
      share/cmake/Burin/BurinModel.cmake share/pkgconfig/burin-runtime.pc
      share/bash-completion/completions/burin share/man/man1/burin.1)
    if(NOT EXISTS ${prefix}/${file})
      message(FATAL_ERROR "${file} was not installed")
    endif()
  endforeach()
endfunction()

function(case_installed)
  configure(${app} -DCMAKE_PREFIX_PATH=${prefix})
  expect("burin: model digits for host")
  expect_not("burin-src|burin-build")
  build()
  run(${dir}/build/app)
  expect("This is a 1")
  build()
  expect_not("Compiling model|Building CXX")
endfunction()

function(case_runtime_only)
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${dir}/prefix --component Burin_Runtime)
  file(WRITE ${dir}/CMakeLists.txt "
cmake_minimum_required(VERSION 3.23)
project(RuntimeOnly LANGUAGES CXX)
find_package(Burin REQUIRED COMPONENTS \${COMPONENTS})
if(NOT TARGET Burin::runtime)
  message(FATAL_ERROR \"no Burin::runtime\")
endif()
burin_add_model(digits MODEL ${digits})
")
  try(${CMAKE_COMMAND} -S ${dir} -B ${dir}/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${dir}/prefix -DCOMPONENTS=compiler)
  expect_failure("component compiler is not installed")
  try(${CMAKE_COMMAND} -S ${dir} -B ${dir}/build -DCOMPONENTS=runtime)
  expect_failure("burin_add_model.digits.: no burin compiler")
  configure(${dir} -DCOMPONENTS=runtime -DBurin_COMPILER_EXECUTABLE=${BURIN})
  build()
endfunction()

function(case_cross)
  skip_without(arm-none-eabi-g++)
  configure(${app} --toolchain ${m4} -DCMAKE_PREFIX_PATH=${prefix} ${bare})
  expect("burin: model digits for mcu-fpu .arm-none-eabi-g.. -mcpu=cortex-m4")
  build()
  expect_in_elf(${dir}/build/app "ARM")
endfunction()

# Vendors' toolchains look for packages in their sysroot only: then Burin_DIR shows the way.
function(case_cross_pinned)
  skip_without(arm-none-eabi-g++)
  file(WRITE ${dir}/toolchain.cmake "
include(${m4})
set(CMAKE_FIND_ROOT_PATH /usr/lib/arm-none-eabi)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
")
  configure(${app} --toolchain ${dir}/toolchain.cmake ${bare}
    -DBurin_DIR=${prefix}/share/cmake/Burin)
  expect_not("burin-build")
  build()
  expect_in_elf(${dir}/build/app "ARM")
endfunction()

function(case_pkg_config)
  skip_without(pkg-config)
  set(ENV{PKG_CONFIG_PATH} ${prefix}/share/pkgconfig)
  run(pkg-config --variable=burin burin-runtime)
  string(STRIP "${output}" burin)
  run(${burin} --version)
  run(pkg-config --cflags burin-runtime)
  string(STRIP "${output}" flags)
  file(WRITE ${dir}/main.cpp "#include <burin/runtime.h>\nint main() {}\n")
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run(c++ -std=c++17 ${flags} -fsyntax-only ${dir}/main.cpp)
endfunction()

# A user's library with the runtime beside it is exported and found without burin.
function(case_export)
  configure(${call} ${from_sources} "-DARGUMENTS=MODEL|${digits}|BUNDLE_RUNTIME" -DINSTALL=ON)
  build()
  run(${CMAKE_COMMAND} --install ${dir}/build --prefix ${dir}/prefix)
  file(WRITE ${dir}/user/CMakeLists.txt "
cmake_minimum_required(VERSION 3.23)
project(User LANGUAGES CXX)
find_package(Call REQUIRED)
add_executable(user ${app}/main.cpp)
target_link_libraries(user PRIVATE Call::digits)
")
  run(${CMAKE_COMMAND} -S ${dir}/user -B ${dir}/user/build -G ${GENERATOR}
    -DCMAKE_PREFIX_PATH=${dir}/prefix)
  run(${CMAKE_COMMAND} --build ${dir}/user/build)
  run(${dir}/user/build/user)
endfunction()

# ---- the sources as part of another project ----

function(case_subdirectory)
  configure(${app} ${from_sources})
  build()
  run(${dir}/build/app)
  expect("This is a 1")
endfunction()

function(case_nested)
  skip_without(arm-none-eabi-g++)
  set(ENV{CXX} arm-none-eabi-g++) # must not reach the nested build
  configure(${app} -DFETCHCONTENT_SOURCE_DIR_BURIN=${SOURCE} --toolchain ${m4} ${bare})
  build()
  expect_in_elf(${dir}/build/app "ARM")
  build()
  expect_not("Compiling model|Building CXX")
endfunction()

# ---- the samples ----

macro(check_sample name)
  configure(${SOURCE}/samples/${name} ${from_sources} ${ARGN})
  build()
  run(${CMAKE_CTEST_COMMAND} --test-dir ${dir}/build --output-on-failure --no-tests=error)
endmacro()

function(case_sample_digits)
  check_sample(digits)
endfunction()

function(case_sample_digits_m4)
  skip_without(arm-none-eabi-g++ qemu-system-arm)
  check_sample(digits --toolchain ${m4})
endfunction()

function(case_sample_streaming)
  check_sample(streaming)
endfunction()

function(case_sample_two_models)
  check_sample(two-models)
endfunction()

# ---- what a second build does ----

macro(check_rebuild)
  file(COPY ${digits} DESTINATION ${dir}/source)
  file(WRITE ${dir}/source/CMakeLists.txt "
cmake_minimum_required(VERSION 3.23)
project(Rebuild LANGUAGES CXX)
add_subdirectory(${SOURCE} burin)
burin_add_model(digits MODEL digits.onnx)
")
  configure(${dir}/source ${from_sources})
  build()
  expect("Compiling model digits")
  build()
  expect_not("Compiling model|Building CXX")
  run(${CMAKE_COMMAND} -E sleep 1.1)
  run(${CMAKE_COMMAND} -E touch ${dir}/source/digits.onnx) # newer, but the same
  build()
  expect("Compiling model digits")
  expect_not("Building CXX")
  build()
  expect_not("Compiling model|Building CXX")
endmacro()

function(case_rebuild_ninja)
  skip_without(ninja)
  set(GENERATOR Ninja)
  check_rebuild()
endfunction()

function(case_rebuild_make)
  skip_without(make)
  set(GENERATOR "Unix Makefiles")
  check_rebuild()
endfunction()

# ---- the keywords ----

# Every wrong call says which call and what is wrong.
function(case_errors)
  set(cases
    "MODEL|${digits}|NAMESPAC|x => unknown argument NAMESPAC"
    "MODEL|${digits}|NAMESPACE => NAMESPACE has no value"
    "MODEL|${digits}|DIMS|OPTIMIZE|size => DIMS has no value"
    "NAMESPACE|x => MODEL is required"
    "MODEL|nothing.onnx => there is no model .*nothing.onnx"
    "MODEL|${digits}|OPTIMIZE|fast => OPTIMIZE is FAST, expected one of SPEED, SIZE, NONE, EXACT"
    "MODEL|${digits}|TARGET|cortex => TARGET is CORTEX, expected one of HOST, MCU-FPU"
    "MODEL|${digits}|TYPE|MODULE => TYPE is MODULE, expected one of STATIC, OBJECT, SHARED"
    "MODEL|${digits}|TYPE|INTERFACE => TYPE INTERFACE is planned"
    "MODEL|${digits}|FLASH_LIMIT|few => FLASH_LIMIT is few, expected a number of bytes"
    "MODEL|${digits}|TOLERANCE|atol=1 => TOLERANCE without TEST_DATA"
    "MODEL|${digits}|TEST_DATA|${digits}|TOLERANCE|near=1 => TOLERANCE holds near=1")
  include(${SOURCE}/cmake/BurinOptions.cmake)
  foreach(keyword IN LISTS BURIN_CMAKE_VALUES BURIN_CMAKE_LISTS BURIN_MODEL_VALUES
      BURIN_MODEL_LISTS)
    if(NOT BURIN_STATUS_${keyword} STREQUAL "ready")
      list(APPEND cases "MODEL|${digits}|${keyword}|1 => ${keyword} is planned")
    endif()
    foreach(value IN LISTS BURIN_PLANNED_${keyword})
      list(APPEND cases "MODEL|${digits}|${keyword}|${value} => ${keyword} ${value} is planned")
    endforeach()
  endforeach()
  foreach(case IN LISTS cases)
    string(REGEX MATCH "^(.*) => (.*)$" case "${case}")
    set(arguments "${CMAKE_MATCH_1}")
    set(expected "${CMAKE_MATCH_2}")
    try(${CMAKE_COMMAND} -S ${call} -B ${dir}/build -G ${GENERATOR} ${from_sources}
      "-DARGUMENTS=${arguments}")
    expect_failure("burin_add_model.digits.: ${expected}")
  endforeach()
  file(WRITE ${dir}/CMakeLists.txt "
cmake_minimum_required(VERSION 3.23)
project(Empty LANGUAGES CXX)
add_subdirectory(${SOURCE} burin)
burin_add_model(digits MODEL ${digits} NAMESPACE \"\")
")
  try(${CMAKE_COMMAND} -S ${dir} -B ${dir}/empty -G ${GENERATOR} ${from_sources})
  expect_failure("burin_add_model.digits.: an empty argument after NAMESPACE")
endfunction()

function(case_keywords)
  file(WRITE ${dir}/main.cpp "
#include <digits.h>
#include <digits_c.h>
int main() {
  static reader::Net net{burin::Arena{nullptr, 0}};
  return net.run() == burin::Status::bad_arena ? 0 : 1;
}
")
  set(arguments MODEL ${digits} NAMESPACE reader CLASS Net API BOTH OPTIMIZE SIZE PROFILE
    ARENA_LIMIT 16K OUTPUT_DIR gen SHARDS 2
    TEST_DATA ${SOURCE}/samples/digits/digits_test.npz TOLERANCE atol=2e-4,rtol=0)
  list(JOIN arguments "|" arguments)
  configure(${call} ${from_sources} -DPROGRAM=${dir}/main.cpp -DREPORT_COSTS=ON
    "-DARGUMENTS=${arguments}")
  expect("header ${dir}/build/gen/digits.h")
  set(gen "[^ ]*/gen/digits")
  expect("sources ${gen}.cpp;${gen}.weights.cpp;${gen}.0.cpp;${gen}.1.cpp;${gen}_c.cpp")
  expect("report ${dir}/build/gen/report.json")
  build()
  expect("digits: arena [0-9]+ bytes, weights [0-9]+ bytes, [0-9]+ MACs, [0-9]+ bytes of code")
  run(${dir}/build/program)
  run(${CMAKE_CTEST_COMMAND} --test-dir ${dir}/build -V)
  expect("digits.validate")
  build()
  expect_not("Compiling model|Building CXX")

  # over a limit the model does not compile, and the next build tries again
  configure(${call} "-DARGUMENTS=MODEL|${digits}|ARENA_LIMIT|100" -UPROGRAM -UREPORT_COSTS)
  foreach(attempt RANGE 1 2)
    try(${CMAKE_COMMAND} --build ${dir}/build)
    expect_failure("arena")
  endforeach()
  configure(${call} "-DARGUMENTS=MODEL|${digits}|OPTIONS|--no-such-flag")
  try(${CMAKE_COMMAND} --build ${dir}/build)
  expect_failure("no-such-flag")
endfunction()

# Two inputs that the object keeps; the array that one begins with is a file of the project, and a
# change of it compiles the model again.
function(case_state)
  file(WRITE ${dir}/model.gir "
func @main(%x: f32[2], %h: f32[2], %g: f32[1]) -> (%y: f32[2], %h_out: f32[2], %g_out: f32[1]) {
  %h_out = add(%x, %h)
  %g_out = add(%g, %g)
  %y = mul(%h_out, %g)
  return %y, %h_out, %g_out
}
")
  set(first ${SOURCE}/tests/cli/data/pair.npy) # 1.5, -2
  file(WRITE ${dir}/main.cpp "
#include <digits.h>
#include <digits_c.h>
int main() {
  static digits::StaticModel model;
  const float x[] = {1, 2};
  float y[2];
  for (int i = 0; i < 2; ++i)
    if (model.run(x, y) != burin::Status::ok)
      return 2;
  return y[0] == (1.5f + 2 * 1) * -2 && y[1] == (-2 + 2 * 2) * -2 ? 0 : 1;
}
")
  file(COPY ${first} DESTINATION ${dir})
  configure(${call} ${from_sources} -DPROGRAM=${dir}/main.cpp
    "-DARGUMENTS=MODEL|${dir}/model.gir|API|BOTH|STATE|h=h_out|g=g_out|STATE_INIT|h=@${dir}/pair.npy|g=-1")
  build()
  run(${dir}/build/program)
  build()
  expect_not("Compiling model")
  file(COPY ${SOURCE}/tests/cli/data/f4.npy DESTINATION ${dir})
  file(RENAME ${dir}/f4.npy ${dir}/pair.npy)
  file(TOUCH ${dir}/pair.npy)
  try(${CMAKE_COMMAND} --build ${dir}/build)
  expect_failure("pair.npy is f32.2, 3., but 'h' is f32.2.") # it was read again
  configure(${call} "-DARGUMENTS=MODEL|${dir}/model.gir|STATE|h=y_out")
  try(${CMAKE_COMMAND} --build ${dir}/build)
  expect_failure("--state h=y_out: the model has no output 'y_out'")
endfunction()

# The weights as a file beside the program; kernels that are measured when the user asks.
function(case_weights_and_tuning)
  file(WRITE ${dir}/main.cpp "
#include <digits.h>
#include <cstdio>
#include <vector>
int main(int, char **words) {
  std::vector<unsigned char> bytes(digits::Model::weights_size);
  FILE *file = std::fopen(words[1], \"rb\");
  if (!file || std::fread(bytes.data(), 1, bytes.size(), file) != bytes.size())
    return 2;
  static digits::StaticModel net{burin::Weights{bytes.data(), bytes.size()}};
  return net.check_weights() == burin::Status::ok && net.run() == burin::Status::ok ? 0 : 1;
}
")
  set(arguments "MODEL|${digits}|WEIGHTS|FILE|CPU|haswell|TUNED|${dir}/digits.tuned")
  configure(${call} ${from_sources} -DPROGRAM=${dir}/main.cpp "-DARGUMENTS=${arguments}")
  set(weights ${dir}/build/digits.burin/digits.weights)
  expect("weights ${weights}")
  build()
  expect("digits.tuned has no choices yet")
  run(${dir}/build/program ${weights})
  build(--target digits.tune)
  file(READ ${dir}/digits.tuned tuned)
  if(NOT tuned MATCHES "\thost speed\tconv ")
    message(FATAL_ERROR "nothing was measured:\n${tuned}")
  endif()
  build()
  expect("Compiling model")
  expect_not("has no choices")
  run(${dir}/build/program ${weights})
  build()
  expect_not("Compiling model")
endfunction()

# The target follows from the toolchain and its flags, wherever those are set.
function(case_targets)
  configure(${call} ${from_sources} "-DARGUMENTS=MODEL|${digits}")
  expect("model digits for host")
  skip_without(arm-none-eabi-g++)
  file(WRITE ${dir}/toolchain.cmake "
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
")
  file(REMOVE_RECURSE ${dir}/build)
  foreach(case IN ITEMS "cortex-m0=mcu-min" "cortex-m3=mcu-min" "cortex-m4+nofp=mcu-dsp"
      "cortex-m4=mcu-fpu" "cortex-m7=mcu-fpu" "cortex-m33=mcu-fpu" "cortex-m55=mcu-fpu")
    string(REGEX MATCH "(.*)=(.*)" case ${case})
    set(cpu ${CMAKE_MATCH_1})
    set(expected ${CMAKE_MATCH_2})
    set(abi -mfloat-abi=soft)
    if(expected STREQUAL "mcu-fpu")
      set(abi -mfloat-abi=hard)
    endif()
    configure(${call} --toolchain ${dir}/toolchain.cmake ${from_sources}
      "-DFLAGS=-mcpu=${cpu}|-mthumb|${abi}" "-DARGUMENTS=MODEL|${digits}")
    expect("model digits for ${expected} ")
  endforeach()
endfunction()

function(case_flash_limit)
  foreach(type IN ITEMS STATIC OBJECT)
    configure(${call} ${from_sources} "-DARGUMENTS=MODEL|${digits}|TYPE|${type}|FLASH_LIMIT|200K")
    build()
    configure(${call} "-DARGUMENTS=MODEL|${digits}|TYPE|${type}|FLASH_LIMIT|1K")
    foreach(attempt RANGE 1 2)
      try(${CMAKE_COMMAND} --build ${dir}/build)
      expect_failure("digits is over its limits: flash: [0-9]+ bytes .* FLASH_LIMIT is 1024")
    endforeach()
  endforeach()
endfunction()

function(case_stack_limit)
  find_program(gcc g++)
  execute_process(COMMAND ${gcc} -dumpfullversion OUTPUT_VARIABLE version)
  if(NOT gcc OR version VERSION_LESS 10)
    message("skipped: no g++ 10")
    return()
  endif()
  configure(${call} ${from_sources} -DCMAKE_CXX_COMPILER=${gcc}
    "-DARGUMENTS=MODEL|${digits}|STACK_LIMIT|4K")
  build()
  configure(${call} "-DARGUMENTS=MODEL|${digits}|STACK_LIMIT|16")
  try(${CMAKE_COMMAND} --build ${dir}/build)
  expect_failure("digits is over its limits: stack: [0-9]+ bytes, STACK_LIMIT is 16")
endfunction()

# The output folder of BUNDLE_RUNTIME compiles with nothing else in sight.
function(case_bundled)
  configure(${call} ${from_sources} "-DARGUMENTS=MODEL|${digits}|BUNDLE_RUNTIME|OUTPUT_DIR|gen")
  build()
  file(RENAME ${dir}/build/gen ${dir}/alone)
  file(GLOB sources ${dir}/alone/*.cpp)
  run(c++ -std=c++17 -I ${dir}/alone ${app}/main.cpp ${sources} -o ${dir}/program)
  run(${dir}/program)
endfunction()

cmake_language(CALL case_${CASE})
