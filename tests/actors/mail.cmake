# Mails, their ways and who sends them; included by CMakeLists.txt.
add_executable(mail_tests
  mail_message_test.cpp
  mail_reply_test.cpp
  mail_transport_test.cpp
  mailer_test.cpp
  ../support/smtp_server.cpp)
target_compile_definitions(mail_tests PRIVATE
  LATCHKEY_SMTP_SERVER="${PROJECT_SOURCE_DIR}/tests/support/smtp_server.py")
target_link_libraries(mail_tests PRIVATE
  latchkey_test_actors nlohmann_json::nlohmann_json GTest::gtest_main Threads::Threads)
target_precompile_headers(mail_tests REUSE_FROM latchkey_test_actors)
latchkey_test_suites(mail_tests)
