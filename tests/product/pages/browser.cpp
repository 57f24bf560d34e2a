#include "tests/product/pages/browser.hpp"

#include <regex>
#include <stdexcept>

namespace latchkey::test {
namespace {

std::string form_encoded(const browser::values& fields) {
  constexpr const char* digits = "0123456789ABCDEF";
  const auto encoded = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (std::isalnum(byte) != 0)
        out += c;
      else
        ((out += '%') += digits[byte >> 4U]) += digits[byte & 15U];
    }
    return out;
  };
  std::string out;
  for (const auto& [name, value] : fields)
    out += (out.empty() ? "" : "&") + encoded(name) + "=" + encoded(value);
  return out;
}

} // namespace

std::string plain(std::string html) {
  for (const auto& [entity, text] : std::vector<std::pair<std::string, std::string>>{
           {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&amp;", "&"}})
    for (auto at = html.find(entity); at != html.npos; at = html.find(entity, at + text.size()))
      html.replace(at, entity.size(), text);
  return html;
}

std::string browser::origin() const {
  return "http://127.0.0.1:" + std::to_string(at_->server->port());
}

std::string browser::cookie(const std::string& name) const {
  const auto found = cookies_.find(name);
  return found == cookies_.end() ? std::string{} : found->second;
}

http_reply browser::ask(http_call asked) {
  std::string sent;
  for (const auto& [name, value] : cookies_)
    sent += (sent.empty() ? "" : "; ") + name + "=" + value;
  if (!sent.empty()) asked.headers.push_back({"Cookie", sent});
  asked.headers.push_back({"User-Agent", user_agent_});
  auto reply = at_->call(asked);
  for (const auto& line : reply.all("Set-Cookie")) {
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals);
    cookies_[name] = line.substr(equals + 1, line.find(';') - equals - 1);
    if (says(line, "Max-Age=0;")) cookies_.erase(name);
  }
  return reply;
}

const http_reply& browser::follow(http_reply reply, std::string target) {
  constexpr int redirects_max = 5;
  for (int i = 0; reply.status == 303 && i < redirects_max; ++i) {
    target = reply.header("Location");
    reply = ask(get(target));
  }
  page_ = std::move(reply);
  where_ = target;
  return page_;
}

const http_reply& browser::open(const std::string& target) {
  return follow(ask(get(target)), target);
}

browser::values browser::form_of(const std::string& action) const {
  const auto begin = page_.body.find("<form method=\"post\" action=\"" + action + "\"");
  if (begin == page_.body.npos)
    throw std::runtime_error{"no form to " + action + " at " + where_ + ":\n" + page_.body};
  const auto form = page_.body.substr(begin, page_.body.find("</form>", begin) - begin);
  values found;
  static const std::regex hidden{R"re(<input type="hidden" name="([^"]*)" value="([^"]*)")re"};
  for (std::sregex_iterator at{form.begin(), form.end(), hidden}, end; at != end; ++at)
    found[(*at)[1]] = plain((*at)[2]);
  return found;
}

const http_reply& browser::send(const std::string& action, const values& more) {
  return follow(answer_to(action, more), action);
}

http_reply browser::answer_to(const std::string& action, const values& more) {
  return send_with(action, more, {{"Origin", origin()}, {"Sec-Fetch-Site", "same-origin"}});
}

http_reply browser::send_with(const std::string& action, const values& more,
                              const std::vector<http_header>& headers) {
  auto fields = more;
  fields.merge(form_of(action));
  auto asked = post_form(action, form_encoded(fields));
  asked.headers.insert(asked.headers.end(), headers.begin(), headers.end());
  return ask(std::move(asked));
}

http_reply browser::send_any(const std::string& action, values fields,
                             const std::vector<http_header>& headers) {
  fields.insert({"form_token", form_token()});
  auto asked = post_form(action, form_encoded(fields));
  asked.headers.insert(asked.headers.end(), headers.begin(), headers.end());
  return ask(std::move(asked));
}

std::string browser::form_token() const {
  const std::string before = "name=\"form_token\" value=\"";
  const auto at = page_.body.find(before) + before.size();
  return page_.body.substr(at, page_.body.find('"', at) - at);
}

void browser::register_as(const std::string& name) {
  open("/register");
  send("/register", {{"username", name}, {"email", name + "@example.com"}, {"password", password}});
  EXPECT_TRUE(where().starts_with("/account")) << where() << page().body;
}

const http_reply& browser::sign_in(const std::string& login, const std::string& word) {
  open("/sign-in");
  return send("/sign-in", {{"username", login}, {"password", word}});
}

} // namespace latchkey::test
