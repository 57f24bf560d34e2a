#include "storage/sqlite/sequence.hpp"

#include "protocol/ids.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sqlite3.h>
#include <system_error>
#include <thread>

namespace latchkey::storage::sqlite {

namespace {

const sql::statement read_sequence{"read_sequence", "PRAGMA user_version"};

constexpr int steady_attempts_max = 100;
constexpr int sequence_attempts_max = 40;
constexpr auto sequence_attempt_pause = std::chrono::milliseconds(50);

// "Database File Format", 4.1: the write-ahead log.
constexpr std::size_t log_header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t sequence_at = 60; // in page 1
constexpr std::uint32_t magic_little = 0x377f0682;
constexpr std::uint32_t magic_big = 0x377f0683;
constexpr std::size_t page_bytes_max = 65536;

std::uint32_t big_endian(const unsigned char* at) {
  return (std::uint32_t{at[0]} << 24) | (std::uint32_t{at[1]} << 16) | (std::uint32_t{at[2]} << 8) |
         std::uint32_t{at[3]};
}
std::uint32_t little_endian(const unsigned char* at) {
  return (std::uint32_t{at[3]} << 24) | (std::uint32_t{at[2]} << 16) | (std::uint32_t{at[1]} << 8) |
         std::uint32_t{at[0]};
}

/// "Database File Format", 4.2.
struct checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool is_big = false;

  void add(const unsigned char* bytes, std::size_t size) {
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
      const auto word = [&](std::size_t at) {
        return is_big ? big_endian(bytes + at) : little_endian(bytes + at);
      };
      first += word(i) + second;
      second += word(i + 4) + first;
    }
  }
  bool is(const unsigned char* stored) const {
    return first == big_endian(stored) && second == big_endian(stored + 4);
  }
};

struct sequence_range {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  friend bool operator==(const sequence_range&, const sequence_range&) = default;
};

bool read_exactly(std::istream& from, unsigned char* to, std::size_t size) {
  return static_cast<bool>(
      from.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(size)));
}

/// The numbers in the committed transactions that SQLite would take from the log.
std::optional<sequence_range> sequences_in_log(const std::string& path) {
  std::ifstream log(path, std::ios::binary);
  std::array<unsigned char, log_header_bytes> header{};
  if (!log || !read_exactly(log, header.data(), header.size())) return std::nullopt;
  const auto magic = big_endian(header.data());
  const auto page_bytes = std::size_t{big_endian(header.data() + 8)};
  if ((magic != magic_little && magic != magic_big) || page_bytes < 512 ||
      page_bytes > page_bytes_max)
    return std::nullopt;
  checksum sum;
  sum.is_big = magic == magic_big;
  sum.add(header.data(), 24);
  if (!sum.is(header.data() + 24)) return std::nullopt;

  std::optional<sequence_range> committed;
  std::optional<sequence_range> seen;
  std::array<unsigned char, frame_header_bytes> frame{};
  std::vector<unsigned char> page(page_bytes);
  while (read_exactly(log, frame.data(), frame.size()) &&
         read_exactly(log, page.data(), page.size())) {
    if (std::memcmp(frame.data() + 8, header.data() + 16, 8) != 0) break; // of an earlier round
    sum.add(frame.data(), 8);
    sum.add(page.data(), page.size());
    if (!sum.is(frame.data() + 16)) break;
    if (big_endian(frame.data()) == 1) {
      const auto number = big_endian(page.data() + sequence_at);
      if (!seen) seen = sequence_range{number, number};
      seen->last = number;
    }
    if (big_endian(frame.data() + 4) != 0) committed = seen; // the end of a transaction
  }
  return committed;
}

/// Of the file alone, without its log; empty when there is none or it is empty or no database.
/// By SQLite, for closing a descriptor of the file would end the locks of other connections here.
std::optional<std::uint32_t> sequence_of_file(const std::string& path) {
  std::error_code missing;
  if (const auto bytes = std::filesystem::file_size(path, missing); missing || bytes == 0)
    return std::nullopt;
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      static constexpr char digits[] = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      ((uri += '%') += digits[byte >> 4]) += digits[byte & 15];
    } else {
      uri += c;
    }
  }
  uri += "?mode=ro&immutable=1";
  sqlite3* handle = nullptr;
  sqlite3_stmt* ask = nullptr;
  std::optional<std::uint32_t> found;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(uri.c_str(), &handle, flags, nullptr) == SQLITE_OK &&
      // Whoever was killed while the log was folded in may have left a file shorter than its header
      // says, which is no damage while the log is there. The schema is not asked for, for the same
      // reason.
      sqlite3_db_config(handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &ask, nullptr) == SQLITE_OK &&
      sqlite3_step(ask) == SQLITE_ROW)
    found = static_cast<std::uint32_t>(sqlite3_column_int(ask, 0));
  sqlite3_finalize(ask);
  sqlite3_close(handle);
  return found;
}

} // namespace

std::int32_t random_sequence() {
  const auto bytes = random_bytes(4);
  std::int32_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

outcome advance_sequence(database& db) {
  std::int64_t now = 0;
  const auto asked = db.run(read_sequence, {},
                            [&now](const sql::row_source& row) { now = sql::number_at(row, 0); });
  if (!asked) return asked;
  const auto next = static_cast<std::int32_t>(static_cast<std::uint32_t>(now) + 1);
  return db.execute("PRAGMA user_version = " + std::to_string(next));
}

result<void> check_log_belongs(const std::string& path) {
  for (int attempt = 1; attempt <= steady_attempts_max; ++attempt) {
    const auto file = sequence_of_file(path);
    const auto log = sequences_in_log(path + "-wal");
    if (!log) return {};
    const auto before = log->first - 1;
    const bool follows = file && *file - before <= log->last - before;
    if (follows) return {};
    // A server that runs may have folded the log into the file meanwhile, and begun it anew.
    if (sequence_of_file(path) == file && sequences_in_log(path + "-wal") == log) break;
  }
  return fail(
      error_code::conflict, "DATA_DIR",
      path + "-wal was not written for " + path +
          " as it is: an older or another copy of the database was put beside it, and to use "
          "both would mix them. Put back the file that the log belongs to, or, to start from "
          "the copy alone, remove " +
          path + "-wal and " + path + "-shm; what only the log holds is lost then");
}

bool begin_new_sequence(database& db) {
  const sql::statement leave_log{"leave_log", "PRAGMA journal_mode=DELETE"};
  for (int attempt = 1;; ++attempt) {
    std::string mode;
    const auto left = db.run(leave_log, {}, [&mode](const sql::row_source& row) {
      mode = std::string(row.text(0).value_or(""));
    });
    if (left && mode == "delete") break;
    if (attempt == sequence_attempts_max) return false;
    std::this_thread::sleep_for(sequence_attempt_pause);
  }
  const bool done =
      db.execute("PRAGMA user_version = " + std::to_string(random_sequence())).has_value();
  return db.execute("PRAGMA journal_mode=WAL").has_value() && done;
}

} // namespace latchkey::storage::sqlite
