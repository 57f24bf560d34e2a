#include "tests/support/faulty_store.hpp"

#include "storage/facts/rules/fact_check.hpp"
#include "storage/sqlite/database.hpp"

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <unistd.h>

namespace latchkey::test {

namespace {

/// In memory where there is such a file system: what these tests ask is not whether the disk
/// keeps its word.
std::string make_folder() {
  for (const auto& parent :
       {std::string("/dev/shm"), std::filesystem::temp_directory_path().string()}) {
    std::string pattern = parent + "/lk-store-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) return pattern;
  }
  throw std::runtime_error("cannot make a temporary folder");
}

class folder {
public:
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  folder() = default;
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string file() const { return path_ + "/latchkey.db"; }

private:
  std::string path_ = make_folder();
};

} // namespace

struct faulty_store::core {
  folder files; // goes last
  std::string path = files.file();
  std::unique_ptr<storage::store> real = storage::open_sqlite(path);
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool migrated = false;
  commit_fault fault = commit_fault::none;
  std::size_t faults_left = 0;
  bool disk_full = false;
  bool down = false;
  bool holding = false;
  std::size_t held = 0;
  std::function<bool(const storage::unit&)> bad;
  std::vector<std::size_t> batch_sizes;
  std::size_t connections = 0;
};

namespace {

using core = faulty_store::core;
using storage::written;

failure unavailable() {
  return {error_code::store_unavailable, {}, "as told", 1};
}

using refusal = std::function<std::optional<failure>(bool writes)>;

class connection {
public:
  connection(std::shared_ptr<core> shared, std::shared_ptr<const refusal> refuses)
      : core_(std::move(shared)), refuses_(std::move(refuses)) {
    const std::lock_guard lock(core_->mutex);
    ++core_->connections;
  }
  ~connection() {
    const std::lock_guard lock(core_->mutex);
    --core_->connections;
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  core& operator*() const { return *core_; }
  core* operator->() const { return core_.get(); }
  std::optional<failure> refused(bool writes) const {
    return *refuses_ ? (*refuses_)(writes) : std::nullopt;
  }

private:
  std::shared_ptr<core> core_;
  std::shared_ptr<const refusal> refuses_;
};

class faulty_writer final : public storage::writer {
public:
  faulty_writer(std::shared_ptr<core> shared, std::shared_ptr<const refusal> refuses)
      : link_(std::move(shared), std::move(refuses)), real_(link_->real->open_writer()) {}

  std::vector<result<written>> commit(std::span<const storage::unit> batch) override {
    auto& c = *link_;
    std::unique_lock lock(c.mutex);
    c.batch_sizes.push_back(batch.size());
    if (c.holding) {
      ++c.held;
      c.changed.notify_all();
      c.changed.wait(lock, [&c] { return !c.holding; });
      --c.held;
    }
    auto fault = commit_fault::none;
    if (c.faults_left > 0) {
      --c.faults_left;
      fault = c.fault;
    }
    if (c.down || c.disk_full) fault = commit_fault::unavailable;
    return write(batch, fault);
  }

private:
  std::vector<result<written>> write(std::span<const storage::unit> batch, commit_fault fault) {
    std::vector<result<written>> answers;
    std::vector<storage::unit> good;
    std::vector<std::size_t> positions;
    for (const auto& u : batch) {
      answers.push_back(refuse(u, fault));
      if (!answers.back()) continue;
      positions.push_back(answers.size() - 1);
      good.push_back(u);
    }
    auto outcomes = real_->commit(good);
    for (std::size_t i = 0; i < positions.size(); ++i) {
      answers[positions[i]] = std::move(outcomes[i]);
      if (fault == commit_fault::unknown_after_applying)
        answers[positions[i]] = fail(error_code::outcome_unknown);
    }
    return answers;
  }

  /// A failure for what is not to reach the store.
  result<written> refuse(const storage::unit& u, commit_fault fault) const {
    if (auto wrong = storage::check_unit(u)) return fail(std::move(*wrong));
    if (auto refused = link_.refused(true)) return fail(std::move(*refused));
    if (fault == commit_fault::unavailable) return fail(unavailable());
    if (fault == commit_fault::unknown_without_applying) return fail(error_code::outcome_unknown);
    if (link_->bad && link_->bad(u)) return fail(error_code::validation_error);
    return written{};
  }

  connection link_;
  std::unique_ptr<storage::writer> real_; // goes before the folder
};

class faulty_reader final : public storage::reader {
public:
  faulty_reader(std::shared_ptr<core> shared, std::shared_ptr<const refusal> refuses)
      : link_(std::move(shared), std::move(refuses)), real_(link_->real->open_reader()) {}

  result<std::optional<user_id>> find_login(std::string_view login_key) override {
    return read([&] { return real_->find_login(login_key); });
  }
  result<std::optional<user_record>> find_user(const user_id& id) override {
    return read([&] { return real_->find_user(id); });
  }
  result<std::optional<session_record>> find_session(const session_id& id) override {
    return read([&] { return real_->find_session(id); });
  }
  result<storage::finding> find(const storage::query& q) override {
    return read([&] { return real_->find(q); });
  }
  result<std::int64_t> count_users() override {
    return read([&] { return real_->count_users(); });
  }
  result<void> ping() override {
    return read([&] { return real_->ping(); });
  }

private:
  template <class Question>
  auto read(Question question) -> decltype(question()) {
    {
      const std::lock_guard lock(link_->mutex);
      if (link_->down) return fail(unavailable());
    }
    if (auto refused = link_.refused(false)) return fail(std::move(*refused));
    return question();
  }

