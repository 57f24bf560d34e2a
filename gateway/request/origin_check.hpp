// origin_check.hpp — which pages may make a browser send a request that takes or gives a cookie,
// and what the operator reads when one may not.
#pragma once

#include "gateway/request/endpoint.hpp"

namespace latchkey::gateway {

/// As http::check_page and http::check_csrf, by ISSUER and ALLOWED_ORIGINS. A refusal is logged
/// with what the browser sent and what would have been right: the wrong ISSUER behind a proxy is
/// the usual cause, for behind a proxy that ends TLS our own origin is ISSUER's, not the one the
/// request shows. Whether a cookie that came along proves anything is for `refresh_cookies` to say.
result<void> check_page_origin(const http::exchange& ex);
result<void> check_cookie_origin(const http::exchange& ex);
/// For our own pages alone: ALLOWED_ORIGINS may use the API, not its owner's pages.
result<void> check_own_origin(const http::exchange& ex);

} // namespace latchkey::gateway
