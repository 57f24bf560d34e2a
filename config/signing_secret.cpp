// signing_secret.cpp — the secret that is made on the first start and kept beside the data.
#include "config/signing_secret.hpp"

#include "config/open_file.hpp"
#include "config/secret_strength.hpp"
#include "config/settings/settings.hpp"
#include "protocol/ids.hpp"
#include "protocol/text/text_codec.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr std::size_t key_bytes = 48;
constexpr std::size_t key_chars = key_bytes / 3 * 4; // in base64url

tl::unexpected<failure> failed(std::string_view action, const std::string& path) {
  const int error = errno;
  return fail(error_code::internal_error, "DATA_DIR",
              std::string(action) + " " + path + ": " + std::strerror(error));
}

std::string path_of_key(const settings& values) {
  return (std::filesystem::path(values.data_dir) / "jwt_secret").string();
}

/// Nothing when there is no such file.
result<std::optional<secret>> read_key(const std::string& path) {
  const open_file file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return failed("cannot read", path);
  }
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return failed("cannot read", path);
  if (!S_ISREG(about.st_mode) || (about.st_mode & 077) != 0)
    return fail(error_code::internal_error, "DATA_DIR",
                path + " must be a file that its owner alone may read: `chmod 600` it if nobody "
                       "else has read it, else remove it, which ends every session");
  std::string text(key_chars + 2, '\0');
  const auto got = ::read(file.number(), text.data(), text.size());
  if (got < 0) return failed("cannot read", path);
  text.resize(static_cast<std::size_t>(got));
  if (text.ends_with('\n')) text.pop_back();
  secret key(std::move(text));
  if (key.reveal().size() != key_chars)
    return fail(error_code::internal_error, "DATA_DIR",
                path + " does not hold " + std::to_string(key_chars) +
                    " characters: restore it, or remove it, which ends every session");
  if (looks_like_a_placeholder(key))
    return fail(error_code::internal_error, "DATA_DIR",
                path + " holds no secret, but nearly the same character " +
                    std::to_string(key_chars) +
                    " times, as a power cut may leave it: restore it, or remove it, which ends "
                    "every session");
  return key;
}

/// Writes a new key whole and durable under `draft`.
result<void> write_key(const std::string& draft) {
  const open_file file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.number() < 0) return failed("cannot write", draft);
  const secret key(base64url_encode(random_bytes(key_bytes)));
  if (!write_all(file.number(), key.reveal()) || ::fsync(file.number()) != 0)
    return failed("cannot write", draft);
  return {};
}

} // namespace

result<void> prepare_data_dir(const settings& values) {
  std::error_code error;
  std::filesystem::path path(values.data_dir);
  if (!path.has_filename()) path = path.parent_path(); // a final slash
  if (std::filesystem::is_directory(path, error)) {
    if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return failed("cannot use", path);
    return {};
  }
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed("cannot make", path);
  return {};
}

result<std::optional<secret>> read_signing_secret(const settings& values) {
  if (!values.jwt_secret_key.empty()) return values.jwt_secret_key;
  return read_key(path_of_key(values));
}

result<secret> load_or_create_signing_secret(const settings& values) {
  if (!values.jwt_secret_key.empty()) return values.jwt_secret_key;
  if (auto ready = prepare_data_dir(values); !ready) return tl::unexpected(ready.error());
  const auto path = path_of_key(values);

  if (auto kept = read_key(path); !kept)
    return tl::unexpected(kept.error());
  else if (*kept)
    return std::move(**kept);

  // A whole file appears under its name at once, and only if none has: of processes
  // that start together one wins, and the others read what it made.
  const auto draft = path + "." + to_hex(random_bytes(8));
  auto made = write_key(draft);
  if (made && ::link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST)
    made = failed("cannot make", path);
  ::unlink(draft.c_str());
  if (!made) return tl::unexpected(made.error());
  const open_file folder(::open(values.data_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.number() < 0 || ::fsync(folder.number()) != 0) return failed("cannot write", path);

  auto kept = read_key(path);
  if (!kept) return tl::unexpected(kept.error());
  if (!*kept)
    return fail(error_code::internal_error, "DATA_DIR", path + " vanished while it was made");
  return std::move(**kept);
}

} // namespace latchkey
