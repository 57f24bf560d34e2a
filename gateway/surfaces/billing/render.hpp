// billing/render.hpp — subscriptions, projects and profiles as the platform shows them: the
// columns of "Auth Service Internal API Documentation", Database Schema, under their names.
#pragma once

#include "protocol/messages/subscription.hpp"

#include <string>

namespace latchkey::gateway::billing {

/// Who reads a subscription: the ids that only Stripe understands are for administrators.
enum class looked_at_by : bool { owner, administrator };

/// `{"id":…,"user_id":…,"tier":…,…,"quotas":[{"quota":…,"limit":…,"used":…,"resets_at":…}]}`;
/// `tier` is the one that counts now, the id of a default subscription null.
std::string subscription_body(const messages::subscription_view& view, looked_at_by viewer);

/// Appends `{"id":…,"client_id":…,"name":…,"description":…,"owner_id":…,…}`.
void append_project(std::string& out, const project_record& project);

/// `{"user_id":…,"email":…,"first_name":…,…,"preferences":{…},…}`.
std::string profile_body(const messages::user_view& user, const profile_record& profile);

} // namespace latchkey::gateway::billing
