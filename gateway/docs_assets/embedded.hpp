// embedded.hpp — files that are part of the program (embed.cmake).
#pragma once

#include <span>
#include <string_view>

namespace latchkey::embedded {

struct file {
  std::string_view name; // without a folder
  std::string_view content;
  std::string_view gzip; // the same, compressed; empty where that was not wanted
};

/// What the API's description is put together from: gateway/openapi/*.json.
std::span<const file> openapi_fragments() noexcept;

/// What our own pages are made of: templates, texts, style and script.
std::span<const file> pages() noexcept;

/// What /docs is made of: its own page and the viewer's parts.
std::span<const file> docs_page() noexcept;

} // namespace latchkey::embedded
