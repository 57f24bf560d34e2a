// The two ways of a mail: a real SMTP server that takes, refuses, hangs and is not there; and a
// folder.
#include "actors/mail/transport.hpp"

#include "tests/config/temporary_folder.hpp"
#include "tests/support/actor_fixture.hpp"
#include "tests/support/smtp_server.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::string_literals;
using outcome = messages::mail_outcome;

constexpr const char* sender = "auth@example.com";
const std::string text = "Subject: hello\r\n\r\n.\r\n..two\r\nlast\r\n";

mail_record mail_to(const std::string& recipient) {
  mail_record mail;
  mail.id = make_uuid(*parse_time("2026-01-02T03:04:05Z"));
  mail.kind = "test";
  mail.recipient = recipient;
  return mail;
}

std::unique_ptr<mail_carrier> carrier_to(const std::string& url) {
  return make_smtp_carrier(read_smtp_server(secret{url}).value(), sender);
}

messages::mail_attempted carry(mail_carrier& carrier, const std::string& message = text) {
  return carrier.carry(mail_to("ada@example.com"), message, nullptr);
}

TEST(SmtpUrl, RefusesWhatNamesNoMailServer) {
  for (const auto& url : {""s, "http://host"s, "smtp:"s, "smtp://"s, "smtp://host:x"s,
                          "smtp://us er@host"s, "file:///etc/passwd"s}) {
    const auto read = read_smtp_server(secret{url});
    ASSERT_FALSE(read) << url;
    EXPECT_EQ(read.error().field, "SMTP_URL") << url;
  }
}

TEST(SmtpUrl, ShowsNeitherUserNorPassword) {
  const auto read = read_smtp_server(secret{"smtp://us%40er:hunter2@mail.example.com:2525"s});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->shown, "smtp://mail.example.com:2525");
}

TEST(SmtpUrl, TellsAPasswordOverTlsAlone) {
  EXPECT_TRUE(read_smtp_server(secret{"smtps://mail.example.com"s})->wants_tls);
  EXPECT_TRUE(read_smtp_server(secret{"smtp://u:p@mail.example.com"s})->wants_tls);
  EXPECT_FALSE(read_smtp_server(secret{"smtp://u:p@127.0.0.1"s})->wants_tls);
  EXPECT_FALSE(read_smtp_server(secret{"smtp://u:p@[::1]:25"s})->wants_tls);
  EXPECT_FALSE(read_smtp_server(secret{"smtp://mail.example.com"s})->wants_tls);
}

TEST(Smtp, TriesAgainWhereNobodyListens) {
  smtp_server server;
  const auto carrier = carrier_to(server.url());
  server.stop();
  const auto attempt = carry(*carrier);
  EXPECT_EQ(attempt.outcome, outcome::not_sent);
  server.start();
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
}

TEST(Smtp, TriesAgainAfterATemporaryRefusal) {
  smtp_server server;
  const auto carrier = carrier_to(server.url());
  for (const auto* stage : {"mail", "rcpt", "data"}) {
    server.plan(stage, "451 4.3.0 try again later");
    const auto attempt = carry(*carrier);
    EXPECT_EQ(attempt.outcome, outcome::not_sent) << stage;
    EXPECT_EQ(server.replies_left(), 0u) << stage;
  }
  EXPECT_TRUE(server.received().empty());
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
  EXPECT_EQ(server.received().size(), 1u);
}

TEST(Smtp, TakesARefusalOfTheRecipientForFinal) {
  smtp_server server;
  const auto carrier = carrier_to(server.url());
  for (const auto* stage : {"rcpt", "data"}) {
    server.plan(stage, "550 5.1.1 no such user");
    const auto attempt = carry(*carrier);
    EXPECT_EQ(attempt.outcome, outcome::refused) << stage;
  }
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
}

