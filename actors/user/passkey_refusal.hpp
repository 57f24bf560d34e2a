// passkey_refusal.hpp — what a client hears of a passkey that does not hold.
#pragma once

#include "protocol/result.hpp"
#include "protocol/webauthn/refusal.hpp"

namespace latchkey {

/// AUTH001 (field "credential"). The step that failed is told: it gives nothing away, and who sets
/// up a page needs it.
failure refused_passkey(webauthn::refusal why);

/// AUTH001 (field "credential") with the member `unknown_credential`, upon which a browser may drop
/// it (WebAuthn Level 3, section 5.1.10.2, signalUnknownCredential).
failure unknown_credential();

/// Why the COMMIT of a passkey that was shown has lost, in those words; any other failure as it is.
failure as_refused_passkey(failure lost);

} // namespace latchkey
