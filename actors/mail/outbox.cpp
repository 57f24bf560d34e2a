// outbox.cpp — mails as files, for a machine without a mail server.
#include "actors/mail/transport.hpp"

#include "config/open_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {
namespace {

constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;

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
    return {messages::mail_outcome::sent};
  }

private:
  bool put(const std::string& name, const std::string& message) const {
    if (mkdir(folder_.c_str(), folder_mode) != 0 && errno != EEXIST) return false;
    const open_file folder{open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder.is_open()) return false;
    const auto unfinished = "." + name; // one that a crash left behind is written anew
    if (unlinkat(folder.number(), unfinished.c_str(), 0) != 0 && errno != ENOENT) return false;
    {
      const open_file file{openat(folder.number(), unfinished.c_str(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file_mode)};
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
