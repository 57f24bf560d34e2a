// time.cpp — the machine's clock, and RFC 3339 in and out.
#include "protocol/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace latchkey {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class machine_clock final : public clock_source {
public:
  time_point now() const noexcept override {
    return std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  }
  time_point steady() const noexcept override {
    const auto passed = std::chrono::steady_clock::now() - started_steady_;
    return started_ + std::chrono::floor<microseconds>(passed);
  }

private:
  std::chrono::steady_clock::time_point started_steady_ = std::chrono::steady_clock::now();
  time_point started_ = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
};

/// Text has four digits for the year; what lies outside is shown as the nearest inside.
constexpr time_point earliest = std::chrono::sys_days{std::chrono::year{0} / 1 / 1};
constexpr time_point latest =
    std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - microseconds{1};

void put(char* at, std::size_t width, std::int64_t value) {
  for (std::size_t i = width; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Writes "YYYY-MM-DDThh:mm:ss" and answers the microseconds that are left.
std::int64_t put_seconds(char* at, time_point t) {
  t = std::clamp(t, earliest, latest);
  auto day = std::chrono::floor<days>(t);
  std::chrono::year_month_day date{day};
  std::int64_t micros = (t - day).count();
  std::int64_t second = micros / 1'000'000;
  put(at, 4, int{date.year()});
  put(at + 5, 2, unsigned{date.month()});
  put(at + 8, 2, unsigned{date.day()});
  put(at + 11, 2, second / 3600);
  put(at + 14, 2, second / 60 % 60);
  put(at + 17, 2, second % 60);
  return micros % 1'000'000;
}

/// Takes text from the front of a view; the first thing that does not fit fails it all.
struct cursor {
  std::string_view rest;
  bool ok = true;

  int number(std::size_t digits) {
    if (!ok || rest.size() < digits) return fail();
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return fail();
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(digits);
    return value;
  }
  int number(std::size_t digits, int highest) {
    int value = number(digits);
    return value <= highest ? value : fail();
  }
  bool take(char c) {
    if (rest.empty() || rest.front() != c) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok = take(c) && ok; }
  int fail() {
    ok = false;
    return 0;
  }

  /// "" or "." and 1 to 9 digits; what is finer than a microsecond is cut off.
  microseconds fraction() {
    if (!take('.')) return microseconds{0};
    std::int64_t micros = 0;
    std::size_t digits = 0;
    for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; ++digits) {
      if (digits < 6) micros = micros * 10 + (rest.front() - '0');
      rest.remove_prefix(1);
    }
    if (digits < 1 || digits > 9) fail();
    for (; digits < 6; ++digits)
      micros *= 10;
    return microseconds{micros};
  }

  /// "Z", "+hh:mm", or PostgreSQL's "+hh".
  minutes offset() {
    if (take('Z') || take('z')) return minutes{0};
    int sign = take('-') ? -1 : 1;
    if (sign == 1) expect('+');
    int value = number(2, 23) * 60;
    if (take(':')) value += number(2, 59);
    return minutes{sign * value};
  }
};

} // namespace

const clock_source& system_clock_source() noexcept {
  static const machine_clock clock;
  return clock;
}

std::string to_rfc3339(time_point t) {
  std::string text = "0000-00-00T00:00:00.000000Z";
  put(text.data() + 20, 6, put_seconds(text.data(), t));
  return text;
}

std::string to_rfc3339_seconds(time_point t) {
  std::string text = "0000-00-00T00:00:00Z";
  put_seconds(text.data(), t);
  return text;
}

std::optional<time_point> parse_time(std::string_view text) {
  cursor in{text};
  std::chrono::year year{in.number(4)};
  in.expect('-');
  std::chrono::month month{static_cast<unsigned>(in.number(2))};
  in.expect('-');
  std::chrono::day day{static_cast<unsigned>(in.number(2))};
  if (!in.take('T') && !in.take('t')) in.expect(' ');
  int hour = in.number(2, 23);
  in.expect(':');
  int minute = in.number(2, 59);
  in.expect(':');
  int second = in.number(2, 60);
  auto fraction = in.fraction();
  auto offset = in.offset();
  std::chrono::year_month_day date{year, month, day};
  if (!in.ok || !in.rest.empty() || !date.ok()) return std::nullopt;

  // A leap second (RFC 3339, 5.7) can only end a UTC day; it counts as the next one's first.
  time_point whole =
      std::chrono::sys_days{date} + hours{hour} + minutes{minute} + seconds{second} - offset;
  if (second == 60 && whole != std::chrono::floor<days>(whole)) return std::nullopt;
  return whole + fraction;
}

} // namespace latchkey
