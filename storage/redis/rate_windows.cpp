#include "storage/redis/rate_windows.hpp"

#include "protocol/ids.hpp"
#include "storage/redis/rate_scripts.hpp"

#include <algorithm>
#include <charconv>
#include <openssl/evp.h>
#include <string_view>
#include <utility>

namespace latchkey::storage {
namespace {

constexpr std::string_view window_prefix = "latchkey:rate:";
constexpr std::string_view recall_prefix = "latchkey:recall:";
constexpr std::size_t recalled_at_once_max = 1000;

/// A script, and the name by which Redis knows it once it has had it: its SHA-1.
struct named_script {
  explicit named_script(std::string_view source) : text(source) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(source.data(), source.size(), hash, &size, EVP_sha1(), nullptr);
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned i = 0; i < size; ++i)
      (name += digits[hash[i] >> 4U]) += digits[hash[i] & 15U];
  }
  std::string text;
  std::string name;
};

struct named_scripts {
  named_script take{rate_scripts::take};
  named_script give_back{rate_scripts::give_back};
  named_script settle{rate_scripts::settle};
  named_script forget{rate_scripts::forget};
};

const named_scripts& scripts() {
  static const named_scripts all;
  return all;
}

/// So that Redis knows them before they are named: commands keep their order.
std::vector<redis_command> commands_that_load() {
  std::vector<redis_command> out;
  for (const auto* script :
       {&scripts().take, &scripts().give_back, &scripts().settle, &scripts().forget})
    out.push_back({"SCRIPT", "LOAD", script->text});
  return out;
}

std::string key_in_redis(std::string_view key) {
  return std::string{window_prefix}.append(key);
}

std::uint32_t count_of(const redis_reply& reply) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(reply.number, 0, UINT32_MAX));
}

rate_answer answer_of(const redis_reply& reply) {
  constexpr std::size_t parts = 7;
  rate_answer out;
  if (reply.items.size() != parts) return out;
  const auto& items = reply.items;
  out.granted = count_of(items[0]);
  out.leased = count_of(items[1]);
  out.left = count_of(items[2]);
  out.ends_in = std::chrono::milliseconds{std::max<std::int64_t>(0, items[3].number)};
  const auto& id = items[4].text;
  std::from_chars(id.data(), id.data() + id.size(), out.window);
  out.lent = count_of(items[5]);
  out.held = count_of(items[6]);
  return out;
}

} // namespace

struct redis_rate_windows::call {
  const named_script* script;
  std::string key;
  std::vector<std::string> arguments;

  redis_command command(bool by_name) const {
    redis_command out{by_name ? "EVALSHA" : "EVAL", by_name ? script->name : script->text, "1",
                      key_in_redis(key)};
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
  }
};

redis_rate_windows::redis_rate_windows(redis_address address, std::chrono::milliseconds wait_max)
    : node_(to_string(make_uuid(time_point{}))),
      connection_(std::move(address), wait_max, commands_that_load()) {}

redis_rate_windows::call redis_rate_windows::call_of(const rate_question& question) const {
  constexpr std::chrono::milliseconds lease = lease_ttl;
  const auto window_ms = std::uint64_t{question.window_s} * 1000;
  return {&scripts().take,
          question.key,
          {node_, std::to_string(question.limit), std::to_string(window_ms),
           std::to_string(question.wanted), std::to_string(question.lease_divisor),
           std::to_string(question.unspent), std::to_string(question.owed),
           question.holds ? "1" : "0", std::to_string(lease.count()), std::string{recall_prefix}}};
}

redis_rate_windows::call redis_rate_windows::call_of(const rate_return& change) const {
  return {&scripts().give_back,
          change.key,
          {std::to_string(change.window), node_, std::to_string(change.unspent)}};
}

redis_rate_windows::call redis_rate_windows::call_of(const rate_settlement& change) {
  return {
      &scripts().settle, change.key, {std::to_string(change.window), change.counts ? "1" : "0"}};
}

redis_rate_windows::call redis_rate_windows::call_of(const rate_forgetting& change) {
  return {&scripts().forget, change.key, {}};
}

result<std::vector<redis_reply>> redis_rate_windows::run(const std::vector<call>& calls) {
  std::vector<redis_command> commands;
  for (const auto& made : calls)
    commands.push_back(made.command(true));
  auto replies = connection_.run(commands);
  if (!replies) return replies;
  // After SCRIPT FLUSH it knows none.
  std::vector<std::size_t> unknown;
  commands.clear();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!(*replies)[i].is_error("NOSCRIPT")) continue;
    unknown.push_back(i);
    commands.push_back(calls[i].command(false));
  }
  if (unknown.empty()) return replies;
  auto again = connection_.run(commands);
  if (!again) return again;
  for (std::size_t i = 0; i < unknown.size(); ++i)
    (*replies)[unknown[i]] = std::move((*again)[i]);
  return replies;
}

result<std::vector<rate_answer>>
redis_rate_windows::run(const std::vector<rate_change>& changes,
                        const std::vector<rate_question>& questions) {
  std::vector<call> calls;
  for (const auto& change : changes)
    calls.push_back(std::visit([this](const auto& one) { return call_of(one); }, change));
  for (const auto& question : questions)
    calls.push_back(call_of(question));
  const auto replies = run(calls);
  if (!replies) return fail(replies.error());
  std::vector<rate_answer> answers;
  for (std::size_t i = changes.size(); i < replies->size(); ++i)
    answers.push_back(answer_of((*replies)[i]));
  return answers;
}

result<std::vector<std::string>> redis_rate_windows::recalled() {
  const redis_command command{"SPOP", std::string{recall_prefix} + node_,
                              std::to_string(recalled_at_once_max)};
  const auto replies = connection_.run({&command, 1});
  if (!replies) return fail(replies.error());
  std::vector<std::string> keys;
  for (const auto& item : replies->front().items)
    if (item.text.starts_with(window_prefix))
      keys.push_back(item.text.substr(window_prefix.size()));
  return keys;
}

} // namespace latchkey::storage
