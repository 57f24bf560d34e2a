// setting_table_pages.cpp — the pages on which people sign in, and how they look.
#include "config/settings/setting_rows.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>

namespace latchkey::setting_rows {
namespace {

constexpr std::size_t brand_name_chars_max = 60;

bool read_pages(settings& s, std::string_view text) {
  if (text != "on" && text != "off") return false;
  s.pages_on = text == "on";
  return true;
}
std::string show_pages(const settings& s) {
  return s.pages_on ? "on" : "off";
}

bool is_brand_name(std::string_view name) {
  return is_valid_utf8(name) && count_code_points(name) <= brand_name_chars_max &&
         !has_control_characters(name);
}

bool is_logo(std::string_view path) {
  return is_path(path) && (path.ends_with(".svg") || path.ends_with(".png"));
}

/// "#rrggbb"
bool is_color(std::string_view text) {
  constexpr std::size_t color_chars = 7;
  return text.size() == color_chars && text.front() == '#' &&
         std::ranges::all_of(text.substr(1), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

using s = settings;

constexpr setting_row page_rows[] = {
    {"PAGES", "on", "on or off",
     "whether there are pages to sign in, register, recover and look after an account", false,
     read_pages, show_pages},
    text_row<&s::brand_name, is_brand_name>("BRAND_NAME", "latchkey", "1 to 60 characters",
                                            "what the pages call the service"),
    text_row<&s::brand_logo, is_logo>("BRAND_LOGO", "", "a file that ends in .svg or .png",
                                      "a picture to stand beside the name; unset: none"),
    text_row<&s::brand_color, is_color>("BRAND_COLOR", "#1f5fbf", "a colour such as #1f5fbf",
                                        "the colour of buttons; what is written on them follows"),
};

} // namespace

std::span<const setting_row> of_pages() noexcept {
  return page_rows;
}

} // namespace latchkey::setting_rows
