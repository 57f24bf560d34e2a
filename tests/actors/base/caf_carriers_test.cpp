// How CAF carries our messages: one that several actors hold, and replies and errors of requests.
#include "actors/base/behave.hpp"
#include "protocol/interfaces.hpp"
#include "tests/support/actor_fixture.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/make_message.hpp>
#include <caf/send.hpp>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

/// Notes what it is sent, and then changes it.
caf::behavior changing_reader(caf::event_based_actor* self, std::vector<std::string>* read) {
  install_default_handlers(self);
  return {[read](messages::take_status& message) {
    read->push_back(message.body);
    message.body += " changed";
  }};
}

TEST(CafCarriers, GiveEachActorItsOwnCopyOfASharedMessage) {
  actor_fixture f;
  std::vector<std::string> read;
  const auto first = f.spawn(changing_reader, &read);
  const auto second = f.spawn(changing_reader, &read);
  auto shared = caf::make_message(messages::take_status{"as sent", std::nullopt, {}});
  caf::anon_send(first, shared);
  caf::anon_send(second, shared);
  f.run();
  EXPECT_EQ(read, (std::vector<std::string>{"as sent", "as sent"}));
  EXPECT_EQ(shared.get_as<messages::take_status>(0).body, "as sent");
}

TEST(CafCarriers, GiveAMessageOnlyToTheHandlerOfItsType) {
  actor_fixture f;
  std::vector<std::string> read;
  const auto reader = f.spawn(changing_reader, &read);
  caf::anon_send(reader, caf::make_message(messages::done{}));
  caf::anon_send(reader, caf::make_message(messages::take_status{"a", std::nullopt, {}},
                                           messages::take_status{"b", std::nullopt, {}}));
  f.run();
  EXPECT_TRUE(read.empty());
}

TEST(CafCarriers, NeitherPrintNorSerialiseAMessage) {
  const auto message = caf::make_message(messages::take_status{"a secret", std::nullopt, {}});
  EXPECT_EQ(message.content().stringify(0), "<unprintable>");
}

} // namespace
} // namespace latchkey::test
