#include "tests/support/faulty_store.hpp"

#include "storage/fact_check.hpp"
#include "tests/support/memory_tables.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace latchkey::test {

struct faulty_store::core {
  mutable std::mutex mutex;
  std::condition_variable changed;
  memory_tables tables;
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

class connection {
public:
  explicit connection(std::shared_ptr<core> shared) : core_(std::move(shared)) {
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

private:
  std::shared_ptr<core> core_;
};

class memory_writer final : public storage::writer {
public:
  explicit memory_writer(std::shared_ptr<core> shared) : link_(std::move(shared)) {}

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
    std::vector<result<written>> answers;
    for (const auto& u : batch)
      answers.push_back(write(c, u, fault));
    return answers;
  }

private:
  static result<written> write(core& c, const storage::unit& u, commit_fault fault) {
    if (auto wrong = storage::check_unit(u)) return tl::unexpected<failure>(std::move(*wrong));
    if (fault == commit_fault::unavailable) return tl::unexpected<failure>(unavailable());
    if (fault == commit_fault::unknown_without_applying) return fail(error_code::outcome_unknown);
    if (c.bad && c.bad(u)) return fail(error_code::validation_error);
    auto answer = c.tables.apply(u);
    if (fault == commit_fault::unknown_after_applying) return fail(error_code::outcome_unknown);
    return answer;
  }

  connection link_;
};

class memory_reader final : public storage::reader {
public:
  explicit memory_reader(std::shared_ptr<core> shared) : link_(std::move(shared)) {}

  result<std::optional<user_id>> find_login(std::string_view login_key) override {
    return read([&](const memory_tables& t) { return value_at(t.names, std::string(login_key)); });
  }
  result<std::optional<user_record>> find_user(const user_id& id) override {
    return read([&](const memory_tables& t) { return value_at(t.users, id); });
  }
  result<std::optional<user_record>> find_user_by_number(std::int64_t number) override {
    return read([&](const memory_tables& t) -> std::optional<user_record> {
      for (const auto& [id, user] : t.users)
        if (user.number == number) return user;
      return std::nullopt;
    });
  }
  result<std::optional<session_record>> find_session(const session_id& id) override {
    return read([&](const memory_tables& t) -> std::optional<session_record> {
      const auto row = value_at(t.sessions, id);
      return row ? std::optional(joined(t, row->record)) : std::nullopt;
    });
  }
  result<std::vector<session_record>> live_sessions_of(const user_id& id, time_point now,
                                                       std::size_t limit) override {
    return read([&](const memory_tables& t) {
      std::vector<session_record> out;
      for (const auto& [key, row] : t.sessions)
        if (row.record.user == id && !row.record.ended_at && row.record.expires_at > now)
          out.push_back(joined(t, row.record));
      std::stable_sort(out.begin(), out.end(),
                       [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
      out.resize(std::min(out.size(), limit));
      return out;
    });
  }
  result<std::int64_t> count_users() override {
    return read([](const memory_tables& t) { return static_cast<std::int64_t>(t.users.size()); });
  }
  result<void> ping() override {
    return read([](const memory_tables&) { return 0; }).map([](int) {});
  }

private:
  template <class Map>
  static std::optional<typename Map::mapped_type> value_at(const Map& map,
                                                           const typename Map::key_type& key) {
    const auto at = map.find(key);
    return at == map.end() ? std::nullopt : std::optional(at->second);
  }

  static session_record joined(const memory_tables& t, session_record session) {
    const auto& user = t.users.at(session.user);
    session.user_number = user.number;
    session.user_role = user.role;
    return session;
  }

  template <class Question>
  auto read(Question question) -> result<decltype(question(std::declval<memory_tables&>()))> {
    auto& c = *link_;
    const std::lock_guard lock(c.mutex);
    if (c.down) return tl::unexpected<failure>(unavailable());
    return question(c.tables);
  }

  connection link_;
};

} // namespace

faulty_store::faulty_store() : core_(std::make_shared<core>()) {}
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
  const std::lock_guard lock(core_->mutex);
  std::vector<audit_record> out;
  for (const auto& [id, entry] : core_->tables.audits)
    out.push_back(entry);
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

std::string faulty_store::end_reason(const session_id& id) const {
  const std::lock_guard lock(core_->mutex);
  const auto at = core_->tables.sessions.find(id);
  return at == core_->tables.sessions.end() ? std::string() : at->second.end_reason;
}

std::unique_ptr<storage::reader> faulty_store::open_reader() {
  return std::make_unique<memory_reader>(core_);
}

std::unique_ptr<storage::writer> faulty_store::open_writer() {
  return std::make_unique<memory_writer>(core_);
}

result<std::vector<std::string>> faulty_store::migrate() {
  const std::lock_guard lock(core_->mutex);
  if (core_->down) return tl::unexpected<failure>(unavailable());
  if (std::exchange(core_->migrated, true)) return std::vector<std::string>();
  return std::vector<std::string>{"memory"};
}

std::size_t faulty_store::open_connections() const noexcept {
  const std::lock_guard lock(core_->mutex);
  return core_->connections;
}

} // namespace latchkey::test
