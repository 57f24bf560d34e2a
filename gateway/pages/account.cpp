#include "gateway/pages/account.hpp"

#include "gateway/account/factors.hpp"
#include "gateway/account/holdings.hpp"
#include "gateway/account/owner.hpp"
#include "gateway/pages/view/sign_in_chart.hpp"
#include "gateway/passkeys/site.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/qr_code.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/totp.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gateway::pages {
namespace {

constexpr const char* account_path = "/account";

/// What the page is made of.
struct account_state {
  messages::user_view user;
  std::vector<session_record> sessions;
  std::vector<api_key_record> keys;
  bool has_passphrase = false;
  std::vector<storage::audit_day> sign_ins; // of the days that the picture shows
  messages::factor_list factors;
  /// For a new passkey; or why there is none.
  result<std::string> passkey_options;
};

awaitable<result<account_state>> read_account(visit& v, const principal& caller) {
  account_state found;
  auto user = co_await describe_owner(v.ex, caller);
  if (!user) co_return fail(user.error());
  found.user = std::move(*user);
  auto sessions = co_await own_sessions(v.ex, caller);
  if (!sessions) co_return fail(sessions.error());
  found.sessions = std::move(*sessions);
  auto keys = co_await own_keys(v.ex, caller);
  if (!keys) co_return fail(keys.error());
  found.keys = std::move(keys->keys);
  const storage::find_recovery question{caller.user};
  auto recovery = co_await edge_of(v.ex).read(question, v.ex.deadline);
  if (!recovery) co_return fail(recovery.error());
  found.has_passphrase = recovery->has_value();
  storage::count_audit of_sign_ins{caller.user, "user.signed_in",
                                   sign_in_chart_since(edge_of(v.ex).env().now())};
  auto sign_ins = co_await edge_of(v.ex).read(std::move(of_sign_ins), v.ex.deadline);
  if (!sign_ins) co_return fail(sign_ins.error());
  found.sign_ins = std::move(*sign_ins);
  auto factors = co_await own_factors(v.ex, caller);
  if (!factors) co_return fail(factors.error());
  found.factors = std::move(*factors);
  found.passkey_options = co_await own_passkey_options(v.ex, caller);
  co_return found;
}

/// Makes the models of one page.
class account_view {
public:
  account_view(const visit& v, const principal& caller, const account_state& state,
               const account_extras& extras)
      : v_(v), caller_(caller), state_(state), extras_(extras), token_(v.token()),
        now_(edge_of(v.ex).env().now()) {}

  model whole() const {
    const auto& user = state_.user;
    model content;
    content.text("signed_in_as", v_.words.filled("account_signed_in_as", {{"name", user.username}}))
        .text("email", user.email)
        .text("since", day_of(user.created_at))
        .flag("shows_verification", is_verifying())
        .flag("is_verified", user.email_verified)
        .flag("has_passphrase", state_.has_passphrase)
        .flag("needs_verification", state_.has_passphrase && is_verifying() && !user.email_verified)
        .part("profile_form", shown(profile_form(v_, user.username, messages::full_name_of(user))))
        .part("chart", sign_in_chart(v_.words, state_.sign_ins, now_))
        .part("password_form", shown(password_form(v_, state_.factors.is_enabled())))
        .part("passphrase_form", shown(new_passphrase_form(v_)))
        .list("sessions", sessions())
        .flag("has_keys", !state_.keys.empty())
        .list("keys", keys())
        .part("key_form", folded(new_key_form(v_, caller_, {})))
        .part("delete_form", folded(deletion_form(v_)));
    add_due_factor(content);
    if (is_verifying() && !user.email_verified)
      content.part("verification_form", shown(verification_wish_form(v_)));
    if (state_.has_passphrase)
      content.part("passphrase_removal", folded(passphrase_removal_form(v_)));
    if (state_.sessions.size() > 1) content.part("others_form", shown(end_of_others_form(v_)));
    if (extras_.made) content.part("new_key", new_key());
    add_passkeys(content);
    add_apps_and_codes(content);
    v_.add_notices(content, extras_.refused ? std::string{} : v_.notice(), extras_.refused);
    return content;
  }

  std::string token() const { return token_; }

private:
  bool is_verifying() const { return v_.at.verification() != email_verification::off; }
  bool is_refused(const form& one) const {
    return extras_.refused && extras_.refused->sent.id == one.id;
  }

