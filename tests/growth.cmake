# The growth promises as tests (tests/growth.py says what each stage checks): of an ordinary build of the whole tree, since
# its objects are shared. `./test -R growth.command` builds the second folder too, by its fixture.
if(TACHO_PREBUILT OR TACHO_SANITIZE)
  return()
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
foreach(stage build operation backend command misnamed missing)
  add_test(NAME growth.${stage}
           COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/growth.py ${stage} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(growth.${stage} PROPERTIES LABELS slow TIMEOUT 900)
endforeach()
set_tests_properties(growth.build PROPERTIES FIXTURES_SETUP growth)
set_tests_properties(growth.operation growth.backend growth.command PROPERTIES FIXTURES_REQUIRED growth)

add_test(NAME growth.recipes
         COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/growth.py recipes ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(growth.recipes PROPERTIES LABELS check TIMEOUT 120 ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
