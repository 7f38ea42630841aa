# cmake -D SOURCE=DIR -P order.cmake: fails where two arguments of fmt::format each add a parameter to a
# kernel's call. A compiler evaluates them in the order it likes, so that the generated code would
# depend on it; InOrder{...} takes them from left to right.
cmake_minimum_required(VERSION 3.23)
set(adds "(call\\.(number|extent|read|write|add)|ndText)\\(")

file(GLOB files ${SOURCE}/codegen/kernels/*.cpp)
list(LENGTH files count)
set(problems 0)
foreach(file ${files})
  file(READ ${file} text)
  string(REGEX REPLACE "\"([^\"\\]|\\\\.)*\"" "" text "${text}") # the strings, for their semicolons
  string(REGEX REPLACE "[][]" "|" text "${text}")
  string(REGEX MATCHALL "fmt::format\\([^;}]*${adds}[^;}]*${adds}[^;}]*[;}]" found "${text}")
  string(REPLACE "\;" "" found "${found}")
  foreach(statement IN LISTS found)
    if(statement AND NOT statement MATCHES "InOrder")
      string(REGEX REPLACE "[ \n]+" " " statement "${statement}")
      string(SUBSTRING "${statement}" 0 120 statement)
      message("${file}: write InOrder{...}.text for ${statement} ...")
      math(EXPR problems "${problems} + 1")
    endif()
  endforeach()
endforeach()
if(problems)
  message(FATAL_ERROR "${problems} calls depend on the order of evaluation")
endif()
message("${count} files, no order of evaluation is relied upon")
