// email_verification.hpp — what the setting EMAIL_VERIFICATION asks of an email address.
#pragma once

#include <cstdint>

namespace latchkey {

/// `off`: nothing. `optional`: a mail asks the owner to verify it. `required`: nobody signs in
/// before it is verified.
enum class email_verification : std::uint8_t { off, optional, required };

} // namespace latchkey
