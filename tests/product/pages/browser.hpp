// browser.hpp — a browser without scripts: it keeps cookies, follows redirects, and sends forms as
// they stand in the page.
#pragma once

#include "tests/product/product.hpp"

#include <map>
#include <string>

namespace latchkey::test {

class browser {
public:
  explicit browser(const product& at, std::string user_agent = "Firefox/128.0 (X11; Linux)")
      : at_(&at), user_agent_(std::move(user_agent)) {}

  using values = std::map<std::string, std::string>;

  /// Goes there, and on to where that leads.
  const http_reply& open(const std::string& target);
  /// Sends the page's form with that action, with its hidden inputs; `more` wins over them.
  /// std::runtime_error when there is none.
  const http_reply& send(const std::string& action, const values& more = {});
  /// What such a form is answered; leads nowhere.
  http_reply answer_to(const std::string& action, const values& more = {});
  /// The bytes of such a form, with other headers than a browser's own; follows nothing.
  http_reply send_with(const std::string& action, const values& more,
                       const std::vector<http_header>& headers);

  /// A form with that action, whether the page has it or not, by the token of those that it has.
  http_reply send_any(const std::string& action, values fields,
                      const std::vector<http_header>& headers);
  /// The token of the page's first form.
  std::string form_token() const;

  const http_reply& page() const noexcept { return page_; }
  /// Path and query of the page.
  const std::string& where() const noexcept { return where_; }
  bool shows(const std::string& text) const { return says(page_.body, text); }
  /// "" without one.
  std::string cookie(const std::string& name) const;
  void set_cookie(const std::string& name, const std::string& value) { cookies_[name] = value; }
  void forget_cookies() { cookies_.clear(); }

  /// As the person of that name, who is new, signed in on /account.
  void register_as(const std::string& name);
  const http_reply& sign_in(const std::string& login, const std::string& word = password);

private:
  http_reply ask(http_call asked);
  const http_reply& follow(http_reply reply, std::string target);
  values form_of(const std::string& action) const;
  std::string origin() const;

  const product* at_;
  std::string user_agent_;
  std::map<std::string, std::string> cookies_;
  http_reply page_;
  std::string where_;
};

/// The text as a browser reads it out of HTML.
std::string plain(std::string html);

} // namespace latchkey::test
