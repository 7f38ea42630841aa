# Finds Burin for the samples: the project around them, else an installed package, else the sources
# of this repository (or of -DFETCHCONTENT_SOURCE_DIR_BURIN=...). In a project of your own, replace
# SOURCE_DIR by GIT_REPOSITORY and GIT_TAG, or write just find_package(Burin REQUIRED).
if(NOT TARGET Burin::runtime)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
  endif()
  include(FetchContent)
  FetchContent_Declare(Burin SOURCE_DIR ${CMAKE_CURRENT_LIST_DIR}/.. FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(Burin)
endif()
