#include "cli/command.h"

int main(int argc, char** argv) { return tacho::run_command_line(argc, argv); }
