#include "gateway/pages/view/site.hpp"

#include "gateway/docs_assets/embedded.hpp"
#include "gateway/pages/view/color.hpp"
#include "gateway/pages/view/template.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace latchkey::gateway::pages {
namespace {

constexpr std::size_t hash_chars = 16; // 96 bits
constexpr std::string_view png_mark = "\x89PNG\r\n\x1a\n";

// The grounds that text stands on, of which links must be told apart; style.css takes them from
// here.
constexpr color light_ground{0xf4, 0xf5, 0xf7};
constexpr color dark_ground{0x22, 0x27, 0x2e};

std::string embedded_page_file(std::string_view name) {
  const auto files = embedded::pages();
  const auto found = std::ranges::find(files, name, &embedded::file::name);
  return found == files.end() ? std::string{} : std::string{found->content};
}

/// style.css with the brand's colours and what can be read with them.
std::string styled(const color& brand) {
  model values;
  values.text("brand", to_string(brand))
      .text("on_brand", to_string(text_on(brand)))
      .text("light_ground", to_string(light_ground))
      .text("dark_ground", to_string(dark_ground))
      .text("light_link", to_string(readable_on(brand, light_ground)))
      .text("dark_link", to_string(readable_on(brand, dark_ground)));
  return fill("style.css", all_languages().front(), values);
}

result<std::string> read_logo(const std::string& path) {
  const auto wrong = [&path](std::string_view why) {
    return fail(error_code::internal_error, {}, "BRAND_LOGO: " + path + " " + std::string{why});
  };
  std::ifstream file{path, std::ios::binary};
  if (!file) return wrong("cannot be read");
  std::string content;
  content.resize(logo_bytes_max + 1);
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.empty()) return wrong("is empty, or no file");
  if (content.size() > logo_bytes_max) return wrong("is larger than 48 KiB");
  const bool is_one = path.ends_with(".png") ? content.starts_with(png_mark)
                                             : content.find("<svg") != std::string::npos;
  if (!is_one) return wrong("is not what its name says");
  return content;
}

} // namespace

std::string site::add_file(std::string_view stem, std::string_view ending,
                           std::string_view content_type, std::string content) {
  auto name = std::string{stem} + "-" + hash_of_key(content).substr(0, hash_chars);
  name += ending;
  files_.push_back({name, content_type, std::move(content)});
  return std::string{files_path} + name;
}

result<std::shared_ptr<const site>> site::make(const settings& configured) {
  std::shared_ptr<site> made{new site};
  made->brand_ = configured.brand_name;
  made->registration_open_ = configured.registration_open;
  made->verification_ = configured.verification;
  made->password_length_min_ = configured.password_length_min;
  made->password_length_min_alone_ = configured.password_length_min_alone();
  const auto brand = parse_color(configured.brand_color);
  if (!brand)
    return fail(error_code::internal_error, {},
                "BRAND_COLOR is \"" + configured.brand_color + "\": expected #rrggbb");
  made->style_ = made->add_file("style", ".css", "text/css; charset=utf-8", styled(*brand));
  made->script_ = made->add_file("page", ".js", "text/javascript; charset=utf-8",
                                 embedded_page_file("page.js"));
  if (configured.brand_logo.empty()) return made;
  auto logo = read_logo(configured.brand_logo);
  if (!logo) return fail(logo.error());
  const bool is_png = configured.brand_logo.ends_with(".png");
  made->logo_ = made->add_file("logo", is_png ? ".png" : ".svg",
                               is_png ? "image/png" : "image/svg+xml", std::move(*logo));
  return made;
}

const page_file* site::find_file(std::string_view name) const noexcept {
  const auto found = std::ranges::find(files_, name, &page_file::name);
  return found == files_.end() ? nullptr : &*found;
}

} // namespace latchkey::gateway::pages
