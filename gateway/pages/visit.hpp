// visit.hpp — one request to one of our pages: its language, the browser that its forms belong to,
// and how it is answered.
#pragma once

#include "gateway/pages/view/form.hpp"
#include "gateway/pages/view/page.hpp"
#include "gateway/pages/view/site.hpp"
#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway::pages {

/// A form that was sent and refused, made by `visit::refuse`.
struct refusal {
  form sent;
  problem wrong;
};

class visit {
public:
  /// Of somebody who is not signed in, or need not be: forms belong to a cookie of their own.
  visit(const site& at, http::exchange& ex);
  /// Forms belong to the caller's session.
  visit(const site& at, http::exchange& ex, const principal& caller);

  http::exchange& ex;
  const site& at;
  const texts& words;

  /// The token of this browser's forms.
  std::string token() const;
  /// Whether a form with that token is this browser's.
  bool is_token(std::string_view sent) const;
  /// Nothing: the form carries no such word, or one that we do not know.
  std::string notice() const;
  /// A parameter of the query; empty without one.
  std::string parameter(std::string_view name) const;

  /// What is wrong with a form that was sent. The refusal is logged, as the API's are.
  refusal refuse(form sent, const failure& error) const;

  /// On to a page, in the session of these tokens.
  http::response signed_in(const messages::token_pair& tokens,
                           std::string_view path = "/account") const;
  /// The same after a password, upon which a browser may make a passkey without a click.
  http::response signed_in_by_password(const messages::token_pair& tokens,
                                       std::string_view path = "/account") const;
  /// Whether that page is this one.
  bool follows_password() const;
  /// The same, with that session's cookie taken back.
  http::response signed_out(const session_id& session, std::string_view path) const;

  /// The page that shows forms one below the other, and nothing else.
  struct form_page {
    std::string title;
    std::string intro = {};
    struct item {
      form content;
      std::string heading = {}, intro = {};
    };
    std::vector<item> forms = {};
    struct link {
      std::string before, href, label;
    };
    std::vector<link> links = {};
    std::string notice = {};
    bool is_secret = false;  // see page_frame
    bool is_refused = false; // without a form that could be sent again
  };
  http::response show(const std::string& self, const form_page& page,
                      const std::optional<refusal>& refused = {}) const;
  /// Any page; the browser keeps the cookie of its forms.
  http::response show(unsigned status, const page_frame& frame, std::string_view name,
                      model content) const;

  /// Puts the notice and what is wrong above a page.
  void add_notices(model& content, std::string_view notice,
                   const std::optional<refusal>& refused) const;

private:
  std::string bound_to_;
  std::string cookie_; // empty: forms belong to the session
};

/// What a form is answered with when it comes back: the status, so that nobody takes it for done.
inline constexpr unsigned refused_status = 422;

/// Whether a failure is one that a person can put right in the form; otherwise it has a page.
bool is_for_form(const failure& error);

} // namespace latchkey::gateway::pages
