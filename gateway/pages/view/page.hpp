// page.hpp — a whole page as an answer: the frame around its content, and the headers that keep it
// to itself. And what a person sees of a request that fails.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"
#include "gateway/pages/view/model.hpp"
#include "gateway/pages/view/site.hpp"
#include "gateway/pages/view/texts.hpp"

#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

struct page_frame {
  std::string title; // beside the brand's name
  std::string self; // the path, and query, at which it is shown in another language; empty: nowhere
  std::string sign_out_token = {}; // empty: nobody is signed in
  bool is_wide = false;
  bool is_refused = false; // its form was: the title says so first
  /// Its address holds a token, so the browser tells it to nobody, ourselves included.
  bool is_secret = false;
};

/// The template of that name, filled with `content`, inside the frame.
http::response page_answer(const site& at, const texts& words, unsigned status,
                           const page_frame& frame, std::string_view name, model content);

/// Sends the browser on, to be asked by GET (RFC 9110, 15.4.4).
http::response go_to(std::string_view path);

/// A file of the site, to be kept for ever.
http::response file_answer(const page_file& file);

/// The page of a request that fails. Whoever is not signed in, or not any more, is sent to sign in.
http::response failure_page(const site& at, const failure& error, const http::request& in);

} // namespace latchkey::gateway::pages
