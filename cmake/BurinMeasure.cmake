# SPDX-License-Identifier: Apache-2.0
#
# Run by the build of a model's library (cmake -P): measures what was compiled, prints it, and fails
# above a limit.
#
#   NAME         the target, for messages
#   REPORT       report.json: prints what the compiler of models knows
#   OBJECTS      the object files; for STACK_LIMIT the graph of -fcallgraph-info=su lies beside each
#   SIZE         `size` of the toolchain
#   FLASH_LIMIT, STACK_LIMIT  bytes

# Code, constants and initialised data of all objects, before the linker drops what is not used.
function(measure_flash result)
  execute_process(COMMAND ${SIZE} ${OBJECTS} OUTPUT_VARIABLE table COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "\n *[0-9]+[ \t]+[0-9]+" rows "${table}")
  set(sum 0)
  foreach(row IN LISTS rows)
    string(REGEX MATCH "([0-9]+)[ \t]+([0-9]+)" row "${row}")
    math(EXPR sum "${sum} + ${CMAKE_MATCH_1} + ${CMAKE_MATCH_2}")
  endforeach()
  set(${result} ${sum} PARENT_SCOPE)
endfunction()

# The deepest chain of calls that starts in the model's own code. Indirect calls are those of the
# table of steps, and of a thread hook, which calls back into the table: each may reach any function
# of internal linkage that nobody calls directly. Hooks and mem* are the caller's and not counted.
function(measure_stack result)
  set(functions)
  foreach(object IN LISTS OBJECTS)
    string(REGEX REPLACE "[.](o|obj)$" ".ci" graph "${object}")
    if(NOT EXISTS ${graph})
      message(FATAL_ERROR "${NAME}: STACK_LIMIT cannot be measured: the compiler wrote no ${graph}")
    endif()
    file(STRINGS ${graph} lines REGEX "^(node|edge):")
    foreach(line IN LISTS lines)
      if(line MATCHES "^node: { title: \"([^\"]*)\" label: \".*\\\\n([0-9]+) bytes \\(([a-z,]*)\\)")
        if(CMAKE_MATCH_3 STREQUAL "dynamic")
          message(FATAL_ERROR "${NAME}: the stack of ${CMAKE_MATCH_1} has no bound")
        endif()
        list(APPEND functions "${CMAKE_MATCH_1}")
        set("bytes_${CMAKE_MATCH_1}" ${CMAKE_MATCH_2})
      elseif(line MATCHES "^edge: { sourcename: \"([^\"]*)\" targetname: \"([^\"]*)\"")
        list(APPEND "calls_${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
        set("called_${CMAKE_MATCH_2}" TRUE)
      endif()
    endforeach()
  endforeach()

  set(indirect 0)
  foreach(round RANGE 2) # a step; a task of steps; the run
    set(deepest 0)
    set(deepest_reached 0)
    foreach(function IN LISTS functions)
      depth("${function}" ${round} bytes)
      if(bytes GREATER deepest)
        set(deepest ${bytes})
      endif()
      if(function MATCHES ":" AND NOT "${called_${function}}" AND bytes GREATER deepest_reached)
        set(deepest_reached ${bytes})
      endif()
    endforeach()
    set(indirect ${deepest_reached})
  endforeach()
  set(${result} ${deepest} PARENT_SCOPE)
endfunction()

# Bytes of a function and of the deepest chain below it; a cycle counts once.
function(depth function round result)
  get_property(known GLOBAL PROPERTY "depth_${round}_${function}")
  if("${known}" STREQUAL "")
    set_property(GLOBAL PROPERTY "depth_${round}_${function}" 0)
    set(below 0)
    set(callees ${calls_${function}})
    list(REMOVE_DUPLICATES callees)
    foreach(callee IN LISTS callees)
      if(callee STREQUAL "__indirect_call")
        set(bytes ${indirect})
      else()
        depth("${callee}" ${round} bytes)
      endif()
      if(bytes GREATER below)
        set(below ${bytes})
      endif()
    endforeach()
    set(own "${bytes_${function}}")
    if("${own}" STREQUAL "")
      set(own 0)
    endif()
    math(EXPR known "${own} + ${below}")
    set_property(GLOBAL PROPERTY "depth_${round}_${function}" ${known})
  endif()
  set(${result} ${known} PARENT_SCOPE)
endfunction()

if(REPORT)
  file(READ ${REPORT} json)
  string(JSON arena GET "${json}" arena bytes)
  string(JSON weights GET "${json}" weights bytes)
  string(JSON macs GET "${json}" macs)
  measure_flash(flash)
  message("${NAME}: arena ${arena} bytes, weights ${weights} bytes, ${macs} MACs, "
    "${flash} bytes of code and constants")
endif()

set(failed)
if(FLASH_LIMIT)
  measure_flash(flash)
  if(flash GREATER FLASH_LIMIT)
    string(APPEND failed
      "\n  flash: ${flash} bytes of code and constants, FLASH_LIMIT is ${FLASH_LIMIT}")
  endif()
endif()
if(STACK_LIMIT)
  measure_stack(stack)
  if(stack GREATER STACK_LIMIT)
    string(APPEND failed "\n  stack: ${stack} bytes, STACK_LIMIT is ${STACK_LIMIT}")
  endif()
endif()
if(failed)
  message(FATAL_ERROR "${NAME} is over its limits:${failed}")
endif()
