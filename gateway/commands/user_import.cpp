// user_import.cpp — lines in, batches of units out.
#include "actors/registry/registry.hpp"
#include "gateway/commands/user_line.hpp"
#include "gateway/commands/user_transfer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"
#include "storage/facts/rules/fact_check.hpp"

#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

namespace latchkey::gateway::commands {
namespace {

/// Lines of a descriptor, each of a bounded length.
class line_reader {
public:
  explicit line_reader(int from) : from_(from) {}

  enum class got { line, too_long, end, error };
  /// `line` is valid until the next call.
  got next(std::string_view& line) {
    bool is_too_long = false;
    for (auto scanned = begin_;;) {
      const auto at = buffer_.find('\n', scanned);
      if (at != std::string::npos || (is_at_end_ && begin_ < buffer_.size())) {
        const auto end = std::min(at, buffer_.size());
        line = std::string_view{buffer_}.substr(begin_, end - begin_);
        begin_ = std::min(end + 1, buffer_.size());
        return is_too_long || line.size() > user_line_bytes_max ? got::too_long : got::line;
      }
      if (is_at_end_) return is_too_long ? got::too_long : got::end;
      buffer_.erase(0, begin_);
      begin_ = 0;
      if (buffer_.size() > user_line_bytes_max) { // the rest of it is passed over
        is_too_long = true;
        buffer_.clear();
      }
      scanned = buffer_.size();
      if (!read_more()) return got::error;
    }
  }
  std::uint64_t bytes_read() const { return bytes_read_; }

private:
  bool read_more() {
    constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;
    const auto before = buffer_.size();
    buffer_.resize(before + chunk_bytes);
    ssize_t size = 0;
    do
      size = read(from_, buffer_.data() + before, chunk_bytes);
    while (size < 0 && errno == EINTR);
    const auto got_bytes = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    buffer_.resize(before + got_bytes);
    is_at_end_ = size == 0;
    bytes_read_ += got_bytes;
    return size >= 0;
  }

  int from_;
  std::string buffer_;
  std::size_t begin_ = 0; // of what was not given out yet
  std::uint64_t bytes_read_ = 0;
  bool is_at_end_ = false;
};

struct pending {
  std::uint64_t line = 0;
  user_id id;
  std::string username;
  std::string username_key;
  std::string email;
  std::string email_key;
  std::vector<std::string> passed_over; // second factors
  bool has_passkeys = false;
  bool lacks_codes = false;
};

/// Which user of the store stands in the way of a line's user.
enum class occupant : std::uint8_t {
  same,    // the same user, by the id or the email
  similar, // one whose email differs only in the case or form of letters
  other,   // another, who has the username or the number
};

class importer {
public:
  importer(storage::store& store, const import_options& options, progress& shown)
      : options_(options), shown_(shown), reader_(store.open_reader()),
        writer_(store.open_writer()) {}

  result<import_outcome> run(int from) {
    if (auto known = read_roles(); !known) return fail(known.error());
    line_reader lines{from};
    for (std::uint64_t number = 1;; ++number) {
      std::string_view line;
      const auto got = lines.next(line);
      if (got == line_reader::got::end) break;
      if (got == line_reader::got::error)
        return fail(error_code::internal_error, {},
                    std::string{"cannot read further: "} + std::strerror(errno));
      if (number == 1) {
        if (const auto encoding = other_unicode_encoding(line); !encoding.empty())
          return fail(error_code::validation_error, {},
                      "the file is in " + std::string{encoding} + ": save it as UTF-8");
        line = without_byte_order_mark(line);
      }
      if (got == line_reader::got::too_long)
        refuse(number, {error_code::validation_error, "line",
                        "is longer than " + std::to_string(user_line_bytes_max) + " bytes"});
      else if (auto taken = take(number, line); !taken)
        return fail(taken.error());
      if (batch_.size() >= import_batch_users_max)
        if (auto done = flush(); !done) return fail(done.error());
      shown_.show(outcome_.imported, lines.bytes_read());
    }
    if (auto done = flush(); !done) return fail(done.error());
    return outcome_;
  }

private:
  result<void> read_roles() {
    auto stored = reader_->answer_to(storage::list_roles{});
    if (!stored) return fail(stored.error());
    for (const auto& role : *stored)
      roles_.insert(role.name);
    for (const auto& role : built_in_roles())
      roles_.insert(role.name);
    return {};
  }

