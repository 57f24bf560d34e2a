#include "storage/sql/catalogue_mail.hpp"

namespace latchkey::storage::sql {

#define LATCHKEY_UNSETTLED "sent_at IS NULL AND given_up_at IS NULL "

const statement due_mails{"due_mails", "SELECT id, kind, recipient, sealed, attempts, created_at, "
                                       "next_attempt_at, sent_at, given_up_at FROM mails "
                                       "WHERE " LATCHKEY_UNSETTLED "AND next_attempt_at <= $1 "
                                       "ORDER BY next_attempt_at, id LIMIT $2"};
const statement add_mail{
    "add_mail",
    "INSERT INTO mails (id, kind, recipient, sealed, attempts, created_at, next_attempt_at, "
    "sent_at, given_up_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"};
const statement lease_mail{
    "lease_mail", "UPDATE mails SET next_attempt_at = $3, attempts = attempts + 1 "
                  "WHERE id = $1 AND next_attempt_at = $2 AND " LATCHKEY_UNSETTLED "RETURNING id"};
const statement close_mail{"close_mail",
                           "UPDATE mails SET sent_at = $2, given_up_at = $3, sealed = '' "
                           "WHERE id = $1 AND " LATCHKEY_UNSETTLED};
const statement drop_mails_to{
    "drop_mails_to", "UPDATE mails SET given_up_at = $2, sealed = '' WHERE recipient = $1 "
                     "AND created_at < $2 AND kind <> 'email_changed' AND " LATCHKEY_UNSETTLED};
const statement retry_mail{"retry_mail", "UPDATE mails SET next_attempt_at = $2 "
                                         "WHERE id = $1 AND " LATCHKEY_UNSETTLED};

#define LATCHKEY_FORGET_MAILS(lock)                                                                \
  "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE created_at < $1 "                     \
  "AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL) ORDER BY created_at LIMIT $2" lock ")"
const statement forget_mails{"forget_mails", LATCHKEY_FORGET_MAILS(""),
                             LATCHKEY_FORGET_MAILS(" FOR UPDATE SKIP LOCKED")};

} // namespace latchkey::storage::sql
