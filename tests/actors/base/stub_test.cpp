// What a stub answers: what its test scripts, and an error to everything else.
#include "tests/support/actor_fixture.hpp"
#include "tests/support/stub.hpp"

namespace latchkey::test {
namespace {

key_ring_actor::behavior_type one_message_key_ring(key_ring_actor::pointer self, caf::unit_t) {
  return stub<key_ring_actor>(self,
                              [](messages::sign_access&) -> caf::result<messages::signed_token> {
                                return messages::signed_token{secret{std::string{"token"}}};
                              });
}

TEST(Stub, AnswersTheRequestsThatItsTestScripts) {
  actor_fixture f;
  const auto ring = f.spawn(one_message_key_ring, caf::unit);
  EXPECT_EQ(f.ask(ring, messages::sign_access{}).value().token.reveal(), "token");
}

TEST(Stub, AnswersEveryOtherRequestWithAnError) {
  actor_fixture f;
  const auto ring = f.spawn(one_message_key_ring, caf::unit);
  EXPECT_EQ(code_of(f.ask(ring, messages::sign_service{})), error_code::internal_error);
}

} // namespace
} // namespace latchkey::test
