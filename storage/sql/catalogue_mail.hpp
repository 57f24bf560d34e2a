// catalogue_mail.hpp — statements about mails on their way out.
#pragma once

#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

extern const statement due_mails;     // $1 now, $2 limit → mail rows (mail_queries.cpp)
extern const statement add_mail;      // $1 … $9 the record
extern const statement lease_mail;    // $1 id, $2 seen, $3 until → id when it won
extern const statement close_mail;    // $1 id, $2 sent_at, $3 given_up_at: wipes the text
extern const statement drop_mails_to; // $1 recipient, $2 at: wipes the text
extern const statement retry_mail;    // $1 id, $2 next_attempt_at
extern const statement forget_mails;  // $1 time, $2 how many at most: settled ones from before

} // namespace latchkey::storage::sql