  /// Asked for by the first line that has an app.
  const result<secret>& sealing_key() {
    if (!sealing_key_) sealing_key_ = options_.sealing_key();
    return *sealing_key_;
  }

  result<void> refuse(std::uint64_t line, const failure& why) {
    ++outcome_.refused;
    tell(line, why);
    return {};
  }
  void tell(std::uint64_t line, const failure& why) {
    const auto reason = why.reason.empty() ? std::string{describe(why.code).message} : why.reason;
    shown_.say("line " + std::to_string(line) + ": " + (why.field.empty() ? "" : why.field + ": ") +
               reason);
  }

  /// Fails when no further line can be taken either.
  result<void> take(std::uint64_t number, std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) return {}; // an empty one
    const auto now = system_clock_source().now();
    const auto user = read_user_line(line, now);
    if (!user) return refuse(number, user.error());
    if (!roles_.contains(user->user.role))
      return refuse(number, {error_code::validation_error, "role", "no such role exists"});
    std::optional<secret> key;
    if (!user->factors.totp.empty()) {
      const auto& known = sealing_key();
      // Whoever has no app can be imported without the server's secret.
      if (!known && known.error().code == error_code::conflict)
        return refuse(number, {error_code::conflict, "totp", known.error().reason});
      if (!known) return stopped(number, known.error());
      key = *known;
    }
    auto unit = unit_of(*user, key, now);
    if (!unit) return refuse(number, unit.error());
    // The check of a commit, for dry runs.
    if (const auto wrong = storage::check_unit(*unit)) return refuse(number, *wrong);
    const auto& added = unit->facts.front().get<storage::create_user>();
    const auto& factors = user->factors;
    const bool lacks_codes = factors.are_asked_for() && factors.recovery_code_hashes.empty();
    lines_.push_back({number, added.user.id, added.user.username, added.username_key,
                      added.user.email, added.email_key, factors.passed_over,
                      !factors.passkeys.empty(), lacks_codes});
    batch_.push_back(std::move(*unit));
    return {};
  }

  result<void> flush() {
    if (batch_.empty()) return {};
    const auto outcomes = options_.is_dry_run ? look_up() : writer_->commit(batch_);
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      if (auto noted = note(lines_[i], outcomes[i]); !noted) return noted;
    batch_.clear();
    lines_.clear();
    return {};
  }

  result<void> note(const pending& from, const result<storage::written>& outcome) {
    if (outcome) {
      ++outcome_.imported;
      outcome_.with_passkeys += from.has_passkeys ? 1 : 0;
      outcome_.without_codes += from.lacks_codes ? 1 : 0;
      for (const auto& kind : from.passed_over)
        tell(from.line, {error_code::validation_error, "credentials",
                         kind + " is passed over: it cannot be verified here"});
      return {};
    }
    const auto& error = outcome.error();
    if (error.code == error_code::user_exists) {
      const auto found = occupant_of(from);
      if (!found) return fail(found.error());
      if (*found == occupant::similar) {
        return refuse(from.line,
                      {error.code, "email",
                       "differs from another user's only in the case or form of letters (" +
                           from.username + "): one of the two needs another address"});
      }
      const bool is_same = *found == occupant::same;
      const auto reason = is_same                    ? "exists already"
                          : error.reason == is_taken ? "belongs to another user"
                                                     : error.reason; // "looks like another's"
      const failure why{error.code, error.field, reason + (" (" + from.username + ")")};
      if (!is_same) return refuse(from.line, why);
      ++outcome_.present;
      tell(from.line, why);
      return {};
    }
    if (error.code == error_code::conflict && error.field == "credential")
      return refuse(from.line, {error.code, "passkeys",
                                "somebody has a passkey of that credential id already (" +
                                    from.username + ")"});
    if (error.code == error_code::validation_error || error.code == error_code::conflict)
      return refuse(from.line, error);
    // The store fails: the next lines would fail, too.
    return stopped(from.line, error);
  }

