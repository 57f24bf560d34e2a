#include "tests/product/test_store.hpp"

#include "tests/config/temporary_folder.hpp"
#include "tests/support/postgres_server.hpp"

#include <filesystem>
#include <fstream>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <sqlite3.h>
#include <sstream>
#include <stdexcept>

namespace latchkey::test {
namespace {

using rows = std::vector<std::vector<std::string>>;

rows ask_sqlite(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  rows out;
  const auto add = [](void* to, int count, char** values, char**) {
    auto& row = static_cast<rows*>(to)->emplace_back();
    for (int i = 0; i < count; ++i)
      row.emplace_back(values[i] == nullptr ? "" : values[i]);
    return 0;
  };
  int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
  sqlite3_busy_timeout(handle, 10'000);
  if (code == SQLITE_OK) code = sqlite3_exec(handle, sql.c_str(), add, &out, nullptr);
  const std::string words = sqlite3_errmsg(handle);
  sqlite3_close(handle);
  if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + words);
  return out;
}

rows ask_postgres(const std::string& url, const std::string& sql) {
  pqxx::connection link(url);
  pqxx::nontransaction plain(link);
  rows out;
  for (const auto& from : plain.exec(sql)) {
    auto& row = out.emplace_back();
    for (const auto& value : from)
      row.emplace_back(value.is_null() ? "" : value.c_str());
  }
  return out;
}

} // namespace

test_store::test_store(std::string url, int)
    : folder_(std::make_unique<temporary_folder>()), path_(*folder_ / ""), url_(std::move(url)) {
  path_.pop_back(); // the slash
}

test_store::test_store(const std::string& engine)
    : test_store(engine == "postgresql" ? make_postgres_database() : std::string{}, 0) {}

test_store test_store::on(std::string postgres_url) {
  return {std::move(postgres_url), 0};
}

test_store::test_store(test_store&&) noexcept = default;
test_store::~test_store() = default;

environment test_store::settings(const environment& more) const {
  environment all{{"HTTP_PORT", "0"},
                  {"INTERNAL_PORT", "0"},
                  {"WORKERS", "2"},
                  {"DATA_DIR", path_ + "/data"},
                  {"DATABASE_URL", url_},
                  {"JWT_SECRET_KEY", signing_secret},
                  {"ADMIN_PASSWORD", admin_password},
                  {"ARGON2_MEMORY_KIB", "1024"},
                  {"ARGON2_ITERATIONS", "1"},
                  {"ALLOWED_ORIGINS", "https://app.example.com"},
                  {"RATE_LIMIT_DEFAULT", "0"}, // every test comes from one address
                  {"RATE_LIMIT_SERVICE", "0"},
                  {"LOGIN_FAILURE_LIMIT_ADDRESS", "0"}};
  for (const auto& [name, value] : more)
    all[name] = value;
  return all;
}

rows test_store::query(const std::string& sql) const {
  return url_.empty() ? ask_sqlite(path_ + "/data/latchkey.db", sql) : ask_postgres(url_, sql);
}

long test_store::count(const std::string& sql) const {
  const auto found = query(sql);
  if (found.size() != 1 || found.front().size() != 1)
    throw std::runtime_error(sql + ": not one value");
  return std::stol(found.front().front());
}

std::vector<std::string> test_store::names(const std::string& sql) const {
  std::vector<std::string> found;
  for (const auto& row : query(sql))
    found.push_back(row.front());
  return found;
}

std::vector<std::string> test_store::tables() const {
  return names(url_.empty() ? "SELECT name FROM sqlite_master WHERE type = 'table' "
                              "AND name NOT LIKE 'sqlite_%' ORDER BY name"
                            : "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
                              "ORDER BY tablename");
}

std::vector<std::string> test_store::columns(const std::string& table) const {
  return names(url_.empty() ? "SELECT name FROM pragma_table_info('" + table + "')"
                            : "SELECT column_name FROM information_schema.columns "
                              "WHERE table_schema = 'public' AND table_name = '" +
                                  table + "' ORDER BY ordinal_position");
}

std::string contents(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

} // namespace latchkey::test
