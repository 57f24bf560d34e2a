// audit.cpp — `audit`: reads the audit log directly from the store, so it works while servers run.
#include "config/log.hpp"
#include "config/settings/setting_values.hpp"
#include "gateway/commands/command.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>

namespace latchkey::gateway::commands {
namespace {

constexpr std::uint32_t since_s_max = 4000 * 86400;
constexpr std::size_t lines_default = 100;
constexpr std::size_t lines_max = 1'000'000;

struct audit_options {
  std::string user;
  std::string action;
  std::string since;
  std::size_t limit = lines_default;
  bool as_json = false;
};

failure wrong(const char* option, std::string reason) {
  return {error_code::validation_error, option, std::move(reason)};
}

/// "2026-01-02T03:04:05Z", or how long ago: "90m", "24h", "7d".
std::optional<time_point> since_of(const std::string& text, time_point now) {
  if (const auto at = parse_time(text)) return at;
  const auto ago = setting_values::seconds(text, 0, since_s_max);
  return ago ? std::optional{now - std::chrono::seconds{*ago}} : std::nullopt;
}

/// By id, number, username or email. A deleted user is found by the id only.
result<user_id> user_named(storage::reader& reader, const std::string& name) {
  if (const auto id = parse_uuid(name)) return user_id{*id};
  std::int64_t number = 0;
  const auto* end = name.data() + name.size();
  const auto read = std::from_chars(name.data(), end, number);
  if (read.ec == std::errc{} && read.ptr == end) {
    const auto found = reader.answer_to(storage::find_user_by_number{number});
    if (!found) return fail(found.error());
    if (*found) return (*found)->id;
  }
  if (const auto key = fold_login_name(name)) {
    const auto found = reader.find_login(*key);
    if (!found) return fail(found.error());
    if (*found) return **found;
  }
  return fail(wrong("--user", "no user has the id, number or name " + setting_values::shown(name) +
                                  "; a deleted user is found by the id only"));
}

/// The newest `limit` lines of the query, oldest first.
result<std::vector<audit_record>> lines_of(storage::reader& reader, storage::list_audit query,
                                           std::size_t limit) {
  std::vector<audit_record> all;
  while (all.size() < limit) {
    query.limit = std::min(limit - all.size(), storage::page_rows_max);
    auto page = reader.answer_to(query);
    if (!page) return fail(page.error());
    const bool is_last = page->size() < query.limit;
    if (!page->empty()) query.before = page->back();
    std::ranges::move(*page, std::back_inserter(all));
    if (is_last) break;
  }
  std::ranges::reverse(all);
  return all;
}

void print_line(std::ostream& out, const audit_record& entry) {
  const auto part = [&out](std::string_view name, const std::string& value) {
    if (!value.empty()) out << ' ' << name << '=' << escaped_for_log(value);
  };
  out << to_rfc3339(entry.at) << ' ' << escaped_for_log(entry.action);
  if (entry.user) part("user", to_string(*entry.user));
  part("by", entry.by);
  part("address", entry.address);
  part("request", entry.request_id);
  if (entry.session) part("session", to_string(*entry.session));
  part("reason", entry.reason);
  out << '\n';
}

void print_json(std::ostream& out, const audit_record& entry) {
  std::string line;
  json_writer(line)
      .begin_object()
      .text("id", to_string(entry.id))
      .text("at", to_rfc3339(entry.at))
      .text("action", entry.action)
      .text_or_null("user_id", entry.user ? to_string(*entry.user) : std::string{})
      .text_or_null("session_id", entry.session ? to_string(*entry.session) : std::string{})
      .text_or_null("by", entry.by)
      .text_or_null("address", entry.address)
      .text_or_null("request_id", entry.request_id)
      .text_or_null("reason", entry.reason)
      .end_object();
  out << line << '\n';
}

int complain_of_audit(failure error) {
  error.reason = sentence_of(error);
  return complain(error);
}

int print_audit(const chosen_command& chosen, const audit_options& options) {
  storage::list_audit query;
  query.action = options.action;
  if (!options.since.empty()) {
    const auto since = since_of(options.since, system_clock_source().now());
    if (!since) {
      complain_of_audit(wrong("--since",
                              "must be a time such as 2026-01-02T03:04:05Z, or how long ago, "
                              "such as 90m, 24h or 7d"));
      return exit_usage;
    }
    query.since = *since;
  }
  const opened_store opened{chosen, std::cerr, schema::as_it_is};
  if (opened.exit_code != 0) return opened.exit_code;
  const auto reader = opened.store->open_reader();
  if (!options.user.empty()) {
    const auto user = user_named(*reader, options.user);
    if (!user) return complain_of_audit(user.error());
    query.user = *user;
  }
  const auto lines = lines_of(*reader, std::move(query), options.limit);
  if (!lines) return complain_of_audit(lines.error());
  for (const auto& entry : *lines)
    options.as_json ? print_json(std::cout, entry) : print_line(std::cout, entry);
  return 0;
}

} // namespace

void add_audit(CLI::App& app, chosen_command& chosen) {
  auto* command = app.add_subcommand(
      "audit", "Print the newest lines of the audit log, newest last; works while servers run");
  auto options = std::make_shared<audit_options>();
  command->add_option("--user", options->user,
                      "Lines about this user: an id, a number, a username or an email");
  command->add_option("--action", options->action,
                      "Lines of this action, such as user.sign_in_refused");
  command->add_option("--since", options->since,
                      "Lines since this time (2026-01-02T03:04:05Z) or from the last 90m, 24h, 7d");
  command->add_option("--limit", options->limit, "The largest number of lines")
      ->check(CLI::Range(std::size_t{1}, lines_max))
      ->capture_default_str();
  command->add_flag("--json", options->as_json, "Print each line as a JSON object");
  choose(*command, chosen, [&chosen, options] { return print_audit(chosen, *options); });
}

} // namespace latchkey::gateway::commands
