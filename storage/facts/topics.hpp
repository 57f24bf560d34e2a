// topics.hpp — the topics whose facts and queries the store knows; each stands in the file of its
// name in storage/facts/.
#pragma once

#include "storage/facts/rules/fact_rules.hpp"

namespace latchkey::storage {

topic api_keys_topic();
topic audit_topic();
topic factors_topic();
topic mails_topic();
topic new_users_topic();
topic passkeys_topic();
topic projects_topic();
topic quotas_topic();
topic recovery_topic();
topic roles_topic();
topic services_topic();
topic sessions_topic();
topic sign_in_topic();
topic subscriptions_topic();
topic user_lists_topic();
topic users_topic();
topic workflows_topic();

inline constexpr topic (*all_topics[])() = {
    api_keys_topic, audit_topic,    factors_topic, mails_topic,         new_users_topic,
    passkeys_topic, projects_topic, quotas_topic,  recovery_topic,      roles_topic,
    services_topic, sessions_topic, sign_in_topic, subscriptions_topic, user_lists_topic,
    users_topic,    workflows_topic};

} // namespace latchkey::storage
