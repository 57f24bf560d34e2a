// test_store.hpp — the data of a test's server: a folder, and on PostgreSQL a database. It outlives
// the server, so that another server can start on it.
#pragma once

#include "tests/support/server_process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

class temporary_folder;

class test_store {
public:
  /// "sqlite" or "postgresql", the latter on `make_postgres_database()`.
  explicit test_store(const std::string& engine);
  /// On PostgreSQL, in that database.
  static test_store on(std::string postgres_url);
  test_store(test_store&&) noexcept;
  ~test_store();

  /// What a server here needs: free ports, its data, passwords that are cheap to hash, a
  /// known administrator, `https://app.example.com` as the only foreign origin, no limits of
  /// what one address may ask. Values of `more` win.
  environment settings(const environment& more = {}) const;
  const std::string& folder() const noexcept { return path_; }

  /// What SQL answers, past the server: rows of texts.
  std::vector<std::vector<std::string>> query(const std::string& sql) const;
  /// The only value of such an answer, a number.
  long count(const std::string& sql) const;
  /// The names of all tables, sorted.
  std::vector<std::string> tables() const;
  std::vector<std::string> columns(const std::string& table) const;

private:
  test_store(std::string url, int);
  /// The first column of what that SQL answers.
  std::vector<std::string> names(const std::string& sql) const;

  std::unique_ptr<temporary_folder> folder_;
  std::string path_;
  std::string url_; // empty: SQLite
};

/// A file's; empty when it cannot be read.
std::string contents(const std::string& path);

inline constexpr const char* admin_password = "a lighthouse keeper";
inline constexpr const char* signing_secret = "no-2-bytes-alike: 0123456789abcdefghijklmnopqrstuvw";

} // namespace latchkey::test