  /// A user who must have a second factor is told so until there is one; and sees nothing else of
  /// the account when the session awaits it.
  void add_due_factor(model& content) const {
    const bool awaits = caller_.awaits_second_factor;
    const auto& due_at = state_.factors.due_at;
    content.flag("awaits_factor", awaits);
    if (awaits && !due_at) // it was added and not shown yet
      content.text("factor_due", v_.words["factor_due_shown"])
          .text("factor_due_href", "/account/confirm")
          .text("factor_due_link", v_.words["factor_due_show"]);
    else if (due_at)
      content
          .text("factor_due", awaits
                                  ? v_.words["factor_due_now"]
                                  : v_.words.filled("factor_due_on", {{"date", day_of(*due_at)}}))
          .text("factor_due_href", "#passkeys")
          .text("factor_due_link", v_.words["factor_due_add"]);
  }

  /// As it was sent, if it was refused.
  model shown(form one) const {
    if (!is_refused(one)) return model_of(v_.words, named(std::move(one)), token_);
    return model_of(v_.words, named(extras_.refused->sent), token_, extras_.refused->wrong);
  }
  /// With the name that goes with the password which it takes.
  form named(form one) const {
    const auto is_secret = [](const form_field& field) { return field.type == "password"; };
    if (std::ranges::any_of(one.fields, is_secret)) one.username = state_.user.username;
    return one;
  }
  /// The same, open where somebody has been in it.
  model folded(const form& one) const {
    auto out = shown(one);
    return out.flag("is_open", is_refused(one));
  }

  std::vector<model> sessions() const {
    std::vector<model> out;
    for (const auto& one : state_.sessions) {
      const bool is_current = one.id == caller_.session;
      auto& row = out.emplace_back();
      row.text("device", device_in_words(v_.words, one.user_agent))
          .text("address", one.address.empty()
                               ? v_.words["session_no_address"]
                               : v_.words.filled("session_address", {{"address", one.address}}))
          .flag("is_current", is_current)
          .text("created_at", to_rfc3339_seconds(one.created_at))
          .text("created", since("session_signed_in", one.created_at))
          .text("seen_at", to_rfc3339_seconds(one.last_seen_at))
          .text("seen", since("session_last_seen", one.last_seen_at));
      if (!is_current) row.part("end_form", shown(session_end_form(v_, one)));
    }
    // This device stands first.
    std::ranges::stable_partition(
        out, [](const model& row) { return std::get<bool>(row.values().at("is_current")); });
    return out;
  }

  std::vector<model> keys() const {
    std::vector<model> out;
    for (const auto& key : state_.keys) {
      std::string scopes;
      for (const auto& scope : key.scopes)
        scopes.append(scopes.empty() ? "" : ", ").append(scope);
      auto times = since("key_made", key.created_at);
      times += ", " + (key.last_used_at ? since("key_last_used", *key.last_used_at)
                                        : v_.words["key_never_used"]);
      times += ", " + (key.expires_at
                           ? v_.words.filled("key_expires", {{"date", day_of(*key.expires_at)}})
                           : v_.words["key_never_expires"]);
      out.emplace_back()
          .text("key_name", key.name)
          .text("prefix", key.prefix)
          .text("scopes", std::move(scopes))
          .text("times", std::move(times))
          .part("revoke_form", shown(key_revocation_form(v_, key)));
    }
    return out;
  }

  /// "made a day ago, last used an hour ago".
  std::string times_of(time_point made, const std::optional<time_point>& used) const {
    return since("key_made", made) + ", " +
           (used ? since("key_last_used", *used) : v_.words["key_never_used"]);
  }

  void add_passkeys(model& content) const {
    std::vector<model> rows;
    for (const auto& key : state_.factors.passkeys)
      rows.emplace_back()
          .text("passkey_name", key.name)
          .text("kind", v_.words[key.is_backed_up         ? "passkey_synced"
                                 : key.is_backup_eligible ? "passkey_may_sync"
                                                          : "passkey_this_device"])
          .flag("is_asked_for", key.is_second_factor)
          .text("times", times_of(key.created_at, key.last_used_at))
          .part("use_form", shown(passkey_use_form(v_, key)))
          .part("rename_form", folded(passkey_rename_form(v_, key)))
          .part("remove_form", shown(passkey_removal_form(v_, key)));
    const auto site = passkey_site_of(v_.ex);
    content.flag("has_passkeys", !rows.empty())
        .list("passkeys", std::move(rows))
        .flag("has_domain", site.has_value())
        .flag("must_confirm", !state_.passkey_options &&
                                  state_.passkey_options.error().code == error_code::mfa_required);
    if (site) content.text("signal", signal_of(site->rp_id));
    if (state_.passkey_options) {
      const bool may_be_made =
          v_.follows_password() && was_password_just_typed() && state_.factors.passkeys.empty();
      content.part("passkey_form",
                   shown(new_passkey_form(v_, *state_.passkey_options, may_be_made)));
    }
  }

