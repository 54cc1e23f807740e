# What this machine must have; without it the backend is left out and configuring prints the reason.
include(CheckIncludeFileCXX)
check_include_file_cxx(cmath wide_header)
if(NOT wide_header)
  set(wide_missing "the header <cmath> is missing")
endif()
set(wide_libraries m)
