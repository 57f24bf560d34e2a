// What a mail server's refusal is about, and what we call ourselves to it.
#include "actors/mail/reply.hpp"

#include "actors/mail/greeting.hpp"

#include <gtest/gtest.h>
#include <string>

namespace latchkey::test {
namespace {

TEST(MailReply, IsFinalWhereTheRecipientIsWrong) {
  for (const auto* reply :
       {"550 5.1.1 <ada@example.com>: user unknown", "550 5.1.10 null MX", "554 5.1.2 bad system",
        "550 5.2.1 mailbox disabled", "550 No such user here", "553 mailbox name is not valid",
        "551 user not local", "550 sorry, no mailbox here by that name (#5.1.1)"})
    EXPECT_TRUE(is_final_reply(mail_stage::recipient, reply)) << reply;
  EXPECT_TRUE(is_final_reply(mail_stage::text, "550 5.1.1 user unknown"));
}

TEST(MailReply, IsNotFinalWhereAConfigurationMayHealIt) {
  for (const auto* reply :
       {"504 5.5.2 <3f9ab1c2>: Helo command rejected: need fully-qualified hostname",
        "550 5.7.1 Relaying denied", "554 5.7.1 <ada@example.com>: Relay access denied",
        "550 relay not permitted", "553 sorry, that domain isn't in my list (#5.7.1)",
        "530 5.7.0 Authentication required", "535 5.7.8 bad credentials", "550 5.1.8 bad sender",
        "550 5.1.7 bad sender's mailbox", "552 5.2.2 mailbox full", "501 5.5.4 syntax",
        "503 5.5.1 bad sequence", "550 blocked, see https://192.0.2.1/", "450 4.2.1 later", "",
        "nonsense"})
    EXPECT_FALSE(is_final_reply(mail_stage::recipient, reply)) << reply;
  for (const auto stage : {mail_stage::session, mail_stage::sender})
    EXPECT_FALSE(is_final_reply(stage, "550 5.1.1 user unknown"));
  for (const auto* reply : {"554 5.7.1 looks like spam", "550 no", "552 5.3.4 too large"})
    EXPECT_FALSE(is_final_reply(mail_stage::text, reply)) << reply;
}

TEST(MailGreeting, IsAFullNameOrAnAddressInBrackets) {
  for (const auto* good : {"auth.example.com", "a.b", "[127.0.0.1]", "[IPv6:2001:db8::1]"})
    EXPECT_TRUE(is_mail_greeting(good)) << good;
  for (const auto* bad : {"", "3f9ab1c2", "localhost", "192.0.2.1", "2001:db8::1", "[auth]",
                          "[2001:db8::1]", "auth.example.com.", "a b.c", "a.b/c", "[127.0.0.1"})
    EXPECT_FALSE(is_mail_greeting(bad)) << bad;
}

TEST(MailGreeting, ComesFromTheSettingThenFromIssuer) {
  settings set;
  set.issuer = "https://auth.example.com:8443/tenant";
  EXPECT_EQ(configured_greeting(set), "auth.example.com");
  set.issuer = "https://192.0.2.7";
  EXPECT_EQ(configured_greeting(set), "[192.0.2.7]");
  set.issuer = "https://[2001:db8::1]:8443";
  EXPECT_EQ(configured_greeting(set), "[IPv6:2001:db8::1]");
  for (const auto* local :
       {"http://127.0.0.1:8000", "http://localhost:8000", "https://auth", "auth"}) {
    set.issuer = local;
    EXPECT_EQ(configured_greeting(set), "") << local;
  }
  set.smtp_helo = "mail.example.org";
  EXPECT_EQ(configured_greeting(set), "mail.example.org");
  EXPECT_TRUE(is_mail_greeting(machine_greeting())) << machine_greeting();
}

} // namespace
} // namespace latchkey::test
