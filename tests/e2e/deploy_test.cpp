// deploy_test.cpp — what config/deploy holds for those who run the server: each file by the tool
// that will read it, as far as there is one here (no Docker, no Kubernetes).
#include "tests/e2e/script.hpp"

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

namespace latchkey::test {
namespace {

const std::string deploy = E2E_SOURCE "/config/deploy";

class Deployment : public testing::Test {
protected:
  test_store store_{"sqlite"}; // for its folder
  testing::AssertionResult accepts(const std::vector<std::string>& words) {
    said_ = run(words, {{"HOME", store_.folder()}}, store_.folder());
    if (said_.exit_code == 0) return testing::AssertionSuccess();
    return testing::AssertionFailure() << words[0] << ": " << said_.output;
  }
  /// A copy of that file with one text for another.
  std::string copy(const std::string& path, const std::string& from, const std::string& to) const {
    std::ostringstream text;
    text << std::ifstream{deploy + "/" + path}.rdbuf();
    const auto copied = store_.folder() + "/" + std::filesystem::path{path}.filename().string();
    std::ofstream{copied} << std::regex_replace(text.str(), std::regex{from}, to);
    return copied;
  }
  outcome said_;
};

TEST_F(Deployment, AlertsFireWhenTheyShould) {
  const auto folder = deploy + "/prometheus/";
  EXPECT_TRUE(accepts({"/usr/bin/promtool", "check", "config", folder + "prometheus.yml"}));
  EXPECT_TRUE(accepts({"/usr/bin/promtool", "check", "rules", folder + "alerts.yml"}));
  EXPECT_TRUE(accepts({"/usr/bin/promtool", "test", "rules", folder + "alerts_test.yml"}));
}

TEST_F(Deployment, EveryAlertHasATest) {
  const auto names = [](const char* file, const char* mark) {
    std::ifstream lines{deploy + "/prometheus/" + file};
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);)
      if (const auto at = line.find(mark); at != std::string::npos)
        found.push_back(line.substr(at + std::string{mark}.size()));
    return found;
  };
  EXPECT_EQ(names("alerts.yml", "- alert: "), names("alerts_test.yml", "- name: "));
}

TEST_F(Deployment, TheDashboardAndTheAlertsFindTheirMetrics) {
  EXPECT_TRUE(succeeds("monitoring.mjs", store_, unlimited(), {{"DEPLOY", deploy}}));
}

TEST_F(Deployment, TheServiceOfSystemdIsValidAndMayDoLittle) {
  const auto unit = copy("systemd/latchkey.service", "/usr/local/bin/latchkey", latchkey_program());
  EXPECT_TRUE(accepts({"/usr/bin/systemd-analyze", "verify", unit}));
  // In tenths: "OK" is below 2.0.
  EXPECT_TRUE(
      accepts({"/usr/bin/systemd-analyze", "security", "--offline=true", "--threshold=20", unit}));
}

TEST_F(Deployment, NginxTakesItsConfiguration) {
  const auto main =
      copy("compose/nginx.conf", "include proxy.conf", "include " + deploy + "/nginx/proxy.conf");
  EXPECT_TRUE(accepts({"/usr/sbin/nginx", "-t", "-e", "stderr", "-p", store_.folder(), "-c", main,
                       "-g", "pid nginx.pid;"}));
}

TEST_F(Deployment, FilesForDockerAndKubernetesSetSettingsOfTheServer) {
  EXPECT_TRUE(accepts({E2E_PYTHON, std::string{E2E_SCRIPTS} + "/deploy_files.py", E2E_SOURCE}));
}

} // namespace
} // namespace latchkey::test