TEST(Smtp, TriesAgainWhatAConfigurationMayHeal) {
  smtp_server server;
  const auto carrier = carrier_to(server.url());
  const std::vector<std::pair<const char*, const char*>> refusals = {
      {"mail", "550 5.1.1 no such user"},
      {"mail", "553 5.7.1 sender refused"},
      {"rcpt", "504 5.5.2 <3f9ab1c2>: Helo command rejected: need fully-qualified hostname"},
      {"rcpt", "554 5.7.1 Relay access denied"},
      {"rcpt", "530 5.7.0 Authentication required"},
      {"data", "554 5.7.1 looks like spam"}};
  for (const auto& [stage, reply] : refusals) {
    server.plan(stage, reply);
    const auto attempt = carry(*carrier);
    EXPECT_EQ(attempt.outcome, outcome::not_sent) << stage << ": " << reply;
    EXPECT_EQ(server.replies_left(), 0u) << stage << ": " << reply;
  }
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
}

TEST(Smtp, GreetsWithTheNameThatItIsGiven) {
  smtp_server server;
  for (const auto* name : {"auth.example.com", "[127.0.0.1]", "[IPv6:2001:db8::1]"}) {
    const auto carrier =
        make_smtp_carrier(read_smtp_server(secret{server.url()}).value(), sender, name);
    ASSERT_EQ(carry(*carrier).outcome, outcome::sent) << name;
    EXPECT_EQ(server.received().back().greeting, name);
  }
  ASSERT_EQ(carry(*carrier_to(server.url())).outcome, outcome::sent);
  EXPECT_NE(server.received().back().greeting.find_first_of(".["), std::string::npos);
}

TEST(Smtp, BlamesNoMailForAPasswordThatIsWrong) {
  smtp_server server{{"--auth", "mailer", "hunter2"}};
  const auto port = std::to_string(server.port());
  for (const auto& url : {"smtp://mailer:wrong@127.0.0.1:" + port, "smtp://127.0.0.1:" + port}) {
    const auto attempt = carry(*carrier_to(url));
    EXPECT_EQ(attempt.outcome, outcome::not_sent) << url;
  }
  EXPECT_TRUE(server.received().empty());
  EXPECT_EQ(carry(*carrier_to("smtp://mailer:hunter2@127.0.0.1:" + port)).outcome, outcome::sent);
  ASSERT_EQ(server.received().size(), 1u);
  EXPECT_EQ(server.received()[0].user, "mailer");
}

TEST(Smtp, SendsNothingInTheClearWhenTheCertificateIsNotTrusted) {
  const temporary_folder folder;
  const auto make =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout '" +
      std::string{folder / "key"} + "' -out '" + std::string{folder / "cert"} + "' 2>/dev/null";
  ASSERT_EQ(std::system(make.c_str()), 0);
  smtp_server server{{"--starttls", folder / "cert", folder / "key"}};
  const auto attempt = carry(*carrier_to(server.url()));
  EXPECT_EQ(attempt.outcome, outcome::not_sent);
  EXPECT_TRUE(server.received().empty());
}

TEST(Smtp, StopsWhenItIsCalledOff) {
  smtp_server server;
  server.plan("mail", "hang");
  std::atomic<bool> called_off{false};
  messages::mail_attempted attempt{outcome::sent};
  const auto started = std::chrono::steady_clock::now();
  std::thread carrying{[&] {
    attempt = carrier_to(server.url())->carry(mail_to("ada@example.com"), text, &called_off);
  }};
  while (!server.is_hanging() && std::chrono::steady_clock::now() - started < smtp_patience / 2)
    std::this_thread::yield();
  called_off = true;
  carrying.join();
  EXPECT_EQ(attempt.outcome, outcome::not_sent);
  EXPECT_LT(std::chrono::steady_clock::now() - started, smtp_patience / 2);
}

TEST(Smtp, HandsOverEveryByteAndTheRightEnvelope) {
  smtp_server server;
  const auto carrier = carrier_to(server.url());
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
  EXPECT_EQ(carry(*carrier, "Subject: second\r\n\r\n" + std::string(900, 'x') + "\r\n").outcome,
            outcome::sent);
  const auto mails = server.received();
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].from, sender);
  EXPECT_EQ(mails[0].to, std::vector<std::string>{"ada@example.com"});
  EXPECT_EQ(mails[0].data, text);
  EXPECT_EQ(mails[1].header("Subject"), "second");
}

