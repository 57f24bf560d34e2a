// claim.hpp — one server at a time on a PostgreSQL database, or one cluster.
//
// Two advisory locks. A connection of its own holds the first, alone, for as long as the server
// runs. Every connection that writes holds the second, shared. A server that starts takes the
// first, and then must get the second alone for a moment: so as long as any writing connection of
// another server lives, it is refused, even if that server's own first lock has just been lost. A
// connection that is made later, after a failure or at another host, first makes sure that the
// first lock is still, or again, ours. PostgreSQL gives both back when their connections end, so a
// crashed server is in nobody's way.
//
// The members of a cluster hold the first lock together, shared, and their writing connections hold
// a third one in place of the second, so that each kind finds out whether the other is at work.
#pragma once

#include "storage/postgres/connection.hpp"

#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>

namespace latchkey::storage::postgres {

/// Why a connection may not be used: another server is at work.
class claim_lost : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

class claim {
public:
  enum class kind : std::uint8_t { alone, member };

  /// `common` is of the store whose claim this is; nothing of it but URL and options is kept.
  claim(const shared& common, kind wanted, const std::string& holder,
        std::function<void(const std::string&)> lost);

  /// At start. Waits a moment for a server that is just ending.
  result<void> take();
  /// On a connection that was just made: takes the shared lock when it `writes`, and makes sure
  /// that the claim is ours in that connection's database, by taking it again if need be. Throws
  /// what libpqxx throws, or claim_lost after telling `lost`.
  void confirm(connection& made, bool writes);

private:
  enum class attempt : std::uint8_t { taken, held_by_another };

  attempt try_once();
  bool try_server_lock();
  bool is_in_use(const char* lock);
  bool is_ours_at(connection& made);
  std::string holder();

  std::mutex mutex_;
  std::shared_ptr<shared> own_;
  connection link_;
  kind kind_;
  std::function<void(const std::string&)> lost_;
  std::string process_; // this connection's server process, as text
};

/// Whether something between us and PostgreSQL gives the statements of one connection to several
/// server processes, as PgBouncer does in transaction mode: the sentence of refusal, or nothing.
std::optional<std::string> refuse_shared_sessions(const shared& common);

} // namespace latchkey::storage::postgres
