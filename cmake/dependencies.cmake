# Debian packages; ./tacho and ./test install them (tools/install.sh holds the one list).
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(MATIO REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
# The charts of --html: the file goes into the program, so nothing is looked for when it runs.
find_file(TACHO_D3 NAMES d3.min.js PATHS /usr/share/nodejs/d3/dist NO_DEFAULT_PATH)
if(NOT TACHO_D3)
  message(FATAL_ERROR "D3 is missing (d3.min.js, version 5 or later, which report pages embed): on Debian install node-d3, "
                      "elsewhere say -DTACHO_D3=FILE")
endif()
# Its headers alone: Debian's library of the same name would be needed wherever the program runs.
find_path(TOMLPLUSPLUS_HEADERS toml++/toml.h REQUIRED)
