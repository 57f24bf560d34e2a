# fetch.cmake — packages from npm, exactly those that a lock file names, into a folder of the
# build. Run as a script:
#
#   cmake -DFROM=<folder of package.json> -DTO=<folder> -P fetch.cmake
#
# What is there from an earlier build by the same lock file stays, without a look at npm. A
# package's own install scripts are never run.
file(SHA256 ${FROM}/package-lock.json lock)
if(EXISTS ${TO}/fetched)
  file(READ ${TO}/fetched fetched)
  if(fetched STREQUAL lock)
    file(TOUCH ${TO}/fetched)
    return()
  endif()
endif()

find_program(NPM npm)
if(NOT NPM)
  message(FATAL_ERROR "npm is missing, which brings what ${FROM}/package-lock.json names: "
    "run scripts/install, or install the packages nodejs and npm")
endif()
file(MAKE_DIRECTORY ${TO})
foreach(name package.json package-lock.json .npmrc)
  configure_file(${FROM}/${name} ${TO}/${name} COPYONLY)
endforeach()
execute_process(COMMAND ${NPM} ci --prefer-offline WORKING_DIRECTORY ${TO}
  RESULT_VARIABLE status OUTPUT_VARIABLE words ERROR_VARIABLE words)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "npm could not bring what ${FROM}/package-lock.json names. It is needed "
    "once; later builds in this folder do without. It said:\n${words}")
endif()
file(WRITE ${TO}/fetched ${lock})
