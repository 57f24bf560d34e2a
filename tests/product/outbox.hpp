// outbox.hpp — the folder that mails go to without SMTP, as a reader of mail sees it.
#pragma once

#include <string>

namespace latchkey::test {

struct mail {
  std::string text; // the whole message, its body decoded

  /// The token in it; "" when there is none.
  std::string reset_token() const;
  std::string verification_token() const;
  std::string subject() const;
};

class outbox {
public:
  explicit outbox(std::string folder) : folder_(std::move(folder)) {}

  /// The newest mail to that address, but for the one that asks to verify it;
  /// std::runtime_error when none comes in `patience`.
  mail wait_for(const std::string& recipient) const;
  /// The newest with that subject.
  mail wait_for(const std::string& recipient, const std::string& subject) const;

private:
  std::string folder_;
};

} // namespace latchkey::test