// -- a folder -----------------------------------------------------------------------------------

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  return stat(path.c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
}

TEST(Outbox, TriesAgainWhereItCannotWrite) {
  const temporary_folder root;
  std::ofstream(root / "file") << "in the way";
  const auto carrier = make_outbox_carrier(root / "file");
  EXPECT_EQ(carry(*carrier).outcome, outcome::not_sent);
  EXPECT_EQ(carry(*make_outbox_carrier(root / "no/such/folder")).outcome, outcome::not_sent);
  std::filesystem::remove(std::string{root / "file"});
  EXPECT_EQ(carry(*carrier).outcome, outcome::sent);
}

TEST(Outbox, KeepsEachMailInOneFileForItsOwnerAlone) {
  const temporary_folder root;
  const std::string folder = root / "outbox";
  const auto carrier = make_outbox_carrier(folder);
  const auto mail = mail_to("ada@example.com");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  std::ofstream(folder + "/." + to_string(mail.id) + ".eml") << "left behind by a crash";
  EXPECT_EQ(carrier->carry(mail, text, nullptr).outcome, outcome::sent);
  EXPECT_EQ(carrier->carry(mail, text, nullptr).outcome,
            outcome::sent); // once more, as after a lost outcome
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path().filename().string());
  EXPECT_EQ(files, std::vector<std::string>{to_string(mail.id) + ".eml"});
  const auto path = folder + "/" + to_string(mail.id) + ".eml";
  EXPECT_EQ(text_of(path), text);
  EXPECT_EQ(mode_of(path), 0600u);
}

TEST(Outbox, MakesItsFolderForItsOwnerAlone) {
  const temporary_folder root;
  EXPECT_EQ(carry(*make_outbox_carrier(root / "outbox")).outcome, outcome::sent);
  EXPECT_EQ(mode_of(root / "outbox"), 0700u);
}

// -- the actor ------------------------------------------------------------------------------------

TEST(MailTransport, OpensTheMailAndMakesAMessageOfIt) {
  const temporary_folder root;
  actor_fixture f;
  const auto writer =
      std::make_shared<const mail_writer>("https://auth.example.com", "", secret{"some key"s});
  const auto transport =
      f.spawn(mail_transport, std::shared_ptr<mail_carrier>{make_outbox_carrier(root / "outbox")},
              std::string{sender}, writer);
  const auto mail = writer->password_changed("ada@example.com", f.clock.now()).mail;
  EXPECT_EQ(f.ask(transport, messages::send_mail{mail, nullptr})->outcome, outcome::sent);
  const auto sent = text_of(std::string{root / "outbox/"} + to_string(mail.id) + ".eml");
  EXPECT_NE(sent.find("\r\nTo: ada@example.com\r\nSubject: Your password was changed\r\n"),
            std::string::npos)
      << sent;
}

TEST(MailTransport, GivesUpAMailWithoutAnAddressAndWaitsForTheRightSecret) {
  const temporary_folder root;
  actor_fixture f;
  const auto writer =
      std::make_shared<const mail_writer>("https://auth.example.com", "", secret{"some key"s});
  const auto transport =
      f.spawn(mail_transport, std::shared_ptr<mail_carrier>{make_outbox_carrier(root / "outbox")},
              std::string{sender}, writer);
  const auto bad = writer->password_changed("a@example.com\r\nBcc: b@example.com", f.clock.now());
  const auto attempt = f.ask(transport, messages::send_mail{bad.mail, nullptr});
  EXPECT_EQ(attempt->outcome, outcome::refused);
  const mail_writer other{"https://auth.example.com", "", secret{"another key"s}};
  const auto foreign = f.ask(
      transport,
      messages::send_mail{other.password_changed("ada@example.com", f.clock.now()).mail, nullptr});
  EXPECT_EQ(foreign->outcome, outcome::not_sent);
  EXPECT_FALSE(std::filesystem::exists(std::string{root / "outbox"}));
}

} // namespace
} // namespace latchkey::test
