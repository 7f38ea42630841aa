# SPDX-License-Identifier: Apache-2.0
#
# add_firmware(<name> <source>...): a program for a Cortex-M board of QEMU, with start-up code and
# linker script of this folder. It ends by semihosting: run it with CMAKE_CROSSCOMPILING_EMULATOR.
include_guard(GLOBAL)
enable_language(C) # the start-up code

function(add_firmware name)
  set(board ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  add_executable(${name} ${ARGN} ${board}/startup_cm.c)
  target_include_directories(${name} PRIVATE ${board})
  target_link_options(${name} PRIVATE -nostartfiles -T ${board}/cm.ld)
  set_target_properties(${name} PROPERTIES LINK_DEPENDS ${board}/cm.ld SUFFIX .elf)
endfunction()
