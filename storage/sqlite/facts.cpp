#include "storage/sqlite/facts.hpp"

#include "protocol/name_look.hpp"
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"
#include "storage/sqlite/runner.hpp"

namespace latchkey::storage::sqlite {

namespace {

using maybe_stop = std::optional<stop>;

stop refused(const error& e) {
  return {to_failure(e), is_store_error(e)};
}

stop lost(error_code code, const char* field = "", const char* reason = "") {
  return {failure{code, field, reason, 0}, false};
}

value text_or_null(const std::optional<std::string>& text) {
  return text ? value(std::string_view(*text)) : value();
}

std::optional<std::string> time_text(const std::optional<time_point>& t) {
  return t ? std::optional(to_rfc3339(*t)) : std::nullopt;
}

/// Runs a statement that must write a row to win.
template <class OnLoss>
maybe_stop must_win(const outcome& ran, OnLoss on_loss) {
  if (!ran) return refused(ran.error());
  if (*ran == 0) return on_loss();
  return std::nullopt;
}

/// Takes the next number or moves the sequence past an explicit one.
tl::expected<std::int64_t, error> take_number(database& db, std::int64_t wanted,
                                              bool keeps_sequence) {
  if (wanted != 0 && keeps_sequence) return wanted;
  if (wanted != 0) {
    const auto moved = db.run(sql::move_number, {wanted});
    return moved ? tl::expected<std::int64_t, error>(wanted) : tl::unexpected<error>(moved.error());
  }
  std::int64_t number = 0;
  const auto taken = db.run(sql::next_number, {}, [&number](const sql::row_source& row) {
    number = sql::number_at(row, 0);
  });
  return taken ? tl::expected<std::int64_t, error>(number) : tl::unexpected<error>(taken.error());
}

maybe_stop add_name(database& db, std::string_view key, std::string_view user, const char* kind,
                    const char* field) {
  return must_win(db.run(sql::add_login_name, {key, user, std::string_view(kind)}),
                  [field] { return lost(error_code::user_exists, field, "is taken"); });
}

maybe_stop why_user_lost(database& db, const create_user& f, std::string_view id,
                         std::int64_t number) {
  // The email's own column is unique too, so a taken name shows itself here first.
  for (const auto& [key, field] : {std::pair(std::string_view(f.username_key), "username"),
                                   std::pair(std::string_view(f.email_key), "email")}) {
    const auto taken = db.run(sql::names_taken, {key});
    if (!taken) return refused(taken.error());
    if (*taken > 0) return lost(error_code::user_exists, field, "is taken");
  }
  if (const auto taken = db.run(sql::numbers_taken, {number}); taken && *taken > 0)
    return lost(error_code::user_exists, "number", "is taken");
  if (const auto taken = db.run(sql::ids_taken, {id}); taken && *taken > 0)
    return lost(error_code::user_exists, "id", "is taken");
  return lost(error_code::user_exists, "email", "is taken");
}

maybe_stop write(database& db, const create_user& f, written& note) {
  const auto& u = f.user;
  if (!is_built_in_role(u.role)) {
    const auto held = db.run(sql::hold_role, {std::string_view(u.role)});
    if (!held) return refused(held.error());
    if (*held == 0) return lost(error_code::validation_error, "role", "is not a role");
  }
  const auto number = take_number(db, u.number, f.keeps_sequence);
  if (!number) return refused(number.error());
  const auto id = to_string(u.id);
  const auto created = to_rfc3339(u.created_at);
  const auto updated = to_rfc3339(u.updated_at);
  const auto last_login = time_text(u.last_login_at);
  const std::string_view id_text = id;
  const auto added = db.run(
      sql::add_user, {id_text, *number, std::string_view(u.username), std::string_view(u.email),
                      u.password_hash.reveal(), std::string_view(u.role),
                      u.client_id.empty() ? id_text : std::string_view(u.client_id),
                      std::string_view(u.subscription_tier), std::int64_t{u.is_active},
                      std::int64_t{u.email_verified}, u.version, std::string_view(created),
                      std::string_view(updated), text_or_null(last_login)});
  if (auto why = must_win(added, [&] { return *why_user_lost(db, f, id, *number); })) return why;
  const bool one_name = f.username_key == f.email_key;
  if (auto why = add_name(db, f.username_key, id, one_name ? "both" : "username", "username"))
    return why;
  for (const auto& looks : skeletons_of(f.username_key))
    if (auto why = must_win(
            db.run(sql::add_login_name,
                   {std::string_view(looks), std::string_view(id), std::string_view("skeleton")}),
            [] { return lost(error_code::user_exists, "username", "looks like another's"); }))
      return why;
  if (auto why = one_name ? std::nullopt : add_name(db, f.email_key, id, "email", "email"))
    return why;
  const auto profile =
      db.run(sql::add_profile,
             {id_text, std::string_view(u.first_name), std::string_view(u.last_name),
              std::string_view(u.full_name), std::string_view(created), std::string_view(updated)});
  if (!profile) return refused(profile.error());
  note.user_number = *number;
  return std::nullopt;
}

maybe_stop write(database& db, const set_password_hash& f, written&) {
  const auto id = to_string(f.user);
  const auto at = to_rfc3339(f.at);
  const auto ran = db.run(sql::set_password, {std::string_view(id), f.based_on,
                                              f.password_hash.reveal(), std::string_view(at)});
  return must_win(ran, [&]() -> stop {
    const auto present = db.run(sql::users_present, {std::string_view(id)});
    if (!present) return refused(present.error());
    return *present == 0 ? lost(error_code::user_not_found)
                         : lost(error_code::conflict, "version", "the user was changed meanwhile");
  });
}

maybe_stop write(database& db, const create_session& f, written&) {
  const auto& s = f.session;
  const auto id = to_string(s.id);
  const auto user = to_string(s.user);
  const auto created = to_rfc3339(s.created_at);
  const auto rotated = to_rfc3339(s.rotated_at);
  const auto expires = to_rfc3339(s.expires_at);
  const auto ended = time_text(s.ended_at);
  const auto ran =
      db.run(sql::add_session,
             {std::string_view(id), std::string_view(user), static_cast<std::int64_t>(s.counter),
              blob{s.salt}, sql::name_of(s.opened_by), std::string_view(s.user_agent),
              std::string_view(s.address), std::string_view(created), std::string_view(rotated),
              std::string_view(expires), text_or_null(ended)});
  return must_win(ran, [&]() -> stop {
    bool active = false;
    const auto present = db.run(sql::users_present, {std::string_view(user)},
                                [&](const sql::row_source& row) { active = sql::flag_at(row, 1); });
    if (!present) return refused(present.error());
    return active ? lost(error_code::conflict, "session", "the id is taken")
                  : lost(error_code::user_not_found);
  });
}

maybe_stop write(database& db, const rotate_session& f, written&) {
  const auto id = to_string(f.session);
  const auto at = to_rfc3339(f.at);
  const auto ran =
      db.run(sql::rotate_session,
             {std::string_view(id), static_cast<std::int64_t>(f.from), std::string_view(at)});
  return must_win(ran, [] { return lost(error_code::token_invalid); });
}

maybe_stop write(database& db, const end_session& f, written& note) {
  const auto id = to_string(f.session);
  const auto at = to_rfc3339(f.at);
  // An expired one is marked too, and counts nothing.
  const auto ran = db.run(
      sql::end_session, {std::string_view(id), std::string_view(at), std::string_view(f.reason)},
      [&note](const sql::row_source& row) { note.sessions_ended += sql::flag_at(row, 1); });
  return ran ? std::nullopt : maybe_stop(refused(ran.error()));
}

maybe_stop write(database& db, const end_sessions_of& f, written& note) {
  const auto id = to_string(f.user);
  const auto keep = f.keep ? to_string(*f.keep) : std::string();
  const auto at = to_rfc3339(f.at);
  const auto ran = db.run(sql::end_sessions_of,
                          {std::string_view(id), std::string_view(keep), std::string_view(at),
                           std::string_view(f.reason)},
                          [&note](const sql::row_source&) { ++note.sessions_ended; });
  return ran ? std::nullopt : maybe_stop(refused(ran.error()));
}

maybe_stop write(database& db, const add_audit& f, written&) {
  const auto& e = f.entry;
  const auto id = to_string(e.id);
  const auto at = to_rfc3339(e.at);
  const auto user = e.user ? std::optional(to_string(*e.user)) : std::nullopt;
  const auto session = e.session ? std::optional(to_string(*e.session)) : std::nullopt;
  const auto ran =
      db.run(sql::add_audit,
             {std::string_view(id), std::string_view(at), std::string_view(e.action),
              text_or_null(user), text_or_null(session), std::string_view(e.address),
              std::string_view(e.request_id), std::string_view(e.reason), std::string_view(e.by)});
  return ran ? std::nullopt : maybe_stop(refused(ran.error()));
}

maybe_stop write(database& db, const touch_login& f, written&) {
  const auto id = to_string(f.user);
  const auto at = to_rfc3339(f.at);
  const auto ran = db.run(sql::touch_login, {std::string_view(id), std::string_view(at)});
  return ran ? std::nullopt : maybe_stop(refused(ran.error()));
}

/// Any other fact, by what both engines share. What SQLite refused counts before what was
/// taken for a loss because nothing came out.
maybe_stop write_cold(database& db, const fact& what, written& note) {
  sqlite_runner on(db);
  auto why = sql::write_cold(on, what, note);
  if (on.refusal()) return refused(*on.refusal());
  return why ? maybe_stop(stop{std::move(*why), false}) : std::nullopt;
}

} // namespace

std::optional<stop> apply_fact(database& db, const fact& what, written& note) {
  return std::visit(
      [&](const auto& f) -> maybe_stop {
        if constexpr (sql::is_hot<std::decay_t<decltype(f)>>)
          return write(db, f, note);
        else
          return write_cold(db, what, note);
      },
      what);
}

} // namespace latchkey::storage::sqlite
