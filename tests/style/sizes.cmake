# cmake -D SOURCE=DIR -P sizes.cmake: shows the files of more than 400 lines, a prompt to look for the
# seam. Accepted ones are long because they are one table.
cmake_minimum_required(VERSION 3.23)
set(limit 400)
set(accepted)

file(GLOB_RECURSE files RELATIVE ${SOURCE} ${SOURCE}/cli/*.cpp ${SOURCE}/cli/*.h
  ${SOURCE}/codegen/*.cpp ${SOURCE}/codegen/*.h ${SOURCE}/frontend/*.cpp ${SOURCE}/frontend/*.h
  ${SOURCE}/ir/*.cpp ${SOURCE}/ir/*.h ${SOURCE}/passes/*.cpp ${SOURCE}/passes/*.h
  ${SOURCE}/runtime-lite/*.h ${SOURCE}/tests/*.cpp ${SOURCE}/tests/*.h)
set(long)
list(LENGTH files count)
foreach(file ${files})
  file(STRINGS ${SOURCE}/${file} lines REGEX "^" NEWLINE_CONSUME)
  string(REGEX MATCHALL "\n" ends "${lines}")
  list(LENGTH ends length)
  if(length GREATER limit AND NOT file IN_LIST accepted)
    list(APPEND long "  ${length} ${file}")
  endif()
endforeach()
list(SORT long COMPARE NATURAL ORDER DESCENDING)
list(LENGTH long number)
message("${number} of ${count} files have more than ${limit} lines")
foreach(line ${long})
  message("${line}")
endforeach()
