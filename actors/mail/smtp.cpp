// smtp.cpp — mails handed to a server by libcurl.
#include "actors/mail/greeting.hpp"
#include "actors/mail/reply.hpp"
#include "actors/mail/transport.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <curl/curl.h>

namespace latchkey {
namespace {

const char* const log_name = mail_transport_state::name;

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
    auto* call = static_cast<upload*>(self);
    const auto bytes = std::min(call->rest.size(), size * count);
    std::memcpy(to, call->rest.data(), bytes);
    call->rest.remove_prefix(bytes);
    call->is_whole = bytes == 0;
    return bytes;
  }
  static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto* call = static_cast<const upload*>(self);
    return call->called_off != nullptr && call->called_off->load() ? 1 : 0;
  }
};

/// What is said in the conversation, as far as it tells what a refusal was about. libcurl shows
/// each command and each line of a reply to its debug function; nothing of it is kept but the
/// command's word and the last line.
struct dialogue {
  mail_stage stage = mail_stage::session;
  std::string reply;    // the last line
  bool is_over = false; // what follows answers our QUIT

  static int listen(CURL*, curl_infotype kind, char* bytes, std::size_t size, void* self) {
    auto* call = static_cast<dialogue*>(self);
    const std::string_view text{bytes, size};
    if (kind == CURLINFO_HEADER_OUT)
      call->note_command(text);
    else if (kind == CURLINFO_HEADER_IN && !call->is_over)
      call->reply = text.substr(0, std::min(text.find_first_of("\r\n"), reply_bytes_max));
    return 0;
  }

private:
  static constexpr std::size_t reply_bytes_max = 512; // RFC 5321, 4.5.3.1.5

  void note_command(std::string_view text) {
    if (text.starts_with("MAIL"))
      stage = mail_stage::sender;
    else if (text.starts_with("RCPT"))
      stage = mail_stage::recipient;
    else if (text.starts_with("DATA"))
      stage = mail_stage::text;
    else if (text.starts_with("QUIT"))
      is_over = true;
  }
};

class smtp_carrier final : public mail_carrier {
public:
  smtp_carrier(smtp_server server, const std::string& from, std::string greeting)
      : server_(std::move(server)), from_("<" + from + ">"), greeting_(std::move(greeting)),
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
    if (!prepare(body, recipients.get())) {
      log_error(log_name, "libcurl does not take SMTP_URL");
      return {};
    }
    const auto code = curl_easy_perform(handle_.get());
    if (code == CURLE_OK) return {messages::mail_outcome::sent};

    long reply = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &reply);
    const bool is_final = is_final_reply(heard_.stage, heard_.reply);
    log_warning(log_name, "mail ", mail.id, " was not taken by ", server_.shown, ": ",
                error_.front() != '\0' ? error_.data() : curl_easy_strerror(code), " (reply ",
                reply, ")", is_final ? ", for good" : "; it is tried again",
                heard_.reply.empty() ? "" : ": ", heard_.reply);
    return {is_final ? messages::mail_outcome::refused : messages::mail_outcome::not_sent};
  }

private:
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }

  /// SMTP_URL with the greeting as its path, which is how libcurl is told (CURLOPT_URL, SMTP).
  bool name_server() {
    if (greeting_.empty()) greeting_ = machine_greeting(); // here, for the DNS may take its time
    url_ = url_parts{curl_url(), &curl_url_cleanup};
    // A whole secret ends with a NUL.
    return url_ &&
           curl_url_set(url_.get(), CURLUPART_URL, server_.url.reveal().data(), 0) == CURLUE_OK &&
           curl_url_set(url_.get(), CURLUPART_PATH, ("/" + greeting_).c_str(), CURLU_URLENCODE) ==
               CURLUE_OK;
  }

  bool prepare(upload& body, curl_slist* recipients) {
    if (!url_ && !name_server()) return false;
    curl_easy_reset(handle_.get()); // keeps the connection
    error_.front() = '\0';
    heard_ = {};
    set(CURLOPT_CURLU, url_.get());
    set(CURLOPT_VERBOSE, 1L); // to the debug function alone
    set(CURLOPT_DEBUGFUNCTION, &dialogue::listen);
    set(CURLOPT_DEBUGDATA, &heard_);
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
    return true;
  }

  smtp_server server_;
  std::string from_;
  std::string greeting_;
  dialogue heard_;
  url_parts url_{nullptr, &curl_url_cleanup};
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

std::unique_ptr<mail_carrier> make_smtp_carrier(smtp_server server, const std::string& from,
                                                std::string greeting) {
  return std::make_unique<smtp_carrier>(std::move(server), from, std::move(greeting));
}

} // namespace latchkey
