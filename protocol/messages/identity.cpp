#include "protocol/messages/identity.hpp"

#include "protocol/text/person_name.hpp"

#include <utility>

namespace latchkey::messages {

std::string full_name_of(const user_view& user) {
  return completed({user.first_name, user.last_name, user.full_name}).full;
}

user_view view_of(const user_record& user) {
  auto name = completed({user.first_name, user.last_name, user.full_name});
  user_view view;
  view.id = user.id;
  view.number = user.number;
  view.username = user.username;
  view.email = user.email;
  view.first_name = std::move(name.first);
  view.last_name = std::move(name.last);
  view.full_name = user.full_name;
  view.role = user.role;
  view.client_id = user.client_id;
  view.subscription_tier = user.subscription_tier;
  view.is_active = user.is_active;
  view.email_verified = user.email_verified;
  view.created_at = user.created_at;
  view.updated_at = user.updated_at;
  view.last_login_at = user.last_login_at;
  return view;
}

} // namespace latchkey::messages
