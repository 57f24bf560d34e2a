// mail_smtp.cpp — mails handed to a server by libcurl.
#include "actors/mail_transport.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <curl/curl.h>

namespace latchkey {
namespace {

const char* const log_name = mail_transport_state::name;

/// Replies that are about this client and not about the mail: a password is asked for, or TLS.
constexpr bool is_about_us(long reply) {
  return reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

using url_parts = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part_of(const url_parts& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string out{text};
  curl_free(text);
  return out;
}

/// The message on its way, and what became of it.
struct upload {
  std::string_view rest;
  bool is_whole = false; // the server has all of it
  const std::atomic<bool>* called_off = nullptr;

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto* mine = static_cast<upload*>(self);
    const auto bytes = std::min(mine->rest.size(), size * count);
    std::memcpy(to, mine->rest.data(), bytes);
    mine->rest.remove_prefix(bytes);
    mine->is_whole = bytes == 0;
    return bytes;
  }
  static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto* mine = static_cast<const upload*>(self);
    return mine->called_off != nullptr && mine->called_off->load() ? 1 : 0;
  }
};

class smtp_carrier final : public mail_carrier {
public:
  smtp_carrier(smtp_server server, const std::string& from)
      : server_(std::move(server)), from_("<" + from + ">"),
        handle_(curl_is_ready() ? curl_easy_init() : nullptr, &curl_easy_cleanup) {}

  messages::mail_attempted carry(const mail_record& mail, const std::string& message,
                                 const std::atomic<bool>* called_off) override {
    if (!handle_) {
      log_error(log_name, "libcurl does not start");
      return {};
    }
    upload body{message, false, called_off};
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients{
        curl_slist_append(nullptr, ("<" + mail.recipient + ">").c_str()), &curl_slist_free_all};
    prepare(body, recipients.get());
    const auto code = curl_easy_perform(handle_.get());
    if (code == CURLE_OK) return {.sent = true};

    long reply = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &reply);
    // What refuses is the reply to MAIL, RCPT or DATA, which libcurl calls a failure to send, or
    // the one to the whole text. A greeting of 554 is about the server.
    const bool is_verdict =
        code == CURLE_SEND_ERROR || (code == CURLE_WEIRD_SERVER_REPLY && body.is_whole);
    const bool is_final = is_verdict && reply >= 500 && reply < 600 && !is_about_us(reply);
    log_warning(log_name, "mail ", mail.id, " was not taken by ", server_.shown, ": ",
                error_.front() != '\0' ? error_.data() : curl_easy_strerror(code), " (reply ",
                reply, is_final ? ", final)" : ")");
    return {.is_final = is_final};
  }

private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }

  void prepare(upload& body, curl_slist* recipients) {
    curl_easy_reset(handle_.get()); // keeps the connection
    error_.front() = '\0';
    set(CURLOPT_URL, server_.url.reveal().data()); // a whole secret ends with a NUL
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_USE_SSL, server_.wants_tls ? long{CURLUSESSL_ALL} : long{CURLUSESSL_TRY});
    set(CURLOPT_MAIL_FROM, from_.c_str());
    set(CURLOPT_MAIL_RCPT, recipients);
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &upload::read);
    set(CURLOPT_READDATA, &body);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &upload::look);
    set(CURLOPT_XFERINFODATA, &body);
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(smtp_connect_patience.count()));
    set(CURLOPT_TIMEOUT, static_cast<long>(smtp_patience.count()));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROXY, ""); // whatever the environment says
    set(CURLOPT_ERRORBUFFER, error_.data());
  }

  smtp_server server_;
  std::string from_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;
};

} // namespace

result<smtp_server> read_smtp_server(const secret& url) {
  const auto refuse = [](const char* why) {
    return fail(error_code::validation_error, "SMTP_URL", std::string{"SMTP_URL "} + why);
  };
  if (!curl_is_ready()) return fail(error_code::internal_error, {}, "libcurl does not start");
  const url_parts parts{curl_url(), &curl_url_cleanup};
  const std::string text{url.reveal()};
  if (!parts ||
      curl_url_set(parts.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
    return refuse("is no URL that libcurl can read");
  const auto scheme = part_of(parts, CURLUPART_SCHEME);
  if (scheme != "smtp" && scheme != "smtps") return refuse("must begin with smtp:// or smtps://");
  auto host = part_of(parts, CURLUPART_HOST);
  const auto port = part_of(parts, CURLUPART_PORT);
  smtp_server server{url, scheme + "://" + host + (port.empty() ? "" : ":" + port), true};
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const bool has_password = !part_of(parts, CURLUPART_USER).empty();
  server.wants_tls = scheme == "smtps" || (has_password && !is_loopback_host(host));
  return server;
}

std::unique_ptr<mail_carrier> make_smtp_carrier(smtp_server server, const std::string& from) {
  return std::make_unique<smtp_carrier>(std::move(server), from);
}

} // namespace latchkey
