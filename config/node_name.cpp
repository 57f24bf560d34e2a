#include "config/node_name.hpp"

#include "config/open_file.hpp"
#include "protocol/ids.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr std::size_t name_chars = 36;

tl::unexpected<failure> failed(const std::string& path) {
  const int error = errno;
  return fail(error_code::internal_error, "DATA_DIR",
              "cannot write " + path + ": " + std::strerror(error));
}

/// Nothing where there is no whole name: another one costs the other nodes a moment of waiting.
std::optional<std::string> read_name(const std::string& path) {
  const open_file file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::array<char, name_chars> text{};
  if (!file.is_open() || ::read(file.number(), text.data(), text.size()) != ssize_t{name_chars})
    return std::nullopt;
  const auto id = parse_uuid({text.data(), text.size()});
  return id ? std::optional{to_string(*id)} : std::nullopt;
}

} // namespace

result<std::string> load_or_create_node_name(const std::string& data_dir) {
  const auto path = (std::filesystem::path(data_dir) / "node").string();
  if (auto kept = read_name(path)) return *std::move(kept);
  auto made = to_string(make_uuid(system_clock_source().now()));
  const auto draft = path + ".draft";
  {
    const open_file file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.is_open() || !write_all(file.number(), made + "\n") || ::fsync(file.number()) != 0)
      return failed(draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed(path);
  return made;
}

} // namespace latchkey
