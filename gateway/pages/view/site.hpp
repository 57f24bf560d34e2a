// site.hpp — what all pages have in common: the brand, the rules that they explain, and the files
// that they refer to. Made once, at the start.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::gateway::pages {

/// A file beside the pages. Its content's hash is part of its name, so it may be kept for ever.
struct page_file {
  std::string name;
  std::string_view content_type; // static text
  std::string content;
};

/// A page with all that belongs to it stays small.
inline constexpr std::size_t logo_bytes_max = 48 * 1024;
/// Where the files are: "/pages/style-….css".
inline constexpr std::string_view files_path = "/pages/";

class site {
public:
  /// Reads the logo. The failure's reason says what is wrong with BRAND_LOGO or BRAND_COLOR.
  static result<std::shared_ptr<const site>> make(const settings& configured);

  const std::string& brand() const noexcept { return brand_; }
  // The files as pages refer to them; `logo` is empty without one.
  const std::string& style() const noexcept { return style_; }
  const std::string& script() const noexcept { return script_; }
  const std::string& logo() const noexcept { return logo_; }
  /// By its name; nullptr when there is none.
  const page_file* find_file(std::string_view name) const noexcept;

  bool is_registration_open() const noexcept { return registration_open_; }
  email_verification verification() const noexcept { return verification_; }
  /// Of a new password, in code points.
  std::size_t password_length_min(bool has_second_factor) const noexcept {
    return has_second_factor ? password_length_min_ : password_length_min_alone_;
  }

private:
  site() = default;
  /// Its path.
  std::string add_file(std::string_view stem, std::string_view ending,
                       std::string_view content_type, std::string content);

  std::string brand_, style_, script_, logo_;
  std::vector<page_file> files_;
  bool registration_open_ = true;
  email_verification verification_ = email_verification::optional;
  std::size_t password_length_min_ = 0; // beside a second factor
  std::size_t password_length_min_alone_ = 0;
};

} // namespace latchkey::gateway::pages
