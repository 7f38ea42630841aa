# SPDX-License-Identifier: Apache-2.0
#
# --tune and --tuned: runs BURIN in FOLDER, with the C++ compiler CXX.
set(model ${DATA}/tune.gir)
include(${CMAKE_CURRENT_LIST_DIR}/burin.cmake)

set(compiler --cc ${CXX} --cxxflags=-O1)
burin(2 compile ${model} -o a --tune)
matches(stderr "--tuned FILE")
burin(2 compile ${model} -o a --tune --tuned t.txt --dry-run)
burin(2 compile ${model} -o a ${compiler})
burin(0 compile ${model} -o a --tuned t.txt)
matches(stderr "t.txt has no choices yet")

# ---- measures once, says what, and keeps it ----

burin(0 compile ${model} -o a --tune --tuned t.txt ${compiler} -v)
matches(stderr "conv f32.1,12,12,16. of 16 channels.*: winograd 4x4, .* us.*direct.* us.*virtual padding")
file(READ ${FOLDER}/t.txt text)
set(tab "\t")
matches(text "-O1${tab}host speed${tab}conv f32.*${tab}[a-z0-9 ,]+${tab}[0-9.]+\n$")
burin(0 compile ${model} -o b --tune --tuned t.txt ${compiler})
matches(stderr "^$")
file(READ ${FOLDER}/t.txt again)
if(NOT again STREQUAL text)
  message(SEND_ERROR "--tune measured again:\n${text}${again}")
endif()

# ---- the choice is what the code does, and the result is right ----

string(REGEX REPLACE "(.*\n)([^\n]*${tab})([a-z0-9 ,]+)(${tab}[0-9.]+\n)$" "\\1\\2FORM\\4" row "${text}")
foreach(form "direct" "virtual padding" "winograd 2x2, 36 tiles at once" "winograd 4x4, 9 tiles at once")
  string(REPLACE FORM "${form}" chosen "${row}")
  file(WRITE ${FOLDER}/chosen.txt "${chosen}")
  burin(0 compile ${model} -o c --tuned chosen.txt -q)
  matches(stderr "^$")
  file(READ ${FOLDER}/c/report.json report)
  string(REGEX REPLACE ",.*" "" kernel "${form}")
  matches(report "\"kernel\": \"${kernel}\"")
  burin(0 validate ${model} --tuned chosen.txt ${compiler})
  # Without a compiler the file's only one is meant, and equal choices give equal code.
  burin(0 compile ${model} -o d --tuned chosen.txt ${compiler} -q)
  file(READ ${FOLDER}/c/tune.cpp first)
  file(READ ${FOLDER}/d/tune.cpp second)
  if(NOT first STREQUAL second)
    message(SEND_ERROR "${form}: not the same code")
  endif()
endforeach()

# ---- what does not fit is told ----

string(REPLACE FORM "winograd 4x4, 99 tiles at once" stale "${row}")
file(WRITE ${FOLDER}/stale.txt "${stale}")
burin(0 compile ${model} -o e --tuned stale.txt -q)
matches(stderr "warning: stale.txt: 'conv .*' cannot run as 'winograd 4x4, 99 tiles at once' any more")
burin(0 compile ${model} -o e --tuned t.txt --optimize exact -q)
matches(stderr "warning: t.txt has no choices for host exact")
burin(0 compile ${model} -o e --tuned t.txt --cxxflags=-O3 --cc ${CXX} -q)
matches(stderr "warning: t.txt has no choices for host speed and .* -O3")
string(REPLACE " -O1${tab}" " -O3${tab}" others "${text}")
file(WRITE ${FOLDER}/two.txt "${text}${others}")
burin(2 compile ${model} -o e --tuned two.txt)
matches(stderr "choices for several compilers.*--cc and --cxxflags")
burin(0 compile ${model} -o e --tuned two.txt ${compiler} -q)
file(WRITE ${FOLDER}/broken.txt "${text}what is this\n")
burin(3 compile ${model} -o e --tuned broken.txt)
matches(stderr "broken.txt:[0-9]+: expected compiler, target, layer, form and microseconds")

# ---- a symbol: measured at its upper bound, and right at every size ----

file(READ ${model} symbolic)
string(REPLACE "%x: f32[1," "%x: f32[B," symbolic "${symbolic}")
string(REPLACE "%y: f32[1," "%y: f32[B," symbolic "${symbolic}")
file(WRITE ${FOLDER}/symbolic.gir "dim B = 1..2\n${symbolic}")
burin(0 compile symbolic.gir -o g --tune --tuned g.txt ${compiler} -v)
matches(stderr "conv f32.<=2,12,12,16. of 16 channels.*: .*direct.* us.*virtual padding")
string(REGEX MATCH "winograd 4x4, [0-9]+ tiles at once" tiles "${stderr}")
file(READ ${FOLDER}/g.txt text)
string(REGEX REPLACE "(.*\n)([^\n]*${tab})([a-z0-9 ,]+)(${tab}[0-9.]+\n)$" "\\1\\2FORM\\4" row "${text}")
foreach(form "direct" "virtual padding" "${tiles}")
  string(REPLACE FORM "${form}" chosen "${row}")
  file(WRITE ${FOLDER}/chosen.txt "${chosen}")
  burin(0 compile symbolic.gir -o h --tuned chosen.txt -q)
  matches(stderr "^$")
  file(READ ${FOLDER}/h/report.json report)
  string(REGEX REPLACE ",.*" "" kernel "${form}")
  matches(report "\"kernel\": \"${kernel}\"")
  burin(0 validate symbolic.gir --tuned chosen.txt ${compiler})
endforeach()

# ---- --cpu ----

burin(0 compile ${model} -o f --cpu haswell -q)
file(READ ${FOLDER}/f/tune.h header)
matches(header "Settings: --cpu haswell")
burin(2 compile ${model} -o f --cpu haswel)
matches(stderr "no processor 'haswel'.*did you mean 'haswell'")
