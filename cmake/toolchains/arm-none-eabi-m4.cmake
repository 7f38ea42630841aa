# Cortex-M4F with the GNU toolchain for bare metal. ctest runs programs in QEMU's board mps2-an386,
# which talks and ends by semihosting.
#   cmake -S . -B build --toolchain arm-none-eabi-m4.cmake
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # a program would need a linker script

set(flags "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16")
string(APPEND flags " -ffunction-sections -fdata-sections")
set(CMAKE_C_FLAGS_INIT "${flags}")
set(CMAKE_CXX_FLAGS_INIT "${flags} -fno-exceptions -fno-rtti -fno-threadsafe-statics")
string(APPEND CMAKE_CXX_FLAGS_INIT " -fno-unwind-tables -fno-asynchronous-unwind-tables")
set(CMAKE_EXE_LINKER_FLAGS_INIT "--specs=nano.specs -Wl,--gc-sections")

# Programs of the build come from the host, libraries from nowhere; packages may lie anywhere.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(CMAKE_CROSSCOMPILING_EMULATOR timeout 60 qemu-system-arm -M mps2-an386
  -semihosting-config enable=on,target=native -display none -serial none -monitor none -kernel)
