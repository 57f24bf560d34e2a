// command_line.hpp — what the tests of the command line share: a store and a command on it.
#pragma once

#include "tests/product/product.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

class OnACommandLine : public testing::TestWithParam<std::string> {
protected:
  test_store store_{GetParam()};
  program_result run(std::vector<std::string> arguments, const environment& more = {},
                     const std::string& standard_input = {}) const {
    return run_latchkey(std::move(arguments), store_.settings(more), store_.folder(),
                        standard_input);
  }
};
} // namespace latchkey::test
