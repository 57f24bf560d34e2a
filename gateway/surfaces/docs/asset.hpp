// docs/asset.hpp — something that does not change while the server runs, answered with a
// strong validator (RFC 9110, section 8.8.3) and compressed for those who take that.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway::docs {

struct asset {
  std::string_view content_type; // static text
  std::string_view cache;        // Cache-Control
  std::string_view content;      // what these three view lives as long as the server
  std::string_view gzip;         // empty: never compressed
  std::string etag;              // of `content`, with its quotes; that of `gzip` ends in -gz
};

/// "text/css" for "page.css"; application/octet-stream for an ending that is not known.
std::string_view content_type_of(std::string_view name) noexcept;
/// A strong entity tag for that content.
std::string etag_of(std::string_view content);

/// Whether an Accept-Encoding header takes gzip (RFC 9110, section 12.5.3): named, or `*`,
/// with a weight above 0.
bool takes_gzip(std::string_view accept_encoding) noexcept;
/// Whether If-None-Match has that tag, by weak comparison (RFC 9110, section 13.1.2).
bool has_tag(std::string_view if_none_match, std::string_view etag) noexcept;

/// 200 with the content, or 304 when the client has it already.
http::response answer_with(const http::request& in, const asset& file);

} // namespace latchkey::gateway::docs
