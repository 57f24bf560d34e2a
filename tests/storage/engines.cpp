#include "tests/storage/engines.hpp"

#include "tests/support/faulty_store.hpp"
#include "tests/support/postgres_server.hpp"

#include <filesystem>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <sqlite3.h>
#include <stdexcept>
#include <unistd.h>

namespace latchkey::test {

namespace {

using storage::store;

void execute_in(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  sqlite3_open(path.c_str(), &handle);
  sqlite3_busy_timeout(handle, 5000);
  const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
  const std::string words = sqlite3_errmsg(handle);
  sqlite3_close(handle);
  if (code != SQLITE_OK) throw std::runtime_error(words);
}

class sqlite_engine final : public engine {
public:
  sqlite_engine() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lk-sqlite-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("cannot make a temporary folder");
    folder_ = pattern;
  }
  ~sqlite_engine() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::unique_ptr<store> open() override { return storage::open_sqlite(path()); }
  void execute(const std::string& sql) override { execute_in(path(), sql); }
  void refuse_poison() override {
    execute("CREATE TRIGGER no_poison BEFORE INSERT ON sessions WHEN NEW.user_agent = 'poison' "
            "BEGIN SELECT RAISE(ABORT, 'poison'); END");
  }

private:
  std::string path() const { return folder_ + "/latchkey.db"; }
  std::string folder_;
};

class postgres_engine final : public engine {
public:
  std::unique_ptr<store> open() override { return storage::open_postgres(secret(url_)); }
  void execute(const std::string& sql) override {
    pqxx::connection link(url_);
    pqxx::nontransaction plain(link);
    plain.exec(sql);
  }
  void refuse_poison() override {
    execute("ALTER TABLE sessions ADD CHECK (user_agent <> 'poison')");
  }

private:
  std::string url_ = make_postgres_database();
};

class memory_engine final : public engine {
public:
  std::unique_ptr<store> open() override { return store_.same(); }
  void execute(const std::string& sql) override { execute_in(store_.path(), sql); }
  void refuse_poison() override {
    store_.refuse_units([](const storage::unit& u) {
      for (const auto& f : u.facts)
        if (const auto* made = f.get_if<storage::create_session>())
          if (made->session.user_agent == "poison") return true;
      return false;
    });
  }

private:
  faulty_store store_;
};

} // namespace

std::unique_ptr<engine> make_engine(const std::string& name) {
  if (name == "sqlite") return std::make_unique<sqlite_engine>();
  if (name == "postgresql") return std::make_unique<postgres_engine>();
  return std::make_unique<memory_engine>();
}

storage::create_user make_user(const std::string& name) {
  storage::create_user made;
  auto& u = made.user;
  u.id = user_id{make_uuid(noon)};
  u.username = name;
  u.email = name + "@example.org";
  u.first_name = "First";
  u.last_name = "Last";
  u.full_name = "First van der Last";
  u.password_hash = secret(std::string("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"));
  u.created_at = noon;
  u.updated_at = noon + std::chrono::seconds(1);
  made.username_key = u.username;
  made.email_key = u.email;
  return made;
}

session_record make_session(const user_id& user) {
  session_record s;
  s.id = session_id{make_uuid(noon)};
  s.user = user;
  s.salt = random_bytes(32);
  s.opened_by = surface::login_module;
  s.user_agent = "curl/8";
  s.address = "127.0.0.1";
  s.created_at = noon;
  s.rotated_at = noon;
  s.expires_at = noon + std::chrono::hours(1);
  return s;
}

audit_record make_audit(const std::string& action) {
  audit_record entry;
  entry.id = make_uuid(noon);
  entry.at = noon;
  entry.action = action;
  entry.address = "127.0.0.1";
  entry.request_id = "req_test";
  return entry;
}

void Contract::SetUp() {
  engine_ = make_engine(GetParam());
  store_ = engine_->open();
  ASSERT_TRUE(store_->migrate());
  reader_ = store_->open_reader();
  writer_ = store_->open_writer();
}

result<storage::written> Contract::commit(std::vector<storage::fact> facts) {
  const storage::unit single{std::move(facts)};
  auto answers = writer_->commit({&single, 1});
  return answers.size() == 1 ? answers.front() : fail(error_code::internal_error, "answers");
}

user_record Contract::add(const storage::create_user& user_to_add) {
  const auto answer = commit({user_to_add});
  EXPECT_TRUE(answer) << name_of(answer.error().code) << " " << answer.error().field;
  return user(user_to_add.user.id);
}

session_record Contract::add(const session_record& session_to_add) {
  const auto answer = commit({storage::create_session{session_to_add}});
  EXPECT_TRUE(answer) << name_of(answer.error().code) << " " << answer.error().field;
  return session(session_to_add.id);
}

user_record Contract::user(const user_id& id) {
  const auto found = reader_->find_user(id);
  EXPECT_TRUE(found && *found) << "no such user";
  return found && *found ? **found : user_record{};
}

session_record Contract::session(const session_id& id) {
  const auto found = reader_->find_session(id);
  EXPECT_TRUE(found && *found) << "no such session";
  return found && *found ? **found : session_record{};
}

testing::AssertionResult failed_with(const result<storage::written>& answer, error_code code,
                                     const std::string& field) {
  if (answer) return testing::AssertionFailure() << "it succeeded";
  if (answer.error().code != code || (!field.empty() && answer.error().field != field))
    return testing::AssertionFailure()
           << name_of(answer.error().code) << " with field \"" << answer.error().field << "\"";
  return testing::AssertionSuccess();
}

} // namespace latchkey::test
