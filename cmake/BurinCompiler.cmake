# SPDX-License-Identifier: Apache-2.0
#
# Burin::compiler, always a program of the machine that builds:
#   given by Burin_COMPILER_EXECUTABLE;
#   else, in a cross build, built by a nested build with the host's compiler;
#   else built here. Then BURIN_BUILD_COMPILER is on, and cli/ makes the target `burin`.
if(Burin_COMPILER_EXECUTABLE)
  set(BURIN_BUILD_COMPILER OFF)
  if(NOT TARGET Burin::compiler)
    add_executable(Burin::compiler IMPORTED GLOBAL)
    set_target_properties(Burin::compiler PROPERTIES IMPORTED_LOCATION ${Burin_COMPILER_EXECUTABLE})
  endif()
elseif(CMAKE_CROSSCOMPILING)
  set(BURIN_BUILD_COMPILER OFF)
  include(ExternalProject)
  set(host_dir ${CMAKE_CURRENT_BINARY_DIR}/host)
  set(host_tool ${host_dir}/burin)
  if(CMAKE_HOST_WIN32)
    string(APPEND host_tool .exe)
  endif()
  # The nested call sees no toolchain file, and none of the cross compilers that a user may export.
  ExternalProject_Add(burin_host
    SOURCE_DIR ${CMAKE_CURRENT_SOURCE_DIR}
    BINARY_DIR ${host_dir}
    CMAKE_COMMAND ${CMAKE_COMMAND} -E env --unset=CC --unset=CXX --unset=CFLAGS --unset=CXXFLAGS
      --unset=LDFLAGS --unset=CMAKE_TOOLCHAIN_FILE ${CMAKE_COMMAND}
    CMAKE_ARGS -DCMAKE_BUILD_TYPE=Release -DBURIN_TESTS=OFF
      -DCMAKE_TOOLCHAIN_FILE=${Burin_HOST_TOOLCHAIN_FILE}
      -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
    CMAKE_CACHE_ARGS -DCMAKE_MAKE_PROGRAM:FILEPATH=${CMAKE_MAKE_PROGRAM}
      -DCMAKE_RUNTIME_OUTPUT_DIRECTORY:PATH=${host_dir}
      -DCMAKE_RUNTIME_OUTPUT_DIRECTORY_RELEASE:PATH=${host_dir} # also with several configurations
    BUILD_COMMAND ${CMAKE_COMMAND} --build . --config Release --target burin
    EXCLUDE_FROM_ALL ON # until a model needs it
    BUILD_ALWAYS ON # its own dependencies tell whether there is work
    INSTALL_COMMAND ""
    BUILD_BYPRODUCTS ${host_tool})
  add_executable(Burin::compiler IMPORTED GLOBAL)
  set_target_properties(Burin::compiler PROPERTIES IMPORTED_LOCATION ${host_tool})
  add_dependencies(Burin::compiler burin_host)
else()
  set(BURIN_BUILD_COMPILER ON)
  # The alias needs the target, which cli/ makes later; burin_add_model knows both names.
  cmake_language(DEFER CALL add_executable Burin::compiler ALIAS burin)
endif()
