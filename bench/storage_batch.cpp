// How many facts a second a store makes durable, by batch size.
//
//   storage_batch sqlite <file> | postgres <url>   [seconds a row, default 3]
//
// The database must be empty or made by this program. One writer, one thread; every figure
// counts facts after COMMIT, with the engine's durability as in production.
#include "protocol/text/text_codec.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>

namespace {

using namespace latchkey;
using namespace latchkey::storage;
using steady = std::chrono::steady_clock;

constexpr std::size_t users_count = 20'000;
constexpr std::size_t users_a_batch = 1000;

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

struct bench {
  std::unique_ptr<writer> out;
  std::vector<user_id> users; // each with a passkey, whose id is the position and 1
  std::vector<std::uint32_t> sign_counts;
  std::vector<session_id> sessions; // each still at the counter in `counters`
  std::vector<std::uint64_t> counters;
  time_point now = system_clock_source().now();
  double seconds = 3;
  std::size_t next = 0;

  void commit(const std::vector<unit>& batch) {
    for (const auto& answer : out->commit(batch))
      if (!answer) {
        std::fprintf(stderr, "a unit failed: %s %s\n",
                     std::string(name_of(answer.error().code)).c_str(),
                     answer.error().reason.c_str());
        std::exit(1);
      }
  }

  unit create() {
    session_record s;
    s.id = session_id{make_uuid(now)};
    s.user = users[next++ % users.size()];
    s.salt = random_bytes(32);
    s.user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";
    s.address = "127.0.0.1";
    s.created_at = s.rotated_at = now;
    s.expires_at = now + std::chrono::hours(24);
    sessions.push_back(s.id);
    counters.push_back(s.counter);
    return {{create_session{std::move(s)}}};
  }

  /// What a sign-in by passkey writes, but for `mark_used` of the first one.
  unit sign_in() {
    const auto i = next % users.size();
    auto facts = create();
    audit_record line;
    line.id = make_uuid(now);
    line.at = now;
    line.action = "user.signed_in";
    line.user = users[i];
    line.session = sessions.back();
    line.address = "127.0.0.1";
    line.reason = "by a passkey";
    facts.facts.emplace_back(add_audit{std::move(line)});
    now += std::chrono::microseconds(100);
    facts.facts.emplace_back(touch_login{users[i], now});
    facts.facts.emplace_back(
        spend_challenge{base64url_encode(random_bytes(16)), now + std::chrono::minutes(5), now});
    facts.facts.emplace_back(use_passkey{i + 1, users[i], ++sign_counts[i], false, now});
    return facts;
  }

  unit rotate() {
    const auto i = next++ % sessions.size();
    return {{rotate_session{sessions[i], counters[i]++, now}}};
  }

  void measure(const char* what, std::size_t batch_size, const std::function<unit()>& make) {
    std::size_t rows = 0;
    const auto start = steady::now();
    const auto cpu_before = cpu_seconds();
    std::chrono::duration<double> took{};
    do {
      std::vector<unit> batch;
      for (std::size_t i = 0; i < batch_size; ++i)
        batch.push_back(make());
      commit(batch);
      rows += batch_size;
      took = steady::now() - start;
    } while (took.count() < seconds);
    const double a_batch_us =
        took.count() * 1e6 * static_cast<double>(batch_size) / static_cast<double>(rows);
    std::printf(
        "%-16s %6zu units a batch %10.0f units/s %10.0f us a batch %8.1f us of CPU a unit\n", what,
        batch_size, static_cast<double>(rows) / took.count(), a_batch_us,
        (cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(rows));
    std::fflush(stdout);
  }
};

void add_users(bench& b) {
  std::vector<unit> batch;
  for (std::size_t i = 1; i <= users_count; ++i) {
    create_user made;
    made.user.id = user_id{make_uuid(b.now)};
    made.user.username = made.username_key = "u" + to_string(made.user.id);
    made.user.email = made.email_key = made.user.username + "@example.org";
    made.user.created_at = made.user.updated_at = b.now;
    passkey_record key;
    key.id = i;
    key.user = made.user.id;
    key.name = "Passkey";
    key.credential_id = base64url_encode(random_bytes(32));
    key.public_key = base64url_encode(random_bytes(77));
    key.created_at = b.now;
    b.users.push_back(made.user.id);
    b.sign_counts.push_back(0);
    const auto version = made.user.version;
    batch.push_back({{std::move(made), add_passkey{std::move(key), version}}});
    if (i % users_a_batch != 0) continue;
    b.commit(batch);
    batch.clear();
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: storage_batch sqlite <file> | postgres <url> [seconds]\n");
    return 2;
  }
  const std::string engine = argv[1];
  const auto store =
      engine == "sqlite" ? open_sqlite(argv[2]) : open_postgres(secret(std::string(argv[2])));
  if (auto migrated = store->migrate(); !migrated) {
    std::fprintf(stderr, "%s\n", migrated.error().reason.c_str());
    return 1;
  }
  bench b;
  b.out = store->open_writer();
  if (argc > 3) b.seconds = std::atof(argv[3]);
  add_users(b);
  for (const std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{512}})
    b.measure("create_session", size, [&b] { return b.create(); });
  for (const std::size_t size : {std::size_t{1}, std::size_t{16}, std::size_t{64}})
    b.measure("passkey_sign_in", size, [&b] { return b.sign_in(); });
  for (const std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{512}})
    b.measure("rotate_session", size, [&b] { return b.rotate(); });
  return 0;
}
