// log_test.cpp — the form of a line, that none can be forged, and that nobody waits.
#include "config/log.hpp"

#include "tests/config/temporary_folder.hpp"

#include <array>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace latchkey {
namespace log_pieces {

/// A piece of a line that counts how often it was turned into text.
struct counted {
  int* asked;
};

std::string to_string(const counted& piece) {
  ++*piece.asked;
  return "looked at";
}

} // namespace log_pieces

namespace {

using test::temporary_folder;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// What a log to a file holds after `write` has run.
template <class Write>
std::string logged(log_level from, Write write) {
  temporary_folder folder;
  EXPECT_TRUE(log_start({from, folder / "log", -1}).has_value());
  write();
  log_stop();
  return folder.read("log");
}

std::string time_of(const std::string& line) {
  return line.substr(0, 23);
}

TEST(Log, FailsWithASentenceWhenTheFileCannotBeOpened) {
  const auto failed = log_start({log_level::info, "/no/such/folder/log", -1});
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().field, "LOG_FILE");
  EXPECT_THAT(failed.error().reason, HasSubstr("/no/such/folder/log"));
}

TEST(Log, EscapesWhateverCouldBeginALineOrMoveACursor) {
  const auto text = logged(log_level::info, [] {
    log_info("http\n", "a\r\n2026-01-01 00:00:00,000 - latchkey.http - INFO - forged\x1b[2J",
             std::string_view("\0", 1), '\t');
  });
  EXPECT_EQ(std::ranges::count(text, '\n'), 1);
  EXPECT_THAT(text, HasSubstr(" - latchkey.http\\n - INFO - a\\r\\n2026-01-01"));
  EXPECT_THAT(text, HasSubstr("forged\\x1b[2J\\x00\\t\n"));
}

TEST(EscapedForLog, IsUnambiguousAndValidUtf8) {
  EXPECT_EQ(escaped_for_log("plain ünï 漢 😀"), "plain ünï 漢 😀");
  EXPECT_EQ(escaped_for_log("\\n\n"), "\\\\n\\n");
  EXPECT_EQ(escaped_for_log("\x7f\xff\xc3"), "\\x7f\\xff\\xc3");
  EXPECT_EQ(escaped_for_log("\xc2\x9b"), "\\xc2\\x9b");          // a C1 control
  EXPECT_EQ(escaped_for_log("\xe2\x80\xa8"), "\\xe2\\x80\\xa8"); // a line separator
  EXPECT_EQ(escaped_for_log("\xe2\x80\xae"), "\\xe2\\x80\\xae"); // right to left from here
  EXPECT_EQ(escaped_for_log("\xed\xa0\x80"), "\\xed\\xa0\\x80"); // a surrogate
}

TEST(EscapedForLog, EndsLongTextInDotsAtAWholeCharacter) {
  EXPECT_EQ(escaped_for_log("abcdef", 6), "abcdef");
  EXPECT_EQ(escaped_for_log("abcdefg", 6), "abcdef...");
  EXPECT_EQ(escaped_for_log("abcde\n", 6), "abcde...");
  EXPECT_EQ(escaped_for_log("abcde漢", 6), "abcde...");
}

TEST(Log, PrintsASecretAsStars) {
  const secret password(std::string_view("hunt3r"));
  const auto text = logged(log_level::info, [&] { log_info("user", "password ", password); });
  EXPECT_THAT(text, HasSubstr("password ***\n"));
}

TEST(Log, HasTheDocumentedForm) {
  const auto text = logged(log_level::info, [] { log_warning("session", "ended"); });
  EXPECT_THAT(text, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} "
                                 "- latchkey\\.session - WARNING - ended\n"));
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> latest{};
  std::strftime(latest.data(), latest.size(), "%Y-%m-%d %H:%M:%S,999", &utc);
  EXPECT_LE(time_of(text), latest.data());
  EXPECT_GE(time_of(text).substr(0, 4), "2026");
}

