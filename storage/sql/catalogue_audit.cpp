#include "storage/sql/catalogue_audit.hpp"

namespace latchkey::storage::sql {

// The first bound on `at` alone lets the index on it be used: SQLite has none on the pair.
#define LATCHKEY_LIST_AUDIT(and_of)                                                                \
  "SELECT id, at, action, user_id, session_id, address, request_id, reason, actor "                \
  "FROM audit_log WHERE at >= $1 AND at <= $2 AND (at < $2 OR id < $3)" and_of                     \
  " ORDER BY at DESC, id DESC LIMIT $4"

const statement list_audit{"list_audit", LATCHKEY_LIST_AUDIT("")};
const statement list_audit_of_user{"list_audit_of_user", LATCHKEY_LIST_AUDIT(" AND user_id = $5")};
const statement list_audit_of_action{"list_audit_of_action",
                                     LATCHKEY_LIST_AUDIT(" AND action = $5")};
const statement list_audit_of_user_action{"list_audit_of_user_action",
                                          LATCHKEY_LIST_AUDIT(" AND user_id = $5 AND action = $6")};

} // namespace latchkey::storage::sql
