#include "storage/postgres/writer.hpp"

#include "storage/facts/rules/fact_check.hpp"

#include <algorithm>
#include <pqxx/except>
#include <thread>

namespace latchkey::storage::postgres {

namespace {

constexpr int conflict_retries_max = 3;
constexpr auto conflict_pause = std::chrono::milliseconds(5); // longer each time
constexpr int timeouts_max = 24; // within one call; further units are not tried
// After a wait that timed out, a divided batch is tried with shorter time limits.
constexpr int impatience = 4; // the statement timeout is divided by this
std::string begin_impatiently(const postgres_options& o) {
  return "BEGIN; SET LOCAL lock_timeout = 100; SET LOCAL statement_timeout = " +
         std::to_string(std::max<std::int64_t>(o.statement_timeout.count() / impatience, 1));
}
constexpr int reconnects_max = 1; // within one call; the next call tries again
constexpr auto fate_pause = std::chrono::milliseconds(100);

failure unavailable() {
  return {error_code::store_unavailable, {}, "the database cannot be written now", 1};
}

} // namespace

/// One call of `commit`.
struct postgres_writer::job {
  std::span<const unit> batch;
  std::vector<result<written>>& answers;
  std::vector<bool> committed;
  std::optional<failure> down; // set once the server is known to be away
  int timeouts = 0;

  void fail(const units& which, const failure& why) {
    for (auto u : which)
      answers[u] = tl::unexpected<failure>(why);
  }
};

postgres_writer::postgres_writer(std::shared_ptr<shared> common)
    : common_(common),
      link_(std::move(common), "latchkey-" + to_string(make_uuid(system_clock_source().now())),
            use::writes) {}

std::vector<result<written>> postgres_writer::commit(std::span<const unit> batch) {
  std::vector<result<written>> answers(
      batch.size(), latchkey::fail(error_code::internal_error, {}, "the unit was not written"));
  job j{batch, answers, std::vector<bool>(batch.size()), std::nullopt};
  try {
    units chosen;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (auto wrong = check_unit(batch[i]))
        answers[i] = tl::unexpected<failure>(std::move(*wrong));
      else
        chosen.push_back(i);
    }
    for (auto& group : plan_batch(batch, chosen))
      run_group(j, std::move(group.units), group.by_kind);
  } catch (const std::exception&) {
    // Out of memory, before COMMIT: nothing after it allocates. An attempt that was given
    // up may have left answers that look like success.
    link_.drop();
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (!j.committed[i] && answers[i])
        answers[i] =
            latchkey::fail(error_code::internal_error, {}, "the unit could not be written");
  }
  return answers;
}

void postgres_writer::run_group(job& j, units chosen, bool by_kind) {
  int conflicts = 0;
  int reconnects = 0;
  while (!chosen.empty()) {
    if (!j.down) j.down = connect(reconnects > 0);
    if (j.down) return j.fail(chosen, *j.down);
    auto end = attempt(j, chosen, by_kind);
    if (end == ended::in_doubt) end = find_outcome();
    switch (end) {
    case ended::committed:
      for (auto u : chosen)
        j.committed[u] = true;
      return;
    case ended::again:
      break; // fewer units: this ends
    case ended::lost:
      if (++reconnects > reconnects_max) j.down = unavailable();
      break;
    case ended::in_doubt:
      return j.fail(chosen, {error_code::outcome_unknown,
                             {},
                             "the connection broke while the database committed",
                             0});
    case ended::conflict:
      if (++conflicts > conflict_retries_max) return j.fail(chosen, unavailable());
      std::this_thread::sleep_for(conflict_pause * conflicts);
      break;
    case ended::unavailable:
      return j.fail(chosen, unavailable());
    case ended::broken:
      return j.fail(chosen,
                    {error_code::internal_error, {}, "the database refuses the statement", 0});
    case ended::bad_row:
      return divide(j, chosen, by_kind,
                    {error_code::validation_error, {}, "the database refuses the row", 0});
    case ended::slow:
      if (++j.timeouts > timeouts_max) return j.fail(chosen, unavailable());
      return divide(j, chosen, by_kind, unavailable());
    }
  }
}

void postgres_writer::divide(job& j, const units& chosen, bool by_kind, const failure& why) {
  if (chosen.size() == 1) {
    link_.log_refusal();
    return j.fail(chosen, why);
  }
  const auto middle = chosen.begin() + static_cast<std::ptrdiff_t>(chosen.size() / 2);
  run_group(j, {chosen.begin(), middle}, by_kind);
  run_group(j, {middle, chosen.end()}, by_kind);
}

postgres_writer::ended postgres_writer::attempt(job& j, units& chosen, bool by_kind) {
  for (auto u : chosen)
    j.answers[u] = written{};
  try {
    link_.execute(j.timeouts == 0 ? "BEGIN" : begin_impatiently(link_.options()));
    const bool must_repeat = apply_all(j, chosen, by_kind);
    if (must_repeat || chosen.empty()) {
      link_.execute("ROLLBACK");
      return chosen.empty() ? ended::committed : ended::again;
    }
  } catch (...) {
    const auto end = from(link_.classify());
    roll_back();
    return end;
  }
  return finish();
}

