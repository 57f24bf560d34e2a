#include "gateway/pages/view/device.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

using mark = std::pair<std::string_view, std::string_view>; // in the header, in words

// The one that says most about itself first: most name their ancestors as well.
constexpr std::array browsers{mark{"Edg/", "Edge"},
                              mark{"EdgA/", "Edge"},
                              mark{"EdgiOS/", "Edge"},
                              mark{"OPR/", "Opera"},
                              mark{"SamsungBrowser/", "Samsung Internet"},
                              mark{"Vivaldi/", "Vivaldi"},
                              mark{"Firefox/", "Firefox"},
                              mark{"FxiOS/", "Firefox"},
                              mark{"CriOS/", "Chrome"},
                              mark{"Chrome/", "Chrome"},
                              mark{"Safari/", "Safari"}};
constexpr std::array systems{
    mark{"iPhone", "iPhone"}, mark{"iPad", "iPad"},       mark{"Android", "Android"},
    mark{"CrOS", "ChromeOS"}, mark{"Windows", "Windows"}, mark{"Macintosh", "macOS"},
    mark{"Linux", "Linux"},   mark{"FreeBSD", "FreeBSD"}, mark{"OpenBSD", "OpenBSD"}};

template <class Marks>
std::string found_in(std::string_view text, const Marks& marks) {
  const auto* known = std::ranges::find_if(
      marks, [text](const mark& one) { return text.find(one.first) != std::string_view::npos; });
  return known == marks.end() ? std::string{} : std::string{known->second};
}

} // namespace

device device_of(std::string_view user_agent) {
  constexpr std::size_t word_bytes_max = 40;
  device found{found_in(user_agent, browsers), found_in(user_agent, systems)};
  if (found.browser.empty() && !user_agent.starts_with("Mozilla/")) {
    const auto word = user_agent.substr(0, user_agent.find_first_of("/ "));
    if (word.size() <= word_bytes_max) found.browser = word;
  }
  return found;
}

} // namespace latchkey::gateway::pages
