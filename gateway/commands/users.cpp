// users.cpp — `users import` and `users export`.
#include "actors/audit/audit_entry.hpp"
#include "config/free_name.hpp"
#include "config/log.hpp"
#include "config/open_file.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/commands/sealing_key.hpp"
#include "gateway/commands/user_transfer.hpp"
#include "gateway/passkeys/site.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::gateway::commands {
namespace {

constexpr mode_t export_mode = 0600; // names, addresses, perhaps hashes

int complain_about(const std::string& file) {
  return complain({error_code::internal_error, {}, file + ": " + std::strerror(errno)});
}

// -- import -----------------------------------------------------------------------------------

struct import_command {
  std::string file;
  bool is_dry_run = false;
  std::string on_conflict = "fail";
};

/// What the operator should know of users who came with second factors.
void warn_of_factors(const import_outcome& done, const settings& configured) {
  if (done.with_passkeys > 0 && !passkey_site_of(configured, "http://localhost"))
    std::cerr << "latchkey: warning: " << done.with_passkeys
              << " users have passkeys, and this server has no domain for them: set ISSUER to a "
                 "URL with the domain that they were made for\n";
  if (done.without_codes > 0)
    std::cerr << done.without_codes
              << " users have second factors and no recovery codes: whoever loses the factors "
                 "needs an administrator (DELETE /admin/users/{id}/mfa)\n";
}

int run_import(const chosen_command& chosen, const import_command& asked) {
  const opened_store opened{chosen, std::cerr,
                            asked.is_dry_run ? schema::as_it_is : schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  const open_file in{asked.file == "-" ? STDIN_FILENO
                                       : open(asked.file.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat about {};
  if (in.number() < 0 || fstat(in.number(), &about) != 0) return complain_about(asked.file);
  if (S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    return complain_about(asked.file);
  }
  const auto bytes = S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0;
  const import_options options{asked.is_dry_run, asked.on_conflict == "skip", [&] {
                                 return asked.is_dry_run
                                            ? key_to_try(*opened.store, opened.configured)
                                            : key_to_seal(*opened.store, opened.configured);
                               }};
  result<import_outcome> done;
  {
    progress shown{"users", bytes};
    done = import_users(*opened.store, in.number(), options, shown);
  }
  if (!done) return complain(done.error());
  warn_of_factors(*done, opened.configured);
  std::cout << done->imported
            << (options.is_dry_run ? " users would be imported, " : " users imported, ")
            << done->present
            << (options.skips_present ? " existed already (skipped), " : " existed already, ")
            << done->refused << " refused" << std::endl;
  const bool is_good = done->refused == 0 && (done->present == 0 || options.skips_present);
  return is_good ? 0 : exit_failure;
}

// -- export -----------------------------------------------------------------------------------

struct export_command {
  std::string file;
  bool with_hashes = false;
  bool with_factors = false;
};

/// The file, or standard output. The file gets its name when it is complete; nothing may have that
/// name before.
class export_file {
public:
  explicit export_file(const std::string& name) : name_(name) {}
  ~export_file() {
    if (!is_whole_) unlink(unfinished().c_str());
  }
  export_file(const export_file&) = delete;
  export_file& operator=(const export_file&) = delete;

  /// The descriptor; negative, with errno, on an error. An existing file is not written to: other
  /// programs may have it open, and other users may be able to read it.
  int open_anew() {
    if (name_ == "-") {
      is_whole_ = true;
      return STDOUT_FILENO;
    }
    if (is_name_taken(name_)) {
      errno = EEXIST;
      is_whole_ = true;
      return -1;
    }
    unlink(unfinished().c_str());
    const int number = open(unfinished().c_str(),
                            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, export_mode);
    if (number < 0) is_whole_ = true; // it is not ours
    return number;
  }
  /// False, with errno, when that failed.
  bool finish(int number) {
    if (is_whole_) return true;
    is_whole_ = fsync(number) == 0 && rename_to_free_name(unfinished(), name_);
    return is_whole_;
  }
  std::string unfinished() const { return unfinished_name_of(name_); }

private:
  std::string name_;
  bool is_whole_ = false; // no unfinished file must be removed
};

/// Adds a line to the audit log: an export reads every user's data.
result<void> note_export(storage::store& store, std::string action, std::string reason) {
  auto entry = audit_entry(std::move(action), std::move(reason), system_clock_source().now());
  entry.by = "cli";
  const std::array<storage::unit, 1> batch{storage::unit{{storage::add_audit{std::move(entry)}}}};
  auto outcome = store.open_writer()->commit(batch);
  if (!outcome.front()) return fail(outcome.front().error());
  return {};
}

/// For the audit log.
std::string described(const export_command& asked) {
  std::string out = " users";
  if (asked.with_hashes) out += ", with password hashes";
  if (asked.with_factors) out += ", with second factors";
  return out;
}

int run_export(const chosen_command& chosen, const export_command& asked) {
  // A closed pipe and the file size limit are errors like any other.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  const opened_store opened{chosen, std::cerr, schema::as_it_is};
  if (opened.exit_code != 0) return opened.exit_code;
  export_file file{asked.file};
  const open_file out{file.open_anew()};
  if (out.number() < 0 && errno == EEXIST)
    return complain(
        {error_code::conflict,
         {},
         asked.file + " exists already, and an export never overwrites a file: name another"});
  if (out.number() < 0) return complain_about(file.unfinished());
  const auto users = opened.store->open_reader()->count_users();
  if (!users) return complain(users.error());
  export_options options{asked.with_hashes, std::nullopt};
  if (asked.with_factors) {
    auto key = key_to_open(opened.configured);
    if (!key) return complain(key.error());
    options.sealing_key = std::move(*key);
  }
  const auto unit = described(asked);
  // Before the first line: an export that ends early has written users, too.
  auto noted = note_export(*opened.store, "users.export_started", std::to_string(*users) + unit);
  if (!noted) return complain(noted.error());
  result<std::uint64_t> done;
  {
    progress shown{"users", static_cast<std::uint64_t>(*users)};
    done = export_users(*opened.store, out.number(), options, shown);
  }
  if (!done) return complain(done.error());
  if (!file.finish(out.number())) return complain_about(asked.file);
  noted = note_export(*opened.store, "users.exported", std::to_string(*done) + unit);
  if (!noted) return complain(noted.error());
  std::cerr << *done << " users exported"
            << (asked.with_hashes ? "" : " without password hashes (--with-password-hashes)")
            << "\nnot exported: " << (asked.with_factors ? "" : "second factors (--with-factors), ")
            << "the permissions of roles, services and their keys, API keys, "
               "subscriptions and quotas, projects, sessions, workflows, reset tokens and the "
               "audit log"
            << std::endl;
  return 0;
}

} // namespace

// As user_line.hpp has them; a test compares.
constexpr const char* import_fields = R"(
Fields of a line (null and absent are the same):
  username, email            required; unique, whatever the case of the letters
  id                         a UUID; absent: a new one
  number                     1 to 4503599627370496; absent: the next free one. Our own numbering
                             goes on behind those below 2147483648 and passes over larger ones
  password_hash              Argon2id and Argon2i ($argon2id$…, Django's argon2$argon2id$…),
                             bcrypt ($2a$ $2b$ $2y$, Django's bcrypt$ and bcrypt_sha256$),
                             PBKDF2 with SHA-1, SHA-256 or SHA-512 and scrypt (passlib, Django,
                             Werkzeug). It is replaced by today's Argon2id at the next login.
                             Absent: no password until a reset by mail. Leave it out where another
                             system has an unusable one ("!…", "*").
  first_name, last_name, full_name
  role                       an existing role; absent: user
  client_id                  users with one client_id share projects; absent: no others
  is_active                  absent: true
  email_verified             absent: false
  created_at, updated_at, last_login_at
                             RFC 3339, such as 2026-01-02T03:04:05Z
  recovery_passphrase_hash   as password_hash
  company, phone, avatar_url
  preferences                a JSON object
Second factors, which each sign-in asks for then:
  totp                       authenticator apps: a list of {name, secret, created_at,
                             last_used_at, last_step}, the secret in base32; algorithm (SHA1), digits (6) and period (30) may be said
  passkeys                   a list of {name, credential_id, public_key, sign_count, aaguid,
                             transports, backup_eligible, backed_up, second_factor, foreign,
                             created_at}; the key is COSE, bytes are base64url; foreign: registered
                             with another system
  recovery_code_hashes       as an export has them
  credentials                as a Keycloak realm export has it (a list) or Ory Kratos (an object):
                             otp, webauthn and webauthn-passwordless; totp, webauthn and passkey.
                             Passwords are passed over, and recovery codes and codes by mail are
                             beside another second factor; the line is refused without one
  mfa_factors                in the form of Auth0's imports: totp
A line such as {"username":"ada","email":"ada@example.com"} is enough.
)";

void add_users(CLI::App& app, chosen_command& chosen) {
  auto* users = app.add_subcommand("users", "Import and export users");
  users->require_subcommand(1);

  auto* importing = users->add_subcommand(
      "import", "Add the users of a file, one JSON object in each line; works while servers run");
  auto wanted = std::make_shared<import_command>();
  importing->add_option("FILE", wanted->file, "The file; - is standard input")->required();
  importing->add_flag("--dry-run", wanted->is_dry_run,
                      "Check every line against the rules and the store, and write nothing. Does "
                      "not find two lines of the file with the same name, or with names that look "
                      "alike, nor a passkey that somebody has already");
  importing
      ->add_option("--on-conflict", wanted->on_conflict,
                   "When a user exists already: fail (report it, exit code 1) or skip (report "
                   "it). The existing user is never changed")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  importing->footer(import_fields);
  choose(*importing, chosen, [&chosen, wanted] { return run_import(chosen, *wanted); });

  auto* exporting =
      users->add_subcommand("export", "Write every user, one JSON object in each line");
  auto asked = std::make_shared<export_command>();
  exporting->add_option("FILE", asked->file, "The file; - is standard output")->required();
  exporting->add_flag("--with-password-hashes", asked->with_hashes,
                      "Include the hashes of passwords and recovery passphrases; without them "
                      "nobody can sign in after an import");
  exporting->add_flag("--with-factors", asked->with_factors,
                      "Include second factors: the secrets of authenticator apps, readable for "
                      "whoever has the file, passkeys, and the hashes of recovery codes; without "
                      "them a password alone signs in after an import");
  choose(*exporting, chosen, [&chosen, asked] { return run_export(chosen, *asked); });
}

} // namespace latchkey::gateway::commands