  connection link_;
  std::unique_ptr<storage::reader> real_;
};

/// Reads past the store what it does not tell.
void run_sql(const std::string& path, const char* sql,
             std::initializer_list<std::string_view> values,
             const std::function<void(const storage::sql::row_source&)>& on_row) {
  std::atomic<std::size_t> count = 0;
  auto opened = storage::sqlite::database::open(path, {}, count);
  if (!opened) throw std::runtime_error(opened.error().message);
  const storage::sql::statement ask{"ask", sql};
  const std::vector<storage::sqlite::value> parameters(values.begin(), values.end());
  const auto ran = (*opened)->run(ask, std::span<const storage::sqlite::value>(parameters), on_row);
  if (!ran) throw std::runtime_error(ran.error().message);
}

} // namespace

faulty_store::faulty_store() : core_(std::make_shared<core>()) {
  if (!core_->real->migrate()) throw std::runtime_error("cannot make the schema");
}
faulty_store::faulty_store(const faulty_store& other) : faulty_store(other.core_) {}
faulty_store::faulty_store(std::shared_ptr<core> shared) : core_(std::move(shared)) {}

std::unique_ptr<faulty_store> faulty_store::same() const {
  return std::unique_ptr<faulty_store>(new faulty_store(core_));
}

void faulty_store::fail_next(commit_fault fault, std::size_t count) {
  const std::lock_guard lock(core_->mutex);
  core_->fault = fault;
  core_->faults_left = count;
}

void faulty_store::set_disk_full(bool full) {
  const std::lock_guard lock(core_->mutex);
  core_->disk_full = full;
}

void faulty_store::set_down(bool down) {
  const std::lock_guard lock(core_->mutex);
  core_->down = down;
}

void faulty_store::refuse_units(std::function<bool(const storage::unit&)> bad) {
  const std::lock_guard lock(core_->mutex);
  core_->bad = std::move(bad);
}

void faulty_store::refuse_here(refusal refuses) {
  *refuses_ = std::move(refuses);
}

void faulty_store::hold_commits() {
  const std::lock_guard lock(core_->mutex);
  core_->holding = true;
}

void faulty_store::release_commits() {
  const std::lock_guard lock(core_->mutex);
  core_->holding = false;
  core_->changed.notify_all();
}

bool faulty_store::await_held(std::size_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(core_->mutex);
  return core_->changed.wait_for(lock, timeout, [&] { return core_->held >= count; });
}

std::vector<std::size_t> faulty_store::batch_sizes() const {
  const std::lock_guard lock(core_->mutex);
  return core_->batch_sizes;
}

std::vector<audit_record> faulty_store::audits() const {
  using storage::sql::text_or;
  std::vector<audit_record> out;
  run_sql(core_->path,
          "SELECT id, at, action, user_id, session_id, address, request_id, reason, actor "
          "FROM audit_log ORDER BY at, id",
          {}, [&out](const storage::sql::row_source& row) {
            audit_record entry;
            entry.id = parse_uuid(text_or(row, 0)).value();
            entry.at = storage::sql::time_at(row, 1).value();
            entry.action = text_or(row, 2);
            entry.user = storage::sql::to_user_id(row.text(3));
            if (row.text(4)) entry.session = session_id{parse_uuid(*row.text(4)).value()};
            entry.address = text_or(row, 5);
            entry.request_id = text_or(row, 6);
            entry.reason = text_or(row, 7);
            entry.by = text_or(row, 8);
            out.push_back(std::move(entry));
          });
  return out;
}

std::string faulty_store::end_reason(const session_id& id) const {
  std::string reason;
  const auto text = to_string(id);
  run_sql(
      core_->path, "SELECT end_reason FROM sessions WHERE id = $1", {text},
      [&reason](const storage::sql::row_source& row) { reason = storage::sql::text_or(row, 0); });
  return reason;
}

const std::string& faulty_store::path() const noexcept {
  return core_->path;
}

std::unique_ptr<storage::reader> faulty_store::open_reader() {
  return std::make_unique<faulty_reader>(core_, refuses_);
}

std::unique_ptr<storage::writer> faulty_store::open_writer() {
  return std::make_unique<faulty_writer>(core_, refuses_);
}

result<std::vector<std::string>> faulty_store::migrate() {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  if (std::exchange(core_->migrated, true)) return std::vector<std::string>();
  return std::vector<std::string>{"memory"};
}

result<void> faulty_store::check_schema() {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->check_schema();
}

result<void> faulty_store::claim(const std::string& holder,
                                 std::function<void(const std::string&)> lost) {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->claim(holder, std::move(lost));
}

result<std::optional<std::string>> faulty_store::read_note(std::string_view name) {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->read_note(name);
}

result<void> faulty_store::write_note(std::string_view name, std::string_view value) {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->write_note(name, value);
}

result<bool> faulty_store::has_live_sessions(time_point now) {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->has_live_sessions(now);
}

result<void> faulty_store::back_up(const std::string& path) {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return fail(unavailable());
  return core_->real->back_up(path);
}

std::int64_t faulty_store::log_bytes() const noexcept {
  return core_->real->log_bytes();
}

std::size_t faulty_store::open_connections() const noexcept {
  const std::lock_guard lock(core_->mutex);
  return core_->connections;
}

} // namespace latchkey::test
