// service_key.cpp — `service-key create`, `list` and `revoke`: they work directly on the store,
// which running servers read every second.
#include "actors/audit/audit_entry.hpp"
#include "actors/registry/registry.hpp"
#include "config/settings/nearest_word.hpp"
#include "config/settings/setting_values.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/commands/service_list.hpp"
#include "protocol/permission.hpp"
#include "protocol/service_id.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <memory>

namespace latchkey::gateway::commands {
namespace {

constexpr std::size_t key_random_bytes = 32;
constexpr std::size_t prefix_chars = 11; // "sk_" and 8 of 43 random characters

struct create_options {
  std::string service;
  std::vector<std::string> scopes;
  std::string rate;
};

result<void> commit(storage::store& store, storage::unit unit) {
  const std::array<storage::unit, 1> batch{std::move(unit)};
  auto outcome = store.open_writer()->commit(batch);
  if (!outcome.front()) return fail(outcome.front().error());
  return {};
}

audit_record entry_of(std::string action, time_point at, std::string reason) {
  auto entry = audit_entry(std::move(action), std::move(reason), at);
  entry.by = "cli";
  return entry;
}

int complain_of(failure error) {
  error.reason = sentence_of(error);
  return complain(error);
}

result<void> check(const create_options& options) {
  const auto refuse = [](const char* field, std::string reason) {
    return fail(error_code::validation_error, field, std::move(reason));
  };
  if (!is_service_id(options.service)) return refuse("ID", std::string{service_id_rule});
  for (const auto& scope : options.scopes)
    if (!is_permission(scope))
      return refuse("--scope", "\"" + setting_values::shown(scope) +
                                   "\" is not a scope; a scope looks like users:read");
  if (options.scopes.size() > permissions_max)
    return refuse("--scope", "at most " + std::to_string(permissions_max) + " scopes are allowed");
  if (!options.rate.empty() && !setting_values::rate(options.rate))
    return refuse("--rate", "must be a rate such as 100/minute or 10/15minutes");
  return {};
}

/// Any word can be a scope; a scope that is nearly a built-in one is likely misspelt.
void warn_of_misspelt(const std::vector<std::string>& scopes) {
  std::vector<std::string_view> built_in;
  for (const auto& known : known_permissions())
    built_in.push_back(known.permission);
  for (const auto& scope : default_service_scopes().words())
    built_in.push_back(scope);
  for (const auto& scope : scopes) {
    if (scope == "*" || std::ranges::find(built_in, scope) != built_in.end()) continue;
    if (const auto nearest = nearest_word(scope, built_in); !nearest.empty())
      std::cerr << "latchkey: warning: \"" << scope << "\" is kept as a word of your own and opens "
                << "nothing here; did you mean " << nearest << "?\n";
  }
}

/// The service to store; nothing when the options change nothing.
std::optional<service_record> wanted_service(const create_options& options,
                                             const storage::list_services::answer& known,
                                             time_point now) {
  const auto found = std::ranges::find(known.services, options.service, &service_record::id);
  const bool is_new = found == known.services.end();
  if (!is_new && options.scopes.empty() && options.rate.empty()) return std::nullopt;
  service_record service = is_new ? service_record{} : *found;
  if (is_new) {
    service.id = options.service;
    service.created_at = now;
  }
  service.updated_at = now;
  if (!options.scopes.empty()) service.scopes = permission_set{options.scopes}.words();
  if (const auto rate = setting_values::rate(options.rate)) {
    service.rate_count = rate->count;
    service.rate_window_s = rate->window_s;
  }
  return service;
}

int create(const chosen_command& chosen, const create_options& options) {
  if (auto good = check(options); !good) {
    complain_of(good.error());
    return exit_usage;
  }
  warn_of_misspelt(options.scopes);
  const opened_store opened{chosen, std::cerr, schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  auto known = opened.store->open_reader()->answer_to(storage::list_services{});
  if (!known) return complain_of(known.error());

  const auto now = system_clock_source().now();
  storage::unit unit;
  if (auto service = wanted_service(options, *known, now)) {
    unit.facts.emplace_back(storage::add_audit{entry_of("service.stored", now, service->id)});
    unit.facts.emplace_back(storage::put_service{std::move(*service)});
  }
  const secret key{"sk_" + base64url_encode(random_bytes(key_random_bytes))};
  service_key_record record;
  record.id = make_uuid(now);
  record.service = options.service;
  record.prefix = key.reveal().substr(0, prefix_chars);
  record.key_hash = hash_of_key(key.reveal());
  record.created_at = now;
  unit.facts.emplace_back(storage::add_service_key{record});
  unit.facts.emplace_back(storage::add_audit{
      entry_of("service_key.created", now, record.service + " " + to_string(record.id))});
  if (auto done = commit(*opened.store, std::move(unit)); !done) return complain_of(done.error());

  std::cerr << "created key " << to_string(record.id) << " of " << record.service
            << "; running servers accept it within 2 seconds\n"
            << "the key, shown only this once:\n";
  std::cout << key.reveal() << std::endl;
  return std::cout.good() ? 0 : exit_failure;
}

// -- list and revoke -------------------------------------------------------------------------

int list(const chosen_command& chosen, bool as_json) {
  const opened_store opened{chosen, std::cerr, schema::as_it_is};
  if (opened.exit_code != 0) return opened.exit_code;
  const auto known = opened.store->open_reader()->answer_to(storage::list_services{});
  if (!known) return complain_of(known.error());
  if (as_json)
    print_services_as_json(std::cout, *known);
  else
    print_services(std::cout, *known);
  return std::cout.flush().good() ? 0 : exit_failure;
}

int revoke(const chosen_command& chosen, const std::string& id_or_prefix) {
  const opened_store opened{chosen, std::cout, schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  const auto known = opened.store->open_reader()->answer_to(storage::list_services{});
  if (!known) return complain_of(known.error());
  const auto id = parse_uuid(id_or_prefix);
  std::vector<const service_key_record*> found;
  for (const auto& key : known->keys)
    if (!key.revoked_at && (id ? key.id == *id : key.prefix == id_or_prefix)) found.push_back(&key);
  if (found.empty())
    return complain({error_code::not_found,
                     {},
                     "no live key has the id or prefix " + setting_values::shown(id_or_prefix)});
  if (found.size() > 1)
    return complain({error_code::conflict,
                     {},
                     std::to_string(found.size()) + " live keys have that prefix; name one by its "
                                                    "id (latchkey service-key list)"});
  const auto& key = *found.front();
  const auto now = system_clock_source().now();
  auto done = commit(*opened.store,
                     {{storage::revoke_service_key{key.id, now},
                       storage::add_audit{entry_of("service_key.revoked", now,
                                                   key.service + " " + to_string(key.id))}}});
  if (!done) return complain_of(done.error());
  std::cout << "revoked key " << to_string(key.id) << " of " << key.service
            << "; running servers refuse it within 2 seconds\n";
  return 0;
}

} // namespace

void add_service_key(CLI::App& app, chosen_command& chosen) {
  auto* all =
      app.add_subcommand("service-key", "Keys of the services that integrate with this one");
  all->require_subcommand(1);

  auto* creating = all->add_subcommand(
      "create", "Add a key, and its service when it is new; the key is printed once, to stdout");
  auto options = std::make_shared<create_options>();
  creating->add_option("ID", options->service, "The service")->required();
  creating->add_option("--scope", options->scopes,
                       "A scope of the service: tokens:validate, sessions:sync, sessions:revoke, "
                       "users:sync, workflows:report (which /api/auth/* and the workflow callback "
                       "require), users:write, or a scope of your own such as read:inventory; "
                       "repeatable. Without this option a new service gets the first five, and an "
                       "existing one keeps its scopes");
  creating->add_option("--rate", options->rate,
                       "Its rate limit, such as 100/minute; 0 means RATE_LIMIT_SERVICE. Without "
                       "this option an existing service keeps its limit");
  choose(*creating, chosen, [&chosen, options] { return create(chosen, *options); });

  auto* listing = all->add_subcommand("list", "Print services and keys, including revoked keys");
  auto as_json = std::make_shared<bool>(false);
  listing->add_flag("--json", *as_json, "Print JSON");
  choose(*listing, chosen, [&chosen, as_json] { return list(chosen, *as_json); });

  auto* revoking =
      all->add_subcommand("revoke", "Revoke a key; running servers notice within 2 seconds");
  auto id_or_prefix = std::make_shared<std::string>();
  revoking->add_option("KEY", *id_or_prefix, "Its id or prefix, as `service-key list` shows them")
      ->required();
  choose(*revoking, chosen, [&chosen, id_or_prefix] { return revoke(chosen, *id_or_prefix); });
}

} // namespace latchkey::gateway::commands
