// greeting.hpp — the name that we greet mail servers with (EHLO, RFC 5321, 4.1.1.1): relays
// refuse one that is no full name, and a container's own hostname is none.
#pragma once

#include "config/settings/settings.hpp"

#include <string>
#include <string_view>

namespace latchkey {

/// Whether the text may be said after EHLO: a name with a dot in it, or an address literal such as
/// [192.0.2.1] or [IPv6:2001:db8::1].
bool is_mail_greeting(std::string_view text);

/// SMTP_HELO; else the host of ISSUER when that is a full name or an address that others reach;
/// else empty: what `machine_greeting` finds.
std::string configured_greeting(const settings& configured);

/// The machine's full name, or [127.0.0.1] when it has none. It may ask the DNS, and so take
/// seconds.
std::string machine_greeting();

} // namespace latchkey
