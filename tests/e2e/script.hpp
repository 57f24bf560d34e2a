// script.hpp — the scripts of this folder, each run against a server of its own.
#pragma once

#include "tests/product/test_store.hpp"
#include "tests/support/server_process.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace latchkey::test {

/// A busy machine and the sanitizers included.
inline constexpr std::chrono::seconds script_max{540};

/// The settings of a server whose rate limits nobody here reaches.
environment unlimited(const environment& more = {});

/// What a script of this folder needs to know of the server.
environment environment_of(const test_store& store, const server_process& server);

/// The words that start one of this folder.
std::vector<std::string> node(const std::string& script);

struct outcome {
  int exit_code = 0;
  std::string output;
};
outcome run(const std::vector<std::string>& words, const environment& variables,
            const std::string& folder);

/// The sample core manager as a process.
class upstream_process {
public:
  explicit upstream_process(const std::string& folder);
  /// CORE_MANAGER_URL.
  const std::string& url() const noexcept { return url_; }

private:
  child_process child_;
  std::string url_;
};

/// Runs a script against a server of these settings; its own words, when it found something
/// wrong. `extra` wins over what it is told of the server.
testing::AssertionResult succeeds(const std::string& script, const test_store& store,
                                  const environment& settings, const environment& extra = {});
/// Against one with the sample core manager behind it.
testing::AssertionResult succeeds(const std::string& script, const std::string& engine);

} // namespace latchkey::test