  /// Then a browser may make a passkey without asking (WebAuthn Level 3, section 5.1.3,
  /// "conditional").
  bool was_password_just_typed() const {
    constexpr std::chrono::seconds just_now{60};
    const auto& shown = caller_.authenticated;
    return shown.by.has(auth_method::password) && now_ - shown.at < just_now;
  }

  /// What signalAllAcceptedCredentials and signalCurrentUserDetails take (WebAuthn Level 3, section
  /// 5.1.10).
  std::string signal_of(const std::string& rp_id) const {
    std::vector<std::string> ids;
    for (const auto& key : state_.factors.passkeys)
      ids.push_back(key.credential_id);
    const auto full_name = messages::full_name_of(state_.user);
    std::string out;
    json_writer body(out);
    body.begin_object()
        .text("rpId", rp_id)
        .text("userId", base64url_encode(user_handle_of(caller_.user)))
        .texts("allAcceptedCredentialIds", ids)
        .text("name", state_.user.email)
        .text("displayName", full_name.empty() ? state_.user.username : full_name)
        .end_object();
    return out;
  }

  void add_apps_and_codes(model& content) const {
    std::vector<model> rows, codes;
    for (const auto& app : state_.factors.totp)
      rows.emplace_back()
          .text("app_name", app.name)
          .text("times", times_of(app.created_at, app.last_used_at))
          .part("remove_form", shown(app_removal_form(v_, app)));
    for (const auto& code : extras_.codes)
      codes.emplace_back().text("recovery_code", std::string{code.reveal()});
    const auto& factors = state_.factors;
    content.flag("has_apps", !rows.empty())
        .list("apps", std::move(rows))
        .flag("has_new_codes", !codes.empty())
        .list("new_codes", std::move(codes))
        .flag("has_codes", factors.recovery_codes > 0)
        .text("codes_left",
              v_.words.filled("codes_left", {{"n", std::to_string(factors.recovery_codes_left)},
                                             {"made", std::to_string(factors.recovery_codes)}}));
    if (factors.recovery_codes > 0) content.part("codes_form", shown(new_codes_form(v_)));
    const auto entered = app_code_form(v_);
    if (extras_.enrolled) content.part("new_app", new_app(entered));
    // The code was wrong: the app has the secret by now.
    else if (is_refused(entered))
      content.part("app_code_form", shown(entered));
    else
      content.part("app_form", shown(new_app_form(v_)));
  }

  model new_app(const form& entered) const {
    const auto& enrolled = *extras_.enrolled;
    const auto uri =
        totp_uri(enrolled.key, edge_of(v_.ex).configured().brand_name, enrolled.account);
    model out;
    out.text("app_secret", std::string{totp_secret_text(enrolled.key).reveal()})
        .text("app_uri", std::string{uri.reveal()})
        .part("code_form", shown(entered));
    if (auto code = make_qr_code(uri))
      out.text("qr_side", std::to_string(code->side)).text("qr_path", std::move(code->path));
    return out;
  }

  model new_key() const {
    model out;
    out.text("label", v_.words.filled("key_shown_label", {{"name", extras_.made->key.name}}))
        .text("text", std::string{extras_.made->text.reveal()});
    return out;
  }

  std::string since(std::string_view key, time_point then) const {
    return v_.words.filled(key, {{"ago", ago(v_.words, then, now_)}});
  }

  const visit& v_;
  const principal& caller_;
  const account_state& state_;
  const account_extras& extras_;
  std::string token_;
  time_point now_;
};

} // namespace

endpoint_answer account_answer(visit& v, const principal& caller, account_extras extras) {
  auto state = co_await read_account(v, caller);
  if (!state) co_return fail(state.error());
  const account_view view{v, caller, *state, extras};
  page_frame frame;
  frame.title = v.words["account_title"];
  frame.self = account_path;
  frame.sign_out_token = view.token();
  frame.is_wide = true;
  frame.is_refused = extras.refused.has_value();
  co_return v.show(extras.refused ? refused_status : 200, frame, "account.html", view.whole());
}

endpoint_answer refused_change(visit& v, const principal& caller, form sent, failure error) {
  // A limit with a reason is that of the form; one without, that of the caller's requests.
  const bool is_its_limit = error.code == error_code::rate_limited && !error.reason.empty();
  if (error.code == error_code::mfa_required) co_return co_await ask_to_confirm(v, caller, error);
  const bool is_late_passkey =
      error.code == error_code::token_expired && error.field == "credential";
  if (!is_for_form(error) && !is_its_limit && !is_late_passkey) co_return fail(std::move(error));
  account_extras extras;
  extras.refused = v.refuse(std::move(sent), error);
  co_return co_await account_answer(v, caller, std::move(extras));
}

endpoint_answer show_account(visit& v, const principal& caller) {
  account_extras none;
  co_return co_await account_answer(v, caller, std::move(none));
}

} // namespace latchkey::gateway::pages
