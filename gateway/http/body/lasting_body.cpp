#include "gateway/http/body/lasting_body.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::http {
namespace {

/// A client has `http_limits::send_max` for each.
constexpr std::size_t piece_bytes_max = 64 * 1024;

class lasting final : public body_source {
public:
  explicit lasting(std::string_view content) : rest_(content), size_(content.size()) {}

  awaitable<result<std::string_view>> next() override {
    const auto piece = rest_.substr(0, std::min(rest_.size(), piece_bytes_max));
    rest_.remove_prefix(piece.size());
    co_return piece;
  }
  std::optional<std::uint64_t> size() const noexcept override { return size_; }
  bool owns_pieces() const noexcept override { return false; }

private:
  std::string_view rest_;
  std::uint64_t size_;
};

} // namespace

std::unique_ptr<body_source> lasting_body(std::string_view content) {
  return std::make_unique<lasting>(content);
}

} // namespace latchkey::http
