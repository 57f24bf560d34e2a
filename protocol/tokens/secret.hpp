// secret.hpp — text that must never be seen: it prints as "***" and is wiped when it goes.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey {

/// A password, a token or a key. There is no conversion to a string: whoever needs
/// the text says `reveal()`, which is easy to search for.
class secret {
public:
  secret() = default;
  /// Takes the text and wipes where it was: a short one is copied by a move.
  explicit secret(std::string&& text) noexcept : text_(std::move(text)) { wipe(text); }
  explicit secret(std::string_view text) : text_(text) {}
  secret(const secret&) = default;
  secret& operator=(const secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  secret(secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~secret() { wipe(); }

  std::string_view reveal() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }

  /// Constant time in the content; the length is not hidden.
  friend bool operator==(const secret& a, const secret& b) noexcept;

  /// For CAF's serializers between nodes. Anything that prints goes through
  /// `to_string`, which CAF prefers over `inspect`.
  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, secret& x) {
    return f(x.text_);
  }

private:
  static void wipe(std::string& text) noexcept;
  void wipe() noexcept { wipe(text_); }
  std::string text_;
};

inline std::string to_string(const secret&) {
  return "***";
}
inline std::ostream& operator<<(std::ostream& out, const secret&) {
  return out << "***";
}

/// Constant time in the content; the length is not hidden.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace latchkey
