# The password hashing library. Whoever links latchkey_password gets libsodium as a static
# archive, and its calls to mmap and munmap come to password_hash_memory.cpp. It must be
# the only libsodium in the program: a shared one that is linked first would win.
find_library(SODIUM_STATIC_LIBRARY NAMES libsodium.a)
add_library(latchkey_password STATIC
  ${CMAKE_CURRENT_LIST_DIR}/password_hash.cpp
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_memory.cpp)
target_link_libraries(latchkey_password PUBLIC latchkey_options latchkey_protocol)
if(SODIUM_STATIC_LIBRARY)
  target_include_directories(latchkey_password SYSTEM PRIVATE ${SODIUM_INCLUDE_DIRS})
  target_link_libraries(latchkey_password PRIVATE ${SODIUM_STATIC_LIBRARY} Threads::Threads)
  target_link_options(latchkey_password INTERFACE -Wl,--wrap=mmap -Wl,--wrap=munmap)
else()
  message(WARNING "No static libsodium: passwords are hashed correctly, at half the speed")
  target_link_libraries(latchkey_password PRIVATE PkgConfig::SODIUM)
endif()
