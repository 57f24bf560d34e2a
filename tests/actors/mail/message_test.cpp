// Mails as rows and as messages: what is sealed, what a header may hold, what a body becomes.
#include "actors/mail/message.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace latchkey {
namespace {

using namespace std::string_literals;

const auto now = *parse_time("2026-01-03T03:04:05Z");
const secret key{"a key of thirty-two bytes, in all"s};
const secret token{"rt_a-token_that.works"s};

mail_record mail_to(const std::string& recipient) {
  mail_record mail;
  mail.id = *parse_uuid("0190c0de-0000-7000-8000-000000000001");
  mail.recipient = recipient;
  mail.created_at = now;
  return mail;
}

std::string message(const mail_text& text, const std::string& from = "auth@example.com",
                    const std::string& to = "ada@example.com") {
  auto made = mail_message(from, mail_to(to), text);
  EXPECT_TRUE(made);
  return made ? *made : "";
}

std::string header_of(const std::string& text, const std::string& name) {
  const auto at = text.find(name + ": ");
  return at == std::string::npos ? "none" : text.substr(at, text.find("\r\n", at) - at);
}
std::string body_of(const std::string& text) {
  return text.substr(text.find("\r\n\r\n") + 4);
}

TEST(MailMessage, RefusesAnAddressThatIsNone) {
  for (const auto& bad : {""s, "nobody"s, "a@example.com,b@example.com"s,
                          "a@example.com\r\nBcc: b"s, "a@example.com\nBcc: b@example.com"s,
                          "<a@example.com>"s, "a b@example.com"s, "a@example.com\0"s}) {
    const auto to = mail_message("auth@example.com", mail_to(bad), {"s", "b"});
    ASSERT_FALSE(to) << bad;
    EXPECT_EQ(to.error().code, error_code::validation_error);
    EXPECT_FALSE(mail_message(bad, mail_to("ada@example.com"), {"s", "b"})) << bad;
  }
}

TEST(MailMessage, LetsNoSubjectBecomeAHeader) {
  for (const auto& subject : {"a\r\nBcc: b@example.com"s, "a\nBcc: b@example.com"s, "a\rBcc: b"s,
                              "a\0b"s, "=?UTF-8?Q?=0D=0ABcc:?="s, std::string(300, '\n')}) {
    const auto text = message({subject, "body"});
    EXPECT_EQ(header_of(text, "\r\nBcc"), "none") << text;
    const auto head = text.substr(0, text.find("\r\n\r\n"));
    EXPECT_NE(head.find("\r\nSubject: =?UTF-8?Q?"), std::string::npos) << head;
    EXPECT_NE(head.find("\r\nContent-Transfer-Encoding: 7bit"), std::string::npos) << head;
    EXPECT_EQ(body_of(text), "body\r\n");
  }
}

TEST(MailMessage, HasTheHeadersOfItsForm) {
  const auto text = message({"Reset your password", "Hello\n"});
  EXPECT_EQ(text, "Date: Sat, 03 Jan 2026 03:04:05 +0000\r\n"
                  "Message-ID: <0190c0de-0000-7000-8000-000000000001@example.com>\r\n"
                  "From: auth@example.com\r\n"
                  "To: ada@example.com\r\n"
                  "Subject: Reset your password\r\n"
                  "Auto-Submitted: auto-generated\r\n"
                  "MIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: 7bit\r\n"
                  "\r\n"
                  "Hello\r\n");
}

TEST(MailMessage, EncodesASubjectThatIsNotAscii) {
  EXPECT_EQ(header_of(message({"Passwort zur\u00fcck", "x"}), "Subject"),
            "Subject: =?UTF-8?Q?Passwort_zur=C3=BCck?=");
  std::string longer;
  for (int i = 0; i < 40; ++i)
    longer += "\u00fc";
  const auto text = message({longer, "x"});
  std::size_t words = 0;
  for (auto at = text.find("=?UTF-8?Q?"); at != std::string::npos;
       at = text.find("=?UTF-8?Q?", at + 1), ++words) {
    const auto end = text.find("?=", at + "=?UTF-8?Q?"s.size());
    EXPECT_LE(end + 2 - at, 75u);
    // Whole characters: as many first bytes as second ones.
    const auto encoded = text.substr(at, end - at);
    EXPECT_EQ(encoded.size() % 6, "=?UTF-8?Q?"s.size() % 6) << encoded;
  }
  EXPECT_EQ(words, 4u);
}

TEST(MailMessage, KeepsEveryLineShort) {
  const auto lines_of = [](const std::string& text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find("\r\n", at);
      if (end == std::string::npos) break;
      longest = std::max(longest, end - at);
      at = end + 2;
    }
    return longest;
  };
  EXPECT_LE(lines_of(message({"s", std::string(998, 'x')})), 998u);
  EXPECT_LE(lines_of(message({"s", std::string(5000, 'x')})), 76u);
  EXPECT_LE(lines_of(message({"s", std::string(500, '\xfc')})), 76u);
  EXPECT_EQ(header_of(message({"s", std::string(999, 'x')}), "Content-Transfer-Encoding"),
            "Content-Transfer-Encoding: quoted-printable");
}

