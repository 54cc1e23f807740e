# Report pages in a headless Chromium; skipped, with the reason, where no browser is installed.
if(TACHO_PREBUILT OR TACHO_SANITIZE)
  return()
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME pages.browser COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/page_test.py $<TARGET_FILE:tacho>
                                    ${CMAKE_CURRENT_BINARY_DIR}/pages)
set_tests_properties(pages.browser PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 400
                     ENVIRONMENT "PYTHONDONTWRITEBYTECODE=1;TACHO_HOME=${CMAKE_BINARY_DIR}/tacho_home")
