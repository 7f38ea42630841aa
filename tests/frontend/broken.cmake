# cmake -D BURIN=PROGRAM -D FOLDER=DIR [-D WRITER=PROGRAM] -P broken.cmake: every file of FOLDER is
# refused with an exit code that is no crash, and with the words that messages.txt has for it. WRITER
# makes the folder first.
cmake_minimum_required(VERSION 3.23)
if(WRITER)
  execute_process(COMMAND ${WRITER} ${FOLDER} COMMAND_ERROR_IS_FATAL ANY)
endif()
file(STRINGS ${FOLDER}/messages.txt lines)
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([^:]+): (.*)$" _ "${line}")
  set(name ${CMAKE_MATCH_1})
  set(words "${CMAKE_MATCH_2}")
  execute_process(COMMAND ${BURIN} check ${FOLDER}/${name} RESULT_VARIABLE code
    OUTPUT_VARIABLE out ERROR_VARIABLE out TIMEOUT 60)
  if(NOT code MATCHES "^[1-4]$")
    message(SEND_ERROR "${name}: exit code ${code}\n${out}")
  endif()
  string(FIND "${out}" "${words}" at)
  if(at LESS 0)
    message(SEND_ERROR "${name}: expected '${words}' in\n${out}")
  endif()
endforeach()
