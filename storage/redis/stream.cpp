#include "storage/redis/stream.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <cstring>
#include <future>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace latchkey::storage {
namespace {

tl::unexpected<failure> unreachable() {
  return fail(error_code::store_unavailable, {}, "Redis cannot be reached");
}
tl::unexpected<failure> silent() {
  return fail(error_code::store_unavailable, {}, "Redis does not answer");
}

/// Whether that becomes possible before the deadline.
bool wait_until_ready(int descriptor, short events, stream_deadline deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waited{descriptor, events, 0};
    const auto wait_ms = static_cast<int>(std::min<std::int64_t>(left.count(), INT_MAX));
    const int ready = ::poll(&waited, 1, wait_ms);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// A descriptor that is connected; -1: it is not.
int connected_descriptor(const sockaddr* to, socklen_t size, stream_deadline deadline) {
  const int made = ::socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return -1;
  int error = ::connect(made, to, size) == 0 ? 0 : errno;
  if (error == EINPROGRESS && wait_until_ready(made, POLLOUT, deadline)) {
    socklen_t error_size = sizeof error;
    if (::getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &error_size) != 0) error = errno;
  }
  if (error == 0) return made;
  ::close(made);
  return -1;
}

struct address_list_closer {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using address_list = std::unique_ptr<addrinfo, address_list_closer>;

address_list addresses_of(const redis_host& host, int flags) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  const auto port = std::to_string(host.port);
  if (::getaddrinfo(host.name.c_str(), port.c_str(), &wanted, &found) != 0) return nullptr;
  return address_list{found};
}

/// Empty when there are none, or when they are not known by the deadline. To look up a name may
/// take as long as it likes: that is for a thread of its own.
address_list look_up(const redis_host& host, stream_deadline deadline) {
  if (auto numeric = addresses_of(host, AI_NUMERICHOST)) return numeric;
  std::packaged_task<address_list()> lookup{[host] { return addresses_of(host, 0); }};
  auto found = lookup.get_future();
  std::thread{std::move(lookup)}.detach();
  if (found.wait_until(deadline) != std::future_status::ready) return nullptr;
  return found.get();
}

/// The certificate must be the host's (RFC 6125), or name the address.
bool expect_host(SSL* tls, const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  const bool is_address = ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
                          ::inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (is_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) == 1;
  return SSL_set_tlsext_host_name(tls, host.c_str()) == 1 && SSL_set1_host(tls, host.c_str()) == 1;
}

tl::unexpected<failure> unusable(const std::string& file) {
  ERR_clear_error();
  return fail(error_code::internal_error, "REDIS_URL",
              "REDIS_URL: cannot use the file of its TLS " + file);
}

} // namespace

result<std::shared_ptr<ssl_ctx_st>> make_redis_tls(const redis_address& address) {
  if (!address.uses_tls) return nullptr;
  std::shared_ptr<ssl_ctx_st> made{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  if (!made) return fail(error_code::internal_error, "REDIS_URL", "TLS is out of memory");
  auto* const context = made.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (address.tls_authority.empty())
    SSL_CTX_set_default_verify_paths(context);
  else if (SSL_CTX_load_verify_file(context, address.tls_authority.c_str()) != 1)
    return unusable("authority (ca)");
  if (address.tls_chain.empty()) return made;
  if (SSL_CTX_use_certificate_chain_file(context, address.tls_chain.c_str()) != 1)
    return unusable("certificate (cert)");
  if (SSL_CTX_use_PrivateKey_file(context, address.tls_key.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("key (key)");
  return made;
}

// -- connecting ---------------------------------------------------------------------------------

result<redis_stream> redis_stream::connect(const std::string& socket_path,
                                           stream_deadline deadline) {
  sockaddr_un to{};
  if (socket_path.size() >= sizeof to.sun_path) return unreachable();
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_path.data(), socket_path.size());
  const int made =
      connected_descriptor(reinterpret_cast<const sockaddr*>(&to), sizeof to, deadline);
  if (made < 0) return unreachable();
  return redis_stream{made};
}

result<redis_stream> redis_stream::connect(const redis_host& host,
                                           const std::shared_ptr<ssl_ctx_st>& tls,
                                           stream_deadline deadline) {
  const auto list = look_up(host, deadline);
  for (const auto* to = list.get(); to != nullptr; to = to->ai_next) {
    const int made = connected_descriptor(to->ai_addr, to->ai_addrlen, deadline);
    if (made < 0) continue;
    redis_stream stream{made};
    const int yes = 1;
    ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (tls)
      if (auto begun = stream.begin_tls(host.name, tls.get(), deadline); !begun)
        return fail(begun.error());
    return stream;
  }
  return unreachable();
}

result<void> redis_stream::begin_tls(const std::string& host, ssl_ctx_st* context,
                                     stream_deadline deadline) {
  tls_.reset(SSL_new(context));
  if (!tls_ || !expect_host(tls_.get(), host) || SSL_set_fd(tls_.get(), descriptor_) != 1)
    return unreachable();
  const auto step = [this] { return SSL_connect(tls_.get()); };
  if (with_tls(step, deadline)) return {};
  if (SSL_get_verify_result(tls_.get()) == X509_V_OK) return unreachable();
  return fail(error_code::store_unavailable, {}, "Redis shows a certificate that is not trusted");
}

void redis_stream::tls_closer::operator()(ssl_st* tls) const noexcept {
  SSL_free(tls);
}

redis_stream::redis_stream(redis_stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), tls_(std::move(other.tls_)) {}

redis_stream& redis_stream::operator=(redis_stream&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(tls_, other.tls_);
  return *this;
}

redis_stream::~redis_stream() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// -- bytes ----------------------------------------------------------------------------------------

template <class Step>
result<std::size_t> redis_stream::with_tls(Step step, stream_deadline deadline) {
  for (;;) {
    ERR_clear_error();
    const int done = step();
    if (done > 0) return static_cast<std::size_t>(done);
    const int why = SSL_get_error(tls_.get(), done);
    const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
    const short events = why == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
    if (!waits || !wait_until_ready(descriptor_, events, deadline)) {
      ERR_clear_error();
      return silent();
    }
  }
}

result<void> redis_stream::write(std::string_view bytes, stream_deadline deadline) {
  while (!bytes.empty()) {
    if (tls_) {
      const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
      const auto step = [&] { return SSL_write(tls_.get(), bytes.data(), size); };
      const auto written = with_tls(step, deadline);
      if (!written) return fail(written.error());
      bytes.remove_prefix(*written);
      continue;
    }
    const auto written = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const bool waits = errno == EAGAIN || errno == EINTR;
    if (!waits || !wait_until_ready(descriptor_, POLLOUT, deadline)) return silent();
  }
  return {};
}

result<std::size_t> redis_stream::read(std::span<char> into, stream_deadline deadline) {
  if (tls_) {
    const auto size = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
    return with_tls([&] { return SSL_read(tls_.get(), into.data(), size); }, deadline);
  }
  for (;;) {
    const auto got = ::recv(descriptor_, into.data(), into.size(), 0);
    if (got > 0) return static_cast<std::size_t>(got);
    const bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (!waits || !wait_until_ready(descriptor_, POLLIN, deadline)) return silent();
  }
}

bool redis_stream::is_over() const {
  pollfd looked_at{descriptor_, POLLIN, 0};
  return ::poll(&looked_at, 1, 0) != 0;
}

} // namespace latchkey::storage
