// stripe_signature.hpp — whether a webhook's body is Stripe's own word: the signature in its
// `Stripe-Signature` header ("Stripe API documentation", Verify webhook signatures manually).
//
// The header reads `t=<seconds>,v1=<hex>[,v1=<hex>]…`; each v1 is HMAC-SHA256 over
// "<t>.<body>", keyed with the endpoint's secret as Stripe shows it ("whsec_…" included).
// While a secret is being replaced Stripe sends one v1 for each.
#pragma once

#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::string_view stripe_signature_header = "Stripe-Signature";
inline constexpr std::size_t stripe_signature_header_bytes_max = 2048;
inline constexpr std::size_t stripe_signatures_max = 16; // of the scheme v1 in one header
/// How far the header's time may be from ours, in either direction.
inline constexpr std::chrono::seconds stripe_tolerance{300};

/// Whether one of the header's v1 signatures is that of `body` under `key`, and its time is
/// near enough to `now`. VALIDATION_ERROR with the field "Stripe-Signature" otherwise. The
/// comparison takes the same time wherever a signature differs.
result<void> check_stripe_signature(std::string_view header, std::string_view body,
                                    const secret& key, time_point now);

/// A header that passes, signed at `at`: what Stripe would send.
std::string make_stripe_signature(std::string_view body, const secret& key, time_point at);

} // namespace latchkey
