// cluster_fixture.hpp — three nodes that serve, and a user with a session.
#pragma once

#include "actors/cluster/cluster.hpp"
#include "tests/actors/cluster/few_nodes.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey::test {

struct Cluster : testing::Test {
  few_nodes nodes{3};
  user_record ada = nodes.on(0).add_user("ada", "plain:correct horse");
  session_record session = nodes.on(0).add_session(ada);

  Cluster() {
    for (std::size_t i = 0; i < 3; ++i)
      nodes.on(i).env().tiers = parse_tiers("free:api_keys=5").value();
    nodes.open_all();
  }

  session_actor session_on(std::size_t index) {
    auto& f = nodes.on(index);
    return f.ask(f.env().directories.front(), messages::find_session{session.id}).value();
  }
  user_actor user_on(std::size_t index) {
    auto& f = nodes.on(index);
    return f.ask(f.env().directories.front(), messages::find_user{ada.id}).value();
  }
  error_code state_on(std::size_t index, const session_actor& actor) {
    return code_of(nodes.on(index).ask(actor, messages::validate{}));
  }
  messages::revoke revocation(std::size_t index) {
    return {end_reason::revoked, {}, nodes.on(index).soon(), std::nullopt};
  }
  messages::change_password new_password() {
    return {secret{std::string{"correct horse"}}, secret{std::string{"battery staple"}},
            std::nullopt, author(), nodes.on(0).soon()};
  }
  error_code sign_in(std::size_t index, const user_actor& actor, const std::string& password) {
    auto& f = nodes.on(index);
    return code_of(
        f.ask(actor, messages::authenticate{
                         secret{std::string{password}}, surface::auth_service, {}, f.soon()}));
  }
  messages::author author() { return {{"192.0.2.1", "curl", "req_1"}, "user:admin"}; }
};

} // namespace latchkey::test