  tl::unexpected<failure> stopped(std::uint64_t line, const failure& why) const {
    const auto reason = why.reason.empty() ? std::string{describe(why.code).message} : why.reason;
    return fail(why.code, {},
                reason + " (line " + std::to_string(line) + "; " +
                    std::to_string(outcome_.imported) +
                    " users were imported: repeat with --on-conflict skip)");
  }

  /// The user whom the store has for the line. A user with only the same username or number is
  /// another person; so is one with a similar email, unless the username is the same too.
  result<occupant> occupant_of(const pending& from) {
    const auto by_id = reader_->find_user(from.id);
    if (!by_id) return fail(by_id.error());
    if (*by_id) return occupant::same;
    const auto owner = reader_->find_login(from.email_key);
    if (!owner) return fail(owner.error());
    if (!*owner) return occupant::other;
    const auto user = reader_->find_user(**owner);
    if (!user) return fail(user.error());
    if (!*user || fold_login_name((*user)->email) != from.email_key) return occupant::other;
    const bool is_same =
        (*user)->email == from.email || fold_login_name((*user)->username) == from.username_key;
    return is_same ? occupant::same : occupant::similar;
  }

  /// What a commit would answer for users that exist already.
  std::vector<result<storage::written>> look_up() {
    std::vector<result<storage::written>> out;
    for (const auto& unit : batch_) {
      const auto is_free = check_free(unit.facts.front().get<storage::create_user>());
      if (is_free)
        out.emplace_back(storage::written{});
      else
        out.emplace_back(fail(is_free.error()));
    }
    return out;
  }

  /// USER002 with the first field that another user has.
  result<void> check_free(const storage::create_user& fact) {
    const auto check_name = [this](std::string field, std::string_view key,
                                   const char* reason) -> result<void> {
      const auto owner = reader_->find_login(key);
      if (!owner) return fail(owner.error());
      if (*owner) return fail(error_code::user_exists, std::move(field), reason);
      return {};
    };
    if (auto email = check_name("email", fact.email_key, is_taken); !email) return email;
    if (auto name = check_name("username", fact.username_key, is_taken); !name) return name;
    for (const auto& skeleton : skeletons_of(fact.username_key))
      if (auto name = check_name("username", skeleton, "looks like another's"); !name) return name;
    const auto by_id = reader_->find_user(fact.user.id);
    if (!by_id) return fail(by_id.error());
    if (*by_id) return fail(error_code::user_exists, "id", is_taken);
    if (fact.user.number == 0) return {};
    const auto by_number = reader_->answer_to(storage::find_user_by_number{fact.user.number});
    if (!by_number) return fail(by_number.error());
    if (*by_number) return fail(error_code::user_exists, "number", is_taken);
    return {};
  }

  /// The reason of a commit.
  static constexpr const char* is_taken = "is taken";

  const import_options& options_;
  progress& shown_;
  std::unique_ptr<storage::reader> reader_;
  std::unique_ptr<storage::writer> writer_;
  std::set<std::string, std::less<>> roles_;
  std::optional<result<secret>> sealing_key_; // nothing until it is needed
  std::vector<storage::unit> batch_;
  std::vector<pending> lines_; // of the batch
  import_outcome outcome_;
};

} // namespace

result<import_outcome> import_users(storage::store& store, int from, const import_options& options,
                                    progress& shown) {
  return importer{store, options, shown}.run(from);
}

} // namespace latchkey::gateway::commands
