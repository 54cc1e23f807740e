# The repository's own checks and the sanitizer runs, as ctest tests of an ordinary build of the whole tree.
if(TACHO_PREBUILT OR TACHO_SANITIZE)
  return()
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(check layers sizes docs names)
  add_test(NAME checks.${check} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/check_${check}.py ${CMAKE_SOURCE_DIR})
endforeach()
add_test(NAME checks.format COMMAND ${CMAKE_SOURCE_DIR}/tools/check_format.sh ${CMAKE_SOURCE_DIR})
add_test(NAME checks.tools COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/tools_test.py)
add_test(NAME checks.bench COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/bench_test.py)
set_tests_properties(checks.layers checks.sizes checks.docs checks.names checks.format checks.tools checks.bench PROPERTIES TIMEOUT 120 LABELS check)
# Without it the checks would leave __pycache__ in the source tree.
set_tests_properties(checks.layers checks.sizes checks.docs checks.names checks.tools checks.bench PROPERTIES ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
set_tests_properties(checks.format PROPERTIES SKIP_RETURN_CODE 77)

# Each builds the tests a second time in a folder of its own, on all cores: alone, and after everything that is quick to fail.
foreach(sanitizer address_undefined thread)
  add_test(NAME sanitizers.${sanitizer} COMMAND ${CMAKE_SOURCE_DIR}/tools/run_sanitized.sh ${sanitizer})
endforeach()
set_tests_properties(sanitizers.address_undefined sanitizers.thread PROPERTIES
                     LABELS sanitizer RUN_SERIAL TRUE COST -1 TIMEOUT 3000)
