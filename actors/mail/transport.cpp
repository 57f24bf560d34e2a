#include "actors/mail/transport.hpp"

#include "actors/mail/greeting.hpp"
#include "actors/mail/message.hpp"
#include "protocol/tokens/hmac.hpp"

#include <filesystem>

namespace latchkey {

caf::result<messages::mail_attempted> mail_transport_state::on_send(messages::send_mail& request) {
  const auto& mail = request.mail;
  const auto text = writer->open(mail);
  // Another secret may be the right one: the operator has a day to bring it back.
  if (!text) {
    log_error(name, "mail ", mail.id, " cannot be opened: ", text.error().reason);
    return messages::mail_attempted{};
  }
  const auto message = mail_message(from, mail, *text);
  if (!message) {
    log_error(name, "mail ", mail.id, " has no valid ", message.error().field);
    return messages::mail_attempted{messages::mail_outcome::refused};
  }
  return carrier->carry(mail, *message, request.called_off.get());
}

mail_transport_actor::behavior_type
mail_transport(mail_transport_actor::stateful_pointer<mail_transport_state> self,
               std::shared_ptr<mail_carrier> carrier, std::string from,
               std::shared_ptr<const mail_writer> writer) {
  install_default_handlers(self);
  auto* state = &self->state;
  state->carrier = std::move(carrier);
  state->from = std::move(from);
  state->writer = std::move(writer);
  return {handler<&mail_transport_state::on_send>(state)};
}

result<std::shared_ptr<mail_carrier>> configured_mail_carrier(const settings& configured) {
  if (configured.smtp_url.empty()) {
    std::error_code unknown;
    const auto folder = std::filesystem::absolute(configured.outbox_path(), unknown).string();
    log_info(mail_transport_state::name, "no SMTP_URL: mails become files in ", folder);
    return make_outbox_carrier(folder);
  }
  auto server = read_smtp_server(configured.smtp_url);
  if (!server) return fail(server.error());
  log_info(mail_transport_state::name, "mails go to ", server->shown);
  return make_smtp_carrier(std::move(*server), configured.mail_from,
                           configured_greeting(configured));
}

std::shared_ptr<const mail_writer> make_mail_writer(const settings& configured,
                                                    const secret& server_secret) {
  constexpr std::size_t seal_key_bytes = 32;
  return std::make_shared<const mail_writer>(
      configured.issuer, configured.password_reset_url,
      hkdf_sha256(server_secret, {}, "latchkey mail", seal_key_bytes),
      configured.email_verification_url);
}

} // namespace latchkey
