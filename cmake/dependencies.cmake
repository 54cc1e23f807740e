# Debian packages; ./tacho and ./test install them (tools/install.sh holds the one list).
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(MATIO REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
# Its headers alone: Debian's library of the same name would be needed wherever the program runs.
find_path(TOMLPLUSPLUS_HEADERS toml++/toml.h REQUIRED)
