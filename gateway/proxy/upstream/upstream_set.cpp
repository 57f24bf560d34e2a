#include "gateway/proxy/upstream/upstream_set.hpp"

#include "gateway/proxy/upstream/address_lookup.hpp"

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>
#include <utility>

namespace latchkey::proxy {

upstream_set::entry::entry(const upstream& described, const breaker_settings& limits, metrics& all)
    : target(described), breaker(limits), counts(all.upstream(described.name)),
      addresses(std::make_shared<found_addresses>()) {}

upstream_set::upstream_set(proxy_table table, metrics& counts, const breaker_settings& limits,
                           std::size_t user_calls_max)
    : table_(std::move(table)), calls_of_users_(user_calls_max),
      tls_(std::make_unique<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client)) {
  for (const auto& described : table_.upstreams)
    entries_.push_back(std::make_unique<entry>(described, limits, counts));
  auto* handle = tls_->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
  tls_->set_verify_mode(boost::asio::ssl::verify_peer);
  boost::system::error_code ignored; // without authorities no certificate is good
  tls_->set_default_verify_paths(ignored);
}

upstream_set::~upstream_set() = default;

void upstream_set::publish_counts() const {
  for (const auto& known : entries_) {
    const auto now = known->breaker.view();
    std::int64_t state = 0;
    if (now.state == breaker_state::half_open) state = 1;
    if (now.state == breaker_state::open) state = 2;
    known->counts.breaker.set(state);
    known->counts.breaker_opened.set(static_cast<std::int64_t>(now.opened));
  }
}

} // namespace latchkey::proxy
