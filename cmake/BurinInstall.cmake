# SPDX-License-Identifier: Apache-2.0
#
# Install rules and the package files. In share/, not lib/: one installed package serves native and
# cross builds, since the compiler is a program of the host and the runtime is headers only.
option(BURIN_INSTALL "Make the install rules of burin" ${PROJECT_IS_TOP_LEVEL})
if(NOT BURIN_INSTALL)
  return()
endif()
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/Burin)

# ---- Burin_Runtime: headers, package, pkg-config ----
install(DIRECTORY runtime-lite/burin TYPE INCLUDE COMPONENT Burin_Runtime
  FILES_MATCHING PATTERN *.h)
install(TARGETS burin_runtime EXPORT BurinRuntimeTargets COMPONENT Burin_Runtime)
install(EXPORT BurinRuntimeTargets NAMESPACE Burin:: DESTINATION ${package_dir}
  COMPONENT Burin_Runtime)

configure_package_config_file(cmake/BurinConfig.cmake.in BurinConfig.cmake
  INSTALL_DESTINATION ${package_dir})
# ARCH_INDEPENDENT: otherwise a 64-bit package is refused by a 32-bit cross build.
write_basic_package_version_file(BurinConfigVersion.cmake
  COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/BurinConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/BurinConfigVersion.cmake
  cmake/BurinModel.cmake cmake/BurinOptions.cmake cmake/BurinMeasure.cmake
  DESTINATION ${package_dir} COMPONENT Burin_Runtime)
install(DIRECTORY cmake/toolchains DESTINATION ${package_dir} COMPONENT Burin_Runtime)

# For Make and Meson: `pkg-config --variable=burin burin-runtime` is the program.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_DATADIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig ${prefix_from_pkgconfig})
configure_file(cmake/burin-runtime.pc.in burin-runtime.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/burin-runtime.pc
  DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig COMPONENT Burin_Runtime)

# ---- Burin_Tools: the compiler, its man page and completions ----

# Installs what `burin <words>` prints as <datadir>/<folder>/<file>.
function(install_printed folder file)
  set(printed ${CMAKE_CURRENT_BINARY_DIR}/printed/${file})
  list(JOIN ARGN " " words)
  install(CODE "
    file(MAKE_DIRECTORY \"${CMAKE_CURRENT_BINARY_DIR}/printed\")
    execute_process(COMMAND \"$<TARGET_FILE:burin>\" ${words}
      OUTPUT_FILE \"${printed}\" COMMAND_ERROR_IS_FATAL ANY)" COMPONENT Burin_Tools)
  install(FILES ${printed} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} COMPONENT Burin_Tools)
endfunction()

if(TARGET burin)
  set_target_properties(burin PROPERTIES EXPORT_NAME compiler)
  install(TARGETS burin EXPORT BurinCompilerTargets RUNTIME COMPONENT Burin_Tools)
  install(EXPORT BurinCompilerTargets NAMESPACE Burin:: DESTINATION ${package_dir}
    COMPONENT Burin_Tools)
  install_printed(man/man1 burin.1 options --format man)
  install_printed(bash-completion/completions burin completion bash)
  install_printed(zsh/site-functions _burin completion zsh)
  install_printed(fish/vendor_completions.d burin.fish completion fish)
endif()

# ---- Burin_Documentation ----
set(doc_dir ${CMAKE_INSTALL_DATADIR}/doc/burin)
install(DIRECTORY docs/ DESTINATION ${doc_dir} COMPONENT Burin_Documentation
  FILES_MATCHING PATTERN *.md)
install(FILES LICENSE DESTINATION ${doc_dir} COMPONENT Burin_Documentation)
install(FILES runtime-lite/LICENSE.txt DESTINATION ${doc_dir}
  RENAME LICENSE.runtime.txt COMPONENT Burin_Documentation)
