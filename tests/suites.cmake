# suites.cmake — one test of CTest for each test suite of a GoogleTest program, so that the
# tests of a suite share its server. GoogleTest reports them one by one, in an XML file named
# like the suite under build/<preset>/reports.
#
#   latchkey_test_suites(TARGET [TIMEOUT seconds] [SERIAL regex])
#
# SERIAL: suites that must have the machine to themselves.
set(LATCHKEY_SUITE_LISTER ${CMAKE_CURRENT_LIST_DIR}/list_suites.cmake)
set(LATCHKEY_SUITE_SECONDS ${CMAKE_CURRENT_LIST_DIR}/suite_seconds)

function(latchkey_test_suites target)
  cmake_parse_arguments(given "" "TIMEOUT;SERIAL" "" ${ARGN})
  if(NOT given_TIMEOUT)
    set(given_TIMEOUT 300)
  endif()
  set(list ${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.cmake)
  add_custom_command(TARGET ${target} POST_BUILD
    BYPRODUCTS ${list}
    COMMAND ${CMAKE_COMMAND}
      -D PROGRAM=$<TARGET_FILE:${target}>
      -D TARGET=${target}
      -D LIST=${list}
      -D REPORTS=${PROJECT_BINARY_DIR}/reports
      -D TIMEOUT=${given_TIMEOUT}
      -D SERIAL=${given_SERIAL}
      -D SECONDS=${LATCHKEY_SUITE_SECONDS}
      -P ${LATCHKEY_SUITE_LISTER}
    VERBATIM)
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${list})
endfunction()
