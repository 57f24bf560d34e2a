// unknown_names.cpp — a password, or a recovery passphrase, for a name that no user has: compared
// for nothing, so that the answer and its time tell nothing.
#include "actors/directory/directory.hpp"

#include <caf/send.hpp>
#include <utility>

namespace latchkey {

task<messages::done> directory_state::on_compare(messages::compare_with_nothing request) {
  messages::verify_password question{request.password, {}, request.deadline, false, true};
  if (request.is_passphrase) {
    // A user's passphrase hash is read first.
    const user_id nobody{};
    messages::read lookup{storage::find_recovery{nobody}, request.deadline};
    const auto found = co_await ask(env->reader_for(nobody), std::move(lookup));
    if (!found) co_return found.error();
  }
  const auto known = co_await known_stand_ins();
  if (!known) co_return known.error();
  const auto followed = (*known)->of(hmac_sha256(env->keys->sealing, "stand-in " + request.name));
  question.phc = request.is_passphrase ? followed.passphrase : followed.password;
  const auto verdict = co_await ask(env->hasher, std::move(question));
  if (!verdict) co_return verdict.error();
  if (!request.is_passphrase) count_failure_of_nobody();
  co_return messages::done{};
}

/// A user's wrong password is counted in the store, which nobody waits for; so is one for an
/// unknown name, or the time of the answers would tell which names exist.
void directory_state::count_failure_of_nobody() {
  const user_id nobody{make_uuid(env->now())};
  caf::anon_send(env->writer_for(nobody),
                 messages::commit{{{storage::count_password_failures{nobody}}}, own_deadline()});
}

// -- the users that unknown names follow -----------------------------------------------------

task<directory_state::stand_ins_ptr> directory_state::known_stand_ins() {
  const bool is_due = env->steady_now() >= stand_ins_due_;
  if (is_due && !std::exchange(is_reading_stand_ins_, true)) begin(refresh_stand_ins());
  if (stand_ins_) co_return stand_ins_;
  co_return co_await stand_in_askers_.wait();
}

task<> directory_state::refresh_stand_ins() {
  auto fresh = co_await read_stand_ins();
  is_reading_stand_ins_ = false;
  if (fresh) {
    stand_ins_due_ = env->steady_now() + stand_ins_good_for;
    stand_ins_ = std::move(*fresh);
  } else if (!stand_ins_) { // the next request tries again
    stand_ins_ = std::make_shared<stand_ins>();
  }
  stand_in_askers_.complete(stand_ins_);
}

task<directory_state::stand_ins_ptr> directory_state::read_stand_ins() {
  const auto reader = env->reader_for(user_id{});
  storage::list_users count;
  count.limit = 1;
  messages::read count_question{count, own_deadline()};
  auto counted = co_await ask(reader, std::move(count_question));
  if (!counted) co_return counted.error();
  const auto total = counted->as<storage::list_users>().total;
  auto fresh = std::make_shared<stand_ins>();
  for (std::int64_t after = 0; !fresh->is_full();) {
    messages::read question{storage::hashes_after{after, stand_ins::page_rows}, own_deadline()};
    auto page = co_await ask(reader, std::move(question));
    if (!page) co_return page.error();
    after = fresh->add(page->as<storage::hashes_after>(), after, total);
  }
  co_return fresh;
}

} // namespace latchkey
