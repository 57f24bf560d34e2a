// user_transfer.hpp — what the tests of `users import` and `users export` share: a store, and the
// two commands on it.
#pragma once

#include "tests/product/product.hpp"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

class UserTransfer : public testing::TestWithParam<std::string> {
protected:
  test_store store_{GetParam()};

  program_result run(const test_store& store, std::vector<std::string> words,
                     const std::string& standard_input = {}) const {
    words.insert(words.begin(), "users");
    return run_latchkey(std::move(words), store.settings(), store.folder(), standard_input);
  }
  program_result import(const std::string& lines, std::vector<std::string> options = {}) const {
    const auto path = store_.folder() + "/in.jsonl";
    std::ofstream(path, std::ios::binary) << lines;
    options.insert(options.begin(), {"import", path});
    return run(store_, std::move(options));
  }
};
} // namespace latchkey::test
