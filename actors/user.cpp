#include "actors/user.hpp"

#include "actors/audit_entry.hpp"

#include <utility>

namespace latchkey {

messages::user_view messages::view_of(const user_record& user) {
  return {user.id,         user.number,    user.username, user.email,
          user.first_name, user.last_name, user.role,     user.is_active};
}

caf::result<messages::token_pair> user_state::on_authenticate(messages::authenticate& request) {
  if (leaving) return gone();
  last_used = with->now();
  sign_in answer{self};
  check_password(request, answer, 1);
  return answer;
}

void user_state::check_password(const messages::authenticate& request, const sign_in& answer,
                                std::size_t attempt) {
  // An inactive user costs a hash too, against nothing, and hears the same answer.
  messages::verify_password question{
      request.password, record.is_active ? record.password_hash : secret{}, request.deadline};
  auto tried = question.phc;
  ++conversations;
  self->request(with->hasher, no_timeout, std::move(question))
      .then(
          [this, answer, request, tried, attempt](messages::verdict& verdict) {
            --conversations;
            if (!verdict.matches || !record.is_active)
              return answer.fail(error_code::invalid_credentials);
            // Meanwhile the hash may have been replaced: by one of another password, which
            // this one must not open, or by one of the same at another cost.
            if (tried != record.password_hash) {
              if (attempt == verifications_max) return answer.fail(error_code::overloaded);
              return check_password(request, answer, attempt + 1);
            }
            if (!verdict.rehashed.empty()) keep_rehashed(verdict.rehashed, request.deadline);
            open_session(request, answer);
          },
          [this, answer](caf::error& error) {
            --conversations;
            answer.deliver(error);
          });
}

void user_state::open_session(const messages::authenticate& request, const sign_in& answer) {
  const auto at = with->now();
  session_record session;
  session.id = session_id{make_uuid(at)};
  session.user = record.id;
  session.user_number = record.number;
  session.user_role = record.role;
  session.salt = random_bytes(32);
  session.opened_by = request.opened_by;
  session.user_agent = request.client.user_agent;
  session.address = request.client.address;
  session.created_at = session.rotated_at = at;
  session.expires_at = at + with->policy.session_ttl;

  auto entry = audit_entry("user.signed_in", at, request.client);
  entry.user = record.id;
  entry.session = session.id;

  storage::unit unit{{storage::create_session{session}, storage::add_audit{std::move(entry)},
                      storage::touch_login{record.id, at}}};
  ++conversations;
  self->request(with->writer_for(session.id), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [this, at, answer, session](storage::written&) {
            --conversations;
            record.last_login_at = at;
            hand_out_tokens(session, answer);
          },
          [this, answer](caf::error& error) {
            --conversations;
            // The store refuses a user that is no longer there, or no longer active.
            if (to_failure(error).code == error_code::user_not_found)
              return answer.fail(error_code::invalid_credentials);
            answer.deliver(error);
          });
}

void user_state::hand_out_tokens(session_record session, const sign_in& answer) {
  const auto& directory = with->directory_for(session.id);
  ++conversations;
  const auto failed = [this, answer](caf::error& error) {
    --conversations;
    answer.deliver(error);
  };
  self->request(directory, no_timeout, messages::adopt_session{std::move(session)})
      .then(
          [this, answer, failed](session_actor& opened) {
            self->request(opened, no_timeout, messages::issue_tokens{})
                .then(
                    [this, answer](messages::token_pair& tokens) {
                      --conversations;
                      answer.deliver(std::move(tokens));
                    },
                    failed);
          },
          failed);
}

void user_state::keep_rehashed(const secret& phc, time_point deadline) {
  // Nobody waits for it: if it is lost, the next sign-in does it again.
  storage::unit unit{{storage::set_password_hash{record.id, record.version, phc, with->now()}}};
  ++conversations;
  self->request(with->writer_for(record.id), no_timeout,
                messages::commit{std::move(unit), deadline})
      .then(
          [this, phc, based_on = record.version](storage::written&) {
            --conversations;
            if (record.version != based_on) return;
            record.password_hash = phc;
            ++record.version;
          },
          [this](caf::error& error) {
            --conversations;
            // The store may have another record than this one; each sign-in would then
            // hash anew and lose.
            const auto code = to_failure(error).code;
            if (code == error_code::outcome_unknown || code == error_code::conflict) reload();
          });
}

void user_state::reload() {
  const auto deadline = with->now() + with->policy.internal_deadline;
  ++conversations;
  self->request(with->reader_for(record.id), no_timeout, messages::read_user{record.id, deadline})
      .then(
          [this](user_record& fresh) {
            --conversations;
            // An answer may be older than what has been learnt meanwhile.
            if (fresh.version > record.version) record = std::move(fresh);
          },
          [this](caf::error&) { --conversations; });
}

caf::result<messages::user_view> user_state::on_describe(messages::describe_user&) {
  if (leaving) return gone();
  last_used = with->now();
  return messages::view_of(record);
}

void user_state::on_sweep(messages::sweep& sweep) {
  if (leaving || conversations > 0 || sweep.now < last_used + with->policy.memory_idle) return;
  leaving = true;
  self->request(with->directory_for(record.id), no_timeout, messages::leave_user{record.id})
      .then([this](messages::left&) { self->quit(); }, [this](caf::error&) { leaving = false; });
}

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               services_ptr with) {
  quiet(self);
  auto* state = &self->state;
  state->self = self;
  state->with = std::move(with);
  state->record = std::move(record);
  state->last_used = state->with->now();
  return {handler(state, &user_state::on_authenticate), handler(state, &user_state::on_describe),
          handler(state, &user_state::on_sweep)};
}

} // namespace latchkey
