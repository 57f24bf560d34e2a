# list_suites.cmake — asks a GoogleTest PROGRAM for its suites and writes LIST, which adds
# each of them as a test. suites.cmake calls it when the program was built.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests
  OUTPUT_VARIABLE lines RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests: ${status}")
endif()

# A suite stands at the start of its line and ends in a dot; its tests are indented.
string(REGEX MATCHALL "(^|\n)[^ \n]+\\." suites "${lines}")
if(NOT suites)
  message(FATAL_ERROR "${PROGRAM} has no tests")
endif()

# What takes long begins first.
file(STRINGS ${SECONDS} costs REGEX "^${TARGET}\\.")

set(text "")
foreach(suite IN LISTS suites)
  string(STRIP "${suite}" suite)
  string(REGEX REPLACE "\\.$" "" suite "${suite}")
  set(name "${TARGET}.${suite}")
  string(REPLACE "/" "." report "${name}")
  set(properties "TIMEOUT ${TIMEOUT}")
  if(SERIAL AND suite MATCHES "${SERIAL}")
    string(APPEND properties " RUN_SERIAL TRUE")
  else()
    foreach(line IN LISTS costs)
      string(REGEX MATCH "^(.*) ([0-9]+)$" line "${line}")
      if(CMAKE_MATCH_1 STREQUAL name)
        string(APPEND properties " COST ${CMAKE_MATCH_2}")
      endif()
    endforeach()
  endif()
  string(APPEND text
    "add_test([[${name}]] [[${PROGRAM}]] [[--gtest_filter=${suite}.*]] "
    "[[--gtest_output=xml:${REPORTS}/${report}.xml]])\n"
    "set_tests_properties([[${name}]] PROPERTIES ${properties})\n")
endforeach()
file(WRITE ${LIST} "${text}")
