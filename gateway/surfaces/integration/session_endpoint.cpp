// "Service Integration API Documentation", Sync User Session; "Flask Service Integration
// Documentation", Session Synchronization.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/integration/answers.hpp"
#include "gateway/surfaces/integration/plain_token.hpp"
#include "gateway/surfaces/integration/session_name.hpp"
#include "gateway/surfaces/integration/user_ids.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::gateway::integration {
namespace {

constexpr std::string_view session_failed = "Failed to sync session";
constexpr std::size_t session_name_bytes_max = 255;
constexpr std::size_t session_data_bytes_max = 8192;

/// The body, as read.
struct session_report {
  std::string user;
  std::optional<secret> token;
  std::optional<std::string> session;
  std::string device; // empty: none was given
  std::optional<time_point> expires_at;
  std::optional<bool> is_active;
};

/// The object in the field of that name, read as strictly as the body itself.
result<void> read_data(const std::string& object, session_report& report) {
  http::request inner;
  inner.content_type = http::json_type;
  inner.body = object;
  auto data = input::of(inner);
  report.session = data.optional_text("session_id", session_name_bytes_max);
  const auto device = data.object_text("device_info", session_data_bytes_max);
  report.expires_at = data.optional_time("expires_at");
  report.is_active = data.optional_flag("is_active");
  auto good = data.done();
  if (good && report.session && report.session->empty())
    good = fail(error_code::validation_error, "session_id", "must not be empty");
  if (!good) {
    auto error = std::move(good.error());
    error.field.insert(0, "session_data.");
    return fail(std::move(error));
  }
  if (device) report.device = device_words(*device);
  return {};
}

result<session_report> read_session(const http::exchange& ex) {
  session_report report;
  auto body = input::of(ex.in);
  report.user = body.id_text("user_id");
  report.token = body.optional_hidden("token", token_bytes_max);
  body.optional_time("timestamp");
  const auto data = body.object_text("session_data", session_data_bytes_max);
  if (auto good = body.done(); !good) return fail(good.error());
  if (!data) return fail(error_code::validation_error, "session_data", "is required");
  if (auto good = read_data(*data, report); !good) return fail(good.error());
  return report;
}

/// Which session of which user.
struct subject {
  user_id user;
  session_id session;
};

failure wrong_token(std::string reason) {
  return failure{error_code::token_invalid, "token", std::move(reason), 0};
}

/// `ends`: the session is to end; its own token may have died with it in an earlier try.
awaitable<result<subject>> find_subject(http::exchange& ex, const session_report& report,
                                        bool ends) {
  auto& edge = edge_of(ex);
  const auto user = co_await find_user(ex, "user_id", report.user);
  if (!user) co_return fail(user.error());
  subject found{*user, {}};
  if (report.session) found.session = session_named(*user, *report.session);
  if (!report.token) co_return found; // of the service's own, when it names none
  const auto known = edge.tokens().verify(report.token->reveal());
  if (!known) co_return fail(wrong_token("is invalid or expired"));
  if (known->user != *user) co_return fail(wrong_token("is another user's"));
  if (!report.session) found.session = known->session;
  if (ends && found.session == known->session) co_return found;
  const messages::validate question{known->counter};
  const auto validation = co_await edge.ask_session(known->session, question, ex.deadline);
  if (!validation && validation.error().code == error_code::token_invalid)
    co_return fail(wrong_token("belongs to a session that has ended"));
  if (!validation && validation.error().code == error_code::token_expired)
    co_return fail(wrong_token("is invalid or expired"));
  if (!validation) co_return fail(validation.error());
  if (validation->user != *user) co_return fail(wrong_token("is another user's"));
  co_return found;
}

/// USER001 when there is nobody of that id: a session of nobody's would count as ended.
awaitable<result<void>> check_user(http::exchange& ex, user_id id) {
  const messages::describe_user question;
  const auto user = co_await edge_of(ex).ask_user(id, question, ex.deadline);
  if (!user && user.error().code == error_code::user_not_found)
    co_return fail(error_code::user_not_found, "user_id", "names no user");
  if (!user) co_return fail(user.error());
  co_return result<void>{};
}

/// When the session ends. Without a given time it stays as it is, or is that of a session opened
/// now; a session that was opened here lives no longer than its kind, whatever is given.
awaitable<result<time_point>> end_of(http::exchange& ex, const subject& whose, time_point now,
                                     std::optional<time_point> wanted) {
  auto& edge = edge_of(ex);
  const auto& reader = edge.env().reader_for(whose.session);
  const messages::read_session question{whose.session, edge.deadline_for_actors(ex.deadline)};
  const auto stored = co_await edge.ask(reader, question, ex.deadline);
  const auto ttl = edge.env().policy.session_ttl;
  if (!stored && stored.error().code == error_code::token_invalid)
    co_return wanted.value_or(now + ttl);
  if (!stored) co_return fail(stored.error());
  auto end = wanted.value_or(stored->expires_at);
  if (wanted && stored->opened_by != surface::integration)
    end = std::min(end, stored->created_at + ttl);
  if (end <= now) co_return fail(error_code::token_invalid);
  co_return end;
}

/// Makes durable what the service tells of that session.
awaitable<result<void>> write_session(http::exchange& ex, const service_principal& caller,
                                      const session_report& report, const subject& whose,
                                      bool ends) {
  auto& edge = edge_of(ex);
  const auto now = edge.env().now();
  messages::sync_session request;
  request.is_active = !ends;
  request.client = client_of(ex);
  request.by = name_in_audit(caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto& session = request.session;
  session.id = whose.session;
  session.user = whose.user;
  session.opened_by = surface::integration;
  session.user_agent = report.device;
  session.created_at = session.expires_at = now;
  if (!report.session && !report.token) {
    session.held_by = caller.service->id;
    session.address = request.by;
  }
  if (!ends) {
    const auto end = co_await end_of(ex, whose, now, report.expires_at);
    if (!end) co_return fail(end.error());
    session.expires_at = *end;
  }
  const auto& directory = edge.env().directory_for(whose.session);
  const auto done = co_await edge.ask(directory, std::move(request), ex.deadline);
  if (!done) co_return fail(done.error());
  co_return result<void>{};
}

/// A service that names no session, by id or by token ("Flask Service Integration
/// Documentation", Session Synchronization), means the one that it holds for the user: the newest
/// live one that it reported in this way before, or a new one; all of them when they are to end.
awaitable<result<void>> write_held_sessions(http::exchange& ex, const service_principal& caller,
                                            const session_report& report, user_id user, bool ends) {
  auto& edge = edge_of(ex);
  storage::list_sessions question;
  question.user = user;
  question.now = edge.env().now();
  question.held_by = caller.service->id;
  if (!ends) {
    question.limit = 1;
    question.used_after = edge.env().policy.idle_since(question.now);
  }
  for (bool is_last = false; !is_last;) {
    auto held = co_await edge.read(question, ex.deadline);
    if (!held) co_return fail(held.error());
    is_last = !ends || held->size() < question.limit;
    if (held->empty() && !ends) held->emplace_back().id = session_id{make_uuid(question.now)};
    for (const auto& session_held : *held) {
      const subject whose{user, session_held.id};
      auto outcome = co_await write_session(ex, caller, report, whose, ends);
      if (!outcome) co_return outcome;
    }
  }
  co_return result<void>{};
}

awaitable<result<void>> sync(http::exchange& ex, const service_principal& caller) {
  const auto report = read_session(ex);
  if (!report) co_return fail(report.error());
  const auto now = edge_of(ex).env().now();
  const bool ends = (report->is_active && !*report->is_active) ||
                    (report->expires_at && *report->expires_at <= now);
  const auto whose = co_await find_subject(ex, *report, ends);
  if (!whose) co_return fail(whose.error());
  if (ends) {
    const auto known = co_await check_user(ex, whose->user);
    if (!known) co_return known;
  }
  if (!report->session && !report->token)
    co_return co_await write_held_sessions(ex, caller, *report, whose->user, ends);
  co_return co_await write_session(ex, caller, *report, *whose, ends);
}

/// The store's failure with the fields of this request.
failure in_words_of_request(failure error) {
  if (!error.field.empty()) return error;
  if (error.code == error_code::user_not_found) {
    error.field = "user_id";
    error.reason = "names no active user";
  } else if (error.code == error_code::token_invalid) {
    error.field = "session_data.session_id";
    error.reason = "names a session that has ended or is another user's";
  }
  return error;
}

} // namespace

awaitable<result<http::response>> sync_session(http::exchange& ex,
                                               const service_principal& caller) {
  const auto done = co_await sync(ex, caller);
  if (!done) co_return refused(in_words_of_request(done.error()), session_failed);
  co_return success();
}

} // namespace latchkey::gateway::integration
