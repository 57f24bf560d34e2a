#include "gateway/proxy/upstream/user_calls.hpp"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace latchkey::proxy {

struct user_calls::counts {
  explicit counts(std::size_t most) : calls_max(most) {}

  const std::size_t calls_max;
  std::mutex mutex; // held for a few instructions
  std::unordered_map<user_id, std::size_t> under_way;
};

namespace {

/// One call under way.
template <class Counts>
class counted_call {
public:
  counted_call(std::shared_ptr<Counts> all, const user_id& user)
      : all_(std::move(all)), user_(user) {}
  counted_call(const counted_call&) = delete;
  counted_call& operator=(const counted_call&) = delete;
  ~counted_call() {
    const std::lock_guard lock(all_->mutex);
    const auto found = all_->under_way.find(user_);
    if (--found->second == 0) all_->under_way.erase(found);
  }

private:
  std::shared_ptr<Counts> all_;
  user_id user_;
};

} // namespace

user_calls::user_calls(std::size_t calls_max) : counts_(std::make_shared<counts>(calls_max)) {}

std::shared_ptr<void> user_calls::begin(const user_id& user) const {
  {
    const std::lock_guard lock(counts_->mutex);
    auto& count = counts_->under_way[user];
    if (count >= counts_->calls_max) return nullptr;
    ++count;
  }
  return std::make_shared<counted_call<counts>>(counts_, user);
}

} // namespace latchkey::proxy
