# The options of `burin compile` that burin_add_model passes on, one keyword each.
#
#   BURIN_MODEL_FLAGS, _VALUES, _LISTS  keywords without a value, with one, repeatable
#   BURIN_FLAG_<KW>     the spelling on the command line
#   BURIN_CHOICES_<KW>  the values allowed, or nothing
#   BURIN_STATUS_<KW>   ready, or planned: then the keyword is an error
set(BURIN_MODEL_FLAGS PROFILE)
set(BURIN_MODEL_VALUES FORMAT NAMESPACE CLASS API OPTIMIZE TARGET THREADS ARENA ARENA_SECTION
  ARENA_LIMIT WEIGHTS_LIMIT MACS_LIMIT RAM_TARGET WEIGHTS WEIGHTS_SECTION SHARDS)
set(BURIN_MODEL_LISTS SIGNATURES INPUT_SHAPES DIMS INPUT_TYPES OUTPUTS FEATURES STATE)

macro(_burin_option keyword flag status)
  set(BURIN_FLAG_${keyword} ${flag})
  set(BURIN_STATUS_${keyword} ${status})
  set(BURIN_CHOICES_${keyword} ${ARGN})
endmacro()
_burin_option(PROFILE --profile ready)
_burin_option(FORMAT --input-format ready ONNX TORCHSCRIPT SAVEDMODEL GIR)
_burin_option(NAMESPACE --namespace ready)
_burin_option(CLASS --class ready)
_burin_option(API --api ready CXX C BOTH)
_burin_option(OPTIMIZE --optimize ready SPEED SIZE NONE EXACT)
_burin_option(TARGET --target ready HOST MCU-FPU MCU-DSP MCU-MIN PORTABLE)
_burin_option(THREADS --threads ready NONE HOOK STD OPENMP)
_burin_option(ARENA --arena ready STATIC CALLER STACK)
_burin_option(ARENA_SECTION --arena-section ready)
_burin_option(ARENA_LIMIT --arena-limit ready)
_burin_option(WEIGHTS_LIMIT --weights-limit ready)
_burin_option(MACS_LIMIT --macs-limit ready)
_burin_option(RAM_TARGET --ram-target planned)
_burin_option(WEIGHTS --weights ready AUTO LITERALS STRING INCBIN FILE CALLER)
_burin_option(WEIGHTS_SECTION --weights-section ready)
_burin_option(SHARDS --shards planned)
_burin_option(SIGNATURES --signature ready)
_burin_option(INPUT_SHAPES --input-shape ready)
_burin_option(DIMS --dim ready)
_burin_option(INPUT_TYPES --input-type ready)
_burin_option(OUTPUTS --output ready)
_burin_option(FEATURES --features planned)
_burin_option(STATE --state ready)