TEST(MailMessage, QuotesWhatIsNotPlain) {
  EXPECT_EQ(body_of(message({"s", "Gr\u00fc\u00dfe = 1 \nx\t"})),
            "Gr=C3=BC=C3=9Fe =3D 1=20\r\nx=09\r\n");
  EXPECT_EQ(body_of(message({"s", "a\0\x01"s})), "a=00=01\r\n");
}

TEST(MailMessage, MakesEveryEndOfALineTheSame) {
  EXPECT_EQ(body_of(message({"s", "a\nb\r\nc\rd"})), "a\r\nb\r\nc\r\nd\r\n");
  EXPECT_EQ(body_of(message({"s", "a\n\n.\n"})), "a\r\n\r\n.\r\n");
}

// -- rows -----------------------------------------------------------------------------------

TEST(MailWriter, OpensOnlyWhatItSealedForThatRow) {
  const mail_writer writer{"https://auth.example.com", "", key};
  const auto mail = writer.password_reset("ada@example.com", token, 3600, now).mail;
  ASSERT_TRUE(writer.open(mail));
  auto moved = mail;
  moved.recipient = "eve@example.com";
  EXPECT_FALSE(writer.open(moved));
  moved = mail;
  moved.id = make_uuid(now);
  EXPECT_FALSE(writer.open(moved));
  moved = mail;
  moved.sealed.clear(); // as in a row that was settled
  EXPECT_FALSE(writer.open(moved));
  const mail_writer other{"https://auth.example.com", "", secret{"another key"s}};
  EXPECT_FALSE(other.open(mail));
}

TEST(MailWriter, ShowsNothingOfTheTokenInTheRow) {
  const mail_writer writer{"https://auth.example.com", "https://app.example.com/r#{token}", key};
  const auto mail = writer.password_reset("ada@example.com", token, 3600, now).mail;
  EXPECT_EQ(mail.kind, "password_reset");
  EXPECT_EQ(mail.recipient, "ada@example.com");
  EXPECT_EQ(mail.created_at, now);
  EXPECT_EQ(mail.next_attempt_at, now);
  EXPECT_FALSE(mail.id.is_nil());
  EXPECT_EQ(mail.sealed.find(token.reveal()), std::string::npos);
  EXPECT_NE(mail.sealed, writer.password_reset("ada@example.com", token, 3600, now).mail.sealed);
}

TEST(MailWriter, LeadsToTheConfiguredPage) {
  const mail_writer linked{"https://auth.example.com",
                           "https://app.example.com/r?t={token}#{token}", key};
  const auto text = linked.open(linked.password_reset("ada@example.com", token, 5400, now).mail);
  ASSERT_TRUE(text);
  EXPECT_NE(text->body.find("\nhttps://app.example.com/r?t=rt_a-token_that.works"
                            "#rt_a-token_that.works\n"),
            std::string::npos)
      << text->body;
  EXPECT_EQ(text->body.find("{token}"), std::string::npos);
  EXPECT_NE(text->body.find("within 90 minutes"), std::string::npos) << text->body;
  EXPECT_NE(text->body.find("https://auth.example.com"), std::string::npos) << text->body;

  const mail_writer plain{"https://auth.example.com", "", key};
  const auto alone = plain.open(plain.password_reset("ada@example.com", token, 3600, now).mail);
  ASSERT_TRUE(alone);
  EXPECT_NE(alone->body.find("\nrt_a-token_that.works\n"), std::string::npos) << alone->body;
  EXPECT_NE(alone->body.find("within an hour"), std::string::npos) << alone->body;
}

TEST(MailWriter, TellsOfAChangedPassword) {
  const mail_writer writer{"https://auth.example.com", "", key};
  const auto row = writer.password_changed("ada@example.com", now).mail;
  EXPECT_EQ(row.kind, "password_changed");
  const auto text = writer.open(row);
  ASSERT_TRUE(text);
  EXPECT_EQ(text->subject, "Your password was changed");
  EXPECT_NE(text->body.find("2026-01-03T03:04:05Z"), std::string::npos) << text->body;
}

} // namespace
} // namespace latchkey
