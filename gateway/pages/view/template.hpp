// template.hpp — fills the templates of gateway/pages/templates. Only its source knows the engine
// (Mustache).
#pragma once

#include "gateway/pages/view/model.hpp"
#include "gateway/pages/view/texts.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

/// The template of that name ("page.html"), filled. `{{t.key}}` is a text in the page's language,
/// `{{> name}}` another template, without its ".html". Any thread.
std::string fill(std::string_view name, const texts& words, const model& values);

} // namespace latchkey::gateway::pages
