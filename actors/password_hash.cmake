# The password hashing library. Whoever links latchkey_password gets libsodium as a static
# archive, and its calls to mmap and munmap come to password_hash_memory.cpp. It must be
# the only libsodium in the program: a shared one that is linked first would win.
find_library(SODIUM_STATIC_LIBRARY NAMES libsodium.a)

# The reference Argon2, for what libsodium does not compute (more than one lane, Argon2i). Both
# have functions of the same names, so this one's are renamed: each begins with "foreign_".
find_library(ARGON2_STATIC_LIBRARY NAMES libargon2.a REQUIRED)
set(foreign_argon2 ${CMAKE_CURRENT_BINARY_DIR}/libforeign_argon2.a)
set(renamed ${CMAKE_CURRENT_BINARY_DIR}/foreign_argon2.names)
add_custom_command(OUTPUT ${foreign_argon2}
  COMMAND sh -c "'${CMAKE_NM}' --defined-only --extern-only --format=just-symbols \"$1\" | sed -n 's/^[a-zA-Z_][a-zA-Z0-9_]*$/& foreign_&/p' | sort -u >\"$2\"" sh ${ARGON2_STATIC_LIBRARY} ${renamed}
  COMMAND ${CMAKE_OBJCOPY} --redefine-syms=${renamed} ${ARGON2_STATIC_LIBRARY} ${foreign_argon2}
  DEPENDS ${ARGON2_STATIC_LIBRARY}
  COMMENT "Renaming what libargon2 defines"
  VERBATIM)
add_custom_target(latchkey_foreign_argon2 DEPENDS ${foreign_argon2})

add_library(latchkey_password STATIC
  ${CMAKE_CURRENT_LIST_DIR}/foreign_hash.cpp
  ${CMAKE_CURRENT_LIST_DIR}/foreign_hash_family.cpp
  ${CMAKE_CURRENT_LIST_DIR}/foreign_hash_parse.cpp
  ${CMAKE_CURRENT_LIST_DIR}/password_hash.cpp
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_memory.cpp)
add_dependencies(latchkey_password latchkey_foreign_argon2)
target_link_libraries(latchkey_password
  PUBLIC latchkey_options latchkey_protocol PRIVATE ${foreign_argon2} crypt OpenSSL::Crypto)
if(SODIUM_STATIC_LIBRARY)
  target_include_directories(latchkey_password SYSTEM PRIVATE ${SODIUM_INCLUDE_DIRS})
  target_link_libraries(latchkey_password PRIVATE ${SODIUM_STATIC_LIBRARY} Threads::Threads)
  target_link_options(latchkey_password INTERFACE -Wl,--wrap=mmap -Wl,--wrap=munmap)
else()
  message(WARNING "No static libsodium: passwords are hashed correctly, at half the speed")
  target_link_libraries(latchkey_password PRIVATE PkgConfig::SODIUM)
endif()
