// Somebody sets the clock back by an hour: what is over stays over, what is not lasts as long as
// ever, and what waits for its time does not wait longer. The same when the server starts anew
// meanwhile.
#include "actors/audit/audit.hpp"
#include "protocol/unstepped_clock.hpp"
#include "tests/actors/user/one_user.hpp"
#include "tests/actors/workflow/one_workflow.hpp"

#include <functional>
#include <optional>

namespace latchkey::test {
namespace {

/// A server as it stands on a machine: it judges by the time of day that never goes back.
struct set_back_user : one_user {
  std::optional<unstepped_clock> ours{std::in_place, clock};

  set_back_user() {
    env().clock = &*ours;
    env().tiers = parse_tiers("free:api_keys=5").value();
    env().mails =
        std::make_shared<mail_writer>("https://auth.example.com", "", secret{std::string(32, 'k')});
    auto& policy = env().policy;
    policy.reset_token_ttl = policy.email_token_ttl = policy.session_ttl = 1h;
  }
  ~set_back_user() { env().clock = &clock; }

  /// Nobody is in memory any more, and the clock knows what the store tells.
  void restart() {
    env().clock = &clock;
    ours.emplace(clock, newest_audit_time(*store.open_reader()).value());
    env().clock = &*ours;
    actor = anew<user_actor>(messages::find_user{record.id}, actor);
  }
  error_code state_out_of_memory(const session_id& id) {
    const auto known = find(id);
    if (!known) return known.error().code;
    end(*known);
    const auto found = ask(shard(), messages::find_session{id, known->id()});
    return found ? code_of(ask(*found, messages::validate{})) : found.error().code;
  }
  opaque_key mailed(std::string_view kind) {
    for (const auto& mail : stored(storage::due_mails{env().now(), 64})) {
      const auto text = env().mails->open(mail).value().body;
      const auto at = text.find(std::string{kind} + "_");
      if (at != std::string::npos)
        return parse_opaque_key(kind, text.substr(at, text.find_first_of(" \r\n", at) - at))
            .value();
    }
    ADD_FAILURE() << "no mail has a token of the kind " << kind;
    return {};
  }

private:
  template <class Handle>
  void end(const Handle& ended) {
    caf::anon_send_exit(ended, caf::exit_reason::user_shutdown);
    run();
  }
  template <class Handle, class Question>
  Handle anew(Question question, const Handle& former) {
    end(former);
    question.gone = former.id();
    return ask(shard(), question).value();
  }
};

/// Whether it is still good; asked once.
using probe = std::function<bool(set_back_user&)>;

/// Something that is good for an hour.
struct kind_of_deadline {
  const char* name;
  std::function<probe(set_back_user&)> make;
};

const std::vector<kind_of_deadline> kinds{
    {"reset token",
     [](set_back_user& f) {
       EXPECT_TRUE(f.ask(f.actor, messages::begin_recovery{f.author(), f.soon()}));
       return probe{[token = f.mailed(reset_token_kind)](set_back_user& g) {
         return g
             .ask(g.actor,
                  messages::reset_password{token.id, token.secret_hash,
                                           secret{"another battery staple"s}, g.author(), g.soon()})
             .has_value();
       }};
     }},
    {"verification token",
     [](set_back_user& f) {
       EXPECT_TRUE(f.ask(f.actor, messages::begin_verification{f.author(), f.soon()}));
       return probe{[token = f.mailed(email_token_kind)](set_back_user& g) {
         return g
             .ask(g.actor,
                  messages::confirm_email{token.id, token.secret_hash, g.author(), g.soon()})
             .has_value();
       }};
     }},
    {"API key",
     [](set_back_user& f) {
       const auto made =
           f.ask(f.actor, messages::create_api_key{"ci",
                                                   {"profile:read"},
                                                   f.env().now() + 1h,
                                                   f.author(),
                                                   f.soon(),
                                                   {{}, {auth_method::password, f.env().now()}}});
       const auto key = parse_opaque_key(api_key_kind, made.value().text.reveal()).value();
       return probe{[key](set_back_user& g) {
         return g.ask(g.actor, messages::use_api_key{key.id, key.secret_hash, g.soon()})
             .has_value();
       }};
     }},
    {"session that is not in memory",
     [](set_back_user& f) {
       return probe{[id = f.signed_in()](set_back_user& g) {
         return g.state_out_of_memory(id) == error_code::none;
       }};
     }},
    {"service token", [](set_back_user& f) {
       const auto seconds = [](time_point t) {
         return std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count();
       };
       const auto& keys = *f.env().keys;
       service_claims claims{"inventory", {"read:inventory"}, keys.issuer, keys.audience, 0, 0,
                             "1"};
       claims.iat = seconds(f.env().now());
       claims.exp = seconds(f.env().now() + 1h);
       return probe{[token = keys.access.sign(claims)](set_back_user& g) {
         const auto& same = *g.env().keys;
         return verify_service(token, same.access, same.issuer, same.audience, g.env().now(), 0s)
             .has_value();
       }};
     }}};

/// Whether it is good when the clock is set back by an hour `before` it was made and that much time
/// `after` that has passed.
bool is_good(const kind_of_deadline& kind, std::chrono::minutes before, std::chrono::minutes after,
             bool restarts) {
  set_back_user f;
  const auto good = kind.make(f);
  f.clock.move(before);
  f.signed_in(); // what a restart knows of the time
  f.clock.step(-1h);
  if (restarts) f.restart();
  f.clock.move(after);
  return good(f);
}

TEST(ClockSetBack, RevivesNothingAndMakesNothingLastLonger) {
  for (const auto& kind : kinds)
    for (const bool restarts : {false, true}) {
      const std::string label = kind.name + (restarts ? ", after a restart"s : ""s);
      EXPECT_FALSE(is_good(kind, 61min, 0min, restarts)) << label << " was revived";
      EXPECT_FALSE(is_good(kind, 50min, 12min, restarts)) << label << " lasted longer";
      EXPECT_TRUE(is_good(kind, 50min, 9min, restarts)) << label << " ended early";
      EXPECT_TRUE(is_good(kind, 0min, 59min, restarts)) << label << " ended early";
    }
}

TEST(ClockSetBack, LeavesWhatIsMadeAfterwardsItsTime) {
  for (const auto& kind : kinds)
    for (const auto after : {59min, 67min}) { // the clock goes a tenth slower meanwhile
      set_back_user f;
      f.signed_in();
      f.clock.step(-1h);
      const auto good = kind.make(f);
      f.clock.move(after);
      EXPECT_EQ(good(f), after < 60min) << kind.name;
    }
}

TEST(ClockSetBack, LeavesAWindowOfALimitItsMinute) {
  set_back_user f;
  f.env().policy.reset_mails = {1, 60};
  const auto mails = [&f] {
    EXPECT_TRUE(f.ask(f.actor, messages::begin_recovery{f.author(), f.soon()}));
    return f.commits_with_fact(
        [](const storage::fact& fact) { return fact.holds<storage::add_mail>(); });
  };
  EXPECT_EQ(mails(), 1u);
  f.clock.step(-1h);
  f.clock.move(59s);
  EXPECT_EQ(mails(), 1u) << "the window is not over";
  f.clock.move(1s);
  EXPECT_EQ(mails(), 2u) << "a minute is a minute";
}

TEST(ClockSetBack, KeepsNobodyFromAskingForACutWorkflow) {
  one_workflow f;
  ASSERT_TRUE(f.start());
  ASSERT_TRUE(f.take(1));
  f.end_stream(messages::stream_outcome::cut);
  const auto asked = f.upstream.asked.size();
  f.clock.step(-1h);
  f.advance(workflow_state::ask_again_last);
  EXPECT_GT(f.upstream.asked.size(), asked);
  ASSERT_TRUE(f.take(2, "completed"));
  EXPECT_EQ(f.row()->status, workflow_phase::completed);
}

} // namespace
} // namespace latchkey::test
