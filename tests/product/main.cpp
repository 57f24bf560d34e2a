#include "tests/support/http_client.hpp"

#include <csignal>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  latchkey::test::raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes to sockets that servers have closed
  return RUN_ALL_TESTS();
}