TEST(Log, JoinsPiecesOfEveryKind) {
  const char* pointer = "text";
  const auto text = logged(log_level::debug, [&] {
    log_debug("a", pointer, ' ', -7, ' ', std::uint64_t{18446744073709551615u}, ' ', 0.5, ' ', true,
              std::string(" b"));
    log_error("a", 1);
    log_critical("a", "c");
  });
  EXPECT_THAT(text, HasSubstr("DEBUG - text -7 18446744073709551615 0.5 true b\n"));
  EXPECT_THAT(text, HasSubstr("ERROR - 1\n"));
  EXPECT_THAT(text, HasSubstr("CRITICAL - c\n"));
}

TEST(Log, DoesNotLookAtThePiecesOfALineBelowTheLevel) {
  int asked = 0;
  const auto text = logged(log_level::warning, [&] {
    log_info("a", log_pieces::counted{&asked});
    EXPECT_EQ(asked, 0);
    EXPECT_FALSE(log_enabled(log_level::info));
    log_warning("a", log_pieces::counted{&asked});
  });
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(text, HasSubstr("WARNING - looked at\n"));
  EXPECT_THAT(text, Not(HasSubstr("INFO")));
  EXPECT_FALSE(log_enabled(log_level::critical)); // it has stopped
}

/// A pipe in a terminal's place, which is read when a test says so.
struct terminal {
  int read_end = -1;
  int write_end = -1;
  terminal() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~terminal() {
    ::close(read_end);
    ::close(write_end);
  }
  /// Waits until a line with that text has come. Each line goes to the file before the next goes
  /// anywhere, so the lines before it are in the file then.
  void read_until(const std::string& text) const {
    std::array<char, 4096> buffer;
    for (std::string seen; seen.find(text) == std::string::npos;) {
      const auto n = ::read(read_end, buffer.data(), buffer.size());
      if (n <= 0) throw std::runtime_error("the log has ended before: " + text);
      seen.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  /// Everything that is there, without waiting for more.
  std::string drain() const {
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
    std::string out;
    std::array<char, 65536> buffer;
    for (ssize_t n = 0; (n = ::read(read_end, buffer.data(), buffer.size())) > 0;)
      out.append(buffer.data(), static_cast<std::size_t>(n));
    return out;
  }
};

TEST(Log, GoesToConsoleAndFileAndAppends) {
  temporary_folder folder;
  for (int start = 0; start < 2; ++start) {
    const int console = ::open((folder / "console").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ASSERT_TRUE(log_start({log_level::info, folder / "log", console}).has_value());
    log_info("a", "start ", start);
    log_stop();
    EXPECT_EQ(::close(console), 0); // it was not the log's to close
  }
  EXPECT_THAT(folder.read("log"), AllOf(HasSubstr("start 0\n"), HasSubstr("start 1\n")));
  EXPECT_EQ(folder.read("log"), folder.read("console"));
  struct stat about {};
  ASSERT_EQ(::stat((folder / "log").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0137u, 0u);
}

TEST(Log, GoesOnInANewFileOnceItIsOpenedAnew) {
  temporary_folder folder;
  const terminal screen;
  ASSERT_TRUE(log_start({log_level::info, folder / "log", screen.write_end}).has_value());
  log_info("a", "first");
  std::filesystem::rename(folder / "log", folder / "log.1");
  log_info("a", "second");
  log_info("a", "the line after it");
  screen.read_until("the line after it");
  ASSERT_TRUE(log_reopen().has_value());
  log_info("a", "third");
  log_stop();
  EXPECT_THAT(folder.read("log.1"), testing::AllOf(HasSubstr("first"), HasSubstr("second")));
  EXPECT_THAT(folder.read("log"), testing::AllOf(HasSubstr("third"), Not(HasSubstr("second"))));
}

TEST(Log, StaysInItsFileWhenANewOneCannotBeOpened) {
  temporary_folder folder;
  const auto inner = folder / "inner";
  std::filesystem::create_directory(inner);
  ASSERT_TRUE(log_start({log_level::info, inner + "/log", -1}).has_value());
  std::filesystem::rename(inner, folder / "moved");
  const auto failed = log_reopen();
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(failed.error().reason, HasSubstr(inner + "/log"));
  log_info("a", "still here");
  log_stop();
  EXPECT_THAT(folder.read("moved/log"), HasSubstr("still here"));
}

TEST(Log, LeavesNoHoleInAFileThatOthersTruncate) {
  temporary_folder folder;
  const terminal screen;
  ASSERT_TRUE(log_start({log_level::info, folder / "log", screen.write_end}).has_value());
  log_info("a", "first");
  log_info("a", "the line after it");
  screen.read_until("the line after it");
  std::filesystem::resize_file(folder / "log", 0);
  log_info("a", "second");
  log_stop();
  const auto text = folder.read("log");
  EXPECT_EQ(std::ranges::count(text, '\0'), 0);
  EXPECT_TRUE(text.ends_with("second\n"));
}

TEST(Log, KeepsLinesOfManyThreadsWhole) {
  constexpr int threads_count = 4;
  constexpr int lines_each = 500; // together fewer than the queue holds
  const auto text = logged(log_level::info, [] {
    std::vector<std::thread> threads;
    for (int t = 0; t < threads_count; ++t)
      threads.emplace_back([t] {
        for (int i = 0; i < lines_each; ++i)
          log_info("a", "thread ", t, " line ", i, " end");
      });
    for (auto& thread : threads)
      thread.join();
  });
  EXPECT_EQ(std::ranges::count(text, '\n'), threads_count * lines_each);
  std::istringstream lines(text);
  std::array<int, threads_count> next{};
  for (std::string line; std::getline(lines, line);) {
    int t = 0;
    int i = 0;
    ASSERT_EQ(
        std::sscanf(line.c_str() + 23, " - latchkey.a - INFO - thread %d line %d end", &t, &i), 2)
        << line;
    EXPECT_EQ(i, next[static_cast<std::size_t>(t)]++);
  }
}

TEST(Log, NeitherCallersNorTheFileNorTheEndWaitForAStalledTerminal) {
  using clock = std::chrono::steady_clock;
  constexpr int lines = 3 * static_cast<int>(log_queue_lines_max);
  temporary_folder folder;
  const terminal screen;
  const auto dropped_before = log_lines_dropped();
  ASSERT_TRUE(log_start({log_level::info, folder / "log", screen.write_end}).has_value());
  const auto begin = clock::now();
  for (int i = 0; i < lines; ++i)
    log_info("a", std::string(100, 'x'), i);
  log_stop();
  EXPECT_LT(clock::now() - begin, std::chrono::seconds(10)); // and not for ever
  EXPECT_GT(log_lines_dropped(), dropped_before);
  const auto file = folder.read("log");
  EXPECT_THAT(file, HasSubstr("x" + std::to_string(lines - 1) + "\n")); // the newest are kept
}

TEST(Log, SaysHowManyLinesATerminalMissedOnceItReadsAgain) {
  temporary_folder folder;
  const terminal screen;
  ASSERT_TRUE(log_start({log_level::info, "", screen.write_end}).has_value());
  const auto dropped_before = log_lines_dropped();
  while (log_lines_dropped() == dropped_before)
    log_info("a", std::string(1000, 'x'));
  auto text = screen.drain();
  while (text.find("lines dropped: ") == std::string::npos) {
    log_info("a", "again");
    text += screen.drain();
  }
  log_stop();
  EXPECT_THAT(text, HasSubstr(" - latchkey.log - WARNING - lines dropped: "));
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);)
    EXPECT_THAT(line, HasSubstr(" - latchkey."));
}

} // namespace
} // namespace latchkey