bool postgres_writer::apply_all(job& j, units& chosen, bool by_kind) {
  bool must_repeat = false;
  std::vector<bool> wrote(j.batch.size());
  std::vector<pending> step;
  const auto run_step = [&] {
    apply_facts(link_, step);
    for (auto& p : step) {
      auto& answer = j.answers[p.unit];
      if (p.lost) {
        must_repeat = must_repeat || wrote[p.unit] || leaves_rows_when_it_loses(*p.f);
        if (answer) answer = tl::unexpected<failure>(std::move(*p.lost));
        continue;
      }
      wrote[p.unit] = true;
      if (!answer) { // its unit lost in this very statement
        must_repeat = true;
        continue;
      }
      answer->user_number = std::max(answer->user_number, p.note.user_number);
      answer->sessions_ended += p.note.sessions_ended;
      if (p.f->holds<spend_quota>()) answer->quota_used = p.note.quota_used;
      answer->forgotten += p.note.forgotten;
      answer->claimed += p.note.claimed;
    }
    step.clear();
  };
  if (by_kind) {
    for (std::size_t kind = 0; kind < fact::size; ++kind) {
      for (auto u : chosen)
        for (const auto& f : j.batch[u].facts)
          if (f.index() == kind && j.answers[u]) step.push_back({u, &f, std::nullopt, {}});
      run_step();
    }
  } else {
    for (auto u : chosen)
      for (const auto& f : j.batch[u].facts)
        if (j.answers[u]) {
          step.push_back({u, &f, std::nullopt, {}});
          run_step();
        }
  }
  std::erase_if(chosen, [&j](std::size_t u) { return !j.answers[u]; });
  return must_repeat;
}

postgres_writer::ended postgres_writer::finish() {
  ++number_;
  try {
    // Prepared by SQL, so that it can share COMMIT's round trip.
    if (mark_prepared_in_ != link_.lives()) {
      link_.execute(std::string("PREPARE mark_commit(text, bigint, text) AS ") +
                    sql::mark_commit.batch);
      mark_prepared_in_ = link_.lives();
    }
  } catch (...) {
    const auto end = from(link_.classify());
    roll_back();
    return end;
  }
  try {
    const auto member = common_->member.empty() ? "NULL" : "'" + common_->member + "'";
    link_.execute("EXECUTE mark_commit('" + link_.name() + "', " + std::to_string(number_) + ", " +
                  member + "); COMMIT");
    common_->trouble = nullptr;
    return ended::committed;
  } catch (...) {
    const auto kind = link_.classify();
    roll_back();
    if (was_fenced()) return ended::unavailable;
    return kind == trouble::lost ? ended::in_doubt : from(kind);
  }
}

void postgres_writer::roll_back() noexcept {
  if (!link_.is_connected()) return;
  try {
    link_.execute("ROLLBACK");
  } catch (...) {
    // The server rolls the transaction back when the connection ends.
    link_.classify();
    link_.drop();
  }
}

bool postgres_writer::was_fenced() const {
  if (common_->member.empty() || !link_.lacks_a_row()) return false;
  common_->lost(
      "the other members of the cluster have removed this one, which gave no sign of life: "
      "this process ends, for it may not write any more");
  return true;
}

postgres_writer::ended postgres_writer::from(trouble t) noexcept {
  switch (t) {
  case trouble::lost:
  case trouble::read_only: // nothing was written, and the next connection may lead elsewhere
    return ended::lost;
  case trouble::conflict:
    return ended::conflict;
  case trouble::unavailable:
    return ended::unavailable;
  case trouble::slow:
    return ended::slow;
  case trouble::bad_row:
    return ended::bad_row;
  case trouble::broken:
    break;
  }
  return ended::broken;
}

std::optional<failure> postgres_writer::connect(bool patient) {
  if (auto why = link_.ensure(patient)) return why;
  if (cleaned_life_ == link_.lives()) return std::nullopt;
  try {
    // A server process of an earlier connection may still hold locks.
    if (cleaned_life_ != 0) link_.run(sql::end_own_backends, {link_.name()});
    cleaned_life_ = link_.lives();
    return std::nullopt;
  } catch (...) {
    link_.classify();
    link_.drop();
    return unavailable();
  }
}

postgres_writer::ended postgres_writer::find_outcome() {
  const auto give_up = std::chrono::steady_clock::now() + link_.options().fate_timeout;
  do {
    if (!connect(true)) {
      try {
        // COMMIT may still be on its way to the old server process, so the mark is final only
        // when that process is gone.
        if (link_.run(sql::end_own_backends, {link_.name()}).empty()) {
          const std::vector<const char*> own{
              link_.name().c_str(), common_->member.empty() ? nullptr : common_->member.c_str()};
          const auto rows = link_.run(sql::read_mark, own);
          return rows[0][0].as<std::int64_t>() == number_ ? ended::committed : ended::lost;
        }
      } catch (...) {
        link_.classify();
        if (was_fenced()) return ended::in_doubt;
        link_.drop();
      }
    }
    std::this_thread::sleep_for(fate_pause);
  } while (std::chrono::steady_clock::now() < give_up);
  return ended::in_doubt;
}

} // namespace latchkey::storage::postgres
