# fetch.cmake — packages from npm, exactly those that a lock file names, into a folder of the
# build. Run as a script:
#
#   cmake -DFROM=<folder of package.json> -DTO=<folder> [-DOPTIONAL=ON] -P fetch.cmake
#
# What is there from an earlier build by the same lock file stays, without a look at npm. A
# package's own install scripts are never run. OPTIONAL: it is no error when npm is missing or
# fails, and npm gets little time; an npm that failed is not asked again but without OPTIONAL.
# TO/fetched says what is there: the lock file's hash, or why nothing is.
cmake_minimum_required(VERSION 3.23)
file(SHA256 ${FROM}/package-lock.json lock)
set(fetched "")
if(EXISTS ${TO}/fetched)
  file(READ ${TO}/fetched fetched)
endif()
if(fetched STREQUAL lock)
  if(NOT OPTIONAL)
    file(TOUCH ${TO}/fetched)
  endif()
  return()
endif()
if(OPTIONAL AND fetched STREQUAL "npm failed, ${lock}")
  return()
endif()

find_program(NPM npm)
if(NOT NPM AND OPTIONAL)
  if(NOT fetched STREQUAL "no npm")
    file(WRITE ${TO}/fetched "no npm")
  endif()
  return()
elseif(NOT NPM)
  message(FATAL_ERROR "npm is missing, which brings what ${FROM}/package-lock.json names: "
    "run scripts/install docs, or install the packages nodejs and npm")
endif()
file(MAKE_DIRECTORY ${TO})
foreach(name package.json package-lock.json .npmrc)
  configure_file(${FROM}/${name} ${TO}/${name} COPYONLY)
endforeach()
set(haste "")
set(limit "")
if(OPTIONAL)
  set(haste --fetch-retries=1 --fetch-timeout=20000)
  set(limit TIMEOUT 90)
endif()
execute_process(COMMAND ${NPM} ci --prefer-offline ${haste} WORKING_DIRECTORY ${TO} ${limit}
  RESULT_VARIABLE status OUTPUT_VARIABLE words ERROR_VARIABLE words)
if(status EQUAL 0)
  file(WRITE ${TO}/fetched ${lock})
  return()
endif()
file(REMOVE_RECURSE ${TO}/node_modules)
if(OPTIONAL)
  file(WRITE ${TO}/fetched "npm failed, ${lock}")
else()
  message(FATAL_ERROR "npm could not bring what ${FROM}/package-lock.json names. It is needed "
    "once; later builds in this folder do without. It said:\n${words}")
endif()
