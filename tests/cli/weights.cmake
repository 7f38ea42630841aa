# SPDX-License-Identifier: Apache-2.0
#
# Where the weights lie. Runs BURIN in FOLDER, and programs that CXX makes with the headers RUNTIME.
include(${CMAKE_CURRENT_LIST_DIR}/burin.cmake)

# ---- other numbers of the same shapes change the weights and no code ----

file(READ ${DATA}/recurrent.gir text)
string(REPLACE "0.3125" "0.34375" other "${text}")
file(WRITE ${FOLDER}/one/net.gir "${text}")
file(WRITE ${FOLDER}/two/net.gir "${other}")
foreach(form literals string incbin file caller)
  foreach(which one two)
    run(0 ${BURIN} compile ${which}/net.gir -o ${which}/${form} --weights ${form} --shards 2 -q)
  endforeach()
  foreach(name net.h net.cpp net.0.cpp net.1.cpp)
    file(SHA256 ${FOLDER}/one/${form}/${name} first)
    file(SHA256 ${FOLDER}/two/${form}/${name} second)
    if(NOT first STREQUAL second)
      message(SEND_ERROR "--weights ${form}: other weights change ${name}")
    endif()
  endforeach()
endforeach()

# ---- in memory that the program gives: what is wrong is a status of the run ----

foreach(form file caller)
  run(0 ${BURIN} compile ${DIGITS}/digits.onnx -o ${form} --weights ${form} --api both -q)
  run(0 ${CXX} -std=c++17 -O1 -I ${RUNTIME} -I ${form} ${form}/digits.cpp ${form}/digits.weights.cpp
    ${form}/digits_c.cpp ${SOURCE}/weights_${form}.cpp -o ${form}/program)
endforeach()
run(0 file/program file/digits.weights)
run(0 caller/program caller/digits.weights.bin)
# A file of another model has another layout.
run(0 ${BURIN} compile ${DATA}/winograd.gir -o other --name digits --weights file -q)
run(1 file/program other/digits.weights)

foreach(form file caller)
  foreach(target host mcu-fpu mcu-min)
    run(0 ${BURIN} validate ${DIGITS}/digits.onnx --data ${DIGITS}/digits_test.npz --target ${target}
      --weights ${form} --cc ${CXX} --cxxflags=-O0)
  endforeach()
  run(0 ${BURIN} validate one/net.gir --weights ${form} --cc ${CXX} --cxxflags=-O0 --shards 3)
endforeach()
