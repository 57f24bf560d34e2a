#include "storage/footprint.hpp"

#include "protocol/name_look.hpp"

#include <algorithm>
#include <cstdint>

namespace latchkey::storage {

namespace {

std::string_view bytes_of(const uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

} // namespace

footprint::footprint(const unit& u) : unit_(&u) {
  for (const auto& f : u.facts) {
    kind_ = f.index();
    std::visit([this](const auto& it) { add(it); }, f);
  }
}

void footprint::reads(thing what, const uuid& which) {
  note(what, bytes_of(which), false);
}

void footprint::writes(thing what, const uuid& which) {
  note(what, bytes_of(which), true);
}

void footprint::writes(thing what, std::uint64_t which) {
  note(what, {reinterpret_cast<const char*>(&which), sizeof which}, true);
}

void footprint::note(thing what, std::string_view which, bool writes) {
  std::string key(1, static_cast<char>(what));
  key.append(which);
  for (auto& before : touches_) {
    if (before.key != key) continue;
    if ((before.writes || writes) && before.kind >= kind_) ordered_ = false;
    before.writes = before.writes || writes;
    before.kind = std::max(before.kind, kind_);
    return;
  }
  touches_.push_back({std::move(key), writes, kind_});
}

void footprint::note_session(const session_id& id) {
  names_sessions_ = true;
  // Whose session a rotation names is not known here, so any of them may be one that
  // was ended by an earlier fact of this unit.
  if (ends_all_) ordered_ = false;
  writes(thing::session, id);
}

/// Which of them loses first is what the unit is told.
void footprint::keeps_order() {
  writes(thing::order, std::to_string(reinterpret_cast<std::uintptr_t>(unit_)));
}

// -- hot facts -----------------------------------------------------------------------

void footprint::add(const create_user& f) {
  writes(thing::user, f.user.id);
  writes(thing::name, f.username_key);
  if (f.email_key != f.username_key) writes(thing::name, f.email_key);
  for (const auto& looks : skeletons_of(f.username_key))
    writes(thing::name, looks);
  if (f.user.number != 0) writes(thing::number, std::to_string(f.user.number));
  if (is_admin_role(f.user.role))
    writes(thing::admins, "");
  else if (f.user.role != "user")
    reads(thing::role, f.user.role);
}

void footprint::add(const set_password_hash& f) {
  writes(thing::user, f.user);
}

void footprint::add(const create_session& f) {
  reads(thing::user, f.session.user);
  note_session(f.session.id);
}

void footprint::add(const rotate_session& f) {
  note_session(f.session);
}

void footprint::add(const end_session& f) {
  note_session(f.session);
}

void footprint::add(const end_sessions_of& f) {
  writes(thing::user, f.user);
  ends_all_ = true;
}

// -- users and recovery --------------------------------------------------------------

void footprint::add(const update_user& f) {
  const auto& c = f.changes;
  writes(thing::user, f.user);
  // The names that it gives back are not known here.
  if (c.username || c.email) ordered_ = false;
  if (c.role || c.is_active) writes(thing::admins, "");
  if (c.role) reads(thing::role, *c.role);
}

void footprint::add(const delete_user& f) {
  // Nor are all those things that go with a user.
  writes(thing::user, f.user);
  ends_all_ = true;
  ordered_ = false;
}

void footprint::add(const set_recovery& f) {
  writes(thing::user, f.user);
}

void footprint::add(const add_reset_token& f) {
  writes(thing::user, f.token.user);
  writes(thing::token, f.token.id);
}

void footprint::add(const use_reset_token& f) {
  writes(thing::user, f.user);
  writes(thing::token, f.id);
}

void footprint::add(const count_password_failures& f) {
  writes(thing::user, f.user);
}

void footprint::add(const forget_password_failures& f) {
  writes(thing::user, f.user);
}

void footprint::add(const use_up_reset_tokens& f) {
  writes(thing::user, f.user);
}

void footprint::add(const remove_recovery& f) {
  writes(thing::user, f.user);
}

void footprint::add(const mark_used& f) {
  writes(thing::user, f.user);
}

// -- mail ----------------------------------------------------------------------------

void footprint::add(const add_mail& f) {
  writes(thing::mail, f.mail.id);
}

void footprint::add(const drop_mails_to&) {
  ordered_ = false; // which mails those are is not known here
}

void footprint::add(const lease_mail& f) {
  writes(thing::mail, f.mail);
}

void footprint::add(const settle_mail& f) {
  writes(thing::mail, f.mail);
}

// -- roles ---------------------------------------------------------------------------

void footprint::add(const add_role& f) {
  writes(thing::roles, ""); // for they are counted
  writes(thing::role, f.role.name);
}

void footprint::add(const update_role& f) {
  writes(thing::role, f.role.name);
}

void footprint::add(const remove_role& f) {
  writes(thing::roles, "");
  writes(thing::admins, "");
  writes(thing::role, f.name);
}

// -- keys ----------------------------------------------------------------------------

void footprint::add(const add_api_key& f) {
  writes(thing::user, f.key.user); // whose keys are counted
  if (f.session) names_sessions_ = true;
  if (f.session) reads(thing::session, *f.session);
  writes(thing::api_key, f.key.id);
}

void footprint::add(const revoke_api_keys_of& f) {
  writes(thing::user, f.user);
}

void footprint::add(const revoke_api_key& f) {
  writes(thing::user, f.user);
  writes(thing::api_key, f.id);
}

void footprint::add(const put_service& f) {
  writes(thing::service, f.service.id);
}

void footprint::add(const add_service_key& f) {
  reads(thing::service, f.key.service);
  writes(thing::service_key, f.key.id);
  writes(thing::key_hash, f.key.key_hash);
}

void footprint::add(const revoke_service_key& f) {
  writes(thing::service_key, f.id);
}

// -- subscriptions and projects --------------------------------------------------------

void footprint::add(const add_stripe_event& f) {
  writes(thing::event, f.id);
  keeps_order();
}

void footprint::add(const put_stripe_subscription& f) {
  writes(thing::user, f.subscription.user);
  writes(thing::stripe_subscription, f.subscription.stripe_subscription_id);
  keeps_order();
}

void footprint::add(const put_subscription& f) {
  writes(thing::user, f.subscription.user);
  keeps_order();
}

void footprint::add(const spend_quota& f) {
  reads(thing::user, f.user);
  writes(thing::quota, std::string(bytes_of(f.user)) + f.quota);
}

void footprint::add(const add_project& f) {
  reads(thing::user, f.project.owner);
  writes(thing::project, f.project.id);
}

void footprint::add(const update_project& f) {
  writes(thing::project, f.project);
}

void footprint::add(const remove_project& f) {
  writes(thing::project, f.project);
}

// -- sessions of other services ----------------------------------------------------------

void footprint::add(const upsert_session& f) {
  reads(thing::user, f.session.user);
  note_session(f.session.id);
}

// -- workflows ---------------------------------------------------------------------------

void footprint::add(const add_workflow& f) {
  reads(thing::user, f.workflow.user);
  writes(thing::workflow, f.workflow.id);
}

void footprint::add(const add_workflow_status& f) {
  writes(thing::workflow, f.workflow);
}

} // namespace latchkey::storage
