// cluster_test.cpp — scripts/cluster: what it prints can be done, and nothing stays.
#include "tests/e2e/script.hpp"

#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

namespace latchkey::test {
namespace {

namespace fs = std::filesystem;

/// The processes that work in that folder or below.
int processes_in(const fs::path& folder) {
  int count = 0;
  for (const auto& process : fs::directory_iterator{"/proc"}) {
    std::error_code failed; // it is no process, or not ours
    const auto place = fs::read_symlink(process.path() / "cwd", failed).string();
    count += place.starts_with(folder.string());
  }
  return count;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const auto from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

/// The lines that are an HTTP status.
std::vector<std::string> statuses_in(const std::string& output) {
  std::vector<std::string> found;
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);)
    if (line.size() == 3 && line.find_first_not_of("0123456789") == std::string::npos)
      found.push_back(line);
  return found;
}

/// Whether it says so on its standard error, now or later.
bool has_said(const child_process& script, const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + script_max;
  while (script.err().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}

class ClusterScript : public testing::Test {
protected:
  test_store store_{"sqlite"}; // for its folder
  const environment told_{{"HOME", store_.folder()}};
  std::vector<std::string> words(const char* nodes) const {
    return {E2E_CLUSTER, nodes, "--built", E2E_BUILT};
  }
};

TEST_F(ClusterScript, PrintsCallsThatWorkAndLeavesNothingAfterCtrlC) {
  child_process cluster{words("3"), told_, store_.folder()};
  const auto printed = cluster.out_until("Ctrl-C stops all of it.\n", script_max);
  const auto folder = between(cluster.err(), "Data and logs are in ", "\n");
  EXPECT_GE(processes_in(folder), 6) << "three nodes, PostgreSQL, Redis and nginx";
  const auto calls = between(printed, "another terminal:\n", "Ctrl-C");
  const auto found = run({"/bin/bash", "-c", calls}, told_, store_.folder());
  EXPECT_EQ(statuses_in(found.output),
            (std::vector<std::string>{"200", "200", "200", "401", "401"}))
      << calls << found.output;
  cluster.signal(SIGINT);
  EXPECT_EQ(cluster.wait(), 130) << cluster.err();
  EXPECT_EQ(processes_in(folder), 0);
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(ClusterScript, GoesOnWithoutANodeThatWasKilled) {
  child_process cluster{words("2"), told_, store_.folder()};
  const auto printed = cluster.out_until("Ctrl-C stops all of it.\n", script_max);
  const auto second = std::stoi(between(between(printed, "node 2: ", "\n"), "process ", ")"));
  ASSERT_EQ(::kill(second, SIGKILL), 0);
  const auto by_nginx = between(printed, "all:    ", "\n") + "/health";
  const auto asked =
      R"(for i in $(seq 10); do curl -sS -o /dev/null -w '%{http_code}\n' )" + by_nginx + "; done";
  const auto found = run({"/bin/bash", "-c", asked}, told_, store_.folder());
  EXPECT_EQ(statuses_in(found.output), std::vector<std::string>(10, "200")) << found.output;
  EXPECT_TRUE(has_said(cluster, "Node 2 has ended")) << cluster.err();
  cluster.signal(SIGTERM);
  EXPECT_EQ(cluster.wait(), 143) << cluster.err();
}

TEST_F(ClusterScript, SaysWhatItDoesNotUnderstand) {
  const auto found = run(words("many"), told_, store_.folder());
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_TRUE(found.output.starts_with("cluster: there is no \"many\"")) << found.output;
}

} // namespace
} // namespace latchkey::test
