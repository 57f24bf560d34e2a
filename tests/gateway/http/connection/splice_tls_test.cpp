// splice_tls_test.cpp — two connections made one, the client's over TLS.
#include "tests/gateway/http/connection/splice_fixture.hpp"
#include "tests/gateway/http/connection/test_tls.hpp"

#include "gateway/http/connection/tls.hpp"

#include <future>
#include <memory>
#include <string>

namespace latchkey::http::testing {
namespace {

/// The client's side over TLS.
class TlsSplice : public Splice {
protected:
  void SetUp() override {
    auto connecting = std::async(std::launch::async,
                                 [this] { return std::make_unique<tls_client>(maker_.port()); });
    auto client = maker_.accept_tls(*context_);
    client_ = connecting.get();
    upstream_ = std::make_unique<raw_client>(maker_.port());
    begin(std::move(client), maker_.accept());
  }
  certificate_files files_;
  std::shared_ptr<boost::asio::ssl::context> context_ =
      *make_tls_context(files_.chain(), files_.key());
  std::unique_ptr<tls_client> client_;
  std::unique_ptr<raw_client> upstream_;
};

TEST_F(TlsSplice, PassesBytesBothWays) {
  for (const std::size_t size : {1, 511, 512, 513, 16'383, 16'384, 16'385, 3'000'000}) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    auto sending = std::async(std::launch::async, [&] { client_->send(text); });
    EXPECT_EQ(upstream_->read_bytes(size), text);
    sending.get();
    sending = std::async(std::launch::async, [&] { upstream_->send(text); });
    EXPECT_EQ(client_->read_bytes(size), text);
    sending.get();
  }
}

TEST_F(TlsSplice, PassesOnTheEndOfTheClient) {
  client_->send("last words");
  client_->end_sending();
  EXPECT_EQ(upstream_->read_to_end(), "last words");
  upstream_->send("an answer");
  upstream_->half_close();
  EXPECT_EQ(client_->read_to_end(), "an answer");
  EXPECT_TRUE(has_ended(splice_end::finished));
}

TEST_F(TlsSplice, EndsTheClientCleanlyWithTheUpstream) {
  upstream_->send("last words");
  upstream_->half_close();
  EXPECT_EQ(client_->read_to_end(), "last words");
  EXPECT_TRUE(client_->ended_cleanly());
  client_->end_sending();
  EXPECT_TRUE(upstream_->is_closed());
  EXPECT_TRUE(has_ended(splice_end::finished));
}

TEST_F(TlsSplice, DropsWhatAClientSaysAfterItsEnd) {
  upstream_->half_close();
  EXPECT_EQ(client_->read_to_end(), "");
  for (int i = 0; i < 3; ++i)
    client_->send("too late");
  client_->end_sending();
  EXPECT_EQ(upstream_->read_to_end(), "");
  EXPECT_TRUE(has_ended(splice_end::finished));
  EXPECT_EQ(told_.to_upstream, 0u);
}

TEST_F(TlsSplice, DoesNotWaitLongForAClientToAgree) {
  upstream_->half_close();
  EXPECT_TRUE(upstream_->is_closed());
  EXPECT_TRUE(has_ended(splice_end::finished));
}

TEST_F(TlsSplice, IsBrokenByAClientThatIsCutOff) {
  client_.reset(); // without a word of TLS
  EXPECT_TRUE(upstream_->is_closed());
  EXPECT_TRUE(has_ended(splice_end::broken));
}

TEST_F(TlsSplice, ClosesBothSidesAtOnce) {
  on_reactor([this] { splice_->close(); });
  EXPECT_EQ(client_->read_to_end(), "");
  EXPECT_FALSE(client_->ended_cleanly());
  EXPECT_TRUE(upstream_->is_closed());
  EXPECT_TRUE(has_ended(splice_end::closed));
}

} // namespace
} // namespace latchkey::http::testing
