// outbox.cpp — mails as files, for a machine without a mail server.
#include "actors/mail/transport.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

private:
  int number_;
};

bool write_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = write(to, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class outbox_carrier final : public mail_carrier {
public:
  explicit outbox_carrier(std::string folder) : folder_(std::move(folder)) {}

  messages::mail_attempted carry(const mail_record& mail, const std::string& message,
                                 const std::atomic<bool>* /*called_off*/) override {
    if (!put(to_string(mail.id) + ".eml", message)) {
      log_warning(mail_transport_state::name, "cannot write to ", folder_, ": ",
                  std::strerror(errno));
      return {};
    }
    return {.sent = true};
  }

private:
  bool put(const std::string& name, const std::string& message) const {
    if (mkdir(folder_.c_str(), folder_mode) != 0 && errno != EEXIST) return false;
    const descriptor folder{open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder.is_open()) return false;
    const auto unfinished = "." + name; // one that a crash left behind is written anew
    if (unlinkat(folder.number(), unfinished.c_str(), 0) != 0 && errno != ENOENT) return false;
    {
      const descriptor file{openat(folder.number(), unfinished.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                   file_mode)};
      if (!file.is_open() || !write_all(file.number(), message) || fsync(file.number()) != 0)
        return false;
    }
    return renameat(folder.number(), unfinished.c_str(), folder.number(), name.c_str()) == 0 &&
           fsync(folder.number()) == 0;
  }

  std::string folder_;
};

} // namespace

std::unique_ptr<mail_carrier> make_outbox_carrier(std::string folder) {
  return std::make_unique<outbox_carrier>(std::move(folder));
}

} // namespace latchkey
