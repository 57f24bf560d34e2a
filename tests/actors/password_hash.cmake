# The password hashing library alone; included by CMakeLists.txt.
add_executable(password_hash_tests
  ${CMAKE_CURRENT_LIST_DIR}/foreign_hash_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/password_hash_memory_test.cpp)
target_link_libraries(password_hash_tests PRIVATE latchkey_password GTest::gtest_main)
latchkey_test_suites(password_hash_tests)
