# SPDX-License-Identifier: Apache-2.0
#
# Runs BURIN and checks the exit code, and that stdout and stderr match.
set(failures 0)

# expect(<exit code> <regex of stdout> <regex of stderr> <argument>...)
function(expect code out err)
  execute_process(COMMAND ${BURIN} ${ARGN}
    RESULT_VARIABLE actual OUTPUT_VARIABLE stdout ERROR_VARIABLE stderr)
  if(NOT actual STREQUAL code OR NOT stdout MATCHES "${out}" OR NOT stderr MATCHES "${err}")
    list(JOIN ARGN " " words)
    message(SEND_ERROR "burin ${words}\nexit code ${actual}, expected ${code}\n"
      "stdout, expected ${out}:\n${stdout}\nstderr, expected ${err}:\n${stderr}")
  endif()
endfunction()

expect(2 "^$" "^usage: burin VERB")
expect(0 "^usage: burin VERB" "^$" --help)
expect(0 "[(]planned[)]" "^$" --help-all)
expect(0 "^burin [0-9]+[.][0-9]+[.][0-9]+\n$" "^$" --version)
expect(0 "^{\n  \"name\": \"burin\",\n  \"version\": \"[0-9.]+\"\n}\n$" "^$" --version --json)
expect(0 "^usage: burin compile MODEL" "^$" compile --help)
expect(0 "^usage: burin compile MODEL" "^$" help compile)
expect(0 "--rewrite-limit" "^$" compile --help-all)
expect(0 "^Exit codes" "^$" help exit-codes)
expect(2 "^$" "^burin: error: unknown verb 'complie'\n  hint: did you mean 'compile'[?]\n$" complie)
expect(2 "^$" "hint: did you mean '--dim'[?]" compile m.onnx --dimm=batch=1)
expect(2 "^$" "nothing is known about 'shape'\n  hint: did you mean 'shapes'" help shape)
expect(3 "^$" "cannot read '/no/such.toml': no such file or directory"
  compile m.onnx --config /no/such.toml)
expect(4 "^$" "^burin: error: --ram-target is not there yet" compile m.onnx -o gen --ram-target 1K)
expect(2 "^$" "^{\"severity\":\"error\",\"problem\":\"usage\",\"message\":\"MODEL is missing\""
  compile --diagnostics-format json)
expect(2 "\"errors\": .*\"message\": \"MODEL is missing\".*\"summary\": \"1 error\""
  "^burin: error: MODEL is missing" compile --json)
expect(2 "^$" "^burin: [^ ]*error:[^ ]* MODEL is missing" compile --color always)
