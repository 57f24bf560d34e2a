// rows.hpp — the rows of the route table for pages. Each kind of page has its own, so no form is
// answered without its token, and no account's page without its session.
#pragma once

#include "gateway/http/router.hpp"
#include "gateway/pages/visit.hpp"
#include "gateway/request/guards.hpp"

#include <memory>
#include <string>

namespace latchkey::gateway::pages {

using site_ptr = std::shared_ptr<const site>;

using open_page = endpoint_answer (*)(visit&);
using open_form = endpoint_answer (*)(visit&, input&);
using account_page = endpoint_answer (*)(visit&, const principal&);
using account_form = endpoint_answer (*)(visit&, const principal&, input&);

/// GET, for anybody. CSRF_FAILED for a script of another site.
http::route page_row(const site_ptr& at, std::string path, open_page answer);
/// POST of a form of such a page; counted in that window. CSRF_FAILED without its token.
http::route form_row(const site_ptr& at, std::string path, open_form answer, http::window limit);
/// GET, for who is signed in by the refresh cookie; others are sent to sign in.
http::route account_page_row(const site_ptr& at, std::string path, account_page answer);
/// POST of a form of such a page. AUTH004 without the permission; `keeping`: never refused for a
/// spent limit, for it keeps the account in its owner's hands.
http::route account_form_row(const site_ptr& at, std::string path, account_form answer,
                             http::window limit, std::string permission = {});
/// GET of where a form is sent: for who asks for it again.
http::route redirect_row(const site_ptr& at, std::string path, std::string to);

} // namespace latchkey::gateway::pages
