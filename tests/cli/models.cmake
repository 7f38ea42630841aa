# SPDX-License-Identifier: Apache-2.0
#
# Runs BURIN on models in FOLDER and checks exit codes, output and files.
set(model ${DIGITS}/digits.onnx)
include(${CMAKE_CURRENT_LIST_DIR}/burin.cmake)

# ---- compile: the files, twice the same, and only written when they change ----

set(expected a/digits.h a/digits.cpp a/digits.weights.cpp a/digits.weights.bin a/report.json)
burin(0 compile ${model} -o a --depfile a/d.d --stamp a/d.stamp)
matches(stdout "inputs +image f32.1, 1, 8, 8.\n")
matches(stdout "outputs +logits f32.1, 10.\n")
matches(stdout "\narena +[0-9,]+ bytes")
file(READ ${FOLDER}/a/d.d depfile)
matches(depfile "^a/d.stamp: .*digits.onnx")
file(MAKE_DIRECTORY ${FOLDER}/elsewhere)
file(COPY ${model} DESTINATION ${FOLDER}/elsewhere)
burin(0 compile elsewhere/digits.onnx -o b -q)
string(REPLACE ";" "\n" paths "${expected}")
string(REPLACE "a/" "b/" paths "${paths}")
matches(stdout "^${paths}\n$")
foreach(name IN LISTS expected)
  string(REGEX REPLACE "^a/" "" name ${name})
  file(SHA256 ${FOLDER}/a/${name} first)
  file(SHA256 ${FOLDER}/b/${name} second)
  if(NOT first STREQUAL second)
    message(SEND_ERROR "${name} differs between two runs")
  endif()
endforeach()
burin(0 compile ${model} -o a)
matches(stdout "[(]unchanged[)]")
burin(0 compile ${model} -o c --dry-run)
burin(0 compile ${model} -o c --print-outputs)
if(EXISTS ${FOLDER}/c)
  message(SEND_ERROR "--dry-run or --print-outputs wrote something")
endif()
burin(0 compile ${model} -o d --target mcu-fpu --name net --namespace ns)
file(STRINGS ${FOLDER}/d/net.h settings REGEX "Settings: ")
matches(settings "^// Settings: --namespace ns --target mcu-fpu$")

# ---- every kind of failure has its exit code ----

burin(2 compile ${model})
matches(stderr "-o is missing")
burin(3 compile none.onnx -o x)
file(WRITE ${FOLDER}/page.onnx "<html>404</html>")
burin(3 compile page.onnx -o x)
matches(stderr "an HTML page")
burin(1 compile ${model} -o x --arena-limit 1K --macs-limit 1)
matches(stderr "--arena-limit 1,024.*cli.macs-limit.*2 errors")
burin(4 compile ${model} -o x --arena static)
burin(4 compile ${model} -o x --input-shape [batch,1,8,8])
burin(2 compile ${model} -o x --dim batch=1)
burin(2 compile ${model} -o x --outputs nowhere)
burin(2 compile ${model} -o x --disable no-such-pass)
if(EXISTS ${FOLDER}/x)
  message(SEND_ERROR "a failed run wrote files")
endif()

# ---- the IR as text, which is a model too ----

burin(0 compile ${model} -o gir --emit gir)
burin(0 compile gir/digits.gir -o gir)
burin(0 compile gir/digits.gir -o gir/again --emit gir --optimize none)
burin(0 inspect ${DATA}/stream.gir)
matches(stdout "state +h f32.3., 12 bytes\ndim|state +h f32.3.")
matches(stdout "dim +batch = 1..4  dimension 0 of 'x'")

# ---- check, inspect, ops ----

burin(0 check ${model})
matches(stdout "^ok: ")
burin(0 check ${model} --json)
string(JSON nodes GET "${stdout}" nodes)
burin(1 check ${model} --weights-limit 1)
burin(3 check page.onnx)
# Two nodes of Foo and one of Bar: all of them are reported, by every verb.
burin(1 check ${DATA}/unknown_ops.onnx --dim batch=1)
matches(stderr "Bar.*onnx.operator.*Foo.*2 nodes.*2 errors in 2 operator types")
burin(4 compile ${DATA}/unknown_ops.onnx -o x --dim batch=1)
matches(stderr "2 errors in 2 operator types")
burin(0 inspect ${model} --tensors --weights --ops --graph)
matches(stdout "func @main.*conv1.weight +constant +f32.16, 1, 3, 3. +576 bytes")
burin(0 inspect ${model} --json)
string(JSON arena GET "${stdout}" cost arena)
string(JSON input GET "${stdout}" entries 0 inputs 0 type)
matches(input "^f32.1, 1, 8, 8.$")
burin(0 ops)
matches(stdout "\n  Conv +since 1")
burin(0 ops --json)
string(JSON first GET "${stdout}" operators 0 name)

# ---- run: the third picture of digits_test.npz ----

burin(2 run ${model})
matches(stderr "the inputs are image")
burin(0 run ${model} --seed 1)
burin(0 run ${model} --input image=@${DATA}/digit.npy -o out.npz)
burin(0 run ${model} --input @${DATA}/digit.npy --json)
string(JSON shape GET "${stdout}" outputs 0 shape)
string(JSON seven GET "${stdout}" outputs 0 data 9)
matches(seven "^8[.]2297")
burin(2 run ${model} --input imag=@${DATA}/digit.npy)
matches(stderr "did you mean 'image'")
burin(2 run ${model} --input image=@${DATA}/f8.npy)
burin(0 run ${DATA}/stream.gir --input x=@${DATA}/steps.npy --sequence --json)
string(JSON steps GET "${stdout}" outputs 0 shape 0)
matches(steps "^3$")

# ---- validate: weights that only generated code has packed ----

burin(0 validate ${DATA}/recurrent.gir --cxxflags=-O1)

# ---- validate: lists that live in the arena ----

burin(0 validate ${DATA}/lists.gir --cxxflags=-O1)
burin(0 validate ${DATA}/lists.gir --optimize none --cxxflags=-O1)
burin(4 compile ${DATA}/list_output.gir -o lists)
matches(stderr "the input 'o' is optional<f32.2.>.*the output 'l' is list<f32.2., 2>")
burin(4 compile ${DATA}/list_extents.gir -o lists)
matches(stderr "'y' is f32.S., and another element of a list has been got since")

# ---- validate: what is wrong is found ----

burin(1 validate ${model} --data ${DATA}/wrong.npz --cxxflags=-O0)
matches(stdout "FAIL logits.*1 of 10 elements differ; worst: sample 0 .0, 9.: 8[.]2.*FAILED")
burin(2 validate ${model} --data ${DATA}/stored.npz)
burin(3 validate ${model} --data none.npz)
burin(2 validate ${model} --cc /no/such/compiler)

# ---- --weights: one program, whatever form holds them ----

foreach(form literals string incbin)
  burin(0 compile ${model} -o w_${form} --weights ${form})
  burin(0 validate ${model} --data ${DIGITS}/digits_test.npz --weights ${form} --cxxflags=-O0)
  file(SIZE ${FOLDER}/w_${form}/digits.weights.bin bytes)
  if(form STREQUAL incbin AND bytes LESS 32768 OR NOT form STREQUAL incbin AND bytes GREATER 0)
    message(SEND_ERROR "--weights ${form}: digits.weights.bin has ${bytes} bytes")
  endif()
endforeach()
