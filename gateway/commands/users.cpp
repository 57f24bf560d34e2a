// users.cpp — `users import` and `users export`.
#include "actors/audit_entry.hpp"
#include "config/log.hpp"
#include "gateway/commands/command.hpp"
#include "gateway/commands/user_transfer.hpp"

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

class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ > STDERR_FILENO) close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const { return number_; }

private:
  int number_;
};

int complain_about(const std::string& file) {
  return complain({error_code::internal_error, {}, file + ": " + std::strerror(errno)});
}

// -- import -----------------------------------------------------------------------------------

struct import_command {
  std::string file;
  bool is_dry_run = false;
  std::string on_conflict = "fail";
};

int run_import(const chosen_command& chosen, const import_command& asked) {
  const opened_store opened{chosen, std::cerr,
                            asked.is_dry_run ? schema::as_it_is : schema::brought_up_to_date};
  if (opened.exit_code != 0) return opened.exit_code;
  const descriptor in{asked.file == "-" ? STDIN_FILENO
                                        : open(asked.file.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat about {};
  if (in.number() < 0 || fstat(in.number(), &about) != 0) return complain_about(asked.file);
  if (S_ISDIR(about.st_mode)) {
    errno = EISDIR;
    return complain_about(asked.file);
  }
  const auto bytes = S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0;
  const import_options options{asked.is_dry_run, asked.on_conflict == "skip"};
  result<import_outcome> done;
  {
    progress shown{"users", bytes};
    done = import_users(*opened.store, in.number(), options, shown);
  }
  if (!done) return complain(done.error());
  std::cout << done->imported
            << (options.is_dry_run ? " users would be imported, " : " users imported, ")
            << done->present
            << (options.skips_present ? " were there already (skipped), " : " were there already, ")
            << done->refused << " refused" << std::endl;
  const bool is_good = done->refused == 0 && (done->present == 0 || options.skips_present);
  return is_good ? 0 : exit_failure;
}

// -- export -----------------------------------------------------------------------------------

struct export_command {
  std::string file;
  bool with_hashes = false;
};

/// The file, or standard output. Complete or not there: it gets its name at the end.
class export_file {
public:
  explicit export_file(const std::string& name) : name_(name) {}
  ~export_file() {
    if (!is_whole_) unlink(unfinished().c_str());
  }
  export_file(const export_file&) = delete;
  export_file& operator=(const export_file&) = delete;

  /// The descriptor; negative, with errno, when there is none. A file that somebody has left, or
  /// put, there is not written to: others may have it open, or may read it.
  int open_anew() {
    if (name_ == "-") {
      is_whole_ = true;
      return STDOUT_FILENO;
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
    is_whole_ = fsync(number) == 0 && rename(unfinished().c_str(), name_.c_str()) == 0;
    return is_whole_;
  }
  std::string unfinished() const { return name_ + ".unfinished"; }

private:
  std::string name_;
  bool is_whole_ = false; // nothing is left to be taken away
};

/// Who took every user's data, and when, is worth a line.
result<void> note_export(storage::store& store, std::string action, std::string reason) {
  auto entry = audit_entry(std::move(action), system_clock_source().now());
  entry.by = "cli";
  entry.reason = std::move(reason);
  const std::array<storage::unit, 1> batch{storage::unit{{storage::add_audit{std::move(entry)}}}};
  auto outcome = store.open_writer()->commit(batch);
  if (!outcome.front()) return tl::unexpected<failure>(outcome.front().error());
  return {};
}

int run_export(const chosen_command& chosen, const export_command& asked) {
  std::signal(SIGPIPE, SIG_IGN); // a reader that has enough is an error like any other
  const opened_store opened{chosen, std::cerr, schema::as_it_is};
  if (opened.exit_code != 0) return opened.exit_code;
  export_file file{asked.file};
  const descriptor out{file.open_anew()};
  if (out.number() < 0) return complain_about(file.unfinished());
  const auto users = opened.store->open_reader()->count_users();
  if (!users) return complain(users.error());
  const std::string what = asked.with_hashes ? " users, with password hashes" : " users";
  // Whatever becomes of it: most of the users may be out when it ends early.
  auto noted = note_export(*opened.store, "users.export_started", std::to_string(*users) + what);
  if (!noted) return complain(noted.error());
  result<std::uint64_t> done;
  {
    progress shown{"users", static_cast<std::uint64_t>(*users)};
    done = export_users(*opened.store, out.number(), asked.with_hashes, shown);
  }
  if (!done) return complain(done.error());
  if (!file.finish(out.number())) return complain_about(asked.file);
  noted = note_export(*opened.store, "users.exported", std::to_string(*done) + what);
  if (!noted) return complain(noted.error());
  std::cerr << *done << " users exported"
            << (asked.with_hashes ? "" : " without password hashes (--with-password-hashes)")
            << std::endl;
  return 0;
}

} // namespace

void add_users(CLI::App& app, chosen_command& chosen) {
  auto* users = app.add_subcommand("users", "Users, many at a time");
  users->require_subcommand(1);

  auto* importing = users->add_subcommand(
      "import", "Add the users of a file, one JSON object a line; also beside running servers");
  auto wanted = std::make_shared<import_command>();
  importing->add_option("FILE", wanted->file, "The file; - is standard input")->required();
  importing->add_flag("--dry-run", wanted->is_dry_run,
                      "Check every line against the rules and the store, and write nothing. Two "
                      "lines of the file with one name are not found this way");
  importing
      ->add_option("--on-conflict", wanted->on_conflict,
                   "What a user who is there already is: fail (reported, exit code 1) or skip "
                   "(reported). Either way that user is not changed")
      ->check(CLI::IsMember({"fail", "skip"}))
      ->capture_default_str();
  choose(*importing, chosen, [&chosen, wanted] { return run_import(chosen, *wanted); });

  auto* exporting = users->add_subcommand("export", "Write every user, one JSON object a line");
  auto asked = std::make_shared<export_command>();
  exporting->add_option("FILE", asked->file, "The file; - is standard output")->required();
  exporting->add_flag("--with-password-hashes", asked->with_hashes,
                      "Also the hashes of passwords and recovery passphrases, without which "
                      "nobody can sign in where the file is imported");
  choose(*exporting, chosen, [&chosen, asked] { return run_export(chosen, *asked); });
}

} // namespace latchkey::gateway::commands
