#include "tests/product/outbox.hpp"

#include "tests/support/http_client.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <thread>

namespace latchkey::test {
namespace {

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// RFC 2045, 6.7; text that is not quoted stays as it is.
std::string decoded(const std::string& message) {
  const auto is_quoted = message.find("quoted-printable") != std::string::npos;
  std::string out;
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (!is_quoted || message[i] != '=' || i + 2 >= message.size()) {
      out += message[i];
    } else {
      if (message[i + 1] != '\r')
        out += static_cast<char>(std::stoi(message.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return out;
}

} // namespace

std::string mail::reset_token() const {
  static const std::regex form{R"(rt_[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{43})"};
  std::smatch found;
  return std::regex_search(text, found, form) ? found.str() : std::string{};
}

std::string mail::verification_token() const {
  static const std::regex form{R"(ev_[A-Za-z0-9_-]{32}\.[A-Za-z0-9_-]{43})"};
  std::smatch found;
  return std::regex_search(text, found, form) ? found.str() : std::string{};
}

std::string mail::subject() const {
  const std::string start = "\nSubject: ";
  const auto at = text.find(start);
  if (at == std::string::npos) return {};
  const auto from = at + start.size();
  return text.substr(from, text.find_first_of("\r\n", from) - from);
}

mail outbox::wait_for(const std::string& recipient) const {
  return wait_for(recipient, {});
}

mail outbox::wait_for(const std::string& recipient, const std::string& subject) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    std::filesystem::path newest;
    std::filesystem::file_time_type when{};
    std::error_code none_yet;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, none_yet)) {
      // One that is still being written has a name that begins with a dot.
      if (entry.path().extension() != ".eml" || entry.path().filename().string().starts_with('.'))
        continue;
      const auto at = entry.last_write_time();
      if (!newest.empty() && at < when) continue;
      const auto message = content_of(entry.path());
      if (message.find("To: <" + recipient + ">\r\n") == std::string::npos &&
          message.find("To: " + recipient + "\r\n") == std::string::npos)
        continue;
      const auto of_it = mail{message}.subject();
      if (subject.empty() ? of_it == "Verify your email address" : of_it != subject) continue;
      newest = entry.path();
      when = at;
    }
    if (!newest.empty()) return {decoded(content_of(newest))};
    std::this_thread::sleep_for(poll_pause);
  } while (std::chrono::steady_clock::now() < end);
  throw std::runtime_error("no mail to " + recipient + " in " + folder_);
}

} // namespace latchkey::test
