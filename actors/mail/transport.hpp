// transport.hpp — the two ways a mail goes: handed to an SMTP server, or written to a folder
// when there is none. Both block, so their actors are detached.
#pragma once

#include "actors/base/behave.hpp"
#include "actors/mail/writer.hpp"
#include "config/settings/settings.hpp"
#include "protocol/interfaces.hpp"

#include <atomic>
#include <caf/stateful_actor.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace latchkey {

inline constexpr std::chrono::seconds smtp_connect_patience{15};
inline constexpr std::chrono::seconds smtp_patience{60}; // of one mail, connecting included

/// Where mails are handed in.
struct smtp_server {
  secret url;            // smtp[s]://[user:password@]host[:port]
  std::string shown;     // the same without user and password
  bool wants_tls = true; // or else TLS only when it is offered
};

/// SMTP_URL, read as libcurl will. A server that is told a password must speak TLS unless it is
/// on this machine; any other gets TLS when it offers it (STARTTLS, RFC 3207). VALIDATION_ERROR
/// with a sentence that repeats nothing of the URL.
result<smtp_server> read_smtp_server(const secret& url);

/// What hands one mail over. Used by one thread.
class mail_carrier {
public:
  virtual ~mail_carrier() = default;
  /// `message` is a whole RFC 5322 message. Returns early when `called_off` becomes true (null:
  /// never).
  virtual messages::mail_attempted carry(const mail_record& mail, const std::string& message,
                                         const std::atomic<bool>* called_off) = 0;
};

/// By libcurl. Final is what actors/mail/reply.hpp says is; anything else may go better another
/// time. `greeting` is what is said after EHLO (actors/mail/greeting.hpp); empty: the machine's,
/// looked up at the first mail.
std::unique_ptr<mail_carrier> make_smtp_carrier(smtp_server server, const std::string& from,
                                                std::string greeting = {});
/// A file "<mail id>.eml" each in `folder`, which is made when it is missing (mode 0700). The file
/// (0600) is there whole or not at all, and once however often it is written.
std::unique_ptr<mail_carrier> make_outbox_carrier(std::string folder);

struct mail_transport_state {
  static inline const char* name = "mail_transport";

  std::shared_ptr<mail_carrier> carrier;
  std::string from;
  std::shared_ptr<const mail_writer> writer;

  caf::result<messages::mail_attempted> on_send(messages::send_mail& request);
};

/// Opens the mail, makes a message of it and has it carried. Spawn it detached.
mail_transport_actor::behavior_type
mail_transport(mail_transport_actor::stateful_pointer<mail_transport_state> self,
               std::shared_ptr<mail_carrier> carrier, std::string from,
               std::shared_ptr<const mail_writer> writer);

/// The transport that the settings name, as a carrier for `mail_transport`; logs which it is.
/// Fails as `read_smtp_server`.
result<std::shared_ptr<mail_carrier>> configured_mail_carrier(const settings& configured);

/// The writer of mails for a server with these settings and this secret (JWT_SECRET_KEY).
std::shared_ptr<const mail_writer> make_mail_writer(const settings& configured,
                                                    const secret& server_secret);

} // namespace latchkey
